//! Series of made figures, by the minute, the hour and the day.

use super::*;
use crate::fold::{Dimensions, Fold, When};
use crate::metric::{Counter, Distribution, Gauge};
use crate::rollup::{merged, minute_of};
use callbox_protocol::time::UnixMillis;

/// Noon and some minutes.
const NOW: UnixMillis = UnixMillis(1_795_695_900_000);

fn ask(metric: &str, change: impl FnOnce(&mut QueryParams<'_>)) -> Result<Query, QueryError> {
    let mut params = QueryParams { metric, ..QueryParams::default() };
    change(&mut params);
    Query::new(&params, NOW)
}

fn ago(minutes: u64) -> When {
    When { at: UnixMillis(NOW.0 - minutes * 60_000), now: NOW }
}

/// A question that is answered from rows of the store and from memory, half of each.
fn answer(query: Query, stored: &Fold, memory: &Fold) -> Figures {
    let wanted = query.wanted();
    let mut reading = query.read();
    for (key, cells) in stored.changes(|_| true).iter().filter(|(key, _)| wanted.is_met(key)) {
        reading.take(key.at, &merged(None, cells).0).unwrap();
    }
    reading.take_changes(&memory.changes(|key| wanted.is_met(key)));
    reading.finish()
}

fn lcps() -> (Fold, Fold) {
    let (mut stored, mut memory) = (Fold::default(), Fold::default());
    for minute in 0..180 {
        for (route, value) in [("/", 1_000.0), ("/call", 3_000.0), ("/call", 5_000.0)] {
            let page = Dimensions { route, device: "phone", release: "1", nav: "hard" };
            let fold = if minute == 0 { &mut memory } else { &mut stored };
            assert!(fold.observe(Distribution::Lcp, &page, value, 1, ago(minute)));
        }
    }
    (stored, memory)
}

#[test]
fn percentiles_say_of_how_many_values_they_are_whatever_the_step() {
    let (stored, memory) = lcps();
    for (step, points) in [("1m", 180), ("5m", 37), ("1h", 4), ("1d", 1)] {
        let query =
            ask("lcp", |p| (p.from, p.step, p.agg) = (Some("179m"), Some(step), Some("p75"))).unwrap();
        let figures = answer(query, &stored, &memory);
        let [series] = &figures.series[..] else { panic!("{figures:?}") };
        assert!(series.values.len().abs_diff(points) <= 1, "{step}: {}", series.values.len());
        assert_eq!(series.counts.iter().sum::<u64>(), 540, "{step}");
        for (value, count) in series.values.iter().zip(&series.counts).filter(|(_, count)| **count > 0) {
            assert!((value.unwrap() - 5_000.0).abs() <= 50.0, "{step}: {value:?} of {count}");
        }
        assert_eq!((figures.unit.as_str(), figures.start.0 % figures.step_ms), ("ms", 0));
    }
}

#[test]
fn shares_are_exact_and_series_are_told_apart_by_the_dimension() {
    let (stored, memory) = lcps();
    let of = |agg| {
        let query = ask("lcp", |p| {
            (p.from, p.step, p.agg, p.by) = (Some("3h"), Some("1d"), Some(agg), Some("route"));
        });
        answer(query.unwrap(), &stored, &memory).series
    };
    let series = of("poor");
    assert_eq!([series[0].label.as_str(), &series[1].label], ["/", "/call"]);
    assert_eq!((series[0].values[0], series[1].values[0]), (Some(0.0), Some(0.5)));
    assert_eq!((of("needs")[1].values[0], of("good")[0].values[0]), (Some(0.5), Some(1.0)));
    assert_eq!((of("count")[1].values[0], of("mean")[1].values[0]), (Some(360.0), Some(4_000.0)));
}

#[test]
fn counters_are_added_up_by_family_and_nothing_is_zero() {
    let mut fold = Fold::default();
    fold.count(Counter::CallsSuccess, 90, ago(0));
    fold.count(Counter::CallsFailure, 10, ago(0));
    fold.count(Counter::CallsLeft, 50, ago(0));
    fold.count(Counter::Reports, 7, ago(0));
    fold.gauge(Gauge::Sockets, 4.0, ago(0));
    fold.gauge(Gauge::Sockets, 8.0, ago(0));
    let last = |metric, agg, by| {
        let query =
            ask(metric, |p| (p.from, p.step, p.agg, p.by) = (Some("2m"), Some("1m"), agg, by)).unwrap();
        let series = answer(query, &fold, &Fold::default()).series;
        series
            .into_iter()
            .map(|one| (one.label, *one.values.last().unwrap(), one.values[0]))
            .collect::<Vec<_>>()
    };
    let all = |value, before| vec![(String::new(), value, before)];
    assert_eq!(last("calls", None, None), all(Some(150.0), Some(0.0)));
    assert_eq!(last("calls_success", Some("rate"), None), all(Some(1.5), Some(0.0)));
    assert_eq!(last("call_success", None, None), all(Some(0.9), None));
    assert_eq!(last("availability", None, None), all(None, None), "no probes, no answer");
    assert_eq!(last("sockets", None, None), all(Some(6.0), None));
    assert_eq!(last("sockets", Some("max"), None), all(Some(8.0), None));
    assert_eq!(last("calls", None, Some("name")).len(), 3);
    assert_eq!(last("lcp", Some("count"), None), all(Some(0.0), Some(0.0)));
}

#[test]
fn features_are_told_apart_by_their_names() {
    let (mut stored, mut memory) = (Fold::default(), Fold::default());
    for (name, count) in [("chat", 3), ("invite", 2), ("chat", 1)] {
        stored.feature(name, count, ago(1));
        memory.feature(name, 10 * count, ago(0));
        memory.count(Counter::FeatureEvents, 10 * count, ago(0));
    }
    let by_name = ask("feature_events", |p| (p.from, p.step, p.by) = (Some("1h"), Some("1d"), Some("name")));
    let series = answer(by_name.unwrap(), &stored, &memory).series;
    let found: Vec<_> = series.iter().map(|one| (one.label.as_str(), one.values[0])).collect();
    assert_eq!(found, [("chat", Some(44.0)), ("invite", Some(22.0))]);
    let all = ask("feature_events", |p| (p.from, p.step) = (Some("1h"), Some("1d")));
    assert_eq!(answer(all.unwrap(), &stored, &memory).series[0].values[0], Some(60.0));
    let by_route = ask("feature_events", |p| p.by = Some("route"));
    assert_eq!(by_route, Err(QueryError::By("name: each feature for itself")));
}

#[test]
fn users_are_counted_by_stretches_of_days_of_which_the_last_ends_today() {
    let today = minute_of(NOW) / (24 * 60);
    let days = |from, step| {
        let query = ask("active_users", |p| (p.from, p.step) = (Some(from), step))?;
        let stretches = query.days_of_users().unwrap().into_iter();
        Ok(stretches.map(|days| (days.start, days.end)).collect::<Vec<_>>())
    };
    let end = today + 1;
    assert_eq!(days("1d", None), Ok(vec![(today, end)]));
    assert_eq!(days("30d", Some("30d")), Ok(vec![(end - 30, end)]));
    assert_eq!(days("14d", Some("7d")), Ok(vec![(end - 14, end - 7), (end - 7, end)]));
    assert_eq!(days("5m", None), Ok(vec![(today, end)]));
    assert_eq!(days("7d", Some("1h")), Err(QueryError::Days));
    assert_eq!(days("400d", Some("1d")), Err(QueryError::TooOld));
    assert_eq!(ask("active_users", |p| p.agg = Some("sum")), Err(QueryError::Agg("distinct")));
    assert_eq!(ask("active_users", |p| p.by = Some("name")), Err(QueryError::By("none: leave it out")));
    let query = ask("active_users", |p| (p.from, p.step) = (Some("2d"), Some("1d"))).unwrap();
    let answer = query.of_users(vec![3, 5]);
    assert_eq!((answer.series[0].values.clone(), answer.step_ms), (vec![Some(3.0), Some(5.0)], 86_400_000));
    assert_eq!(ask("lcp", |_| ()).unwrap().days_of_users(), None);
}

#[test]
fn a_question_reads_the_longest_rows_that_its_step_is_made_of() {
    let rows = |from, step| {
        let wanted = ask("lcp", |p| (p.from, p.step) = (Some(from), Some(step))).unwrap().wanted();
        ((wanted.to - wanted.from) / wanted.step.minutes(), wanted.step)
    };
    // From the start of the hour on.
    assert_eq!(rows("1d", "1m"), (1_466, Step::Minute));
    assert_eq!(rows("30d", "1h").1, Step::Hour);
    assert_eq!(rows("30d", "6h").1, Step::Hour);
    assert_eq!(rows("390d", "1d").1, Step::Day);
    let step = |from| ask("lcp", |p| p.from = Some(from)).unwrap().step;
    assert_eq!([step("1h"), step("1d"), step("3d"), step("30d"), step("390d")], [1, 5, 60, 360, 7 * 1_440]);
}

#[test]
fn minutes_before_and_after_those_asked_for_are_left_out_though_they_are_in_the_same_row() {
    let mut fold = Fold::default();
    for minute in 0..90 {
        fold.count(Counter::Reports, 1, ago(minute));
    }
    let of = |from, to| {
        let query = ask("reports", |p| (p.from, p.to, p.step) = (Some(from), Some(to), Some("1m"))).unwrap();
        let stored = answer(query.clone(), &fold, &Fold::default());
        assert_eq!(stored, answer(query, &Fold::default(), &fold));
        stored.series[0].counts.clone()
    };
    assert_eq!(of("3m", "0m"), [1; 4]);
    assert_eq!(of("40m", "31m"), [1; 10]);
    assert_eq!(of("92m", "88m"), [0, 0, 0, 1, 1]);
}

#[test]
fn a_step_is_chosen_of_rows_that_are_kept_by_that_dimension() {
    let step = |by| ask("lcp", |p| (p.from, p.by) = (Some("1d"), by)).unwrap().step;
    assert_eq!((step(None), step(Some("route"))), (5, 60));
}

#[test]
fn what_cannot_be_answered_is_refused_with_what_can() {
    let refused = |metric, change: fn(&mut QueryParams<'_>)| ask(metric, change).unwrap_err().to_string();
    assert!(refused("nothing", |_| ()).contains("no metric `nothing`"));
    assert!(refused("lcp", |p| p.agg = Some("p101")).contains("p75"));
    assert!(refused("call_dtls", |p| p.agg = Some("good")).contains("no published thresholds"));
    assert!(refused("calls", |p| p.agg = Some("p50")).contains("sum, rate"));
    assert!(refused("calls", |p| p.by = Some("route")).contains("name"));
    assert!(refused("lcp", |p| p.by = Some("country")).contains("route, device"));
    assert!(refused("lcp", |p| p.from = Some("yesterday")).contains("`from`"));
    assert!(refused("lcp", |p| p.to = Some("-1h")).contains("`to`"));
    assert!(refused("lcp", |p| p.step = Some("0m")).contains("`step`"));
    assert!(refused("lcp", |p| (p.from, p.to) = (Some("1h"), Some("2h"))).contains("before"));
    assert!(refused("lcp", |p| (p.from, p.step) = (Some("47h"), Some("1m"))).contains("2821 points"));
    assert!(refused("lcp", |p| (p.from, p.step) = (Some("3d"), Some("30m"))).contains("`1h`"));
    let by_route = |p: &mut QueryParams<'_>| (p.from, p.step, p.by) = (Some("7h"), Some("5m"), Some("route"));
    assert!(refused("lcp", by_route).contains("`1h`"));
    assert!(refused("lcp", |p| (p.from, p.step) = (Some("60d"), Some("1h"))).contains("`1d`"));
    assert!(refused("lcp", |p| (p.from, p.step) = (Some("500d"), Some("1d"))).contains("13 months"));
}

#[test]
fn so_many_series_and_the_rest_is_one_more() {
    let mut fold = Fold::default();
    for number in 0..80_u32 {
        let route = format!("/{number:02}");
        let page = Dimensions { route: &route, ..Dimensions::default() };
        assert!(fold.observe(Distribution::Ttfb, &page, 10.0, number + 1, ago(0)));
    }
    let query = ask("ttfb", |p| {
        (p.from, p.step, p.agg, p.by) = (Some("0m"), Some("1m"), Some("count"), Some("route"));
    });
    let series = answer(query.unwrap(), &fold, &Fold::default()).series;
    assert_eq!(series.len(), SERIES_MAX);
    let other = series.iter().find(|one| one.label == OTHER).unwrap();
    assert_eq!(other.values[0], Some(f64::from((1..=31).sum::<u32>())));
    let all: f64 = series.iter().filter_map(|one| one.values[0]).sum();
    assert_eq!(Some(all), Some(f64::from((1..=80).sum::<u32>())));
}

#[test]
fn a_row_that_cannot_be_read_is_an_error_and_the_others_count() {
    let mut reading = ask("calls", |_| ()).unwrap().read();
    assert!(reading.take(minute_of(NOW), b"noise").is_err());
    assert_eq!(reading.finish().series.len(), 1);
}
