//! The security log: one line for each change of rights or credentials, and for each try that failed.
//!
//! Lines have the target `security`, the level INFO, and a stable `event`. People are named by a keyed hash, which is
//! the same for the same person; the person behind it is logged at DEBUG. No id of a user, address, name, token or
//! reason of a ban is ever in a line. Refuses to decide anything: the code that decides writes the line, after the
//! commit. A request makes a line, so the rate limits bound them.

use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_monitor::Counter;
use callbox_protocol::id::UserId;
use std::sync::Arc;

use crate::counters;

pub use callbox_identity::security::{Event, Link};

/// The target of every line, for filters.
pub const TARGET: &str = "security";

/// The name of a request: it is in its answer too, as `x-request-id`. `http.rs` puts it into every request.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

impl RequestId {
    /// Of this number: 16 hexadecimal digits.
    pub(crate) fn new(number: u64) -> Self {
        let mut digits = [0; 16];
        let halves = number.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (digit, half) in digits.iter_mut().zip(halves) {
            *digit = b"0123456789abcdef"[usize::from(half)];
        }
        Self(str::from_utf8(&digits).expect("digits are ASCII").into())
    }
}

/// Writes the lines of one request. A handler takes it as an argument.
#[derive(Clone, Debug)]
pub struct SecurityLog {
    keyed_hashes: Arc<KeyedHashes>,
    request: RequestId,
}

impl SecurityLog {
    /// For a request of this name.
    pub fn new(keyed_hashes: Arc<KeyedHashes>, request: RequestId) -> Self {
        Self { keyed_hashes, request }
    }

    /// It happened to this user, or to somebody whom we do not know, by their own action.
    pub fn write(&self, event: Event, user: impl Into<Option<UserId>>) {
        self.line(event, user.into(), None);
    }

    /// It happened to this user, or to nobody in particular, by another's doing.
    pub fn write_by(&self, by: UserId, event: Event, user: impl Into<Option<UserId>>) {
        self.line(event, user.into(), Some(by));
    }

    fn line(&self, event: Event, user: Option<UserId>, by: Option<UserId>) {
        counters::add(counter(event));
        let request_id = &*self.request.0;
        let hash = |id: UserId| {
            let hash = self.keyed_hashes.user(id);
            tracing::debug!(target: TARGET, request_id, hash, user = %id, "whose hash it is");
            hash
        };
        let (user, by) = (user.map(hash), by.map(hash));
        let ((event, detail), object) = (event.words(), event.object());
        tracing::info!(
            target: TARGET,
            event,
            detail,
            user = user.as_deref(),
            by = by.as_deref(),
            object = object.as_deref(),
            request_id
        );
    }
}

/// The counter of an event.
fn counter(event: Event) -> Counter {
    match event {
        Event::SignInDone(way) => Counter::of_sign_in(way, true),
        Event::SignInFailed(way) => Counter::of_sign_in(way, false),
        Event::ProofFailed => Counter::SecurityProofFailed,
        Event::GuessesSlowed => Counter::SecurityGuessesSlowed,
        Event::BannedRefused => Counter::SecurityBannedRefused,
        Event::AccessRefused => Counter::SecurityAccessRefused,
        Event::SignedOut => Counter::SecuritySignedOut,
        Event::RoleChanged(_) | Event::AdminMade | Event::ApiKeyMade(_) | Event::ApiKeyEnded(_) => {
            Counter::SecurityRightsChanged
        }
        Event::BanMade(..) | Event::BanLifted(_) => Counter::SecurityBans,
        Event::LinkSent(_) | Event::LinkUsed(_) => Counter::SecurityLinks,
        Event::LinkRefused(_) => Counter::SecurityLinksRefused,
        Event::IdentityLinked | Event::IdentityUnlinked | Event::PasswordChanged | Event::AddressChanged => {
            Counter::SecurityCredentialsChanged
        }
        Event::AccountDeleted => Counter::SecurityAccountsDeleted,
        Event::AlertSilenced | Event::SilenceEnded => Counter::SecuritySilences,
    }
}
