//! Lengths of time as rules write them: `90s`, `5m`, `6h`, `3d`.

/// Milliseconds of a length; `None` if it is none, is zero, or is longer than 30 days.
pub(super) fn parse(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let is_number =
        !digits.is_empty() && digits.len() < 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let length = digits.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(unit)?;
    (1..=30 * 86_400_000).contains(&length).then_some(length)
}

/// The shortest way to write a length.
pub(super) fn written(ms: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let fits = |(unit, _): &&(u64, &str)| ms >= *unit && ms.is_multiple_of(*unit);
    units.iter().find(fits).map_or_else(|| format!("{ms}ms"), |(unit, name)| format!("{}{name}", ms / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written() {
        for (text, ms) in
            [("10s", 10_000), ("90s", 90_000), ("5m", 300_000), ("6h", 21_600_000), ("3d", 259_200_000)]
        {
            assert_eq!((parse(text), written(ms).as_str()), (Some(ms), text));
        }
        for text in ["", "s", "0s", "5", "5 m", "-5m", "5w", "31d", "1.5h", "m5", "99999999s", "é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
