//! The time for which a certificate is valid: the field `validity` of X.509 (RFC 5280, section 4.1.2.5), and nothing
//! else.
//!
//! A walk over seven lengths, since the one question does not need a parser's dozen of crates; rustls itself knows
//! the times and does not return them. Refuses bytes that are not DER; reads forward only, so no input takes longer
//! than its length.

use callbox_protocol::time::UnixMillis;

/// Seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From then on.
    pub not_before: i64,
    /// Until then.
    pub not_after: i64,
}

impl Validity {
    /// The seconds until its end; negative once it has expired.
    pub fn seconds_left(self, now: UnixMillis) -> i64 {
        self.not_after.saturating_sub(i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX))
    }

    /// The whole days until its end; negative once it has expired.
    pub fn days_left(self, now: UnixMillis) -> i64 {
        self.seconds_left(now).div_euclid(24 * 3_600)
    }
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// `None` if the bytes are no certificate.
pub fn of(certificate: &[u8]) -> Option<Validity> {
    let mut outer = certificate;
    let mut whole = expect(&mut outer, SEQUENCE)?;
    let mut fields = expect(&mut whole, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        expect(&mut fields, VERSION)?;
    }
    expect(&mut fields, INTEGER)?; // serialNumber
    expect(&mut fields, SEQUENCE)?; // signature
    expect(&mut fields, SEQUENCE)?; // issuer
    let mut validity = expect(&mut fields, SEQUENCE)?;
    Some(Validity { not_before: time(&mut validity)?, not_after: time(&mut validity)? })
}

/// Takes one element with this tag off the front, and returns its contents.
fn expect<'a>(from: &mut &'a [u8], wanted: u8) -> Option<&'a [u8]> {
    let (tag, inside) = element(from)?;
    (tag == wanted).then_some(inside)
}

fn element<'a>(from: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let [tag, first, rest @ ..] = *from else { return None };
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        // Two bytes reach 64 KiB; no certificate is longer than rustls takes.
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), rest.get(2..)?),
        _ => return None,
    };
    let (inside, after) = rest.split_at_checked(length)?;
    *from = after;
    Some((*tag, inside))
}

/// `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` from 2050 on; RFC 5280 allows no other form of the two.
fn time(from: &mut &[u8]) -> Option<i64> {
    let (tag, text) = element(from)?;
    let (year_digits, is_utc_time) = match tag {
        UTC_TIME => (2, true),
        GENERALIZED_TIME => (4, false),
        _ => return None,
    };
    let (year, rest) = text.split_at_checked(year_digits)?;
    let year = number(year)?;
    let year = match (is_utc_time, year) {
        (true, 50..) => year + 1_900,
        (true, _) => year + 2_000,
        (false, _) => year,
    };
    let [month, day, hour, minute, second] = {
        let digits = rest.strip_suffix(b"Z").filter(|digits| digits.len() == 10)?;
        let mut parts = [0; 5];
        for (part, pair) in parts.iter_mut().zip(digits.chunks(2)) {
            *part = number(pair)?;
        }
        parts
    };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

/// Days from 1970-01-01 in the Gregorian calendar. Years begin in March here, so that a leap day is the last one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let since_march = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // From 0000-03-01 to 1970-01-01 are 719,468 days.
    year * 365 + leap_days + (153 * since_march + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn certificate(from: (i32, u8, u8), to: (i32, u8, u8)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(to.0, to.1, to.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_a_time_are_read_as_they_were_written() {
        for (from, to) in [
            ((1970, 1, 1), (2000, 2, 29)),
            ((1999, 12, 31), (2026, 3, 1)),
            ((2024, 2, 29), (2049, 12, 31)),
            ((2050, 1, 1), (2100, 2, 28)),
            ((2100, 3, 1), (4096, 1, 1)),
        ] {
            let expected = Validity {
                not_before: date_time_ymd(from.0, from.1, from.2).unix_timestamp(),
                not_after: date_time_ymd(to.0, to.1, to.2).unix_timestamp(),
            };
            assert_eq!(of(&certificate(from, to)), Some(expected), "{from:?} {to:?}");
        }
    }

    #[test]
    fn the_time_of_day_counts() {
        let utc = [&[UTC_TIME, 13][..], b"260102030405Z"].concat();
        assert_eq!(time(&mut &utc[..]), Some(1_767_323_045));
        for bad in ["260102030405+", "2601020304055", "26130203040Z", "261302030405Z", "260102250405Z"] {
            let bytes = [&[UTC_TIME, u8::try_from(bad.len()).unwrap()], bad.as_bytes()].concat();
            assert_eq!(time(&mut &bytes[..]), None, "{bad}");
        }
    }

    #[test]
    fn what_is_cut_short_or_bent_is_refused_and_never_panics() {
        let whole = certificate((2020, 1, 1), (2030, 1, 1));
        for end in 0..whole.len() {
            assert_eq!(of(&whole[..end]), None);
        }
        for place in 0..whole.len() {
            let mut bent = whole.clone();
            bent[place] ^= 0xff;
            let _ = of(&bent);
        }
    }
}
