//! Nonces without memory: each carries its time and a proof, bound to the client's address, that it is ours
//! (RFC 8489, sections 9.2.4 and 16.1). So a spoofed request costs us nothing to keep.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2_010::Sha256;
use std::net::IpAddr;

use crate::types::{ClientAddr, Millis};

/// RFC 8489, section 9.2: a nonce that begins so says in four more letters which features the server has.
const COOKIE: &str = "obMatJos2";
/// Bit 0, password algorithms (RFC 8489, section 18.1), in base64 of three bytes.
const WITH_ALGORITHMS: &str = "gAAA";
/// A stolen nonce is of no use without the password; ten minutes keep refreshes, each five, from needing another.
const VALID_SECONDS: u64 = 600;
/// Of the proof. Short, because an answer to somebody unproven may not be long, and a guess gains nothing.
const PROOF_BYTES: usize = 8;

#[derive(Debug)]
pub(crate) struct Nonces {
    key: [u8; 32],
}

/// The contents of a nonce of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) has_algorithms: bool,
}

impl Nonces {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    pub(crate) fn make(&self, client: ClientAddr, has_algorithms: bool, now: Millis) -> String {
        // Seconds wrap in the year 2106, and are compared so.
        let time = u32::try_from(now.seconds() & u64::from(u32::MAX)).expect("masked");
        let mut body = [0; 4 + PROOF_BYTES];
        body[..4].copy_from_slice(&time.to_be_bytes());
        body[4..].copy_from_slice(&self.proof(client, has_algorithms, time));
        // Without a feature to tell there is no cookie: its 13 letters are the difference between an answer and none
        // for a browser's first request, which has 28 bytes.
        let (cookie, features) = if has_algorithms { (COOKIE, WITH_ALGORITHMS) } else { ("", "") };
        format!("{cookie}{features}{}", STANDARD.encode(body))
    }

    /// Its contents, if it is ours, for this client, and not too old.
    pub(crate) fn check(&self, nonce: &str, client: ClientAddr, now: Millis) -> Option<Said> {
        let (has_algorithms, body) = match nonce.strip_prefix(COOKIE) {
            Some(rest) => (true, rest.strip_prefix(WITH_ALGORITHMS)?),
            None => (false, nonce),
        };
        let body: [u8; 4 + PROOF_BYTES] = STANDARD.decode(body).ok()?.try_into().ok()?;
        let (time, proof) = body.split_first_chunk::<4>().expect("four and more");
        let time = u32::from_be_bytes(*time);
        // Without an early way out, so that the time tells nothing.
        let differing =
            self.proof(client, has_algorithms, time).iter().zip(proof).fold(0, |all, (a, b)| all | (a ^ b));
        let age = u32::try_from(now.seconds() & u64::from(u32::MAX)).expect("masked").wrapping_sub(time);
        (differing == 0 && u64::from(age) <= VALID_SECONDS).then_some(Said { has_algorithms })
    }

    fn proof(&self, ClientAddr(client): ClientAddr, has_algorithms: bool, time: u32) -> [u8; PROOF_BYTES] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(&time.to_be_bytes());
        mac.update(&[u8::from(has_algorithms)]);
        match client.ip() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&client.port().to_be_bytes());
        *mac.finalize().into_bytes().first_chunk().expect("SHA-256 has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);

    fn client(text: &str) -> ClientAddr {
        ClientAddr(text.parse().expect("an address"))
    }

    #[test]
    fn a_nonce_is_good_for_ten_minutes_and_for_its_client_alone() {
        let nonces = Nonces::new([7; 32]);
        let nonce = nonces.make(client("192.0.2.1:5000"), true, NOW);
        let check = |from: &str, seconds| nonces.check(&nonce, client(from), NOW.plus_seconds(seconds));
        assert_eq!(check("192.0.2.1:5000", 600), Some(Said { has_algorithms: true }));
        assert_eq!(check("192.0.2.1:5000", 601), None);
        assert_eq!(check("192.0.2.1:5001", 0), None);
        assert_eq!(check("192.0.2.2:5000", 0), None);
    }

    #[test]
    fn a_nonce_that_was_changed_anywhere_is_not_ours() {
        let nonces = Nonces::new([7; 32]);
        let nonce = nonces.make(client("[2001:db8::1]:5000"), false, NOW);
        for index in 0..nonce.len() {
            let mut other = nonce.clone().into_bytes();
            other[index] = if other[index] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).expect("still ASCII");
            assert_eq!(nonces.check(&other, client("[2001:db8::1]:5000"), NOW), None, "{other}");
        }
        assert_eq!(Nonces::new([8; 32]).check(&nonce, client("[2001:db8::1]:5000"), NOW), None);
    }
}
