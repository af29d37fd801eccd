//! `callbox doctor`: finds the faults that would keep a server with these settings from working, and the fix for
//! each.
//!
//! Each file below looks at one family of things; `callbox_settings::doctor` judges the facts that it found. It
//! changes nothing: no folder is made, no database opened; ports are taken for a moment and released. It asks nobody
//! but this machine, at most 2 s a port for the connection and 1 s for each of 16 reads. If settings are wrong it
//! stops there, since all else would be about other settings than the operator means.

mod acme;
mod addresses;
mod backups;
mod certificate;
mod clock;
mod disk;
mod limits;
mod ports;
mod probe;

pub(crate) use probe::{is_ready, nearest};
mod relay;
mod relay_streams;

use callbox_settings::doctor::{ice, mail, oidc};
use callbox_settings::listen::TlsMode;

use crate::attributes;
use crate::config::{Config, Layers};
use crate::environment::Environment;

pub use callbox_settings::doctor::{Finding, State, is_well, write, write_json};

/// Looks at everything.
pub fn run(layers: &Layers, environment: &Environment) -> Vec<Finding> {
    match layers.load() {
        Ok(config) => {
            let settings = match &layers.file {
                Some(path) => format!("All settings are valid; the file is {}.", path.display()),
                None => "All settings are valid; there is no settings file.".to_owned(),
            };
            std::iter::once(Finding::ok("settings", settings)).chain(examine(&config, environment)).collect()
        }
        Err(error) => vec![Finding::fail(
            "settings",
            format!("{}. Nothing else was looked at.", error.to_string().trim_end()),
            "Correct it where it was set; callbox.example.toml names every setting with its reason.",
        )],
    }
}

fn examine(config: &Config, environment: &Environment) -> Vec<Finding> {
    let is_in_use = callbox_store::is_in_use(&config.database.folder).ok();
    let (now, wall) = (environment.now(), environment.clock.wall());
    let mut all = ports::check(config, is_in_use, &environment.randomness);
    all.push(addresses::https(config));
    all.push(match config.tls.mode {
        TlsMode::Acme => acme::check(config, is_in_use, wall),
        _ => certificate::check(config, now),
    });
    all.push(addresses::public(config));
    all.push(relay::check(config, environment));
    all.push(relay_streams::check(config, &environment.randomness));
    all.push(clock::check(config, now));
    all.extend(limits::check(config));
    all.extend(disk::check(config, is_in_use));
    all.push(backups::check(config, is_in_use, now));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_the_only_finding() {
        let flags = vec![("--listen".to_owned(), "listen".to_owned(), "nowhere".to_owned())];
        let findings = run(&Layers { flags, ..Layers::default() }, &Environment::system());
        assert!(matches!(&findings[..], [one] if one.state == State::Fail && one.found.contains("`listen`")));
    }
}
