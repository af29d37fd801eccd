//! The wire of Callbox, `callbox.v1`: a client that follows `docs/PROTOCOL.md` as the SDK does.
//!
//! The two of a set-up seek by an interest that nobody else has, so the lobby pairs them at once. A client that the
//! server has forgotten follows the snapshot: seeks again, or continues its call.

mod session;

use callbox_protocol::call::Side;
use callbox_protocol::id::{CallId, SessionId};
use callbox_protocol::signal::{
    CallRef, Candidates, ClientFrame, ClientHello, Description, End, LeaveAction, LeaveCause, Next, Numbers,
    SUBPROTOCOL, Seek, Snapshot,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

use super::{Event, Line, Login, Return, Upgrade};
use session::{Gap, Session, text};

pub(super) struct Callbox {
    login: Login,
    session: Session,
    stage: Stage,
    /// Nothing is resumed before the first hello was answered.
    has_been_ready: bool,
}

/// The client's own view of its state.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Seeking {
        interest: String,
    },
    /// Confirmed, and waiting for the other side to do so; the descriptions are on their way already.
    Matched {
        participant: Participant,
        interest: String,
    },
    InCall {
        participant: Participant,
    },
}

/// A participant of a call, with the proof of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Participant {
    call: CallId,
    is_caller: bool,
    grant: Option<String>,
}

/// The members of all frames of the server that a client looks at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incoming<'t> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'t, str>,
    seq: Option<u64>,
    ack: Option<u64>,
    session: Option<SessionId>,
    epoch: Option<String>,
    recovered: bool,
    snapshot: Option<Snapshot>,
    call: Option<CallId>,
    you: Option<Side>,
    grant: Option<String>,
    shared_interests: Vec<String>,
    requeued: bool,
    #[serde(borrow)]
    code: Option<Cow<'t, str>>,
    action: Option<LeaveAction>,
    after_ms: Option<u64>,
}

impl Callbox {
    pub(super) fn new(login: Login) -> Self {
        Self { login, session: Session::default(), stage: Stage::Idle, has_been_ready: false }
    }

    fn hello(&mut self, frame: Incoming<'_>, out: &mut Vec<String>) -> Event {
        let name = frame.session.zip(frame.epoch);
        self.session.handle_hello(name, frame.recovered, frame.ack.unwrap_or(0), out);
        let is_first = !std::mem::replace(&mut self.has_been_ready, true);
        Event::Ready(if is_first {
            Return::New
        } else if frame.recovered {
            Return::Recovered
        } else {
            self.fall_in_line(frame.snapshot.unwrap_or(Snapshot::Idle), out)
        })
    }

    /// The server has forgotten what was on its way, or everything: what it still knows counts.
    fn fall_in_line(&mut self, snapshot: Snapshot, out: &mut Vec<String>) -> Return {
        match (self.stage.clone(), snapshot) {
            (Stage::InCall { participant }, Snapshot::Call { call, has_begun: true, .. })
                if participant.call == call =>
            {
                return Return::Restored { is_caller: participant.is_caller };
            }
            (Stage::Matched { participant, .. }, Snapshot::Call { call, has_begun: true, .. })
                if participant.call == call =>
            {
                // `begin` was lost with the rest.
                let is_caller = participant.is_caller;
                self.stage = Stage::InCall { participant };
                return Return::Restored { is_caller };
            }
            (Stage::Matched { participant, .. }, Snapshot::Call { call, .. }) if participant.call == call => {
                self.session.send(&ClientFrame::Confirm(CallRef { call }), out);
                return Return::Restored { is_caller: participant.is_caller };
            }
            (stage, Snapshot::Call { call, .. }) => {
                // A call that we have left, or whose match we never saw.
                self.end_call(call, LeaveCause::Hangup, out);
                return self.seek_again(stage, out);
            }
            (Stage::Seeking { .. }, Snapshot::Queued { .. }) => {}
            (stage, Snapshot::Queued { .. }) => {
                self.session.send(&ClientFrame::Cancel, out);
                return self.seek_again(stage, out);
            }
            (stage, Snapshot::Idle) => return self.seek_again(stage, out),
        }
        Return::Forgotten
    }

