//! The buckets of a sketch: where each begins, and the one value that stands for all of it.
//!
//! Starts are integers, made by one rule when this is compiled, so every machine counts a value in the same bucket. A
//! bucket's last value is at most 101/99 of its first, so what lies in the middle of the two is within 1 % of both.
//! The first bucket holds zero alone, and the small numbers have one each.

/// The largest value, in millionths.
pub(super) const LAST: u64 = 1_000_000_000_000_000_000;
/// How many there are.
pub(super) const BUCKETS: usize = count();

const STARTS: [u64; BUCKETS] = starts();

/// The last value of the bucket that begins with this one.
const fn end(start: u64) -> u64 {
    let end = start as u128 * 101 / 99;
    #[expect(clippy::cast_possible_truncation, reason = "it is below the last one")]
    let within = end as u64;
    if end >= LAST as u128 { LAST } else { within }
}

const fn count() -> usize {
    let (mut start, mut count) = (0, 0);
    while start <= LAST {
        start = end(start) + 1;
        count += 1;
    }
    count
}

const fn starts() -> [u64; BUCKETS] {
    let mut starts = [0; BUCKETS];
    let mut place = 1;
    while place < BUCKETS {
        starts[place] = end(starts[place - 1]) + 1;
        place += 1;
    }
    starts
}

/// The bucket of a value in millionths, which is not above [`LAST`].
pub(super) fn bucket_of(value: u64) -> u16 {
    let after = STARTS.partition_point(|start| *start <= value);
    u16::try_from(after - 1).expect("there are some 2,000 buckets, and the first begins with 0")
}

/// The value within 1 % of all in this bucket.
pub(super) fn middle(bucket: u16) -> f64 {
    let start = STARTS[usize::from(bucket)];
    let (low, high) = (super::float(start), super::float(end(start)));
    if start == 0 { 0.0 } else { 2.0 * low * high / (low + high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_within_one_percent_of_the_middle_of_its_bucket() {
        for (bucket, &start) in STARTS.iter().enumerate() {
            for value in [start, end(start)] {
                assert_eq!(usize::from(bucket_of(value)), bucket);
                let value = super::super::float(value);
                let error = (middle(u16::try_from(bucket).unwrap()) - value).abs();
                assert!(error <= value * 0.010_000_001, "{value} in {bucket}: {error}");
            }
        }
        assert_eq!(BUCKETS, 1_906, "the file's head says how many there are");
        assert_eq!(usize::from(bucket_of(LAST)), BUCKETS - 1);
        assert_eq!((bucket_of(0), bucket_of(1), bucket_of(49)), (0, 1, 49));
    }
}
