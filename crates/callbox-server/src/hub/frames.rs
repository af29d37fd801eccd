//! What each frame of a client does.
//!
//! One small function a frame: check, feed a core, answer. A refusal goes back to the sender and touches
//! nobody else. A hello and an invite's code are read in `socket.rs`, which may ask the store.

use callbox_core::call::Relayed;
use callbox_core::invite::{Guest, JoinError};
use callbox_core::lobby::LobbyError;
use callbox_protocol::id::UserId;
use callbox_protocol::signal::{
    CHAT_CHARS_MAX, CallKind, CallRef, Candidates, Chat, ClientFrame, Description, End, EndCause, Next,
    Progress, Seek,
};

use super::{Arc, ErrorCode, Hub, Interests, InviteKey, Refusal, ServerFrame, SessionId, State, UnixMillis};

const BUSY: Refusal = Refusal::new(ErrorCode::Busy, "You are waiting or in a call already.");
const UNAVAILABLE: Refusal =
    Refusal::new(ErrorCode::Unavailable, "The lobby is full. Please try again soon.");

type Outcome = Result<(), Refusal>;

impl Hub {
    /// Carries out one frame of a session.
    pub fn handle_frame(&self, session: SessionId, frame: &ClientFrame<'_>) {
        self.change(|state, now| {
            let outcome = state.handle_frame(session, frame, now);
            state.answer(session, &outcome);
        });
    }

    /// Takes a seat of an invite; `key` is `None` where the store knows no such code.
    pub fn handle_join(&self, session: SessionId, key: Option<InviteKey>) {
        self.change(|state, now| {
            let outcome = state.join(session, key, now);
            state.answer(session, &outcome);
        });
    }
}

impl State {
    fn answer(&self, session: SessionId, outcome: &Outcome) {
        if let Err(Refusal { code, message, retry_after_ms }) = *outcome {
            self.send(session, &ServerFrame::Error { code, message, retry_after_ms });
        }
    }

    fn handle_frame(&mut self, session: SessionId, frame: &ClientFrame<'_>, now: UnixMillis) -> Outcome {
        match frame {
            ClientFrame::Seek(seek) => self.seek(session, seek, now),
            ClientFrame::Cancel => {
                self.cancel(session, now);
                Ok(())
            }
            ClientFrame::Confirm(CallRef { call }) => Ok(self.calls.handle_confirm(session, *call, now)?),
            ClientFrame::Decline(CallRef { call }) => Ok(self.calls.handle_decline(session, *call, now)?),
            ClientFrame::Next(next) => self.next(session, next, now),
            ClientFrame::Offer(offer) => self.describe(session, offer, Relayed::Offer, now),
            ClientFrame::Answer(answer) => self.describe(session, answer, Relayed::Answer, now),
            ClientFrame::Candidates(candidates) => self.candidates(session, candidates, now),
            ClientFrame::Chat(chat) => self.chat(session, chat, now),
            ClientFrame::Progress(Progress { call, stage, path }) => {
                Ok(self.calls.handle_progress(session, *call, *stage, *path, now)?)
            }
            ClientFrame::End(End { call, cause }) => {
                Ok(self.calls.handle_end(session, *call, EndCause::from(*cause), now)?)
            }
            // The socket's own business: it never hands these over.
            ClientFrame::Hello(_) | ClientFrame::Join(_) | ClientFrame::Pong => Ok(()),
        }
    }

    fn seek(&mut self, session: SessionId, seek: &Seek, now: UnixMillis) -> Outcome {
        if self.calls.call_of(session).is_some() || self.is_waiting(session, now) {
            return Err(BUSY);
        }
        self.set_interests(session, &seek.interests)?;
        self.enter_lobby(session, now)
    }

    /// Leaving always works, since nobody may be kept in a call; coming back may have to wait for a token.
    fn next(&mut self, session: SessionId, next: &Next, now: UnixMillis) -> Outcome {
        if let Some(interests) = &next.interests {
            self.set_interests(session, interests)?;
        }
        match self.calls.call_of(session) {
            Some(call) if call == next.call => self.calls.handle_end(session, call, EndCause::Next, now)?,
            // The frame crossed an end on its way, and the session has moved on: what was asked for is done.
            Some(_) => return Ok(()),
            None if self.is_waiting(session, now) => return Ok(()),
            None => {}
        }
        // The partner goes back to the lobby first: it has the older claim.
        self.drain(now);
        self.enter_lobby(session, now)
    }

    fn enter_lobby(&mut self, session: SessionId, now: UnixMillis) -> Outcome {
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

    fn join(&mut self, session: SessionId, key: Option<InviteKey>, now: UnixMillis) -> Outcome {
        let invalid = |message| Refusal::new(ErrorCode::InviteInvalid, message);
        let key = key.ok_or_else(|| invalid("This invite is not valid, or not any more."))?;
        if self.calls.call_of(session).is_some() || self.is_waiting(session, now) {
            return Err(BUSY);
        }
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
                JoinError::SeatsTaken => invalid("Two people are in this call already."),
                JoinError::SameUser => invalid("This is your own invite: send it to somebody else."),
                JoinError::Blocked => invalid("This invite is not for you."),
            }
        })
    }

    fn cancel(&mut self, session: SessionId, now: UnixMillis) {
        self.lobby.handle_cancel(session, now);
        self.invites.handle_leave(session);
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
        self.send(relay.to, &ServerFrame::Candidates { call: *call, from: relay.from, payload });
        Ok(())
    }

    fn chat(&mut self, session: SessionId, Chat { call, text }: &Chat, now: UnixMillis) -> Outcome {
        if text.is_empty() || text.chars().count() > CHAT_CHARS_MAX {
            return Err(Refusal::new(ErrorCode::TooLarge, "A line has 1 to 2,000 characters."));
        }
        let relay = self.calls.relay(session, *call, Relayed::Chat, now)?;
        self.send(relay.to, &ServerFrame::Chat { call: *call, from: relay.from, text });
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

    fn is_waiting(&self, session: SessionId, now: UnixMillis) -> bool {
        self.lobby.waited_ms(session, now).is_some() || self.invites.waited_ms(session, now).is_some()
    }
}
