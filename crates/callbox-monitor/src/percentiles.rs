//! Percentiles and means of a few thousand values: exact, since all of them are at hand.

use callbox_protocol::http::Percentiles;

/// The smallest time that so many percent do not exceed; zero if there is none.
pub(crate) fn percentiles(mut times: Vec<u32>) -> Percentiles {
    times.sort_unstable();
    let at = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100);
        times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    };
    Percentiles { count: count(times.len()), p50_ms: at(50), p95_ms: at(95), p99_ms: at(99) }
}

/// `None` if there are no values.
pub(crate) fn mean(values: impl ExactSizeIterator<Item = u32>) -> Option<f64> {
    let len = values.len();
    (len > 0).then(|| values.map(f64::from).sum::<f64>() / f64::from(count(len)))
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_there() {
        assert_eq!(percentiles(Vec::new()), Percentiles::default());
        assert_eq!(percentiles(vec![7]), Percentiles { count: 1, p50_ms: 7, p95_ms: 7, p99_ms: 7 });
        let hundred = percentiles((1..=100).rev().collect());
        assert_eq!(hundred, Percentiles { count: 100, p50_ms: 50, p95_ms: 95, p99_ms: 99 });
    }

    #[test]
    fn nothing_has_no_mean() {
        assert_eq!(mean([].into_iter()), None);
        assert_eq!(mean([1, 4].into_iter()), Some(2.5));
    }
}
