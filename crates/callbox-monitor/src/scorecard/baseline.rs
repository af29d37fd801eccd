//! A baseline from a file: figures of another stack, one promise a line.

use callbox_protocol::scorecard::ScoreFigure;

use super::interval::Mean;
use super::promise::PROMISES;
use super::{Baseline, Found, ScorecardError};

/// More than any file of a line for each promise.
const BYTES_MAX: usize = 64 * 1_024;
const HEADER: &str = "name,value,low,high,n";

impl Baseline {
    /// Reads lines of `name,value,low,high,n` below that header; `low` and `high` may be empty.
    pub fn from_csv(text: &str) -> Result<Self, ScorecardError> {
        let wrong = |line: usize, reason: &str| ScorecardError::Baseline { line, reason: reason.to_owned() };
        if text.len() > BYTES_MAX {
            return Err(wrong(1, "the file is larger than 64 KiB"));
        }
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate();
        if lines.next().is_none_or(|(_, line)| line != HEADER) {
            return Err(wrong(1, "the header is another one"));
        }
        let mut baseline = Self { label: Some("imported".to_owned()), ..Self::default() };
        for (place, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let (name, found) = read(line).map_err(|reason| wrong(place + 1, reason))?;
            if baseline.found.insert(name, found).is_some() {
                return Err(wrong(place + 1, "its name came before"));
            }
        }
        Ok(baseline)
    }
}

fn read(line: &str) -> Result<(&'static str, Found), &'static str> {
    let fields: Vec<_> = line.split(',').map(str::trim).collect();
    let [name, value, low, high, n] = fields[..] else { return Err("it has not five fields") };
    let promise = PROMISES.iter().find(|promise| promise.name == name).ok_or("there is no such name")?;
    let number = |text: &str| {
        text.parse()
            .ok()
            .filter(|it: &f64| it.is_finite() && *it >= 0.0)
            .ok_or("a value is no number from 0 on")
    };
    let end = |text: &str| if text.is_empty() { Ok(None) } else { number(text).map(Some) };
    let (value, low, high) = (number(value)?, end(low)?, end(high)?);
    let n = n.parse().map_err(|_| "`n` is no count")?;
    if low.is_some_and(|low| low > value)
        || high.is_some_and(|high| high < value)
        || low.is_some() != high.is_some()
    {
        return Err("`low` and `high` are not around the value");
    }
    let half = low.zip(high).map(|(low, high)| (high - low) / 2.0);
    let figure = ScoreFigure { value, low, high, n, p75: None };
    Ok((promise.name, Found { figure, mean: Some(Mean { value, half }) }))
}
