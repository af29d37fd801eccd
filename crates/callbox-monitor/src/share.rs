//! Shares of a whole: quantiles, as percentiles are written (`p75`, `p99.9`), with their ranks.
//!
//! The rank is the nearest one: the smallest value that so many percent do not exceed. It is a value that was there, and
//! nothing is interpolated.

/// A share of all values, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantile(u16);

impl Quantile {
    /// The median.
    pub const P50: Self = Self(5_000);
    /// By which vitals are judged.
    pub const P75: Self = Self(7_500);
    /// One in twenty is above it.
    pub const P95: Self = Self(9_500);
    /// One in a hundred is above it.
    pub const P99: Self = Self(9_900);

    /// Reads `p50`, `p99` or `p99.95`; `None` for anything else, for `p0` and for more than `p100`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('p')?;
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || whole.len() > 3 || part.len() > 2 {
            return None;
        }
        let part = part.parse::<u16>().ok()? * if part.len() == 1 { 10 } else { 1 };
        let hundredths = whole.parse::<u16>().ok()? * 100 + part;
        (1..=10_000).contains(&hundredths).then_some(Self(hundredths))
    }

    /// The place of its value among so many, from 1.
    pub(crate) fn rank(self, count: u64) -> u64 {
        let rank = (u128::from(count) * u128::from(self.0)).div_ceil(10_000);
        u64::try_from(rank).expect("it is not above the count").max(1)
    }
}

impl std::fmt::Display for Quantile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p{}", f64::from(self.0) / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_read_as_they_are_written() {
        assert_eq!(Quantile::parse("p75"), Some(Quantile::P75));
        assert_eq!(Quantile::parse("p99.9"), Some(Quantile(9_990)));
        assert_eq!(Quantile::parse("p99.95"), Some(Quantile(9_995)));
        assert_eq!(Quantile::parse("p100"), Some(Quantile(10_000)));
        for text in
            ["", "p", "p0", "p0.0", "p101", "p100.1", "75", "p-1", "p1.", "p.5", "p99.999", "p1e1", "P75"]
        {
            assert_eq!(Quantile::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_rank_is_the_nearest_one() {
        assert_eq!((Quantile::P50.rank(1), Quantile::P50.rank(2), Quantile::P50.rank(3)), (1, 1, 2));
        assert_eq!((Quantile::P99.rank(100), Quantile::P99.rank(101)), (99, 100));
        assert_eq!(Quantile(10_000).rank(u64::MAX), u64::MAX);
    }
}
