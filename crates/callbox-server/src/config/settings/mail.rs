//! Settings of mail: the mail server, and the sender.
//!
//! The server's URL holds a password and is never quoted. Whether the two go together is checked by `mail.rs`.

use callbox_identity::email::EmailAddress;
use lettre::message::Mailbox;
use std::path::Path;
use toml::Value;

use super::reader::Reader;
use super::secrets;
use super::setting::{Setting, Text};
use super::values::string;
use crate::config::ConfigError;
use crate::mail::{MailSettings, SmtpUrlError};

pub(super) static SETTINGS: &[Setting] = &[
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
pub(super) fn read(reader: &Reader<'_>, data: &Path) -> Result<MailSettings, ConfigError> {
    Ok(MailSettings {
        smtp_url: reader.get("smtp_url", |value| match secrets::text(value)? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|error: SmtpUrlError| error.to_string()),
        })?,
        from: reader.get("mail_from", mail_from)?,
        folder: data.join("mail"),
    })
}

/// A name that people see, and an address that every server takes.
fn mail_from(value: &Value) -> Result<Option<Mailbox>, String> {
    let text = string(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let error = || format!("`{text}` is not a sender such as Example <no-reply@example.org>");
    let mailbox: Mailbox = text.parse().map_err(|_| error())?;
    mailbox.email.to_string().parse::<EmailAddress>().map_err(|_| error())?;
    Ok(Some(mailbox))
}
