//! What the cores decided, carried out: matches told, calls begun, ends recorded, people put back in line.
//!
//! The loop ends because each action shrinks something: a pair takes two out of the lobby, and an end puts
//! people back at most once.

use callbox_core::call::{CONFIRM_MS, CallAction, CallRecord, Ended, EndedSide, Outcome, Party};
use callbox_core::invite::{InviteAction, InviteKey, InvitePair};
use callbox_core::lobby::{LobbyAction, Matched, Pair};
use callbox_protocol::id::CallId;
use callbox_protocol::signal::{CallKind, EndCause, ServerFrame, Side};
use callbox_protocol::time::UnixMillis;
use callbox_store::NewCall;

use super::{SessionId, State, UserId, clock};

/// Two people, and why they are told of each other.
struct Match<'a> {
    kind: CallKind,
    /// Makes the offer.
    caller: Party,
    callee: Party,
    shared_interests: Vec<&'a str>,
    met_before: bool,
    invite: Option<InviteKey>,
}

impl State {
    /// Carries out all actions of all cores, and the actions that follow from them.
    pub(super) fn drain(&mut self, now: UnixMillis) {
        loop {
            if let Some(action) = self.calls.next_action() {
                self.carry_out_call(action, now);
            } else if let Some(LobbyAction::Pair(pair)) = self.lobby.next_action() {
                self.carry_out_pair(&pair, now);
            } else if let Some(InviteAction::Pair(pair)) = self.invites.next_action() {
                self.carry_out_invite(&pair, now);
            } else {
                return;
            }
        }
    }

    fn carry_out_call(&mut self, action: CallAction, now: UnixMillis) {
        match action {
            CallAction::Begin { call, caller, callee } => {
                self.remember_meeting(caller, callee, now);
                self.send(caller, &ServerFrame::Begin { call });
                self.send(callee, &ServerFrame::Begin { call });
            }
            CallAction::Ended(ended) => self.carry_out_end(ended, now),
        }
    }

    fn carry_out_pair(&mut self, pair: &Pair, now: UnixMillis) {
        let party = |side: &Matched| Party {
            session: side.seeker.session,
            user: side.seeker.user,
            login: side.seeker.login,
            waited_ms: side.waited_ms,
        };
        // Who came last has the browser in front; who waited may have a throttled tab. So the latter answers.
        let offered = Match {
            kind: CallKind::Random,
            caller: party(&pair.second),
            callee: party(&pair.first),
            shared_interests: pair.shared_interests.iter().map(AsRef::as_ref).collect(),
            met_before: pair.met_before,
            invite: None,
        };
        self.offer_match(&offered, now);
    }

    fn carry_out_invite(&mut self, pair: &InvitePair, now: UnixMillis) {
        let offered = Match {
            kind: CallKind::Invite,
            caller: pair.second.clone(),
            callee: pair.first.clone(),
            shared_interests: Vec::new(),
            met_before: false,
            invite: Some(pair.key),
        };
        self.offer_match(&offered, now);
    }

    fn offer_match(&mut self, offered: &Match<'_>, now: UnixMillis) {
        let call = CallId::new(now, clock::luck());
        let (caller, callee) = (offered.caller.clone(), offered.callee.clone());
        let sides = [(caller.session, Side::Caller), (callee.session, Side::Callee)];
        if let Err(error) = self.calls.handle_match(call, offered.kind, [caller, callee], offered.invite, now)
        {
            // Both are out of the lobby and in no call: they are told so, and may seek again.
            tracing::error!(%error, "a match was not taken");
            if let Some(key) = offered.invite {
                self.invites.handle_call_ended(key);
            }
            for (session, _) in sides {
                self.send(session, &ServerFrame::Idle);
            }
            return;
        }
        for (session, you) in sides {
            let frame = ServerFrame::Match {
                call,
                kind: offered.kind,
                you,
                polite: Side::Callee,
                shared_interests: offered.shared_interests.clone(),
                met_before: offered.met_before,
                confirm_within_ms: u32::try_from(CONFIRM_MS).expect("two seconds fit"),
            };
            self.send(session, &frame);
        }
    }

    fn carry_out_end(&mut self, ended: Ended, now: UnixMillis) {
        let Ended { record, sides, invite } = ended;
        if let Some(key) = invite {
            self.invites.handle_call_ended(key);
        }
        if record.cause == EndCause::Declined {
            self.remember_meeting(sides[0].session, sides[1].session, now);
        }
        for side in &sides {
            let requeued = side.requeue_waited_ms.filter(|_| self.seeker(side.session).is_some());
            if side.tell {
                let (call, cause, by) = (record.call, record.cause, record.ended_by);
                let requeued = requeued.is_some();
                self.send(side.session, &ServerFrame::End { call, cause, by, requeued });
            }
            if let Some(waited_ms) = requeued {
                self.put_back(side, waited_ms, now);
            }
        }
        tracing::debug!(call = %record.call, cause = ?record.cause, outcome = ?record.outcome, "call ended");
        self.store.record_call(Box::new(row(&record)));
    }

    fn put_back(&mut self, side: &EndedSide, waited_ms: u64, now: UnixMillis) {
        let Some(seeker) = self.seeker(side.session) else { return };
        self.send(side.session, &ServerFrame::Queued { kind: CallKind::Random, waited_ms });
        if let Err(error) = self.lobby.handle_seek(seeker, waited_ms, now) {
            tracing::warn!(%error, "a session could not go back to the lobby");
            self.send(side.session, &ServerFrame::Idle);
        }
    }

    fn remember_meeting(&mut self, one: SessionId, other: SessionId, now: UnixMillis) {
        let users = [one, other].map(|session| self.sessions.get(&session).map(|session| session.user));
        if let [Some(one), Some(other)] = users {
            self.lobby.handle_met(one, other, now);
        }
    }

    /// Ends the session's call if the other side is this user.
    pub(super) fn end_call_with(&mut self, session: SessionId, other: UserId, now: UnixMillis) {
        let Some(call) = self.calls.call_of(session) else { return };
        let is_with = self.calls.parties(call).is_some_and(|parties| parties.iter().any(|p| p.user == other));
        if is_with {
            let ended = self.calls.handle_end(session, call, EndCause::Blocked, now);
            ended.expect("the session is in the call that it was just asked for");
        }
    }
}

/// The core's record as the store takes it; two types, since the store must not know the core.
fn row(record: &CallRecord) -> NewCall {
    NewCall {
        call: record.call,
        kind: record.kind,
        caller: record.caller,
        callee: record.callee,
        matched_at: record.matched_at,
        confirmed_ms: record.confirmed_ms,
        offer_ms: record.offer_ms,
        answer_ms: record.answer_ms,
        caller_connected_ms: record.caller_connected_ms,
        callee_connected_ms: record.callee_connected_ms,
        caller_first_frame_ms: record.caller_first_frame_ms,
        callee_first_frame_ms: record.callee_first_frame_ms,
        caller_path: record.caller_path,
        callee_path: record.callee_path,
        ended_ms: record.ended_ms,
        cause: record.cause,
        ended_by: record.ended_by,
        outcome: match record.outcome {
            Outcome::Unconfirmed => callbox_store::Outcome::Unconfirmed,
            Outcome::Success => callbox_store::Outcome::Success,
            Outcome::Failure => callbox_store::Outcome::Failure,
            Outcome::Left => callbox_store::Outcome::Left,
            Outcome::Denied => callbox_store::Outcome::Denied,
        },
    }
}
