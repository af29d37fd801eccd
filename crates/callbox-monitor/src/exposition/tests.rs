//! Tests of `exposition.rs`.

use super::*;
use crate::{Counter, Gauge};

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::new([0; Counter::COUNT]);
    snapshot.set_counter(Counter::HttpLogin2xx, 7);
    snapshot.set_counter(Counter::DatabaseWait, 1_250);
    snapshot.set_gauge(Gauge::Memory, 52_428_800.0);
    snapshot.set_gauge(Gauge::CertificateLeft, 2.0);
    snapshot
}

#[test]
fn a_family_has_one_head_and_a_line_for_each_set_of_labels() {
    let text = exposition("1.2", &snapshot(), &[], &[], &[]);
    assert_eq!(text.matches("# TYPE callbox_http_requests_total counter\n").count(), 1);
    assert_eq!(text.matches("\ncallbox_http_requests_total{").count(), 25);
    assert!(text.contains("\ncallbox_http_requests_total{access=\"login\",status=\"2xx\"} 7\n"), "{text}");
    assert!(text.contains("\ncallbox_build_info{version=\"1.2\"} 1\n"), "{text}");
    assert!(text.ends_with('\n') && !text.contains("\n\n"), "{text}");
}

#[test]
fn values_are_in_base_units_and_what_is_not_known_is_left_out() {
    let text = exposition("1", &snapshot(), &[], &[], &[]);
    for line in [
        "# TYPE callbox_memory_bytes gauge\ncallbox_memory_bytes 52428800\n",
        "\ncallbox_certificate_left_seconds 172800\n",
        "\ncallbox_database_wait_seconds_total 1.25\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("callbox_pool_waiting"), "{text}");
}

#[test]
fn a_histogram_is_cumulative_and_ends_with_all() {
    let histogram = Histogram {
        of: Distribution::CallFirstFrame,
        buckets: vec![(250.0, 3), (1_000.0, 9)],
        count: 10,
        sum: 5_500.0,
    };
    let text = exposition("1", &snapshot(), &[histogram], &[], &[]);
    let expected = "# TYPE callbox_call_first_frame_seconds histogram\n\
            callbox_call_first_frame_seconds_bucket{le=\"0.25\"} 3\n\
            callbox_call_first_frame_seconds_bucket{le=\"1\"} 9\n\
            callbox_call_first_frame_seconds_bucket{le=\"+Inf\"} 10\n\
            callbox_call_first_frame_seconds_sum 5.5\n\
            callbox_call_first_frame_seconds_count 10\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_statement_is_a_label_and_labels_are_escaped() {
    let one = StatementStats {
        name: "a\"b\\c\nd".to_owned(),
        count: 3,
        rows: 4,
        total_us: 1_500,
        ..Default::default()
    };
    let route = CachedRouteStats { route: "/v1/me".to_owned(), hits: 5, misses: 2, ..Default::default() };
    let text = exposition("1", &snapshot(), &[], &[one], &[route]);
    assert!(text.contains("callbox_cached_hits_total{route=\"/v1/me\"} 5\n"), "{text}");
    assert!(text.contains("callbox_statement_runs_total{statement=\"a\\\"b\\\\c\\nd\"} 3\n"), "{text}");
    assert!(
        text.contains("callbox_statement_seconds_total{statement=\"a\\\"b\\\\c\\nd\"} 0.0015\n"),
        "{text}"
    );
    assert_eq!(
        [number(0.0), number(f64::INFINITY), number(1e15), number(-0.5)],
        ["0", "+Inf", "1000000000000000", "-0.5"]
    );
}
