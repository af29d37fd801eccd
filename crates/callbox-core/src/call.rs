//! Calls, each from its match to its end: who is in it, who confirmed, what may pass, what goes on record.
//!
//! Pure. It never chooses who meets whom (the lobby does); payloads do not come here. A session is in one call at
//! most. Bounds: 10,000 calls, 64 candidates a side; an end is one action, so actions are bounded by calls.

use callbox_protocol::call::{CallKind, CallRecord, EndCause, Side};
use callbox_protocol::id::{CallId, SessionId};
use callbox_protocol::signal::{CANDIDATES_MAX, Progress, RelayPolicy};
use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, VecDeque};
use thiserror::Error;

use crate::party::{InviteKey, Party};

pub use record::SUCCESS_MS;

mod record;

/// How long both sides have to confirm. Two seconds hold a slow network and a prompt that an app may show; a
/// person who waits longer for nobody would go away.
pub const CONFIRM_MS: u64 = 2_000;
const CONFIRM_MS_U32: u32 = 2_000;
/// How long those who were asked before a restart have: they reconnect first.
const CONFIRM_AFTER_RESTART_MS: u64 = 10_000;
/// How long two strangers are together before they learn each other's address, if that is wanted: most who leave
/// leave sooner, and nobody notices the change of path.
pub const STAY_MS: u64 = 30_000;
/// The most calls at once: twice the 2,500 pairs that one machine is meant for, twice over.
const CALLS_MAX: usize = 10_000;

/// The terms of a call from its match to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Why the two met.
    pub kind: CallKind,
    /// The invite that brought them together.
    pub invite: Option<InviteKey>,
    /// Whether they learn each other's address.
    pub relay_policy: RelayPolicy,
}

/// Why something about a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallError {
    /// The session is not in that call, or the call has ended.
    #[error("the session is not in this call")]
    NotInCall,
    /// More candidates than a browser has.
    #[error("more than {CANDIDATES_MAX} candidates of one side")]
    TooManyCandidates,
    /// One of the two is in a call already.
    #[error("one of the two is in a call already")]
    AlreadyInCall,
    /// As many calls run as there may be.
    #[error("{CALLS_MAX} calls run already")]
    Full,
}

/// A message passed to the other side; the caller keeps the contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// A session description that asks.
    Offer,
    /// A session description that answers.
    Answer,
    /// So many candidates.
    Candidates(usize),
    /// Anything else: it leaves no trace.
    Other,
}

/// A frame's destination, and the side that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The other side's session.
    pub to: SessionId,
    /// The sender's side.
    pub from: Side,
}

/// An action for the caller of this core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallAction {
    /// Both confirmed: notify both.
    Begin {
        /// The call.
        call: CallId,
        /// Makes the offer.
        caller: SessionId,
        /// Answers.
        callee: SessionId,
    },
    /// Both have stayed: they may learn each other's address.
    Reveal {
        /// The call.
        call: CallId,
        /// Its two sessions.
        sessions: [SessionId; 2],
    },
    /// It has ended: notify those who are here, requeue those who wait again, keep the record.
    Ended(Ended),
}

/// A call's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The record of the call.
    pub record: Box<CallRecord>,
    /// Caller, then callee.
    pub sides: [EndedSide; 2],
    /// The invite that may be used again.
    pub invite: Option<InviteKey>,
}

/// One side at the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedSide {
    /// Its session.
    pub session: SessionId,
    /// Whether it is there to be notified.
    pub tell: bool,
    /// The waiting time with which it returns to the lobby, if it does.
    pub requeue_waited_ms: Option<u64>,
}

/// A call at rest, for the process that takes over.
#[derive(Debug, Serialize, Deserialize)]
pub struct CallState(Call);

impl CallState {
    /// The call, and the sessions of its caller and its callee.
    pub(crate) fn sessions(&self) -> (CallId, [SessionId; 2]) {
        (self.0.record.call, [self.0.parties[0].session, self.0.parties[1].session])
    }
}

