//! E-mail addresses: which texts are one, and when two are the same.
//!
//! Stricter than RFC 5321: no quoted local parts, no IP addresses, no names without a dot, no letters outside of ASCII before
//! the `@`, since few servers take those and typing errors look like them. A domain in other letters is kept as its
//! Punycode. No address has a space, a line break or any other control character, so none can add a header to a mail.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use thiserror::Error;

/// RFC 5321, section 4.5.3.1.3, without the angle brackets.
pub const ADDRESS_BYTES_MAX: usize = 254;
/// RFC 5321, section 4.5.3.1.1.
const LOCAL_BYTES_MAX: usize = 64;

/// One address. Two are equal if they differ in upper and lower case alone.
#[derive(Clone)]
pub struct EmailAddress {
    /// The local part as it was typed, since its server may mind; the domain in lower case.
    text: String,
    key: String,
}

/// A text that is no address, or none that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("This is no e-mail address that mail can be sent to, such as ann@example.org.")]
pub struct AddressError;

impl EmailAddress {
    /// The address that mail is sent to.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key by which an account is found: all in lower case. No servers distinguish `Ann` from `ann` any more, and
    /// people type both.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for EmailAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        // Before any other check, since the text is a stranger's.
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(AddressError);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| AddressError)?;
        let is_last_label_a_name = domain
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.len() >= 2 && !last.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_local_part(local) || !is_last_label_a_name {
            return Err(AddressError);
        }
        let text = format!("{local}@{domain}");
        // Longer by its Punycode, perhaps.
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(AddressError);
        }
        Ok(Self { key: text.to_ascii_lowercase(), text })
    }
}

/// A dot-atom (RFC 5322, section 3.2.3).
fn is_local_part(text: &str) -> bool {
    let is_atom = |atom: &str| {
        let is_atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
        !atom.is_empty() && atom.bytes().all(is_atext)
    };
    text.len() <= LOCAL_BYTES_MAX && text.split('.').all(is_atom)
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// Personal, so it is not printed by accident: a caller that needs it asks for it by name.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

#[cfg(test)]
mod tests;
