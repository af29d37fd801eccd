//! Tests of `fold.rs`.

use super::*;
use crate::cells::Cells;
use crate::rollup::{RowKey, Step};

const NOW: UnixMillis = UnixMillis(1_795_695_900_000);
const PAGE: Dimensions<'_> = Dimensions { route: "/", device: "phone", release: "1.0", nav: "hard" };

fn row<'a>(changes: &'a Changes, metric: &'static str, step: Step, split: Split) -> Option<&'a Cells> {
    changes.get(&RowKey { metric, step, split, at: step.row_of(minute_of(NOW)).0 })
}

fn weights(cells: &Cells) -> Vec<(String, u64)> {
    let weight = |figure: &Figure| match figure {
        Figure::Count(count) => *count,
        Figure::Spread(spread) => spread.sketch().weight(),
    };
    cells.iter().map(|(label, _, figure)| (label.join(" "), weight(figure))).collect()
}

#[test]
fn a_value_is_in_the_row_of_all_and_in_one_of_each_dimension_that_it_has() {
    let mut fold = Fold::default();
    for (route, weight) in [("/", 1), ("/call", 10), ("", 100)] {
        let page = Dimensions { route, ..PAGE };
        assert!(fold.observe(Distribution::Lcp, &page, 900.0, weight, When::now(NOW)));
    }
    let changes = fold.changes(|_| true);
    let of = |split| weights(row(&changes, "lcp", Step::Hour, split).unwrap());
    assert_eq!(of(Split::All), [(String::new(), 111)]);
    assert_eq!(of(Split::Route), [("/".to_owned(), 1), ("/call".to_owned(), 10)]);
    assert_eq!(of(Split::Device), [("phone".to_owned(), 111)]);
    assert_eq!(weights(row(&changes, "lcp", Step::Day, Split::Every).unwrap()).len(), 3);
    assert_eq!(row(&changes, "lcp", Step::Hour, Split::Every), None);
    assert!(fold.changes(|key| key.metric == "cls").is_empty());
}

#[test]
fn a_value_that_comes_late_counts_in_its_own_minute_and_one_without_a_time_now() {
    let mut fold = Fold::default();
    let day = 24 * 60 * 60 * 1_000;
    let times = [NOW.0 - 3 * 60_000, NOW.0 - day, NOW.0 - day - 1, NOW.0 + 1, 0];
    for at in times {
        fold.count(Counter::Visits, 1, When { at: UnixMillis(at), now: NOW });
    }
    let changes = fold.changes(|_| true);
    let minutes: Vec<_> = changes
        .iter()
        .filter(|(key, _)| key.step == Step::Minute)
        .flat_map(|(key, cells)| cells.iter().map(|(_, offset, figure)| (key.at + offset, figure.clone())))
        .map(|(minute, figure)| (minute_of(NOW) - minute, figure))
        .collect();
    assert_eq!(minutes, [(1_440, Figure::Count(1)), (3, Figure::Count(1)), (0, Figure::Count(3))]);
}

#[test]
fn readings_of_a_gauge_are_spread_and_none_is_below_zero() {
    let mut fold = Fold::default();
    for value in [5.0, 7.0, -1.0, f64::NAN] {
        fold.gauge(Gauge::Sockets, value, When::now(NOW));
    }
    let changes = fold.changes(|_| true);
    let (_, _, figure) = row(&changes, GAUGES, Step::Minute, Split::Name).unwrap().iter().next().unwrap();
    let Figure::Spread(spread) = figure else { panic!("{figure:?}") };
    let sketch = spread.sketch();
    assert_eq!((sketch.samples(), sketch.min(), sketch.max()), (3, Some(0.0), Some(7.0)));
}

#[test]
fn a_flood_of_words_and_values_finds_an_end() {
    let mut fold = Fold::default();
    for number in 0..10_000_u32 {
        let route = format!("/{number}");
        let page = Dimensions { route: &route, ..PAGE };
        fold.observe(Distribution::Lcp, &page, f64::from(number), 1, When::now(NOW));
    }
    for minute in 0..1_400 {
        let when = When { at: UnixMillis(NOW.0 - minute * 60_000), now: NOW };
        for distribution in &Distribution::ALL[..12] {
            fold.observe(*distribution, &PAGE, 1.0, 1, when);
        }
    }
    assert!(fold.buckets <= BUCKETS_MAX && fold.values.len() <= CELLS_MAX);
    assert!(fold.words.words.len() <= WORDS_MAX);
    let (dropped, others) = fold.lost();
    assert!(dropped > 0 && others > 5_000, "{dropped} {others}");
    let changes = fold.changes(|_| true);
    let routes = row(&changes, "lcp", Step::Hour, Split::Route).unwrap();
    assert!(weights(routes).iter().any(|(route, weight)| route == OTHER && *weight > 1_000));
}

#[test]
fn what_is_no_value_is_dropped_and_counted() {
    let mut fold = Fold::default();
    assert!(!fold.observe(Distribution::Lcp, &PAGE, -1.0, 1, When::now(NOW)));
    assert!(!fold.observe(Distribution::Lcp, &PAGE, 1.0, 0, When::now(NOW)));
    assert_eq!(fold.lost(), (2, 0));
    assert!(fold.changes(|_| true).is_empty());
}
