//! An encoded answer and its entity tag: the bytes that are sent, whoever asks for them again.
//!
//! The entity tag is the first half of the SHA-256 of the bytes, and strong. Versions would not do: they begin anew with each
//! process, and a write that changed nothing would change them. It is made once, when the answer is encoded, so a 304
//! reads, encodes and hashes nothing; and a browser that comes back after a restart still gets one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt;

/// The name of a body's bytes: two bodies with one are the same, byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Etag([u8; 16]);

/// An encoded answer. A clone shares its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    bytes: Bytes,
    etag: Etag,
}

impl Body {
    /// Hashes the bytes, about a microsecond each kilobyte.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let hash = Sha256::digest(&bytes);
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self { bytes, etag: Etag(half) }
    }

    /// As they are sent.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Their name.
    pub fn etag(&self) -> Etag {
        self.etag
    }
}

impl Etag {
    /// Whether a client that sends this `If-None-Match` has the bytes already (RFC 9110, section 13.1.2: a list of
    /// entity tags, weak ones are compared as strong ones are, or `*`).
    pub fn is_in(self, if_none_match: &str) -> bool {
        let own = self.to_string();
        let is_own = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one) == own;
        // Ours have no comma, so a comma within somebody else's only makes two that are not ours.
        if_none_match.split(',').any(|one| is_own(one.trim()))
    }
}

/// As the header has it, with its quotes: 24 characters.
impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", URL_SAFE_NO_PAD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_names_the_bytes_and_is_found_in_a_list() {
        let (one, other) = (Body::new("{\"a\":1}"), Body::new("{\"a\":2}"));
        assert_eq!(one.etag(), Body::new("{\"a\":1}".to_owned()).etag());
        assert_ne!(one.etag(), other.etag());
        let etag = one.etag().to_string();
        assert_eq!((etag.len(), etag.starts_with('"')), (24, true));
        for (header, expected) in [
            (etag.clone(), true),
            (format!("W/{etag}"), true),
            (format!("\"x,y\", {etag}"), true),
            ("*".to_owned(), true),
            (other.etag().to_string(), false),
            (etag.trim_matches('"').to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(one.etag().is_in(&header), expected, "{header}");
        }
    }
}
