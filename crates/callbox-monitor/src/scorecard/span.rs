//! A span of whole days in UTC, as it is written: `2026-11-01..2026-11-30`, both ends included, or `30d..1d` ago.

use callbox_protocol::time::UnixMillis;
use std::ops::Range;

use super::ScorecardError;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// As long as figures by the day are kept.
const DAYS_MAX: u32 = 396;

/// Some whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    first: u32,
    last: u32,
}

impl Span {
    /// Reads a span. What is not over yet, and what is too long, is refused.
    pub fn parse(text: &str, now: UnixMillis) -> Result<Self, ScorecardError> {
        let today = u32::try_from(now.0 / DAY_MS).unwrap_or(u32::MAX);
        let refused = || ScorecardError::Span(text.chars().take(40).collect());
        let (first, last) = text.split_once("..").ok_or_else(refused)?;
        let day = |text: &str| match text.strip_suffix('d') {
            Some(ago) => today.checked_sub(ago.parse().ok()?),
            None => day_of(text),
        };
        let span = Self { first: day(first).ok_or_else(refused)?, last: day(last).ok_or_else(refused)? };
        let is_well = span.first <= span.last && span.last <= today && span.last - span.first < DAYS_MAX;
        if is_well { Ok(span) } else { Err(refused()) }
    }

    /// The days since 1970.
    pub fn days(self) -> Range<u32> {
        self.first..self.last + 1
    }

    /// How many days.
    pub fn length(self) -> u32 {
        self.last - self.first + 1
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", date(self.first), date(self.last))
    }
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": `days_from_civil`, for years from 1970 to 9999.
fn day_of(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let is_date = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(place, byte)| if matches!(place, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() });
    if !is_date {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year % 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let found = (year / 400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let found = found.checked_sub(719_468)?;
    // 30 February is no day.
    (date(found) == text).then_some(found)
}

/// The reverse, `civil_from_days`.
fn date(day: u32) -> String {
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let place = (5 * of_year + 2) / 153;
    let day = of_year - (153 * place + 2) / 5 + 1;
    let month = if place < 10 { place + 3 } else { place - 9 };
    let year = year + era * 400 + u32::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_days_and_nothing_else() {
        // 2026-12-01.
        let now = UnixMillis(1_796_083_200_000 + 5);
        let read = |text| Span::parse(text, now);
        let november = read("2026-11-01..2026-11-30").unwrap();
        assert_eq!((november.length(), november.to_string().as_str()), (30, "2026-11-01..2026-11-30"));
        assert_eq!(read("30d..1d").unwrap(), november);
        assert_eq!(read("2024-02-29..2024-02-29").unwrap().to_string(), "2024-02-29..2024-02-29");
        assert_eq!(Span::parse("1970-01-01..1970-01-01", now).unwrap().days(), 0..1);
        for text in [
            "",
            "..",
            "2026-11-01",
            "2026-11-30..2026-11-01",
            "2026-02-30..2026-03-01",
            "2026-13-01..2026-12-01",
            "2026-11-01..2026-12-02",
            "2024-11-01..2026-11-30",
            "1d..2d",
            "-1d..0d",
            "99999999999d..0d",
            "é026-11-01..0d",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
