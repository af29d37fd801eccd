//! A client by the protocol's rules, as the SDK is one: it numbers, keeps, reconnects, and reconciles its state.
//!
//! It talks in texts alone, so that the real parser and the real frames are between it and the exchange.

use callbox_protocol::call::CallKind;
use callbox_protocol::id::{CallId, LoginId, SessionId, UserId};
use callbox_protocol::signal::{
    ACK_FRAMES, CallRef, ClientFrame, ClientHello, End, Join, LeaveCause, Next, PARKED_BYTES_MAX, Resume,
    Seek,
};
use callbox_protocol::time::UnixMillis;
use serde_json::{Value, json};
use std::collections::VecDeque;

use crate::ledger::Ledger;
use crate::random::{Chances as _, Random};

/// A client's own view of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Nothing,
    Waiting(CallKind),
    Matched(CallId),
    Calling(CallId),
}

/// The partner that it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Stranger,
    Invite(u8),
}

impl Wish {
    fn kind(self) -> CallKind {
        match self {
            Self::Stranger => CallKind::Random,
            Self::Invite(_) => CallKind::Invite,
        }
    }
}

/// Why a client cannot continue with its socket.
#[derive(Debug)]
pub(crate) enum Broken {
    /// A numbered frame is missing.
    Gap(String),
    /// The server did what it must not.
    Promise(String),
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) name: usize,
    pub(crate) user: UserId,
    pub(crate) login: LoginId,
    pub(crate) interests: Vec<String>,
    /// The connection that it has, if any.
    pub(crate) connection: Option<usize>,
    pub(crate) is_online: bool,
    /// When it tries again, while it has none.
    pub(crate) comes_back_at: Option<UnixMillis>,
    pub(crate) session: Option<(SessionId, String)>,
    pub(crate) doing: Doing,
    pub(crate) wish: Option<Wish>,
    pub(crate) confirmed: bool,
    grant: Option<(CallId, String)>,
    /// In the order of their numbers; the oldest are acknowledged, and sent again now and then out of mischief.
    kept: VecDeque<(u64, String)>,
    acknowledged: u64,
    sent: u64,
    received: u64,
    /// The last value of `received` that the server was sent.
    told: u64,
    /// Whether the other side is here, as it was notified.
    pub(crate) is_peer_here: bool,
    parks: u64,
    /// Calls that it is or was in.
    pub(crate) met: Vec<CallId>,
    /// The texts to send on its connection.
    pub(crate) out: Vec<String>,
}

impl Client {
    pub(crate) fn new(name: usize, user: UserId, login: LoginId, interests: Vec<String>) -> Self {
        Self {
            name,
            user,
            login,
            interests,
            connection: None,
            is_online: false,
            comes_back_at: None,
            session: None,
            doing: Doing::Nothing,
            wish: None,
            confirmed: false,
            grant: None,
            kept: VecDeque::new(),
            acknowledged: 0,
            sent: 0,
            received: 0,
            told: 0,
            is_peer_here: false,
            parks: 0,
            met: Vec::new(),
            out: Vec::new(),
        }
    }

    /// The call that it is in, or asked to confirm.
    pub(crate) fn call(&self) -> Option<CallId> {
        match self.doing {
            Doing::Matched(call) | Doing::Calling(call) => Some(call),
            Doing::Nothing | Doing::Waiting(_) => None,
        }
    }

    pub(crate) fn hello(&self) -> ClientHello {
        let resume = self.session.as_ref().map(|(session, epoch)| Resume {
            session: *session,
            epoch: epoch.clone(),
            ack: self.received,
        });
        let holds = self.confirmed.then(|| self.call()).flatten();
        let grant =
            self.grant.as_ref().filter(|(call, _)| Some(*call) == holds).map(|(_, grant)| grant.clone());
        ClientHello { token: None, resume, grant, observes: false }
    }

    pub(crate) fn send(&mut self, frame: &ClientFrame<'_>) {
        self.send_value(serde_json::to_value(frame).unwrap());
    }

