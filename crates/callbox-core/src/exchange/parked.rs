//! Offers that waiting users leave with us, so that they travel with the match.
//!
//! A parked offer belongs to the wait and to the socket that it came by: it goes to the one who is matched with its session,
//! once, or to nobody. Never read, but as an offer that is sent later is. Bound: one for each session that waits, of
//! [`PARKED_BYTES_MAX`] bytes.

use callbox_protocol::error::ErrorCode;
use callbox_protocol::id::{CallId, SessionId};
use callbox_protocol::signal::{PARKED_BYTES_MAX, Park};
use callbox_protocol::time::UnixMillis;
use serde_json::value::RawValue;

use super::frames::Outcome;
use super::{Exchange, Refusal};
use crate::call::Relayed;
use crate::sdp::relayed_description;

impl Exchange {
    /// Keeps an offer in place of the one before. Of somebody who does not wait it has crossed the match, or the end of
    /// the wait, and means nothing.
    pub(super) fn park(&mut self, id: SessionId, Park { payload }: &Park<'_>) -> Outcome {
        let is_waiting = self.is_waiting(id);
        let Some(session) = self.sessions.get_mut(&id).filter(|_| is_waiting) else { return Ok(()) };
        session.parked = None;
        if payload.get().len() > PARKED_BYTES_MAX {
            return Err(Refusal::new(ErrorCode::TooLarge, "A parked offer has at most 16 KB."));
        }
        session.parked = Some((*payload).to_owned());
        Ok(())
    }

    /// Nobody gets it any more.
    pub(super) fn drop_parked(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.parked = None;
        }
    }

    pub(super) fn has_parked(&self, id: SessionId) -> bool {
        self.sessions.get(&id).is_some_and(|session| session.parked.is_some())
    }

    /// The caller's parked offer, as its callee may see it: as if it had been sent just now. `None` if there is none,
    /// or if addresses are hidden and it cannot be read.
    pub(super) fn take_parked(
        &mut self,
        caller: SessionId,
        call: CallId,
        now: UnixMillis,
    ) -> Option<Box<RawValue>> {
        let parked = self.sessions.get_mut(&caller)?.parked.take()?;
        let passed = if self.calls.hides_addresses(call, now) {
            relayed_description(&parked)?
        } else {
            parked.clone()
        };
        self.calls.relay(caller, call, Relayed::Offer, now).ok()?;
        self.announce(caller, &parked);
        Some(passed)
    }
}
