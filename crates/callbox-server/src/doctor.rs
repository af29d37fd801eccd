//! `callbox doctor`: finds the faults that would keep a server with these settings from working, and the fix for
//! each.
//!
//! Each file below looks at one family of things and decides by pure functions over the facts that it read. It
//! changes nothing: no folder is made, no database opened; ports are taken for a moment and released. It asks nobody
//! but this machine, at most 2 s a port for the connection and 1 s for each of 16 reads. If settings are wrong it
//! stops there, since all else would be about other settings than the operator means.

mod acme;
mod addresses;
mod backups;
mod certificate;
mod clock;
mod disk;
mod ice;
mod limits;
mod mail;
mod oidc;
mod ports;
mod probe;
mod relay;
mod relay_streams;

use serde::Serialize;
use std::io::{self, Write};

use crate::attributes;
use crate::config::{Config, Layers};

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
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), fix: None }
    }

    fn warn(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    fn fail(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Fail, found: found.into(), fix: Some(fix.into()) }
    }
}

/// Looks at everything.
pub fn run(layers: &Layers) -> Vec<Finding> {
    match layers.load() {
        Ok(config) => {
            let settings = match &layers.file {
                Some(path) => format!("All settings are valid; the file is {}.", path.display()),
                None => "All settings are valid; there is no settings file.".to_owned(),
            };
            std::iter::once(Finding::ok("settings", settings)).chain(examine(&config)).collect()
        }
        Err(error) => vec![Finding::fail(
            "settings",
            format!("{}. Nothing else was looked at.", error.to_string().trim_end()),
            "Correct it where it was set; callbox.example.toml names every setting with its reason.",
        )],
    }
}

fn examine(config: &Config) -> Vec<Finding> {
    let is_in_use = callbox_store::is_in_use(&config.database.folder).ok();
    let mut all = ports::check(config, is_in_use);
    all.push(addresses::https(config));
    all.push(certificate::check(config, is_in_use));
    all.push(addresses::public(config));
    all.push(relay::check(config));
    all.push(relay_streams::check(config));
    all.push(clock::check(config));
    all.extend(limits::check(config));
    all.extend(disk::check(config, is_in_use));
    all.push(backups::check(config, is_in_use));
    all.push(mail::check(config));
    all.extend(oidc::check(config));
    all.extend(ice::check(config));
    all.extend(schemas(config));
    all
}

/// Only if there is a schema.
fn schemas(config: &Config) -> Option<Finding> {
    let is_set = config.attributes.user_schema.is_some() || config.attributes.call_schema.is_some();
    is_set.then(|| match attributes::load(&config.attributes) {
        Ok(_) => Finding::ok("attributes", "The JSON Schemas of attributes can be used."),
        Err(error) => {
            Finding::fail("attributes", format!("{error}."), "Correct the file, or leave the setting out.")
        }
    })
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

fn duration(seconds: i64) -> String {
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

    #[test]
    fn each_finding_is_one_line_and_its_fix_the_next() {
        let findings = [Finding::ok("a", "Good."), Finding::fail("b", "Bad,\n  very.", "Fix it.")];
        let mut out = Vec::new();
        write(&mut out, &findings).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ok    a: Good.\nFAIL  b: Bad, very.\n      Fix it.\n");
        assert!(!is_well(&findings));
        assert!(is_well(&[Finding::warn("a", "So so.", "Fix it.")]));
    }

    #[test]
    fn wrong_settings_are_the_only_finding() {
        let flags = vec![("--listen".to_owned(), "listen".to_owned(), "nowhere".to_owned())];
        let findings = run(&Layers { flags, ..Layers::default() });
        assert!(matches!(&findings[..], [one] if one.state == State::Fail && one.found.contains("`listen`")));
    }
}