    pub(crate) fn send_value(&mut self, mut frame: Value) {
        self.sent += 1;
        frame["seq"] = json!(self.sent);
        frame["ack"] = json!(self.received);
        self.told = self.received;
        let text = frame.to_string();
        if self.is_online {
            self.out.push(text.clone());
        }
        self.kept.push_back((self.sent, text));
    }

    /// A frame that is not counted.
    fn send_uncounted(&mut self, name: &str) {
        self.told = self.received;
        self.out.push(json!({ "type": name, "ack": self.received }).to_string());
    }

    pub(crate) fn ask(&mut self) {
        match self.wish {
            Some(Wish::Stranger) => {
                self.send(&ClientFrame::Seek(Seek { interests: self.interests.clone(), relay: None }));
            }
            Some(Wish::Invite(code)) => {
                self.send(&ClientFrame::Join(Join { invite: code.to_string(), relay: None }));
            }
            None => {}
        }
    }

    pub(crate) fn cancel(&mut self) {
        self.wish = None;
        self.doing = Doing::Nothing;
        self.send(&ClientFrame::Cancel);
    }

    pub(crate) fn end(&mut self, call: CallId) {
        self.leave();
        self.send(&ClientFrame::End(End { call, cause: LeaveCause::Hangup }));
    }

    /// Says that the other side is gone, be it so or not. Only if it is so does this one wait again.
    pub(crate) fn say_left(&mut self, call: CallId) {
        self.send(&ClientFrame::End(End { call, cause: LeaveCause::Left }));
    }

    /// Leaves an offer for its next match, now and then one that is too large.
    pub(crate) fn park(&mut self, random: &mut Random) {
        self.parks += 1;
        let epoch = self.session.as_ref().map_or("", |(_, epoch)| epoch);
        let padding = if random.chance(2) { PARKED_BYTES_MAX } else { random.index(300) };
        let offer = format!("{} {} {epoch} {}", self.name, self.parks, "x".repeat(padding));
        self.send_value(json!({ "type": "park", "payload": offer }));
    }

    pub(crate) fn next(&mut self, call: CallId) {
        self.leave();
        self.wish = Some(Wish::Stranger);
        self.send(&ClientFrame::Next(Next { call, interests: Some(self.interests.clone()), relay: None }));
    }

    /// All that a page forgets when it is closed.
    pub(crate) fn forget(&mut self) {
        let (name, user, login, parks) = (self.name, self.user, self.login, self.parks);
        *self = Self::new(name, user, login, std::mem::take(&mut self.interests));
        self.parks = parks;
    }

    /// The same, but for a call that it has confirmed: the page that comes next knows of it by its grant.
    pub(crate) fn reload(&mut self) {
        let Some(call) = self.call().filter(|_| self.confirmed) else { return self.forget() };
        let (doing, grant, met) = (self.doing, self.grant.take(), std::mem::take(&mut self.met));
        self.forget();
        (self.doing, self.grant, self.met) = (doing, grant, met);
        self.confirmed = true;
        debug_assert_eq!(self.call(), Some(call), "the participant is what is left");
    }

    fn leave(&mut self) {
        self.wish = None;
        self.confirmed = false;
        self.doing = Doing::Nothing;
    }

    /// The connection is gone.
    pub(crate) fn lose(&mut self) {
        self.connection = None;
        self.is_online = false;
        self.out.clear();
    }

