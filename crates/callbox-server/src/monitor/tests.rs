//! Tests of `monitor.rs`.

use super::*;
use callbox_monitor::{Gauge, QueryParams, Step};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const PAGE: Dimensions<'_> = Dimensions { route: "/", device: "phone", release: "1", nav: "hard" };

fn monitor(folder: &std::path::Path) -> (Store, Monitor) {
    let store = Store::open(folder).unwrap();
    let monitor = Monitor::new(MonitorSettings { is_on: true }, &store, Clock::manual(NOW));
    (store, monitor)
}

async fn sum(monitor: &Monitor, metric: &str, agg: Option<&str>) -> f64 {
    let params = QueryParams { metric, agg, from: Some("1d"), step: Some("1d"), ..QueryParams::default() };
    let query = Query::new(&params, NOW).unwrap();
    let figures = monitor.query(query).await.unwrap();
    figures.series.iter().flat_map(|series| &series.values).flatten().sum()
}

#[tokio::test]
async fn a_value_is_seen_at_once_and_once_before_and_after_it_is_written_and_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let (store, first) = monitor(folder.path());
    for round in 1..=3 {
        assert!(first.observe(Distribution::Lcp, &PAGE, 900.0, 2, When::now(NOW)));
        assert_eq!(Some(sum(&first, "lcp", Some("count")).await), Some(f64::from(round * 2)));
        first.write().await;
        assert_eq!(Some(sum(&first, "lcp", Some("count")).await), Some(f64::from(round * 2)));
    }
    store.close().await;
    drop((first, store));
    let (_store, next) = monitor(folder.path());
    assert_eq!(Some(sum(&next, "lcp", Some("count")).await), Some(6.0));
}

#[tokio::test]
async fn counters_count_from_tick_to_tick_and_a_closed_store_loses_nothing_that_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (store, monitor) = monitor(folder.path());
    for count in [5, 7, 7] {
        let mut snapshot = Snapshot::new([0; Counter::COUNT]);
        snapshot.set_counter(Counter::Reports, count);
        snapshot.set_gauge(Gauge::Sockets, 3.0);
        monitor.tick(&snapshot, NOW);
    }
    monitor.write().await;
    monitor.count(Counter::Reports, 1, When::now(NOW));
    store.close().await;
    monitor.write().await;
    monitor.count(Counter::Reports, 2, When::now(NOW));
    assert_eq!(Some(sum(&monitor, "reports", None).await), Some(10.0));
}

#[tokio::test]
async fn time_without_a_process_is_down_and_not_where_figures_were_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let (store, monitor) = monitor(folder.path());
    let hour_ago = NOW.minus(60 * 60 * 1_000);
    store.monitoring().change_rollups(Vec::new(), |_, _| Vec::new(), hour_ago).await.unwrap();
    monitor.begin().await;
    let down = sum(&monitor, "probes_down", None).await;
    assert!((359.0..=361.0).contains(&down), "{down}");
    let off = Monitor::new(MonitorSettings { is_on: false }, &store, Clock::manual(NOW));
    off.begin().await;
    assert_eq!(store.monitoring().alive_at().await.unwrap(), None);
    assert!(!off.observe(Distribution::Lcp, &PAGE, 900.0, 2, When::now(NOW)));
}

#[tokio::test]
async fn old_rows_are_swept_by_the_length_of_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let (store, monitor) = monitor(folder.path());
    let days = |count: u64| NOW.minus(count * 24 * 60 * 60 * 1_000);
    for age in [0, 3, 40, 500] {
        let at = minute_of(days(age));
        let row = |step: Step| step.row_of(at).0;
        let name = |step: Step| RowName { metric: "lcp", step: step.minutes(), split: 0, at: row(step) };
        let names = Step::ALL.map(name).to_vec();
        store.monitoring().change_rollups(names, |_, _| vec![1], days(0)).await.unwrap();
    }
    monitor.sweep(NOW).await;
    let mut left = Vec::new();
    for step in Step::ALL {
        let first = RowName { metric: "lcp", step: step.minutes(), split: 0, at: 0 };
        left.push(store.monitoring().rollups(first, u32::MAX, 100).await.unwrap().len());
    }
    assert_eq!(left, [1, 2, 3]);
}

/// As the version before wrote the minutes of counters: a row each, with a figure of one time.
#[tokio::test]
async fn minutes_of_the_version_before_are_read_beside_new_ones_and_merged_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let (store, monitor) = monitor(folder.path());
    let now = NOW;
    let hour = Step::Hour.start(minute_of(now)) - 60;
    let old = b"\x01\x01\x07reports\x01\x00\x02\x01\x04".to_vec();
    let name = |at| RowName { metric: "counters", step: 1, split: 6, at };
    let write = move |_: usize, _: Option<&[u8]>| old.clone();
    store.monitoring().change_rollups(vec![name(hour), name(hour + 7)], write, now).await.unwrap();
    for minute in [0, 7, 8] {
        let at = callbox_monitor::time_of(hour + minute);
        monitor.count(Counter::Reports, 10, When { at, now });
    }
    monitor.write().await;
    let params =
        QueryParams { metric: "reports", from: Some("3h"), step: Some("1m"), ..QueryParams::default() };
    let figures = monitor.query(Query::new(&params, now).unwrap()).await.unwrap();
    let first = minute_of(figures.start);
    let counts = &figures.series[0].counts;
    let of = |minute| counts[usize::try_from(hour + minute - first).unwrap()];
    assert_eq!(([0, 1, 7, 8].map(of), counts.iter().sum::<u64>()), ([14, 0, 14, 10], 38));
}
