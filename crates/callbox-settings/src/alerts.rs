//! Settings of alerts: the operator's rules, who is told, and the ping by which an outside service knows that we live.
//!
//! Targets hold secrets, so an error about them shows no piece of them. They come from the settings alone: nobody who is
//! signed in can send anything anywhere. Bound: 20 targets.

use callbox_identity::email::EmailAddress;
use callbox_identity::endpoint::Endpoint;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::PathBuf;
use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secrets;
use crate::setting::{Setting, Text};
use crate::values::path;

const TARGETS_MAX: usize = 20;

/// The settings of alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertSettings {
    /// A file of rules beside the shipped ones.
    pub rules: Option<PathBuf>,
    /// Who is told.
    pub targets: Vec<AlertTarget>,
    /// Asked each minute while rules are looked at.
    pub ping_url: Option<PingUrl>,
}

/// A URL that is as good as a password.
#[derive(Clone)]
pub struct PingUrl(pub String);

impl std::fmt::Debug for PingUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PingUrl(..)")
    }
}

/// Somebody who is told.
#[derive(Clone)]
pub struct AlertTarget {
    /// Its name, for logs.
    pub name: String,
    /// How.
    pub way: AlertWay,
}

/// Without URLs, which hold secrets.
impl std::fmt::Debug for AlertTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AlertTarget({}, {})", self.name, self.way.word())
    }
}

/// How a target is told.
#[derive(Clone)]
pub enum AlertWay {
    /// Alertmanager's webhook body, signed if there is a secret.
    Webhook {
        /// Where it is posted to.
        url: String,
        /// `whsec_` and a key in base64, as Standard Webhooks has it.
        secret: Option<String>,
    },
    /// An Alertmanager itself.
    Alertmanager {
        /// Its root, such as `http://10.0.0.5:9093`.
        url: String,
    },
    /// An incoming webhook of Slack, or of what understands the same.
    Slack {
        /// The webhook.
        url: String,
    },
    /// A webhook of Discord.
    Discord {
        /// The webhook.
        url: String,
    },
    /// A topic of an ntfy server.
    Ntfy {
        /// The server's root.
        url: String,
        /// The topic.
        topic: String,
        /// For topics that need one.
        token: Option<String>,
    },
    /// A mail.
    Mail {
        /// To whom.
        to: EmailAddress,
    },
}

impl AlertWay {
    /// As the settings name it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Alertmanager { .. } => "alertmanager",
            Self::Slack { .. } => "slack",
            Self::Discord { .. } => "discord",
            Self::Ntfy { .. } => "ntfy",
            Self::Mail { .. } => "mail",
        }
    }
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "alert_rules",
        default: r#""""#,
        about: "A file of alert rules (TOML) that change the shipped ones or come beside them; `callbox alerts list` shows all, and\n\
                docs/ALERTS.md says how they are written. It is read again when it changes; a wrong one is refused, and the rules\n\
                before it stay. Empty: the shipped rules.",
        text: Text::Plain,
    },
    Setting {
        key: "alert_targets",
        default: "[]",
        about: "Who is told of alerts: { name = \"ops\", kind = \"webhook\", url = \"https://..\", secret = \"whsec_..\" } (the body of\n\
                Alertmanager's webhook, signed as Standard Webhooks has it), { name, kind = \"alertmanager\", url } for its API,\n\
                { name, kind = \"slack\", url }, { name, kind = \"discord\", url }, { name, kind = \"ntfy\", url = \"https://ntfy.sh/TOPIC\",\n\
                token }, { name, kind = \"mail\", to }. http:// is for this machine and private networks. 20 at most.",
        text: Text::Toml,
    },
    Setting {
        key: "alert_ping_url",
        default: r#""""#,
        about: "A URL that is asked (GET) each minute while the server looks at its rules: a service outside that alarms when\n\
                this stops (healthchecks.io, Uptime Kuma) knows what no dead process can tell. Empty: none.",
        text: Text::Plain,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    kind: String,
    url: Option<String>,
    secret: Option<String>,
    token: Option<String>,
    to: Option<String>,
}

/// The operator's choices on alerts.
pub(crate) fn read(reader: &Reader<'_>) -> Result<AlertSettings, ConfigError> {
    Ok(AlertSettings {
        rules: reader.get("alert_rules", path)?,
        targets: reader.get("alert_targets", targets)?,
        ping_url: reader.get("alert_ping_url", |value| match secrets::text(value)? {
            "" => Ok(None),
            url => address(url).map(|url| Some(PingUrl(url))),
        })?,
    })
}

fn targets(value: &Value) -> Result<Vec<AlertTarget>, String> {
    let raw: Vec<Raw> = secrets::structure(value)?;
    if raw.len() > TARGETS_MAX {
        return Err(format!("there are more than {TARGETS_MAX} targets"));
    }
    let mut names = HashSet::new();
    raw.into_iter()
        .map(|raw| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if raw.name.is_empty() || raw.name.len() > 40 || !raw.name.chars().all(is_plain) {
                return Err(
                    "a target's `name` has letters, digits, `-` and `_`, and at most 40 of them".to_owned()
                );
            }
            if !names.insert(raw.name.clone()) {
                return Err(format!("two targets are named `{}`", raw.name));
            }
            let name = raw.name.clone();
            let way = way(raw).map_err(|reason| format!("target `{name}`: {reason}"))?;
            Ok(AlertTarget { name, way })
        })
        .collect()
}

fn way(raw: Raw) -> Result<AlertWay, String> {
    let Raw { kind, url, secret, token, to, .. } = raw;
    let url = || url.as_deref().ok_or_else(|| "it has no `url`".to_owned()).and_then(address);
    let way = match kind.as_str() {
        "webhook" => AlertWay::Webhook { url: url()?, secret: secret.clone() },
        "alertmanager" => AlertWay::Alertmanager { url: url()?.trim_end_matches('/').to_owned() },
        "slack" => AlertWay::Slack { url: url()? },
        "discord" => AlertWay::Discord { url: url()? },
        "ntfy" => {
            let url = url()?;
            let (root, topic) = url
                .rsplit_once('/')
                .filter(|(root, topic)| !topic.is_empty() && !root.ends_with('/'))
                .ok_or("its `url` ends with no topic")?;
            AlertWay::Ntfy { url: root.to_owned(), topic: topic.to_owned(), token: token.clone() }
        }
        "mail" => {
            let to = to.as_deref().ok_or("it has no `to`")?;
            AlertWay::Mail { to: to.parse().map_err(|_| "its `to` is no address of mail")? }
        }
        _ => return Err("its `kind` is none of webhook, alertmanager, slack, discord, ntfy, mail".to_owned()),
    };
    let fits = match way.word() {
        "webhook" => token.is_none() && to.is_none(),
        "ntfy" => secret.is_none() && to.is_none(),
        "mail" => secret.is_none() && token.is_none(),
        _ => secret.is_none() && token.is_none() && to.is_none(),
    };
    if fits { Ok(way) } else { Err(format!("`{}` knows no such field", way.word())) }
}

/// The URL is not repeated: it may be a secret.
fn address(url: &str) -> Result<String, String> {
    let found = Endpoint::parse_near(url).map(|_| url.to_owned());
    found.map_err(|_| "its `url` is neither https nor http of this machine or a private network".to_owned())
}

#[cfg(test)]
mod tests;
