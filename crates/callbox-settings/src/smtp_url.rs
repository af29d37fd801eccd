//! The address of the mail server, as the settings have it.
//!
//! Over the internet only by TLS: from the first byte (`smtps`), or by STARTTLS, without which nothing is sent. In the
//! clear on loopback alone. It holds a password, and is never quoted.

use http::Uri;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use thiserror::Error;

const TLS_REQUIRED: &str = "tls=required";

/// The setting `smtp_url`. It has a password, so it is not printed.
#[derive(Clone)]
pub struct SmtpUrl {
    text: String,
    address: String,
    is_tls: bool,
}

/// Why a text is no such URL.
#[derive(Debug, Error)]
#[error(
    "it is not `smtps://USER:PASSWORD@HOST`, `smtp://USER:PASSWORD@HOST` (both by TLS) or `smtp://127.0.0.1:PORT`; the \
     host is a name or an IPv4 address, special characters in the password are written as in URLs (%40 for @)"
)]
pub struct SmtpUrlError;

impl FromStr for SmtpUrl {
    type Err = SmtpUrlError;

    fn from_str(text: &str) -> Result<Self, SmtpUrlError> {
        let uri: Uri = text.parse().map_err(|_| SmtpUrlError)?;
        let host =
            uri.host().filter(|host| !host.is_empty() && !host.starts_with('[')).ok_or(SmtpUrlError)?;
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|addr| addr.is_loopback());
        let has_path = !matches!(uri.path(), "" | "/") || text.contains('#');
        let (is_tls, port, query) = match (uri.scheme_str(), uri.query()) {
            (Some("smtps"), None) => (true, 465, None),
            (Some("smtp"), None) if is_loopback => (false, 25, None),
            (Some("smtp"), None | Some(TLS_REQUIRED)) => (true, 587, Some(TLS_REQUIRED)),
            _ => return Err(SmtpUrlError),
        };
        if has_path {
            return Err(SmtpUrlError);
        }
        let address = format!("{host}:{}", uri.port_u16().unwrap_or(port));
        let whole = text.split('?').next().unwrap_or(text).trim_end_matches('/');
        let text = query.map_or(whole.to_owned(), |query| format!("{whole}?{query}"));
        Ok(Self { text, address, is_tls })
    }
}

impl SmtpUrl {
    /// With the password, for the library that connects.
    pub fn whole(&self) -> &str {
        &self.text
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether nothing is sent in the clear.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({})", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_spoken_to_without_tls() {
        for (text, whole, address, is_tls) in [
            (
                "smtps://u:p%40@mail.example.org",
                "smtps://u:p%40@mail.example.org",
                "mail.example.org:465",
                true,
            ),
            (
                "smtp://mail.example.org/",
                "smtp://mail.example.org?tls=required",
                "mail.example.org:587",
                true,
            ),
            ("smtp://u:p@192.0.2.1:25", "smtp://u:p@192.0.2.1:25?tls=required", "192.0.2.1:25", true),
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525", "127.0.0.1:2525", false),
            ("smtp://localhost", "smtp://localhost", "localhost:25", false),
            ("smtp://localhost?tls=required", "smtp://localhost?tls=required", "localhost:587", true),
            (
                "smtp://localhost.example.org",
                "smtp://localhost.example.org?tls=required",
                "localhost.example.org:587",
                true,
            ),
        ] {
            let url: SmtpUrl = text.parse().unwrap();
            assert_eq!((url.whole(), url.address(), url.is_tls()), (whole, address, is_tls), "{text}");
            assert!(!format!("{url:?}").contains("p%40"));
        }
    }

    #[test]
    fn what_would_lower_the_guard_or_means_nothing_is_refused() {
        for text in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://mail.example.org?tls=opportunistic",
            "smtp://mail.example.org?tls=required&tls=opportunistic",
            "smtps://mail.example.org?x",
            "smtp://mail.example.org/name",
            "smtp://[::1]:25",
        ] {
            assert!(text.parse::<SmtpUrl>().is_err(), "{text}");
        }
    }
}