    fn seek_again(&mut self, stage: Stage, out: &mut Vec<String>) -> Return {
        match stage {
            Stage::Idle => Return::Forgotten,
            Stage::Seeking { interest } | Stage::Matched { interest, .. } => {
                self.seek(interest, out);
                Return::Forgotten
            }
            Stage::InCall { .. } => {
                self.stage = Stage::Idle;
                Return::CallGone
            }
        }
    }

    fn seek(&mut self, interest: String, out: &mut Vec<String>) {
        let interests = vec![interest.clone()];
        self.session.send(&ClientFrame::Seek(Seek { interests, relay: None }), out);
        self.stage = Stage::Seeking { interest };
    }

    fn end_call(&mut self, call: CallId, cause: LeaveCause, out: &mut Vec<String>) {
        self.session.send(&ClientFrame::End(End { call, cause }), out);
    }

    fn handle_match(&mut self, call: CallId, frame: Incoming<'_>, out: &mut Vec<String>) -> Event {
        let interest = match &self.stage {
            Stage::Seeking { interest } => Some(interest.clone()),
            _ => None,
        };
        if let Some(interest) = interest.clone().filter(|mine| frame.shared_interests.contains(mine)) {
            let is_caller = frame.you == Some(Side::Caller);
            let participant = Participant { call, is_caller, grant: frame.grant };
            self.stage = Stage::Matched { participant, interest };
            self.session.send(&ClientFrame::Confirm(CallRef { call }), out);
            return Event::Begin { is_caller };
        }
        // It crossed a `cancel`, or the lobby has widened: after 3 s it pairs those who share nothing.
        self.session.send(&ClientFrame::Decline(CallRef { call }), out);
        if let Some(interest) = interest {
            self.seek(interest, out);
        }
        Event::Nothing
    }

    fn handle_begin(&mut self, call: CallId) {
        if let Stage::Matched { participant, .. } = &self.stage
            && participant.call == call
        {
            self.stage = Stage::InCall { participant: participant.clone() };
        }
    }

    fn handle_end(&mut self, call: CallId, requeued: bool, out: &mut Vec<String>) -> Event {
        match &self.stage {
            Stage::Matched { participant, interest } if participant.call == call => {
                let interest = interest.clone();
                if requeued {
                    self.stage = Stage::Seeking { interest };
                } else {
                    self.seek(interest, out);
                }
                Event::Nothing
            }
            Stage::InCall { participant } if participant.call == call => {
                self.stage = Stage::Idle;
                if requeued {
                    self.session.send(&ClientFrame::Cancel, out);
                }
                Event::Ended
            }
            Stage::Seeking { interest } if requeued => {
                // The other's `next` overtook our `end`: the server had requeued us when our `seek` came.
                let interest = interest.clone();
                self.session.send(&ClientFrame::Cancel, out);
                self.seek(interest, out);
                Event::Nothing
            }
            Stage::Idle if requeued => {
                self.session.send(&ClientFrame::Cancel, out);
                Event::Nothing
            }
            _ => Event::Nothing,
        }
    }

    fn handle_frame(&mut self, frame: Incoming<'_>, out: &mut Vec<String>) -> Event {
        match (frame.kind.as_ref(), frame.call) {
            ("offer" | "answer" | "candidates", _) => return Event::Relayed,
            ("ping", _) => self.session.send_uncounted(&ClientFrame::Pong, out),
            ("match", Some(call)) => return self.handle_match(call, frame, out),
            ("begin", Some(call)) => self.handle_begin(call),
            ("end", Some(call)) => return self.handle_end(call, frame.requeued, out),
            ("skipped", _) => self.session.handle_skipped(frame.seq.unwrap_or(0)),
            // Two who act at once: the protocol says to ignore it.
            ("error", _) if frame.code.as_deref() == Some("not_in_call") => {}
            ("error", _) => return Event::Refused(frame.code.unwrap_or_default().into_owned()),
            ("leave", _) => {
                let stays_away = frame.action == Some(LeaveAction::Disconnect);
                let after_ms = (!stays_away).then(|| frame.after_ms.unwrap_or(0));
                return Event::Leave { after_ms };
            }
            _ => {}
        }
        Event::Nothing
    }

