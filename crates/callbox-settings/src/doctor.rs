//! What `callbox doctor` makes of the facts that it found: whether a server with these settings works on this machine,
//! and the fix for each fault.
//!
//! Each file below judges one family of things, by pure functions. The server's `doctor` looks at ports, files and
//! sockets, and gives what it saw.

pub mod acme;
pub mod addresses;
pub mod backups;
pub mod certificate;
pub mod clock;
pub mod disk;
pub mod ice;
pub mod limits;
pub mod mail;
pub mod oidc;
pub mod ports;
pub mod relay;

use serde::Serialize;
use std::io::{self, Write};

/// One check, and its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The subject of the check.
    pub check: &'static str,
    /// How it is.
    pub state: State,
    /// The result, in whole sentences.
    pub found: String,
    /// A command or a setting; there is one unless all is well.
    pub fix: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be, or not known.
    Ok,
    /// The server starts, and something does not work as it could.
    Warn,
    /// The server does not start, or is of no use.
    Fail,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

impl Finding {
    /// All is well.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), fix: None }
    }

    /// Something does not work as it could.
    pub fn warn(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    /// The server does not start, or is of no use.
    pub fn fail(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Fail, found: found.into(), fix: Some(fix.into()) }
    }
}

/// Whether nothing failed.
pub fn is_well(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.state != State::Fail)
}

/// A line for each finding, and its fix on the next.
pub fn write(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    for Finding { check, state, found, fix } in findings {
        writeln!(out, "{:4}  {check}: {}", state.word(), one_line(found))?;
        if let Some(fix) = fix {
            writeln!(out, "      {}", one_line(fix))?;
        }
    }
    Ok(())
}

/// `{"is_well": .., "findings": [..]}`.
pub fn write_json(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    let whole = serde_json::json!({ "is_well": is_well(findings), "findings": findings });
    writeln!(out, "{whole:#}")
}

/// The messages of other libraries may have several lines, and scripts read one for each check.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// So many seconds, in words.
pub fn duration(seconds: i64) -> String {
    match (seconds / (24 * 3_600), seconds / 3_600) {
        (0, 0) => "less than an hour".to_owned(),
        (0, 1) => "1 hour".to_owned(),
        (0, hours) => format!("{hours} hours"),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Layers, typed};

    /// The settings with these set.
    pub(super) fn config(settings: &[(&str, &str)]) -> Config {
        let flags = settings.iter().map(|(key, value)| ("--set".to_owned(), (*key).into(), (*value).into()));
        let layers = Layers { flags: flags.collect(), ..Layers::default() };
        layers.effective().and_then(|all| typed(&all)).unwrap()
    }

    #[test]
    fn each_finding_is_one_line_and_its_fix_the_next() {
        let findings = [Finding::ok("a", "Good."), Finding::fail("b", "Bad,\n  very.", "Fix it.")];
        let mut out = Vec::new();
        write(&mut out, &findings).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ok    a: Good.\nFAIL  b: Bad, very.\n      Fix it.\n");
        assert!(!is_well(&findings));
        assert!(is_well(&[Finding::warn("a", "So so.", "Fix it.")]));
    }
}
