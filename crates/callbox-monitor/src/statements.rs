//! What the statements of the database cost: how often each ran, how long it took, and its share of all the time.
//!
//! The store counts each run into one of a fixed number of buckets, four to each doubling of the time, so a
//! percentile is off by 9 % at most.

use callbox_protocol::http::StatementStats;
use callbox_protocol::reading::StatementReading;

/// The figures of every statement that ran, the one with the most time first.
pub fn statements(readings: &[StatementReading]) -> Vec<StatementStats> {
    let total_us: u64 = readings.iter().map(total_us).sum();
    let mut all: Vec<_> = readings
        .iter()
        .filter(|reading| reading.count > 0)
        .map(|reading| StatementStats {
            name: reading.name.to_owned(),
            count: reading.count,
            rows: reading.rows,
            total_us: self::total_us(reading),
            p50_us: percentile(&reading.buckets, 50),
            p95_us: percentile(&reading.buckets, 95),
            share: share_of(self::total_us(reading), total_us),
        })
        .collect();
    all.sort_by(|one, other| other.total_us.cmp(&one.total_us).then_with(|| one.name.cmp(&other.name)));
    all
}

/// The time of all runs, by that of the timed ones.
fn total_us(reading: &StatementReading) -> u64 {
    let timed: u64 = reading.buckets.iter().sum();
    let all_ns = u128::from(reading.timed_ns) * u128::from(reading.count) / u128::from(timed.max(1));
    u64::try_from(all_ns / 1_000).unwrap_or(u64::MAX)
}

fn share_of(part: u64, all: u64) -> f64 {
    crate::snapshot::share(part, all - part).unwrap_or(0.0)
}

/// The microseconds that so many percent of the runs did not exceed.
fn percentile(buckets: &[u64], percent: u64) -> f64 {
    let all: u64 = buckets.iter().sum();
    let rank = (all * percent).div_ceil(100).max(1);
    let mut seen = 0;
    let at = buckets.iter().position(|count| {
        seen += count;
        seen >= rank
    });
    at.map_or(0.0, |at| middle_ns(at) / 1_000.0)
}

/// The geometric middle of a bucket: see `StatementReading::bucket`.
fn middle_ns(bucket: usize) -> f64 {
    let bucket = u32::try_from(bucket).expect("there are fewer than 2^32 buckets");
    let per_doubling = f64::from(StatementReading::BUCKETS_PER_DOUBLING);
    f64::from(StatementReading::FIRST_NS) * ((f64::from(bucket) + 0.5) / per_doubling).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(name: &'static str, times_ns: &[u64]) -> StatementReading {
        let mut buckets = vec![0; StatementReading::BUCKETS];
        for ns in times_ns {
            buckets[StatementReading::bucket(*ns)] += 1;
        }
        let count = times_ns.len() as u64;
        StatementReading { name, count, rows: 2 * count, timed_ns: times_ns.iter().sum(), buckets }
    }

    #[test]
    fn a_percentile_is_within_nine_percent_of_a_time_that_was_there() {
        for scale in [1_000, 7_300, 150_000, 2_000_000, 300_000_000] {
            let times: Vec<u64> = (1..=100).map(|step| step * scale).collect();
            let all = statements(&[reading("one", &times)]);
            #[expect(clippy::cast_precision_loss, reason = "a test's numbers are small")]
            for (found, exact_ns) in [(all[0].p50_us, 50 * scale), (all[0].p95_us, 95 * scale)] {
                let exact_us = exact_ns as f64 / 1_000.0;
                assert!((found / exact_us - 1.0).abs() < 0.095, "{found} for {exact_us}");
            }
        }
    }

    #[test]
    fn the_costly_come_first_and_those_that_never_ran_are_left_out() {
        let readings =
            [reading("cheap", &[1_000]), reading("never", &[]), reading("costly", &[2_000, 1_000])];
        let all = statements(&readings);
        let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["costly", "cheap"]);
        assert_eq!((all[0].count, all[0].rows, all[0].total_us), (2, 4, 3));
        assert!((all[0].share - 0.75).abs() < 1e-9 && (all[1].share - 0.25).abs() < 1e-9);
        assert!(statements(&[]).is_empty());
    }

    #[test]
    fn runs_that_were_not_timed_took_as_long_as_the_others() {
        let one = StatementReading { count: 800, ..reading("one", &[3_000; 100]) };
        let all = statements(&[one]);
        assert_eq!((all[0].count, all[0].total_us), (800, 2_400));
    }
}
