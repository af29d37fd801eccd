//! The effect of each frame of a client.
//!
//! There is one small function for each frame: check, feed a core, answer. A refusal goes to the sender and touches
//! nobody else. A hello is an arrival, and an invite's code was looked up by the caller, who may ask the store.

use callbox_protocol::call::{CallKind, EndCause};
use callbox_protocol::error::ErrorCode;
use callbox_protocol::id::{SessionId, UserId};
use callbox_protocol::signal::{
    CHAT_CHARS_MAX, CallRef, Candidates, Chat, ClientFrame, Description, Next, Numbers, RelayPolicy, Restart,
    Seek, Sends, ServerFrame, WATCH_PATH_BYTES_MAX, WATCHES_MAX, Watch,
};
use callbox_protocol::time::UnixMillis;

use serde_json::value::RawValue;

use super::{Action, Arc, Exchange, Misuse, Refusal, SocketId, StreamError, WatchChange};
use crate::call::Relayed;
use crate::invite::{Guest, JoinError};
use crate::lobby::{Interests, LobbyError};
use crate::party::InviteKey;
use crate::sdp::{addresses, relayed_candidate, relayed_description};

const BUSY: Refusal = Refusal::new(ErrorCode::Busy, "You are waiting or in a call already.");
const UNREADABLE: Refusal =
    Refusal::new(ErrorCode::BadRequest, "Addresses are hidden here, and this description could not be read.");
const UNAVAILABLE: Refusal =
    Refusal::new(ErrorCode::Unavailable, "The lobby is full. Please try again soon.");

pub(super) const ON_HOLD: Refusal = Refusal::new(
    ErrorCode::OnHold,
    "Several people have complained. Until a moderator has looked, you can only be called by an invite.",
);

const OBSERVES: Refusal = Refusal::new(ErrorCode::Forbidden, "This session only watches answers.");
const TOO_MANY_WATCHES: Refusal = Refusal::new(ErrorCode::TooLarge, "A session has 128 watches at most.");

/// The sentence above names the figure.
const _: () = assert!(WATCHES_MAX == 128);

pub(super) type Outcome = Result<(), Refusal>;

/// A frame as it comes to the exchange.
#[derive(Clone, Copy, Debug)]
pub enum Incoming<'f> {
    /// As it was sent.
    Frame(&'f ClientFrame<'f>),
    /// A `join`; `None` if nobody knows such an invite. And whether more is to be hidden than the app hides.
    Join(Option<InviteKey>, Option<RelayPolicy>),
}

impl Exchange {
    /// One frame of a session, with its numbers and its size in bytes. An error breaks the socket.
    pub fn handle_frame(
        &mut self,
        id: SessionId,
        socket: SocketId,
        numbers: Numbers,
        bytes: usize,
        heard: Incoming<'_>,
        now: UnixMillis,
    ) -> Result<(), Misuse> {
        if !self.is_socket_of(id, socket) {
            // Another socket has the session, which knows nothing of this frame.
            return Ok(());
        }
        let Some(session) = self.sessions.get_mut(&id) else { return Ok(()) };
        session.frame_limit.try_take(1, now).map_err(|_| Misuse::TooFast)?;
        let is_counted = match heard {
            Incoming::Frame(frame) => frame.is_counted(),
            Incoming::Join(..) => true,
        };
        let seq = numbers.seq.filter(|_| is_counted);
        let is_new = session.stream.handle_numbers(Numbers { seq, ..numbers }, bytes);
        match is_new {
            Err(StreamError::Gap) => return Err(Misuse::Gap),
            Err(StreamError::AckAhead | StreamError::SlowReader) => return Err(Misuse::BadAck),
            Ok(false) => return Ok(()),
            Ok(true) => {}
        }
        if session.stream.is_ack_due() {
            self.actions.push_back(Action::Wake(socket));
        }
        let outcome = match heard {
            Incoming::Frame(frame) => self.carry_out(id, frame, now),
            Incoming::Join(key, relay) => self.join(id, key, relay, now),
        };
        self.answer(id, &outcome);
        self.drain(now);
        Ok(())
    }

