//! Settings of moderation: the words for a banned person, and the number of reports that hold somebody.
//!
//! The words are shown as they are; nothing is read out of them.

use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::string;

/// The settings of moderation.
#[derive(Clone, Debug)]
pub struct ModerationSettings {
    /// How a banned person may object; empty if there is no such text.
    pub ban_contact: String,
    /// After so many reports by verified people within a day somebody is kept from strangers; 0 is never.
    pub hold_after_reports: u32,
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "ban_contact",
        default: r#""""#,
        about: "How somebody who is banned may object, as they read it: an address of mail, a URL, or a sentence. Empty: they\n\
                are sent to the operator of the site.",
        text: Text::Plain,
    },
    Setting {
        key: "hold_after_reports",
        default: "3",
        about: "A user whom so many different people with a verified address report within 24 hours meets no strangers\n\
                until a moderator has decided on these reports; invites still work. Three who were strangers to each other\n\
                seldom err together. 0: nobody is held, for a site where nobody looks at reports.",
        text: Text::Number,
    },
];

/// The operator's choices on bans and reports.
pub(crate) fn read(reader: &Reader<'_>) -> Result<ModerationSettings, ConfigError> {
    Ok(ModerationSettings {
        ban_contact: reader.get("ban_contact", string)?,
        hold_after_reports: reader.get("hold_after_reports", reporters)?,
    })
}

fn reporters(value: &Value) -> Result<u32, String> {
    let count = value.as_integer().and_then(|count| u32::try_from(count).ok());
    count.filter(|count| *count <= 1_000).ok_or_else(|| "it is a number from 0 to 1,000".to_owned())
}