/// All calls from their match to their end.
#[derive(Debug, Default)]
pub struct Calls {
    calls: HashMap<CallId, Call>,
    calls_by_session: HashMap<SessionId, CallId>,
    confirm_deadlines: BTreeSet<(UnixMillis, CallId)>,
    /// When both will have stayed, in calls that hide addresses until then.
    reveals: BTreeSet<(UnixMillis, CallId)>,
    actions: VecDeque<CallAction>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call {
    record: CallRecord,
    parties: [Party; 2],
    confirmed: [bool; 2],
    /// Until when both must have confirmed.
    confirm_by: UnixMillis,
    candidates: [usize; 2],
    invite: Option<InviteKey>,
    #[serde(default = "strictest")]
    relay_policy: RelayPolicy,
}

/// The policy of a call from a process that kept none: rather hidden than revealed.
fn strictest() -> RelayPolicy {
    RelayPolicy::Always
}

impl Call {
    fn side_of(&self, session: SessionId) -> Option<Side> {
        let [caller, callee] = &self.parties;
        match session {
            s if s == caller.session => Some(Side::Caller),
            s if s == callee.session => Some(Side::Callee),
            _ => None,
        }
    }

    fn has_begun(&self) -> bool {
        self.record.confirmed_ms.is_some()
    }

    /// When both will have stayed; `None` before both have confirmed.
    fn stayed_at(&self) -> Option<UnixMillis> {
        Some(self.record.matched_at.plus(u64::from(self.record.confirmed_ms?) + STAY_MS))
    }
}

fn index(side: Side) -> usize {
    match side {
        Side::Caller => 0,
        Side::Callee => 1,
    }
}

impl Calls {
    /// Whether the two of a call may not learn each other's address yet.
    pub fn hides_addresses(&self, call: CallId, now: UnixMillis) -> bool {
        let Some(call) = self.calls.get(&call) else { return true };
        match call.relay_policy {
            RelayPolicy::Auto => false,
            RelayPolicy::UntilBothStay => call.stayed_at().is_none_or(|at| at > now),
            RelayPolicy::Always => true,
        }
    }

    /// A pair was made: both are asked to confirm until [`CONFIRM_MS`] from now.
    pub fn handle_match(
        &mut self,
        call: CallId,
        [caller, callee]: [Party; 2],
        terms: Terms,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        debug_assert_ne!(caller.session, callee.session, "a session is not paired with itself");
        if self.calls.len() >= CALLS_MAX {
            return Err(CallError::Full);
        }
        if [&caller, &callee].iter().any(|party| self.calls_by_session.contains_key(&party.session)) {
            return Err(CallError::AlreadyInCall);
        }
        let record = record::begin(call, terms.kind, caller.user, callee.user, now);
        self.insert(Call {
            record,
            parties: [caller, callee],
            confirmed: [false; 2],
            confirm_by: now.plus(CONFIRM_MS),
            candidates: [0; 2],
            invite: terms.invite,
            relay_policy: terms.relay_policy,
        });
        Ok(())
    }

    /// Restores a confirmed call that the server forgot. Its steps so far are lost.
    pub fn handle_restore(
        &mut self,
        call: CallId,
        parties: [Party; 2],
        terms: Terms,
        matched_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        if self.calls.len() >= CALLS_MAX {
            return Err(CallError::Full);
        }
        let is_known = self.calls.contains_key(&call);
        if is_known || parties.iter().any(|party| self.calls_by_session.contains_key(&party.session)) {
            return Err(CallError::AlreadyInCall);
        }
        let mut record = record::begin(call, terms.kind, parties[0].user, parties[1].user, matched_at);
        record.is_restored = true;
        record.confirmed_ms = Some(record::ms(&record, now).min(CONFIRM_MS_U32));
        self.insert(Call {
            record,
            parties,
            confirmed: [true; 2],
            confirm_by: now,
            candidates: [0; 2],
            invite: terms.invite,
            relay_policy: terms.relay_policy,
        });
        Ok(())
    }

    /// All calls, for the process that takes over.
    pub fn state(&self) -> Vec<CallState> {
        let mut all: Vec<CallState> = self.calls.values().map(|call| CallState(call.clone())).collect();
        all.sort_unstable_by_key(|call| call.0.record.call);
        all
    }

    /// Takes a call over from another process, and returns its invite. A side that has not confirmed gets time to
    /// reconnect first.
    pub fn take_over(
        &mut self,
        CallState(mut call): CallState,
        now: UnixMillis,
    ) -> Result<Option<InviteKey>, CallError> {
        if self.calls.len() >= CALLS_MAX {
            return Err(CallError::Full);
        }
        call.confirm_by = now.plus(CONFIRM_AFTER_RESTART_MS);
        let invite = call.invite;
        self.insert(call);
        Ok(invite)
    }

