//! Settings of mail: the mail server, and the sender.
//!
//! The server's URL holds a password and is never quoted. Whether the two go together is checked by `mail.rs`.

use std::path::{Path, PathBuf};
use thiserror::Error;
use toml::Value;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secrets;
use crate::setting::{Setting, Text};
use crate::site::Site;
pub use crate::smtp_url::{SmtpUrl, SmtpUrlError};
use crate::values::string;

/// How mails leave.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The mail server; without it mails are written to the folder.
    pub smtp_url: Option<SmtpUrl>,
    /// Their sender.
    pub from: Option<String>,
    /// Of mails that are written and not sent.
    pub folder: PathBuf,
}

/// Why mails cannot be sent with these settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MailFault {
    /// Links would have to name whatever a request says.
    #[error(
        "`smtp_url` needs `public_url`: links in mails must name an address that nobody can forge, such as https://call.example.org"
    )]
    NoPublicUrl,
    /// Nobody would be the sender.
    #[error("`smtp_url` needs `mail_from`, such as \"Example <no-reply@example.org>\"")]
    NoSender,
}

impl MailSettings {
    /// Finds a fault that would keep a server with these settings from starting.
    pub fn check(&self, site: &Site) -> Result<(), MailFault> {
        if self.smtp_url.is_none() {
            return Ok(());
        }
        if !site.has_address() {
            return Err(MailFault::NoPublicUrl);
        }
        if self.from.is_none() { Err(MailFault::NoSender) } else { Ok(()) }
    }
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "smtp_url",
        default: r#""""#,
        about: "The mail server, such as \"smtps://USER:PASSWORD@mail.example.org\" or \"smtp://..\" with STARTTLS, which must then\n\
                be there; in the clear on loopback alone. Needs `mail_from` and `public_url`. Empty: mails are written to\n\
                the folder `mail` in `data_dir`, and sent to nobody.",
        text: Text::Plain,
    },
    Setting {
        key: "mail_from",
        default: r#""""#,
        about: "Whom mails are from, such as \"Example <no-reply@example.org>\".",
        text: Text::Plain,
    },
];

/// How mails leave; if there is no mail server they are written into the data folder.
pub(crate) fn read(reader: &Reader<'_>, data: &Path) -> Result<MailSettings, ConfigError> {
    Ok(MailSettings {
        smtp_url: reader.get("smtp_url", |value| match secrets::text(value)? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|error: SmtpUrlError| error.to_string()),
        })?,
        from: reader.get("mail_from", mail_from)?,
        folder: data.join("mail"),
    })
}

/// A name that people see, and an address. Whether it is one says the mail library, by [`crate::check`].
fn mail_from(value: &Value) -> Result<Option<String>, String> {
    string(value).map(|text| Some(text).filter(|text| !text.is_empty()))
}