    pub(super) fn answer(&mut self, session: SessionId, outcome: &Outcome) {
        if let Err(Refusal { code, message, retry_after_ms }) = *outcome {
            self.send(session, &ServerFrame::Error { code, message, retry_after_ms });
        }
    }

    fn carry_out(&mut self, session: SessionId, frame: &ClientFrame<'_>, now: UnixMillis) -> Outcome {
        match frame {
            ClientFrame::Seek(seek) => self.seek(session, seek, now),
            ClientFrame::Cancel => {
                self.cancel(session, now);
                Ok(())
            }
            ClientFrame::Confirm(CallRef { call }) => Ok(self.calls.handle_confirm(session, *call, now)?),
            ClientFrame::Decline(CallRef { call }) => Ok(self.calls.handle_decline(session, *call, now)?),
            ClientFrame::Next(next) => self.next(session, next, now),
            ClientFrame::Park(park) => self.park(session, park),
            ClientFrame::Offer(offer) => self.describe(session, offer, Relayed::Offer, now),
            ClientFrame::Answer(answer) => self.describe(session, answer, Relayed::Answer, now),
            ClientFrame::Candidates(candidates) => self.candidates(session, candidates, now),
            ClientFrame::Restart(restart) => self.restart(session, *restart, now),
            ClientFrame::Sends(sends) => self.sends(session, *sends, now),
            ClientFrame::Chat(chat) => self.chat(session, chat, now),
            ClientFrame::Progress(progress) => Ok(self.calls.handle_progress(session, progress, now)?),
            ClientFrame::Quality(quality) => self.quality(session, quality, now),
            ClientFrame::Evidence(evidence) => self.evidence(session, evidence),
            ClientFrame::Sample(sample) => self.sample(session, sample, now),
            ClientFrame::Watch(watch) => self.watch(session, watch),
            ClientFrame::End(end) => self.end(session, *end, now),
            ClientFrame::Ping => {
                if let Some(asked) = self.sessions.get_mut(&session) {
                    asked.stream.handle_ping();
                    self.actions.extend(asked.socket.map(Action::Wake));
                }
                Ok(())
            }
            // Signs of life say nothing more; a hello and a join come in ways of their own.
            ClientFrame::Hello(_) | ClientFrame::Join(_) | ClientFrame::Pong | ClientFrame::Ack => Ok(()),
        }
    }

    /// This is not watched, or not any more.
    pub fn handle_unwatched(&mut self, session: SessionId, watch: u32, error: ErrorCode, now: UnixMillis) {
        self.send(session, &ServerFrame::Unwatched { id: watch, error });
        self.drain(now);
    }

    fn watch(&mut self, session: SessionId, Watch { add, drop }: &Watch<'_>) -> Outcome {
        if add.len() > WATCHES_MAX {
            return Err(TOO_MANY_WATCHES);
        }
        let mut change = WatchChange { drop: drop.clone(), add: Vec::with_capacity(add.len()) };
        for item in add {
            if item.path.len() > WATCH_PATH_BYTES_MAX {
                change.drop.push(item.id);
                self.send(session, &ServerFrame::Unwatched { id: item.id, error: ErrorCode::TooLarge });
            } else {
                change.add.push((item.id, item.path.clone().into_owned()));
            }
        }
        let socket = self.sessions.get(&session).and_then(|session| session.socket);
        self.actions.extend(socket.map(|socket| Action::Watch(session, socket, change)));
        Ok(())
    }

    fn may_call(&self, session: SessionId) -> Outcome {
        if self.sessions.get(&session).is_some_and(|session| session.observes) {
            Err(OBSERVES)
        } else {
            Ok(())
        }
    }