    fn insert(&mut self, call: Call) {
        let id = call.record.call;
        for party in &call.parties {
            self.calls_by_session.insert(party.session, id);
        }
        if !call.has_begun() {
            self.confirm_deadlines.insert((call.confirm_by, id));
        }
        self.expect_stay(id, call.relay_policy, call.stayed_at());
        self.calls.insert(id, call);
    }

    /// One side accepts; a second time changes nothing.
    pub fn handle_confirm(
        &mut self,
        session: SessionId,
        call: CallId,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        let (side, found) = self.find(session, call)?;
        found.confirmed[index(side)] = true;
        if found.confirmed == [true; 2] && !found.has_begun() {
            let confirm_by = found.confirm_by;
            found.record.confirmed_ms = Some(record::ms(&found.record, now));
            let [caller, callee] = found.parties.each_ref().map(|party| party.session);
            let (relay_policy, stayed_at) = (found.relay_policy, found.stayed_at());
            self.confirm_deadlines.remove(&(confirm_by, call));
            self.expect_stay(call, relay_policy, stayed_at);
            self.actions.push_back(CallAction::Begin { call, caller, callee });
        }
        Ok(())
    }

    fn expect_stay(&mut self, call: CallId, relay_policy: RelayPolicy, at: Option<UnixMillis>) {
        if relay_policy == RelayPolicy::UntilBothStay {
            self.reveals.extend(at.map(|at| (at, call)));
        }
    }

    /// One side was asked and said no.
    pub fn handle_decline(
        &mut self,
        session: SessionId,
        call: CallId,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        let (side, found) = self.find(session, call)?;
        // Once it runs, a late no is a hang-up.
        let cause = if found.has_begun() { EndCause::Hangup } else { EndCause::Declined };
        self.end(call, cause, Some(side), now);
        Ok(())
    }

    /// One side ends the call, for this cause.
    pub fn handle_end(
        &mut self,
        session: SessionId,
        call: CallId,
        cause: EndCause,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        let (side, _) = self.find(session, call)?;
        self.end(call, cause, Some(side), now);
        Ok(())
    }

    /// This side's page is gone, as the other side found out.
    pub fn handle_left(
        &mut self,
        session: SessionId,
        call: CallId,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        let (side, _) = self.find(session, call)?;
        self.end(call, EndCause::Left, Some(side), now);
        Ok(())
    }

    /// A session is gone, and with it the call it was in, if any.
    pub fn handle_session_lost(&mut self, session: SessionId, now: UnixMillis) {
        if let Some(call) = self.call_of(session) {
            let side = self.calls[&call].side_of(session);
            self.end(call, EndCause::PeerLost, side, now);
        }
    }

    /// A client reports a step of its media connection; the first report of each counts.
    pub fn handle_progress(
        &mut self,
        session: SessionId,
        progress: &Progress,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        let (side, found) = self.find(session, progress.call)?;
        record::progress(&mut found.record, side, progress, now);
        Ok(())
    }

    /// Says where a frame goes. Allowed from the match on, between the two alone.
    pub fn relay(
        &mut self,
        session: SessionId,
        call: CallId,
        what: Relayed,
        now: UnixMillis,
    ) -> Result<Destination, CallError> {
        let (side, found) = self.find(session, call)?;
        let ms = record::ms(&found.record, now);
        match what {
            Relayed::Offer | Relayed::Answer => {
                // Each restart brings candidates of its own; how many restarts there may be, the rate of frames bounds.
                found.candidates[index(side)] = 0;
                if what == Relayed::Offer {
                    record::offer(&mut found.record, now);
                } else {
                    found.record.answer_ms.get_or_insert(ms);
                }
            }
            Relayed::Candidates(count) => {
                let sum = found.candidates[index(side)].saturating_add(count);
                if sum > CANDIDATES_MAX {
                    return Err(CallError::TooManyCandidates);
                }
                found.candidates[index(side)] = sum;
            }
            Relayed::Other => {}
        }
        Ok(Destination { to: found.parties[index(side.other())].session, from: side })
    }

