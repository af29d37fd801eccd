//! Carries out what the cores decided: announces matches, begins calls, records ends, requeues people.
//!
//! The loop ends because each action shrinks something: a pair takes two out of the lobby, and an end requeues
//! people at most once.

use callbox_protocol::call::{CallKind, EndCause, Side};
use callbox_protocol::id::{CallId, SessionId, UserId};
use callbox_protocol::signal::ServerFrame;
use callbox_protocol::time::UnixMillis;

use super::{Action, Exchange, ReportedPeer};
use crate::call::{CONFIRM_MS, CallAction, Ended, EndedSide, Terms};
use crate::grant::Grant;
use crate::invite::{InviteAction, InvitePair};
use crate::lobby::{LobbyAction, Matched, Pair};
use crate::party::{InviteKey, Party};

/// Two people, and why they are matched.
struct Match<'a> {
    terms: Terms,
    /// Makes the offers.
    caller: Party,
    callee: Party,
    shared_interests: Vec<&'a str>,
    met_before: bool,
}

impl Exchange {
    /// Carries out all actions of all cores, and the actions that follow from them.
    pub(super) fn drain(&mut self, now: UnixMillis) {
        loop {
            if let Some(action) = self.calls.next_action() {
                self.carry_out_call(action, now);
            } else if let Some(LobbyAction::Pair(pair)) = self.lobby.next_action() {
                self.carry_out_pair(&pair, now);
            } else if let Some(InviteAction::Pair(pair)) = self.invites.next_action() {
                self.carry_out_invite(&pair, now);
            } else if !self.slow.is_empty() {
                self.cut_slow(now);
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
            CallAction::Reveal { call, sessions } => {
                for session in sessions {
                    self.send(session, &ServerFrame::Reveal { call });
                }
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
        let [caller, callee] = self.participants(party(&pair.first), party(&pair.second));
        let offered = Match {
            terms: self.terms(CallKind::Random, None, [caller.session, callee.session]),
            caller,
            callee,
            shared_interests: pair.shared_interests.iter().map(AsRef::as_ref).collect(),
            met_before: pair.met_before,
        };
        self.offer_match(&offered, now);
    }

    fn carry_out_invite(&mut self, pair: &InvitePair, now: UnixMillis) {
        let [caller, callee] = self.participants(pair.first.clone(), pair.second.clone());
        let offered = Match {
            terms: self.terms(CallKind::Invite, Some(pair.key), [caller.session, callee.session]),
            caller,
            callee,
            shared_interests: Vec::new(),
            met_before: false,
        };
        self.offer_match(&offered, now);
    }

    /// Caller and callee of two, of whom the first has waited. The side whose offer is here already calls, since that
    /// saves the way of the offer. Else the second does: its browser is in front, the first may have a throttled tab.
    fn participants(&self, first: Party, second: Party) -> [Party; 2] {
        if self.has_parked(first.session) { [first, second] } else { [second, first] }
    }

    /// The strictest of what the two apps and the two people want.
    fn terms(&self, kind: CallKind, invite: Option<InviteKey>, sessions: [SessionId; 2]) -> Terms {
        let wishes = sessions.iter().filter_map(|id| self.sessions.get(id));
        let strictest = wishes.map(|session| session.app_relay.max(session.relay)).max();
        Terms { kind, invite, relay_policy: strictest.unwrap_or_default() }
    }

    fn offer_match(&mut self, offered: &Match<'_>, now: UnixMillis) {
        let call = CallId::new(now, self.random.bytes());
        let (caller, callee) = (offered.caller.clone(), offered.callee.clone());
        let sides = [(caller.session, Side::Caller), (callee.session, Side::Callee)];
        let parties = [&caller, &callee].map(|party| (party.user, party.login));
        let Terms { kind, invite, relay_policy } = offered.terms;
        if self.calls.handle_match(call, [caller, callee], offered.terms, now).is_err() {
            // As many calls as there may be: both are out of the lobby and in no call. They are notified, and may
            // seek again.
            if let Some(key) = invite {
                self.invites.handle_call_ended(key);
            }
            for (session, _) in sides {
                self.drop_parked(session);
                self.send(session, &ServerFrame::Idle);
            }
            return;
        }
        self.actions.push_back(Action::Attached(call, sides.map(|(session, _)| session)));
        let offer = self.take_parked(sides[0].0, call, now);
        self.drop_parked(sides[1].0);
        for (session, you) in sides {
            let epoch = self.epoch;
            let grant =
                Grant { call, kind, relay_policy, matched_at: now, side: you, parties, invite, epoch };
            let grant = self.grants.seal(&grant);
            let frame = ServerFrame::Match {
                call,
                kind,
                you,
                shared_interests: offered.shared_interests.clone(),
                met_before: offered.met_before,
                confirm_within_ms: u32::try_from(CONFIRM_MS).expect("two seconds fit"),
                relay_policy,
                grant: &grant,
                offer: offer.as_deref().filter(|_| you == Side::Callee),
                is_offered: offer.is_some() && you == Side::Caller,
            };
            if let Some(session) = self.sessions.get_mut(&session) {
                session.reported_peer = ReportedPeer::by_match();
            }
            self.send(session, &frame);
        }
    }

    fn carry_out_end(&mut self, ended: Ended, now: UnixMillis) {
        let Ended { record, sides, invite } = ended;
        let (call, cause, by) = (record.call, record.cause, record.ended_by);
        self.said.handle_end(call, now);
        if let Some(key) = invite {
            self.invites.handle_call_ended(key);
        }
        // Before the relay lets go of them: it then says what it did in a call that is known to have ended.
        self.actions.push_back(Action::Record(record));
        self.actions.push_back(Action::Detached([sides[0].session, sides[1].session]));
        if cause == EndCause::Declined {
            self.remember_meeting(sides[0].session, sides[1].session, now);
        }
        for (side, participant) in sides.iter().zip([Side::Caller, Side::Callee]) {
            self.remember_end(side.session, call, participant);
            // Nobody who is not there is requeued: they would wake up in front of a stranger.
            let may_wait = self.is_here(side.session) && self.seeker(side.session).is_some();
            let requeued = side.requeue_waited_ms.filter(|_| may_wait);
            if side.tell {
                let requeued = requeued.is_some();
                self.send(side.session, &ServerFrame::End { call, cause, by, requeued });
            }
            if let Some(waited_ms) = requeued {
                self.put_back(side, waited_ms, now);
            }
        }
    }

    fn put_back(&mut self, side: &EndedSide, waited_ms: u64, now: UnixMillis) {
        let Some(seeker) = self.seeker(side.session) else { return };
        self.send(side.session, &ServerFrame::Queued { kind: CallKind::Random, waited_ms });
        if self.lobby.handle_seek(seeker, waited_ms, now).is_err() {
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