    fn seek(&mut self, session: SessionId, seek: &Seek, now: UnixMillis) -> Outcome {
        self.may_call(session)?;
        if self.calls.call_of(session).is_some() || self.is_waiting(session) {
            return Err(BUSY);
        }
        self.set_interests(session, &seek.interests)?;
        self.set_relay(session, seek.relay.unwrap_or_default())?;
        self.enter_lobby(session, now)
    }

    /// Leaving always works, since nobody may be kept in a call; returning may have to wait for a token.
    fn next(&mut self, session: SessionId, next: &Next, now: UnixMillis) -> Outcome {
        self.may_call(session)?;
        if let Some(interests) = &next.interests {
            self.set_interests(session, interests)?;
        }
        if let Some(relay) = next.relay {
            self.set_relay(session, relay)?;
        }
        match self.calls.call_of(session) {
            Some(call) if call == next.call => self.calls.handle_end(session, call, EndCause::Next, now)?,
            // The frame crossed an end on its way, and the session has moved on: what was asked for is done.
            Some(_) => return Ok(()),
            None if self.is_waiting(session) => return Ok(()),
            None => {}
        }
        // The partner goes back to the lobby first: it has the older claim.
        self.drain(now);
        self.enter_lobby(session, now)
    }

    fn enter_lobby(&mut self, session: SessionId, now: UnixMillis) -> Outcome {
        if self.sessions.get(&session).is_some_and(|session| session.is_held) {
            return Err(ON_HOLD);
        }
        let Some(seeker) = self.seeker(session) else {
            let message = "Please answer the age question first.";
            return Err(Refusal::new(ErrorCode::AgeUnanswered, message));
        };
        self.pay(seeker.user, now)?;
        self.send(session, &ServerFrame::Queued { kind: CallKind::Random, waited_ms: 0 });
        self.lobby.handle_seek(seeker, 0, now).map_err(|error| {
            self.send(session, &ServerFrame::Idle);
            match error {
                LobbyError::AlreadyWaiting => BUSY,
                LobbyError::Full => UNAVAILABLE,
            }
        })
    }

    fn pay(&mut self, user: UserId, now: UnixMillis) -> Outcome {
        self.seek_limit.try_take(user, 1, now).map_err(|retry_after| Refusal {
            code: ErrorCode::RateLimited,
            message: "That was quick. Please stay a moment before the next person.",
            retry_after_ms: Some(retry_after.0),
        })
    }

    fn join(
        &mut self,
        session: SessionId,
        key: Option<InviteKey>,
        relay: Option<RelayPolicy>,
        now: UnixMillis,
    ) -> Outcome {
        self.may_call(session)?;
        let invalid = |message| Refusal::new(ErrorCode::InviteInvalid, message);
        let key = key.ok_or_else(|| invalid("This invite is not valid, or not any more."))?;
        if self.calls.call_of(session).is_some() || self.is_waiting(session) {
            return Err(BUSY);
        }
        self.set_relay(session, relay.unwrap_or_default())?;
        let Some(guest) = self.sessions.get(&session).map(|known| Guest {
            session,
            user: known.user,
            login: known.login,
            blocked: Arc::clone(&known.blocked),
        }) else {
            return Ok(());
        };
        self.send(session, &ServerFrame::Queued { kind: CallKind::Invite, waited_ms: 0 });
        self.invites.handle_join(key, guest, now).map_err(|error| {
            self.send(session, &ServerFrame::Idle);
            match error {
                JoinError::AlreadyWaiting => BUSY,
                JoinError::Full => UNAVAILABLE,
                JoinError::InviteFull => invalid("Two people are in this call already."),
                JoinError::SameUser => invalid("This is your own invite: send it to somebody else."),
                JoinError::Blocked => invalid("This invite is not for you."),
            }
        })
    }

    fn cancel(&mut self, session: SessionId, now: UnixMillis) {
        self.lobby.handle_cancel(session, now);
        self.invites.handle_leave(session);
        self.drop_parked(session);
        if self.calls.call_of(session).is_none() {
            self.send(session, &ServerFrame::Idle);
        }
    }