    /// Ends the matches that were not confirmed in time, and reveals who stayed.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        while let Some((at, call)) = self.reveals.first().copied().filter(|(at, _)| *at <= now) {
            self.reveals.remove(&(at, call));
            let sessions = self.calls[&call].parties.each_ref().map(|party| party.session);
            self.actions.push_back(CallAction::Reveal { call, sessions });
        }
        while let Some((at, call)) = self.confirm_deadlines.first().copied() {
            if at > now {
                return;
            }
            let [caller, callee] = self.calls[&call].confirmed;
            let by = match (caller, callee) {
                (true, false) => Some(Side::Callee),
                (false, true) => Some(Side::Caller),
                _ => None,
            };
            self.end(call, EndCause::Unconfirmed, by, now);
        }
    }

    /// When [`Self::handle_timeout`] is to be called at the latest.
    pub fn next_timeout(&self) -> Option<UnixMillis> {
        let first = |deadlines: &BTreeSet<(UnixMillis, CallId)>| deadlines.first().map(|(at, _)| *at);
        [first(&self.confirm_deadlines), first(&self.reveals)].into_iter().flatten().min()
    }

    /// The next action; `None` when nothing is left.
    pub fn next_action(&mut self) -> Option<CallAction> {
        self.actions.pop_front()
    }

    /// The call that the session is in.
    pub fn call_of(&self, session: SessionId) -> Option<CallId> {
        self.calls_by_session.get(&session).copied()
    }

    /// The session's side of a call that is not over.
    pub fn side_of(&self, session: SessionId, call: CallId) -> Option<Side> {
        self.calls.get(&call)?.side_of(session)
    }

    /// Whether both have confirmed; `None` if the call has ended.
    pub fn has_begun(&self, call: CallId) -> Option<bool> {
        self.calls.get(&call).map(Call::has_begun)
    }

    /// Caller and callee of a call that is not over.
    pub fn parties(&self, call: CallId) -> Option<&[Party; 2]> {
        self.calls.get(&call).map(|call| &call.parties)
    }

    /// How many calls run: both sides confirmed.
    pub fn len_running(&self) -> usize {
        self.calls.len() - self.len_proposed()
    }

    /// How many matches wait for a confirmation.
    pub fn len_proposed(&self) -> usize {
        self.confirm_deadlines.len()
    }

    fn find(&mut self, session: SessionId, call: CallId) -> Result<(Side, &mut Call), CallError> {
        let found = self.calls.get_mut(&call).ok_or(CallError::NotInCall)?;
        let side = found.side_of(session).ok_or(CallError::NotInCall)?;
        Ok((side, found))
    }

    fn end(&mut self, id: CallId, cause: EndCause, by: Option<Side>, now: UnixMillis) {
        let call = self.calls.remove(&id).expect("only calls that are there are ended");
        self.confirm_deadlines.remove(&(call.confirm_by, id));
        if let Some(at) = call.stayed_at() {
            self.reveals.remove(&(at, id));
        }
        let sides = [Side::Caller, Side::Callee].map(|side| {
            let party = &call.parties[index(side)];
            self.calls_by_session.remove(&party.session);
            EndedSide {
                session: party.session,
                tell: !(cause == EndCause::PeerLost && by == Some(side)),
                requeue_waited_ms: requeue(&call, side, cause, by, now),
            }
        });
        let record = Box::new(record::finish(call.record, cause, by, now));
        self.actions.push_back(CallAction::Ended(Ended { record, sides, invite: call.invite }));
    }
}

/// Whether this side goes back to the lobby, and with how much waiting time.
fn requeue(call: &Call, side: Side, cause: EndCause, by: Option<Side>, now: UnixMillis) -> Option<u64> {
    let waited_ms = call.parties[index(side)].waited_ms;
    if call.record.kind == CallKind::Invite || by == Some(side) {
        return None;
    }
    match cause {
        // It never left the line, as far as it is concerned: the time of the match counts too.
        EndCause::Unconfirmed | EndCause::Declined => {
            call.confirmed[index(side)].then(|| waited_ms + now.since(call.record.matched_at))
        }
        // The tab that was lost before it confirmed leaves the other as it was.
        EndCause::PeerLost | EndCause::Left if !call.has_begun() => {
            Some(waited_ms + now.since(call.record.matched_at))
        }
        EndCause::Next | EndCause::PeerLost | EndCause::Left => Some(waited_ms),
        EndCause::Hangup
        | EndCause::Blocked
        | EndCause::MediaFailed
        | EndCause::MediaLost
        | EndCause::MediaDenied => None,
    }
}

#[cfg(test)]
mod tests;
