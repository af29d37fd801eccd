//! The host that a request is for: named once and without doubt, or not at all.
//!
//! In HTTP/2 and in an absolute target the authority counts, else the one `Host` header (RFC 9112, section 3.2; RFC
//! 9113, section 8.3.1). Two parties that read two hosts differently would decide about two different requests. The
//! code that answers a request decides whether a doubtful host is refused.

use http::uri::Authority;
use http::{HeaderMap, Uri, Version, header};

use crate::origin::Origin;

/// The host of a request; the listener puts one into each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// The name or address, perhaps with a port.
    Named(String),
    /// HTTP/1.0 need not name one.
    Unnamed,
    /// Missing although one is required, several, or one that is invalid.
    Doubtful,
}

impl Host {
    /// Reads one request.
    pub fn of(version: Version, uri: &Uri, headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(header::HOST).iter();
        let line = match (lines.next(), lines.next()) {
            (None, _) => None,
            (Some(line), None) => match line.to_str() {
                Ok(host) if is_host(host) => Some(host),
                _ => return Self::Doubtful,
            },
            (Some(_), Some(_)) => return Self::Doubtful,
        };
        let authority = uri.authority().map(Authority::as_str);
        let is_http2 = version == Version::HTTP_2;
        let differ =
            line.zip(authority).is_some_and(|(line, authority)| !line.eq_ignore_ascii_case(authority));
        if is_http2 && differ || version == Version::HTTP_11 && line.is_none() {
            return Self::Doubtful;
        }
        match (authority, line) {
            (Some(host), _) if is_host(host) => Self::Named(host.to_owned()),
            // The line was looked at above.
            (None, Some(host)) => Self::Named(host.to_owned()),
            (None, None) if version < Version::HTTP_11 => Self::Unnamed,
            _ => Self::Doubtful,
        }
    }

    /// The name or address, if there is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Named(host) => Some(host),
            Self::Unnamed | Self::Doubtful => None,
        }
    }
}

fn is_host(text: &str) -> bool {
    Origin::from_host(false, text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn host(version: Version, uri: &str, lines: &[&str]) -> Host {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::HOST, HeaderValue::from_str(line).unwrap());
        }
        Host::of(version, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn a_host_is_named_once_or_it_is_doubtful() {
        let named = |text: &str| Host::Named(text.to_owned());
        for (version, uri, lines, expected) in [
            (Version::HTTP_11, "/", vec!["a.example:81"], named("a.example:81")),
            (Version::HTTP_11, "/", vec![], Host::Doubtful),
            (Version::HTTP_11, "/", vec!["a.example", "b.example"], Host::Doubtful),
            (Version::HTTP_11, "/", vec!["a.example", "a.example"], Host::Doubtful),
            (Version::HTTP_11, "/", vec![""], Host::Doubtful),
            (Version::HTTP_11, "/", vec!["u@a.example"], Host::Doubtful),
            (Version::HTTP_11, "/", vec!["a.example/b"], Host::Doubtful),
            (Version::HTTP_11, "/", vec!["a.example, b.example"], Host::Doubtful),
            (Version::HTTP_11, "http://a.example/", vec!["b.example"], named("a.example")),
            (Version::HTTP_11, "http://a.example/", vec![], Host::Doubtful),
            (Version::HTTP_10, "/", vec![], Host::Unnamed),
            (Version::HTTP_10, "/", vec!["[::1]:80"], named("[::1]:80")),
            (Version::HTTP_10, "/", vec!["a.example", "b.example"], Host::Doubtful),
            (Version::HTTP_2, "https://a.example/", vec![], named("a.example")),
            (Version::HTTP_2, "https://a.example/", vec!["A.example"], named("a.example")),
            (Version::HTTP_2, "https://a.example/", vec!["b.example"], Host::Doubtful),
            (Version::HTTP_2, "/", vec!["a.example"], named("a.example")),
            (Version::HTTP_2, "/", vec![], Host::Doubtful),
            (Version::HTTP_2, "https://u@a.example/", vec![], Host::Doubtful),
        ] {
            assert_eq!(host(version, uri, &lines), expected, "{version:?} {uri} {lines:?}");
        }
    }
}