    fn describe(
        &mut self,
        session: SessionId,
        Description { call, payload }: &Description<'_>,
        kind: Relayed,
        now: UnixMillis,
    ) -> Outcome {
        let relay = self.calls.relay(session, *call, kind, now)?;
        let (call, from) = (*call, relay.from);
        self.announce(session, payload);
        let cleaned;
        let mut payload = *payload;
        if self.calls.hides_addresses(call, now) {
            cleaned = relayed_description(payload).ok_or(UNREADABLE)?;
            payload = &cleaned;
        }
        let frame = match kind {
            Relayed::Answer => ServerFrame::Answer { call, from, payload },
            _ => ServerFrame::Offer { call, from, payload },
        };
        self.send(relay.to, &frame);
        Ok(())
    }

    fn candidates(
        &mut self,
        session: SessionId,
        Candidates { call, payload }: &Candidates<'_>,
        now: UnixMillis,
    ) -> Outcome {
        let relay = self.calls.relay(session, *call, Relayed::Candidates(payload.len()), now)?;
        for candidate in payload {
            self.announce(session, candidate);
        }
        let (call, from) = (*call, relay.from);
        if !self.calls.hides_addresses(call, now) {
            self.send(relay.to, &ServerFrame::Candidates { call, from, payload });
            return Ok(());
        }
        let cleaned: Vec<_> = payload.iter().filter_map(|one| relayed_candidate(one)).collect();
        let payload: &[&RawValue] = &cleaned.iter().map(AsRef::as_ref).collect::<Vec<_>>();
        if !payload.is_empty() {
            self.send(relay.to, &ServerFrame::Candidates { call, from, payload });
        }
        Ok(())
    }

    pub(super) fn announce(&mut self, session: SessionId, payload: &RawValue) {
        if self.announces {
            self.actions.extend(addresses(payload).into_iter().map(|ip| Action::Announced(session, ip)));
        }
    }

    fn chat(&mut self, session: SessionId, Chat { call, text }: &Chat, now: UnixMillis) -> Outcome {
        if text.is_empty() || text.chars().count() > CHAT_CHARS_MAX {
            return Err(Refusal::new(ErrorCode::TooLarge, "A line has 1 to 2,000 characters."));
        }
        let relay = self.calls.relay(session, *call, Relayed::Other, now)?;
        self.said.handle_line(*call, relay.from, text);
        self.send(relay.to, &ServerFrame::Chat { call: *call, from: relay.from, text });
        Ok(())
    }

    fn restart(&mut self, session: SessionId, restart: Restart, now: UnixMillis) -> Outcome {
        let Restart { call, after, replace, lost } = restart;
        let relay = self.calls.relay(session, call, Relayed::Other, now)?;
        self.send(relay.to, &ServerFrame::Restart { call, after, replace, lost });
        Ok(())
    }

    fn sends(
        &mut self,
        session: SessionId,
        Sends { call, picture, sound }: Sends,
        now: UnixMillis,
    ) -> Outcome {
        let relay = self.calls.relay(session, call, Relayed::Other, now)?;
        self.send(relay.to, &ServerFrame::Sends { call, picture, sound });
        Ok(())
    }

    /// For calls to come; with nothing that relays they would never connect.
    fn set_relay(&mut self, session: SessionId, relay: RelayPolicy) -> Outcome {
        if relay != RelayPolicy::Auto && !self.has_relay {
            return Err(Refusal::new(
                ErrorCode::BadRequest,
                "There is no relay here that could hide addresses.",
            ));
        }
        if let Some(session) = self.sessions.get_mut(&session) {
            session.relay = relay;
        }
        Ok(())
    }

    fn set_interests(&mut self, session: SessionId, words: &[String]) -> Outcome {
        let interests = Interests::parse(words).map_err(|_| {
            let message = "Interests: at most 8, of at most 32 plain characters each.";
            Refusal::new(ErrorCode::BadRequest, message)
        })?;
        if let Some(session) = self.sessions.get_mut(&session) {
            session.interests = interests;
        }
        Ok(())
    }
}