    /// The answer to its hello.
    pub(crate) fn welcome(&mut self, hello: &Value, ledger: &mut Ledger, random: &mut Random) {
        // A page before it had this call, and it knows that by a grant alone.
        let is_reloaded = self.session.is_none() && self.call().is_some();
        let had_session = self.session.is_some() || is_reloaded;
        let session = hello["session"].as_str().unwrap().parse().unwrap();
        let is_same_epoch = is_reloaded
            || self.session.as_ref().is_some_and(|(_, epoch)| {
                // Its first part names the server's memory.
                let part = |text: &str| text.split('-').next().map(str::to_owned);
                hello["epoch"].as_str().and_then(part) == part(epoch)
            });
        self.session = Some((session, hello["epoch"].as_str().unwrap().to_owned()));
        self.is_online = true;
        let recovered = hello["recovered"] == true;
        if recovered {
            self.acknowledge(hello["ack"].as_u64().unwrap());
            // Frames that the server has already must not be taken again.
            let from = self.acknowledged.saturating_sub(random.below(4));
            self.out.extend(self.kept.iter().filter(|(seq, _)| *seq > from).map(|(_, text)| text.clone()));
            if matches!(self.doing, Doing::Waiting(_)) {
                self.park(random);
            }
            return;
        }
        (self.sent, self.received, self.told, self.acknowledged) = (0, 0, 0, 0);
        self.kept.clear();
        if had_session {
            // Also if it has left already: the server may not know that yet.
            for call in &self.met {
                ledger.excuse_from(*call, self.name);
                if is_same_epoch {
                    ledger.excuse_to(*call, self.name);
                }
            }
            self.come_in_line(&hello["snapshot"], random);
        }
    }

    fn acknowledge(&mut self, ack: u64) {
        assert!(ack <= self.sent, "the server has what was never sent");
        self.acknowledged = self.acknowledged.max(ack);
        while self.kept.front().is_some_and(|(seq, _)| seq + 4 <= self.acknowledged) {
            self.kept.pop_front();
        }
    }

    /// The table of `sdk/src/core/reconcile.ts`.
    fn come_in_line(&mut self, snapshot: &Value, random: &mut Random) {
        if snapshot["state"] == "call" {
            let call: CallId = snapshot["call"].as_str().unwrap().parse().unwrap();
            self.met.push(call);
            if self.call() == Some(call) {
                self.is_peer_here = snapshot["is_peer_here"] == true;
                let has_begun = snapshot["has_begun"] == true;
                match self.doing {
                    Doing::Matched(_) if has_begun => self.doing = Doing::Calling(call),
                    Doing::Matched(_) if self.confirmed => self.send(&ClientFrame::Confirm(CallRef { call })),
                    _ => {}
                }
                return;
            }
            self.send(&ClientFrame::End(End { call, cause: LeaveCause::Hangup }));
        }
        if self.call().is_some() {
            self.doing = Doing::Nothing;
            self.confirmed = false;
        }
        match self.wish {
            None if snapshot["state"] == "queued" => self.send(&ClientFrame::Cancel),
            None => {}
            Some(wish) if snapshot["state"] == "queued" && snapshot["kind"] == json!(wish.kind()) => {
                self.doing = Doing::Waiting(wish.kind());
                self.park(random);
            }
            Some(_) => {
                self.doing = Doing::Nothing;
                self.ask();
            }
        }
    }

    /// One frame of the server; an error is a broken promise, or a frame that the network lost.
    pub(crate) fn hear(
        &mut self,
        frame: &Value,
        ledger: &mut Ledger,
        random: &mut Random,
    ) -> Result<(), Broken> {
        self.count(frame)?;
        if frame["type"] == "ping" {
            self.send_uncounted("pong");
        }
        self.understand(frame, ledger, random).map_err(Broken::Promise)?;
        if self.received - self.told >= ACK_FRAMES {
            self.send_uncounted("ack");
        }
        Ok(())
    }

    fn count(&mut self, frame: &Value) -> Result<(), Broken> {
        if let Some(ack) = frame["ack"].as_u64() {
            self.acknowledge(ack);
        }
        if let Some(seq) = frame["seq"].as_u64() {
            if seq <= self.received {
                let what = format!("frame {seq} came again on one socket, after {}", self.received);
                return Err(Broken::Promise(what));
            }
            if frame["type"] == "skipped" {
                self.received = seq;
            } else if seq != self.received + 1 {
                return Err(Broken::Gap(format!("frame {seq} came after {}", self.received)));
            }
            self.received = seq;
        }
        Ok(())
    }