    fn participant(&self) -> Option<&Participant> {
        match &self.stage {
            Stage::Matched { participant, .. } | Stage::InCall { participant } => Some(participant),
            Stage::Idle | Stage::Seeking { .. } => None,
        }
    }
}

impl Line for Callbox {
    fn upgrade(&self) -> Upgrade {
        Upgrade { path: "/v1/socket".to_owned(), subprotocol: Some(SUBPROTOCOL) }
    }

    fn handle_open(&mut self, out: &mut Vec<String>) {
        let grant = self.participant().and_then(|participant| participant.grant.clone());
        let token = Some(self.login.token.clone());
        let hello = ClientHello { resume: self.session.resume(), grant, token, observes: false };
        out.push(text(&ClientFrame::Hello(hello), Numbers::default()));
    }

    fn handle_lost(&mut self) {
        self.session.handle_lost();
    }

    fn handle_text(&mut self, text: &str, out: &mut Vec<String>) -> Event {
        let Ok(frame) = serde_json::from_str::<Incoming<'_>>(text) else {
            return Event::Refused("not a frame of the protocol".to_owned());
        };
        if frame.kind == "hello" {
            return self.hello(frame, out);
        }
        let seq = frame.seq.filter(|_| frame.kind != "skipped");
        let event = match self.session.handle_numbers(Numbers { seq, ack: frame.ack }, text.len()) {
            Err(Gap) => return Event::Gap,
            Ok(false) => return Event::Nothing,
            Ok(true) => self.handle_frame(frame, out),
        };
        self.session.tell_if_due(out);
        event
    }

    fn start(&mut self, setup: u32, _peer: &str, out: &mut Vec<String>) -> bool {
        let interest = format!("set-up {setup}");
        if let Stage::InCall { participant } = &self.stage {
            let next = Next { call: participant.call, interests: Some(vec![interest.clone()]), relay: None };
            self.session.send(&ClientFrame::Next(next), out);
            self.stage = Stage::Seeking { interest };
        } else {
            self.seek(interest, out);
        }
        false
    }

    fn describe(&mut self, is_offer: bool, payload: &str, out: &mut Vec<String>) {
        let Some(participant) = self.participant() else { return };
        let payload: &RawValue = serde_json::from_str(payload).expect("our payloads are JSON");
        let description = Description { call: participant.call, payload };
        let frame = if is_offer { ClientFrame::Offer(description) } else { ClientFrame::Answer(description) };
        self.session.send(&frame, out);
    }

    fn send_candidates(&mut self, payloads: &[String], out: &mut Vec<String>) {
        let Some(participant) = self.participant() else { return };
        let payload = payloads.iter().map(|text| serde_json::from_str(text).expect("our payloads are JSON"));
        let candidates = Candidates { call: participant.call, payload: payload.collect() };
        self.session.send(&ClientFrame::Candidates(candidates), out);
    }

    fn end(&mut self, out: &mut Vec<String>) {
        if let Some(call) = self.participant().map(|participant| participant.call) {
            self.end_call(call, LeaveCause::Hangup, out);
            self.stage = Stage::Idle;
        }
    }

    fn abandon(&mut self, out: &mut Vec<String>) {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle => {}
            Stage::Seeking { .. } => self.session.send(&ClientFrame::Cancel, out),
            Stage::Matched { participant, .. } => {
                self.session.send(&ClientFrame::Decline(CallRef { call: participant.call }), out);
            }
            Stage::InCall { participant } => self.end_call(participant.call, LeaveCause::MediaFailed, out),
        }
    }
}

#[cfg(test)]
mod tests;
