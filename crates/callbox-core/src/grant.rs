//! Call grants: they let two people continue their call after the server forgot it.
//!
//! A grant says who is in which call, for one side. It is sealed with AES-256-GCM-SIV (RFC 8452) by a key that
//! outlives the process: nobody else can make one, and nobody learns the other's user id from it. It proves
//! nothing about who shows it: the hello's login does. Valid for a day from the match; whether the call has ended
//! already is for others to know.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callbox_protocol::call::{CallKind, Side};
use callbox_protocol::id::{CallId, LoginId, UserId};
use callbox_protocol::signal::RelayPolicy;
use callbox_protocol::time::UnixMillis;

use crate::party::InviteKey;

/// Calls that last longer than this are not restored.
const VALID_MS: u64 = 24 * 60 * 60 * 1_000;
/// Bound into the seal, so that a key of ours can never be made to speak of something else.
const PURPOSE: &[u8] = b"callbox call grant 1";
/// Bytes of what a grant says, without and with an invite.
const SAID_BYTES: usize = 98;
const SAID_BYTES_INVITE: usize = SAID_BYTES + 32;
/// Beside the kind, in the same byte: grants from before there was this say nothing there.
const HIDES_AT_FIRST: u8 = 2;
const HIDES: u8 = 4;
/// Bytes of the nonce and of the seal.
const NONCE_BYTES: usize = 12;
/// Letters of the longest grant: 4 for each 3 bytes. A longer text is no grant.
const GRANT_CHARS_MAX: usize = (NONCE_BYTES + SAID_BYTES_INVITE + 16).div_ceil(3) * 4;

/// The contents of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The call.
    pub call: CallId,
    /// Why the two met.
    pub kind: CallKind,
    /// Whether they learn each other's address.
    pub relay_policy: RelayPolicy,
    /// When they were matched.
    pub matched_at: UnixMillis,
    /// The side of the user who shows it.
    pub side: Side,
    /// Caller and callee, by user and login.
    pub parties: [(UserId, LoginId); 2],
    /// The invite that brought them together.
    pub invite: Option<InviteKey>,
    /// The server's memory that the call is in.
    pub epoch: u64,
}

/// Seals grants and opens them.
#[derive(Clone)]
pub struct Grants {
    cipher: Aes256GcmSiv,
}

impl Grants {
    /// `key` is secret, and the same in every process on the same data.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { cipher: Aes256GcmSiv::new(key.into()) }
    }

    /// The grant as text, in base64url. This cipher forgives a nonce that repeats, so the call's id and the side
    /// make one.
    pub fn seal(&self, grant: &Grant) -> String {
        let mut nonce: [u8; NONCE_BYTES] =
            grant.call.as_bytes()[4..].try_into().expect("12 of an id's 16 bytes are left");
        nonce[0] ^= u8::from(grant.side == Side::Callee);
        let said = grant.to_bytes();
        let payload = Payload { msg: &said, aad: PURPOSE };
        let sealed =
            self.cipher.encrypt(&Nonce::from(nonce), payload).expect("a hundred bytes can be sealed");
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// The grant in a text, if we sealed it and it is still valid.
    pub fn open(&self, text: &str, now: UnixMillis) -> Option<Grant> {
        if text.len() > GRANT_CHARS_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let said = self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: PURPOSE }).ok()?;
        let grant = Grant::from_bytes(&said)?;
        (now.since(grant.matched_at) < VALID_MS).then_some(grant)
    }
}

impl Grant {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SAID_BYTES_INVITE);
        let hides = match self.relay_policy {
            RelayPolicy::Auto => 0,
            RelayPolicy::UntilBothStay => HIDES_AT_FIRST,
            RelayPolicy::Always => HIDES,
        };
        out.push(u8::from(self.kind == CallKind::Invite) | hides);
        out.push(u8::from(self.side == Side::Callee));
        out.extend(self.matched_at.0.to_be_bytes());
        out.extend(self.epoch.to_be_bytes());
        out.extend(self.call.as_bytes());
        for (user, login) in &self.parties {
            out.extend(user.as_bytes());
            out.extend(login.as_bytes());
        }
        out.extend(self.invite.iter().flat_map(|key| key.0));
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let [kind, side] = *take(&mut rest)?;
        let matched_at = UnixMillis(u64::from_be_bytes(*take(&mut rest)?));
        let epoch = u64::from_be_bytes(*take(&mut rest)?);
        let call = CallId::from_bytes(*take(&mut rest)?);
        let mut party =
            || Some((UserId::from_bytes(*take(&mut rest)?), LoginId::from_bytes(*take(&mut rest)?)));
        let parties = [party()?, party()?];
        let invite = if rest.is_empty() { None } else { Some(InviteKey(rest.try_into().ok()?)) };
        let relay_policy = match kind & (HIDES_AT_FIRST | HIDES) {
            0 => RelayPolicy::Auto,
            HIDES_AT_FIRST => RelayPolicy::UntilBothStay,
            _ => RelayPolicy::Always,
        };
        let kind = if kind & 1 == 0 { CallKind::Random } else { CallKind::Invite };
        let side = if side == 0 { Side::Caller } else { Side::Callee };
        Some(Self { call, kind, relay_policy, matched_at, side, parties, invite, epoch })
    }
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(first)
}

#[cfg(test)]
mod tests;
