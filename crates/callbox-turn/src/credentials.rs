//! Time-limited credentials in the form that TURN servers share ("A REST API For Access To TURN Services",
//! draft-uberti-behave-turn-rest-00): the name has the end and the session, the password proves that we issued it.
//! The relay needs the secret alone: no look-up, and nothing to keep.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials};

use crate::types::SessionKey;

/// The credentials that a client gets: `username` and `credential` of an ICE server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Until when, in seconds since the epoch, a colon, and the session.
    pub username: String,
    /// base64 of HMAC-SHA1 over the name.
    pub password: String,
}

/// Credentials of a session that may allocate until `expires`, in seconds since the epoch.
///
/// An allocation that was made in time outlives them; it ends with its session.
pub fn mint(secret: &[u8], session: SessionKey, expires: u64) -> Credentials {
    let username = format!("{expires}:{session}");
    let password = password(secret, &username);
    Credentials { username, password }
}

/// The claim of a name; the message's integrity shows whether it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) expires: u64,
    pub(crate) session: SessionKey,
}

impl Claim {
    pub(crate) fn parse(username: &str) -> Option<Self> {
        let (expires, session) = username.split_once(':')?;
        Some(Self { expires: expires.parse().ok()?, session: session.parse().ok()? })
    }
}

/// The long-term key (RFC 8489, section 9.2.2): of MD5 as browsers have it, or of SHA-256.
pub(crate) fn key(secret: &[u8], username: &str, realm: &str, algorithm: IntegrityAlgorithm) -> IntegrityKey {
    let password = password(secret, username);
    LongTermKeyCredentials::new(username.to_owned(), password, realm.to_owned()).make_key(algorithm)
}

fn password(secret: &[u8], username: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn credentials_are_those_of_every_server_that_shares_the_secret() {
        let session = SessionKey(NonZeroU64::new(0xab).expect("not zero"));
        let credentials = mint(b"north", session, 1_790_000_000);
        assert_eq!(credentials.username, "1790000000:00000000000000ab");
        // printf '1790000000:00000000000000ab' | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(credentials.password, "NNc4MzJYykw6OP4EDJ5GpgFvUy4=");
        assert_eq!(Claim::parse(&credentials.username), Some(Claim { expires: 1_790_000_000, session }));
    }

    #[test]
    fn names_that_we_did_not_write_claim_nothing() {
        for name in
            ["", "user", ":", "1:ab", "1:00000000000000AB", "x:00000000000000ab", "1:0000000000000000"]
        {
            assert_eq!(Claim::parse(name), None, "{name}");
        }
    }
}
