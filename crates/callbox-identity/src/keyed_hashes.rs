//! Keyed hashes, by which bans of browsers and addresses are compared, and which name people in the log. They reveal
//! nothing to their readers.
//!
//! A browser names itself, so a ban of it stops only people who do not think of that. An address means all people
//! behind it.

use callbox_core::address::ClientAddr;
use callbox_protocol::id::{LoginId, UserId};
use ring::hmac;

/// A browser's own name: a UUID or the like.
const DEVICE_BYTES: std::ops::RangeInclusive<usize> = 8..=128;

/// Makes the hashes.
#[derive(Debug)]
pub struct KeyedHashes {
    key: hmac::Key,
}

impl KeyedHashes {
    /// With the key of the data folder.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key) }
    }

    /// The hash of a browser's name; `None` if it is none that anybody would make.
    pub fn device(&self, name: &str) -> Option<[u8; 32]> {
        DEVICE_BYTES.contains(&name.len()).then(|| self.hash(b"device", name.as_bytes()))
    }

    /// The hash of an address, an IPv6 one by its /64. This machine is none: it may be a proxy that is not
    /// configured.
    pub fn address(&self, client: ClientAddr) -> Option<[u8; 32]> {
        (!client.is_loopback()).then(|| self.hash(b"address", &client.key().to_bytes()))
    }

    /// The hash of a guess at the password of the account with this address, by anybody or by a browser that it
    /// knows.
    pub fn guess(&self, account: &str, browser: Option<&[u8; 32]>) -> [u8; 32] {
        let of_account = self.hash(b"guess", account.as_bytes());
        browser.map_or(of_account, |browser| self.hash(b"guess-known", &[of_account, *browser].concat()))
    }

    /// The same by a user of this login.
    pub fn guess_at(&self, login: LoginId) -> [u8; 32] {
        self.hash(b"guess-login", login.as_bytes())
    }

    /// The hash of a mail that somebody asks for, to the mailbox of this address.
    pub fn mailbox(&self, mailbox: &str, asker: &[u8]) -> [u8; 32] {
        let of_mailbox = self.hash(b"mailbox", mailbox.as_bytes());
        self.hash(b"mailbox-asker", &[of_mailbox.as_slice(), asker].concat())
    }

    /// The hash of a visitor, by the id that an app has for its user. It stays the same as long as the key does, so that
    /// people who come back are seen to, and their account's end finds what is kept of them.
    pub fn visitor(&self, id: &str) -> [u8; 32] {
        self.hash(b"visitor", id.as_bytes())
    }

    /// The hash of a user, for the log: 64 bits distinguish all people, and lead back to nobody without the key.
    pub fn user(&self, user: UserId) -> String {
        let hash = self.hash(b"user", user.as_bytes());
        hash[..8].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// HMAC-SHA-256 (RFC 2104). No kind has a zero in it, so no two inputs are one.
    fn hash(&self, kind: &[u8], bytes: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [kind, &[0], bytes] {
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("a SHA-256 has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_differ_by_kind_key_and_name_and_short_names_are_none() {
        let (one, other) = (KeyedHashes::new([1; 32]), KeyedHashes::new([2; 32]));
        let client = |text: &str| ClientAddr(text.parse().unwrap());
        assert_eq!(one.device("abcdefgh"), one.device("abcdefgh"));
        // Bans are kept by it: `printf 'device\\0abcdefgh' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101...`.
        let [first, second, ..] = one.device("abcdefgh").unwrap();
        assert_eq!([first, second], [0x0b, 0x22]);
        assert_ne!(one.device("abcdefgh"), other.device("abcdefgh"));
        assert_ne!(one.device("abcdefgh"), one.device("abcdefgi"));
        assert_eq!((one.device("short"), one.device(&"x".repeat(129))), (None, None));
        assert_eq!(one.address(client("127.0.0.1")), None);
        assert_eq!(one.address(client("2001:db8::1")), one.address(client("2001:db8::2")));
        assert_ne!(one.address(client("2001:db8::1")), one.address(client("2001:db8:0:1::1")));
        let user = |number: u8| UserId::from_bytes([number; 16]);
        assert_eq!((one.user(user(1)), one.user(user(1)).len()), (one.user(user(1)), 16));
        assert_ne!(one.user(user(1)), one.user(user(2)));
        assert_ne!(one.user(user(1)), other.user(user(1)));
        assert_eq!(one.visitor("ann"), one.visitor("ann"));
        assert_ne!(one.visitor("ann"), other.visitor("ann"));
        assert_ne!(one.visitor("abcdefgh"), one.device("abcdefgh").unwrap());
    }
}