    fn understand(&mut self, frame: &Value, ledger: &mut Ledger, random: &mut Random) -> Result<(), String> {
        let call = || frame["call"].as_str().unwrap().parse::<CallId>().unwrap();
        match frame["type"].as_str().unwrap() {
            "queued" => self.queued(frame, random),
            "idle" if matches!(self.doing, Doing::Waiting(_)) => {
                self.doing = Doing::Nothing;
                self.wish = None;
            }
            "match" => self.matched(call(), frame, random),
            "begin" if self.doing == Doing::Matched(call()) => self.doing = Doing::Calling(call()),
            "end" if self.call() == Some(call()) => {
                self.confirmed = false;
                self.doing = Doing::Nothing;
                if frame["requeued"] == false {
                    self.wish = None;
                }
            }
            "peer" if self.call() == Some(call()) => return self.heard_of_peer(frame["is_here"] == true),
            "chat" => return self.heard(call(), frame["text"].as_str().unwrap(), ledger),
            "offer" => return self.heard(call(), frame["payload"].as_str().unwrap(), ledger),
            "candidates" => return self.heard(call(), frame["payload"][0].as_str().unwrap(), ledger),
            "error" if frame["code"] == "busy" => self.busy(),
            "error"
                if !["not_in_call", "too_large"].map(Value::from).contains(&frame["code"])
                    && self.call().is_none() =>
            {
                self.doing = Doing::Nothing;
                self.wish = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// Nobody is away twice in a row; who is here may be here anew.
    fn heard_of_peer(&mut self, is_here: bool) -> Result<(), String> {
        if !is_here && !self.is_peer_here {
            return Err("it hears again that the other is away".to_owned());
        }
        self.is_peer_here = is_here;
        Ok(())
    }

    fn queued(&mut self, frame: &Value, random: &mut Random) {
        match self.wish {
            None => self.send(&ClientFrame::Cancel),
            Some(wish) if frame["kind"] == json!(wish.kind()) => {
                self.doing = Doing::Waiting(wish.kind());
                self.park(random);
            }
            // Requeued while it asked for something else: `busy` follows.
            Some(_) => {}
        }
    }

    /// Its request crossed a wait or a match that it did not know of.
    fn busy(&mut self) {
        if self.wish.is_some() && self.doing == Doing::Nothing {
            self.send(&ClientFrame::Cancel);
            self.ask();
        }
    }

    fn matched(&mut self, call: CallId, frame: &Value, random: &mut Random) {
        self.met.push(call);
        if self.wish.is_none_or(|wish| frame["kind"] != json!(wish.kind())) {
            return self.send(&ClientFrame::Decline(CallRef { call }));
        }
        self.doing = Doing::Matched(call);
        self.confirmed = false;
        self.is_peer_here = true;
        self.grant = Some((call, frame["grant"].as_str().unwrap().to_owned()));
        match random.below(10) {
            // Somebody who has gone to fetch a coffee.
            0 => {}
            1 => {
                self.leave();
                self.send(&ClientFrame::Decline(CallRef { call }));
            }
            _ => {
                self.confirmed = true;
                self.send(&ClientFrame::Confirm(CallRef { call }));
            }
        }
    }

    /// A line is `from number padding`.
    fn heard(&mut self, call: CallId, text: &str, ledger: &mut Ledger) -> Result<(), String> {
        let mut words = text.split(' ');
        let mut number = || words.next().unwrap().parse::<u64>().unwrap();
        let (from, number) = (usize::try_from(number()).unwrap(), number());
        if !self.met.contains(&call) {
            return Err(format!("it hears {from} in {call}, where it never was"));
        }
        if from == self.name {
            return Err(format!("{from} hears itself"));
        }
        ledger.hear(call, from, number)
    }

    /// Says a line of this many characters, as candidates, as an offer or as chat.
    pub(crate) fn say(&mut self, call: CallId, characters: usize, ledger: &mut Ledger) {
        let number = ledger.say(call, self.name, characters);
        let line = format!("{} {number} {}", self.name, "x".repeat(characters));
        // 64 candidates are the most of one side.
        self.send_value(if number.is_multiple_of(3) && number < 180 {
            json!({ "type": "candidates", "call": call, "payload": [line] })
        } else if characters > 1_900 {
            json!({ "type": "offer", "call": call, "payload": line })
        } else {
            json!({ "type": "chat", "call": call, "text": line })
        });
    }
}
