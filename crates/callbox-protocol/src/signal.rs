//! Frames of the WebSocket subprotocol `callbox.v1`: JSON objects told apart by `type`.
//!
//! `docs/PROTOCOL.md` tells the story; this file is its only definition. Session descriptions and candidates
//! are [`RawValue`]s: they are bounded and copied, never parsed. Unknown members are ignored; an unknown
//! `type`, a member twice or a missing one makes the whole frame bad. Beside its type each frame may carry
//! [`Numbers`]: which frame of its sender's it is, and up to which frame its sender has everything.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::Write as _;

use crate::call::{CallKind, EndCause, Side};
use crate::error::ErrorCode;
use crate::id::{CallId, SessionId};
use crate::notice::BanNotice;
use crate::user::User;

pub use description::{
    CANDIDATES_MAX, Candidates, Description, PARKED_BYTES_MAX, Park, Picture, Restart, Sends,
};
pub use ice::{IceServer, RelayPolicy};
pub use progress::{Progress, Stage};
pub use quality::{Quality, QualityLevel, Sample};
pub use session::{ACK_BYTES, ACK_FRAMES, KEPT_BYTES_MAX, Numbers, RESUME_MS, Resume, Snapshot};

mod description;
mod ice;
mod progress;
mod quality;
mod session;

/// The WebSocket subprotocol that a client must offer (RFC 6455, section 1.9).
pub const SUBPROTOCOL: &str = "callbox.v1";
/// The largest frame either side may send, in bytes. An offer with ten candidates is 5 KB; 64 KB leaves
/// room for every codec a browser may list and still bounds a session's memory.
pub const FRAME_BYTES_MAX: usize = 65_536;
/// The most characters of one chat line.
pub const CHAT_CHARS_MAX: usize = 2_000;
/// The most interests of one seeker.
pub const INTERESTS_MAX: usize = 8;
/// The most characters of one interest.
pub const INTEREST_CHARS_MAX: usize = 32;

/// Close codes of our own, from the range that RFC 6455, section 7.4.2, leaves to applications.
/// The standard ones are used where they fit: 1000 bye, 1001 going away, 1002 broken framing, 1003 binary,
/// 1007 not UTF-8, 1009 too large, 1013 full.
pub mod close {
    /// The frame is no frame of ours: not JSON, unknown type, member missing, or out of order.
    pub const BAD_FRAME: u16 = 4400;
    /// The hello had no valid token.
    pub const UNAUTHENTICATED: u16 = 4401;
    /// No hello came within 5 s, or no sign of life within the heartbeat's patience.
    pub const TIMEOUT: u16 = 4408;
    /// Another socket took over the session, or another session the login: see the `leave` before.
    pub const SUPERSEDED: u16 = 4409;
    /// A numbered frame is missing: the sender comes back, resumes, and sends it again.
    pub const GAP: u16 = 4410;
    /// Frames came faster than allowed.
    pub const RATE_LIMITED: u16 = 4429;
    /// The client did not read what was sent to it.
    pub const SLOW_READER: u16 = 4430;
}

/// What a client may give as the cause when it ends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LeaveCause {
    /// The person hung up.
    Hangup,
    /// The media connection could not be made.
    MediaFailed,
    /// The media connection broke, and no new path was found within half a minute.
    MediaLost,
    /// The browser or the person denied camera and microphone.
    MediaDenied,
    /// The other side's socket is lost, nothing of its media has come for ten seconds, and its page is not back.
    Left,
}

impl From<LeaveCause> for EndCause {
    fn from(cause: LeaveCause) -> Self {
        match cause {
            LeaveCause::Hangup => Self::Hangup,
            LeaveCause::MediaFailed => Self::MediaFailed,
            LeaveCause::MediaLost => Self::MediaLost,
            LeaveCause::MediaDenied => Self::MediaDenied,
            LeaveCause::Left => Self::Left,
        }
    }
}

/// Why the server asks a client to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LeaveReason {
    /// The server is going down, for a deploy or for good.
    Shutdown,
    /// The server has as many sessions as it can carry, or as many newcomers as it can greet.
    Full,
    /// The client broke a rule: the close code says which.
    Misuse,
    /// The login was used in another tab or on another device, and the newest wins here.
    Superseded,
    /// The login is in use in another tab or on another device, and the first wins here.
    Duplicate,
    /// The login was ended: by its user, by a new password, or with the account.
    SignedOut,
    /// A moderator banned the user.
    Banned,
}

/// What a client should do after a `leave`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LeaveAction {
    /// Stay away: coming back would end the same way.
    Disconnect,
    /// Come back `after_ms` from now and go on with this session, and with the call by its grant.
    Resume,
    /// Come back `after_ms` from now with a new session.
    Reconnect,
}

/// The first frame of a client, within 5 s of the upgrade.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientHello {
    /// The session to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub resume: Option<Resume>,
    /// The grant of the call that the client is in, from its `match`: where the server has forgotten the call,
    /// this restores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub grant: Option<String>,
    /// The login's token; left out where the page's cookie came with the upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub token: Option<String>,
}

/// Wait for a stranger.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Seek {
    /// What the person would like to talk about, at most 8 of at most 32 characters each.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
    pub interests: Vec<String>,
    /// Hide addresses in the calls that come of this, more strictly than the app does; never less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub relay: Option<RelayPolicy>,
}

/// Join an invite and wait for the other person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Join {
    /// The invite's code.
    pub invite: String,
    /// As in `seek`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub relay: Option<RelayPolicy>,
}

/// A frame about a call that says nothing more: `confirm`, `decline`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallRef {
    /// The call.
    pub call: CallId,
}

/// Leave the call, if it still runs, and wait for a stranger, in one step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Next {
    /// The call to leave.
    pub call: CallId,
    /// As in `seek`; left out: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub interests: Option<Vec<String>>,
    /// As in `seek`; left out: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub relay: Option<RelayPolicy>,
}

/// A line of text for the other side.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Chat {
    /// The call.
    pub call: CallId,
    /// 1 to 2,000 characters of plain text.
    pub text: String,
}

/// End the call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct End {
    /// The call.
    pub call: CallId,
    /// Why.
    pub cause: LeaveCause,
}

/// What a client sends.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ClientFrame<'a> {
    /// The first frame.
    Hello(ClientHello),
    /// Wait for a stranger.
    Seek(Seek),
    /// Join an invite.
    Join(Join),
    /// Stop waiting.
    Cancel,
    /// Accept a match.
    Confirm(CallRef),
    /// Refuse a match.
    Decline(CallRef),
    /// Leave the call and wait for a stranger.
    Next(Next),
    /// To whoever is matched with this session.
    Park(Park<'a>),
    /// To the other side.
    Offer(Description<'a>),
    /// To the other side.
    Answer(Description<'a>),
    /// To the other side.
    Candidates(Candidates<'a>),
    /// To the caller.
    Restart(Restart),
    /// To the other side.
    Sends(Sends),
    /// To the other side.
    Chat(Chat),
    /// For the record.
    Progress(Progress),
    /// For the record: how the call was, once, at its end. Also after the `end` of the session's last call.
    Quality(Quality),
    /// For the record: how the call is going, while it goes badly; one in ten seconds.
    Sample(Sample),
    /// End the call.
    End(End),
    /// The answer to `ping`.
    Pong,
    /// Does this socket still work? Answered by `pong`.
    Ping,
    /// Nothing but its [`Numbers::ack`].
    Ack,
}

impl<'a> ClientFrame<'a> {
    /// Whether the frame is counted: see [`Numbers`].
    pub fn is_counted(&self) -> bool {
        !matches!(self, Self::Hello(_) | Self::Ping | Self::Pong | Self::Ack)
    }

    /// Reads one frame and its numbers. Members may come in any order.
    ///
    /// Two passes over the text, since serde's own tagged enums copy the members into a tree first, which a
    /// [`RawValue`] cannot survive: one pass to find the type, one to read that type's members.
    pub fn parse(text: &'a str) -> Result<(Numbers, Self), serde_json::Error> {
        #[derive(Deserialize)]
        struct Kind<'k> {
            #[serde(rename = "type", borrow)]
            kind: Cow<'k, str>,
            seq: Option<u64>,
            ack: Option<u64>,
        }
        // serde reads a list as a struct too, member by member; our frames are objects.
        if !text.trim_start().starts_with('{') {
            return Err(serde_json::Error::custom("a frame is an object"));
        }
        let Kind { kind, seq, ack } = serde_json::from_str(text)?;
        let frame = match kind.as_ref() {
            "hello" => Self::Hello(serde_json::from_str(text)?),
            "seek" => Self::Seek(serde_json::from_str(text)?),
            "join" => Self::Join(serde_json::from_str(text)?),
            "cancel" => Self::Cancel,
            "confirm" => Self::Confirm(serde_json::from_str(text)?),
            "decline" => Self::Decline(serde_json::from_str(text)?),
            "next" => Self::Next(serde_json::from_str(text)?),
            "park" => Self::Park(serde_json::from_str(text)?),
            "restart" => Self::Restart(serde_json::from_str(text)?),
            "sends" => Self::Sends(serde_json::from_str(text)?),
            "offer" => Self::Offer(serde_json::from_str(text)?),
            "answer" => Self::Answer(serde_json::from_str(text)?),
            "candidates" => Self::Candidates(serde_json::from_str(text)?),
            "chat" => Self::Chat(serde_json::from_str(text)?),
            "progress" => Self::Progress(serde_json::from_str(text)?),
            "quality" => Self::Quality(serde_json::from_str(text)?),
            "sample" => Self::Sample(serde_json::from_str(text)?),
            "end" => Self::End(serde_json::from_str(text)?),
            "ping" => Self::Ping,
            "pong" => Self::Pong,
            "ack" => Self::Ack,
            _ => return Err(serde_json::Error::custom("unknown frame type")),
        };
        Ok((Numbers { seq, ack }, frame))
    }
}

/// What the server sends.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ServerFrame<'a> {
    /// The answer to the client's hello.
    Hello {
        /// This session's name.
        session: SessionId,
        /// This server's memory: a session is known in the epoch that it began in, and in no other.
        epoch: &'a str,
        /// Whether the client's `resume` was granted with nothing lost: what it misses follows. Otherwise both
        /// sides count from 1 again.
        recovered: bool,
        /// The last frame of the client that the server has: whatever came after is to be sent again.
        ack: u64,
        /// What the session is doing.
        snapshot: Snapshot,
        /// Who the server takes the client for.
        user: User,
        /// For the browser's peer connection.
        ice_servers: &'a [IceServer],
        /// Whether connections of this app may use anything but a relay; a `match` says it for its call.
        relay_policy: RelayPolicy,
        /// The server is never silent for longer: a `ping` if nothing else. 10 s more, and the socket is dead.
        heartbeat_ms: u32,
        /// The server's version.
        version: &'a str,
    },
    /// What [`Self::Hello`] named may end soon: from now on this is for the browser's peer connection. Not counted.
    IceServers {
        /// As in a hello.
        ice_servers: &'a [IceServer],
    },
    /// Both have stayed: from now on the call may take the shortest path, and its caller searches for one.
    Reveal {
        /// The call.
        call: CallId,
    },
    /// The session waits, after `seek`, `next`, `join`, or because its partner left.
    Queued {
        /// For a stranger, or for the other person of an invite.
        kind: CallKind,
        /// How long it has waited already.
        waited_ms: u64,
    },
    /// The session waits no more, after `cancel`.
    Idle,
    /// Somebody was found: answer with `confirm` or `decline`.
    Match {
        /// The new call.
        call: CallId,
        /// Why these two.
        kind: CallKind,
        /// The recipient's side.
        you: Side,
        /// The interests that both named.
        shared_interests: Vec<&'a str>,
        /// The two met within the last ten minutes: nobody else is waiting.
        met_before: bool,
        /// How much time there is to confirm.
        confirm_within_ms: u32,
        /// Whether this call may use anything but a relay: the strictest of what the two apps and the two people want. The
        /// server takes other addresses out on their way.
        relay_policy: RelayPolicy,
        /// Proves this side of this call to a server that has forgotten it: to be shown in the next `hello`.
        grant: &'a str,
        /// To the callee: the offer that the caller had parked.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "unknown"))]
        offer: Option<&'a RawValue>,
        /// To the caller: whether the other side got its parked offer with its match. Otherwise it is to be sent.
        is_offered: bool,
    },
    /// Both confirmed: camera and microphone may be sent.
    Begin {
        /// The call.
        call: CallId,
    },
    /// From the other side.
    Offer {
        /// The call.
        call: CallId,
        /// Who sent it, set by the server.
        from: Side,
        /// As it was sent.
        #[cfg_attr(test, ts(type = "unknown"))]
        payload: &'a RawValue,
    },
    /// From the other side.
    Answer {
        /// The call.
        call: CallId,
        /// Who sent it, set by the server.
        from: Side,
        /// As it was sent.
        #[cfg_attr(test, ts(type = "unknown"))]
        payload: &'a RawValue,
    },
    /// From the other side.
    Candidates {
        /// The call.
        call: CallId,
        /// Who sent it, set by the server.
        from: Side,
        /// As they were sent.
        #[cfg_attr(test, ts(type = "unknown[]"))]
        payload: &'a [&'a RawValue],
    },
    /// From the callee: make another offer, unless a later one than `after` is on its way.
    Restart {
        /// The call.
        call: CallId,
        /// As it was sent.
        after: u32,
        /// As it was sent.
        replace: bool,
        /// As it was sent.
        lost: bool,
    },
    /// From the other side.
    Sends {
        /// The call.
        call: CallId,
        /// As it was sent.
        picture: Picture,
        /// As it was sent.
        sound: bool,
    },
    /// The other side's socket is lost, or it has one again. Its media may flow all the same.
    Peer {
        /// The call.
        call: CallId,
        /// Whether it has one.
        is_here: bool,
    },
    /// From the other side.
    Chat {
        /// The call.
        call: CallId,
        /// Who sent it, set by the server.
        from: Side,
        /// As it was sent.
        text: &'a str,
    },
    /// The call is over.
    End {
        /// The call.
        call: CallId,
        /// Why.
        cause: EndCause,
        /// Whose doing it was; `null` where it was nobody's, or not known.
        by: Option<Side>,
        /// Whether the recipient waits again, with the waiting time it had.
        requeued: bool,
    },
    /// The frame named was refused; the session goes on.
    Error {
        /// Which error it is, for programs.
        code: ErrorCode,
        /// One sentence for people.
        message: &'a str,
        /// When to try again, with `rate_limited`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        retry_after_ms: Option<u64>,
    },
    /// A sign of life: answer with `pong`.
    Ping,
    /// The answer to a client's `ping`.
    Pong,
    /// Nothing but its [`Numbers::ack`].
    Ack,
    /// The frames up to this one's `seq` that the client lacks were candidates of calls that are over.
    Skipped,
    /// The server is about to close the socket.
    Leave {
        /// Why.
        reason: LeaveReason,
        /// What to do then.
        action: LeaveAction,
        /// How long to wait before coming back.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        after_ms: Option<u64>,
        /// What to know of the ban, with `banned`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        ban: Option<&'a BanNotice>,
    },
}

impl ServerFrame<'_> {
    /// The frame as it goes over the wire, with its numbers.
    pub fn to_text(&self, Numbers { seq, ack }: Numbers) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).expect("our frames have no maps and no failing parts");
        // Every frame has a `type`, so the numbers go before the brace at its end. Flattening by serde would
        // copy the members one by one.
        for (name, number) in [("seq", seq), ("ack", ack)] {
            if let Some(number) = number {
                text.pop();
                write!(text, r#","{name}":{number}}}"#).expect("a vector takes all");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "0199a1b2-0000-7000-8000-000000000001";

    #[test]
    fn a_payload_is_copied_to_the_letter() {
        let payload = r#"{"sdp" : "v=0\r\n\u0041",  "n":1.0e+1}"#;
        let text = format!(r#"{{"payload":{payload},"call":"{CALL}","type":"offer"}}"#);
        let (_, ClientFrame::Offer(offer)) = ClientFrame::parse(&text).unwrap() else {
            panic!("not an offer")
        };
        let relayed = ServerFrame::Offer { call: offer.call, from: Side::Caller, payload: offer.payload };
        let numbers = Numbers { seq: Some(7), ack: Some(3) };
        assert_eq!(
            String::from_utf8(relayed.to_text(numbers)).unwrap(),
            format!(
                r#"{{"type":"offer","call":"{CALL}","from":"caller","payload":{payload},"seq":7,"ack":3}}"#
            )
        );
    }

    #[test]
    fn candidates_are_counted_without_being_read() {
        let text = format!(r#"{{"type":"candidates","call":"{CALL}","payload":[{{"a":1}},null,"x"]}}"#);
        let (_, ClientFrame::Candidates(frame)) = ClientFrame::parse(&text).unwrap() else {
            panic!("no candidates")
        };
        assert_eq!(frame.payload.len(), 3);
    }

    #[test]
    fn frames_without_members_are_read() {
        assert!(matches!(ClientFrame::parse(r#"{"type":"pong"}"#), Ok((_, ClientFrame::Pong))));
        assert!(matches!(ClientFrame::parse(r#"{"type":"cancel","x":[1]}"#), Ok((_, ClientFrame::Cancel))));
    }

    #[test]
    fn numbers_stand_beside_the_type() {
        let (numbers, _) = ClientFrame::parse(r#"{"ack":4,"type":"cancel","seq":9}"#).unwrap();
        assert_eq!(numbers, Numbers { seq: Some(9), ack: Some(4) });
        let (numbers, _) = ClientFrame::parse(r#"{"type":"cancel"}"#).unwrap();
        assert_eq!(numbers, Numbers::default());
        for seq in ["-1", "1.5", "\"1\"", "18446744073709551616"] {
            assert!(ClientFrame::parse(&format!(r#"{{"type":"cancel","seq":{seq}}}"#)).is_err(), "{seq}");
        }
    }

    #[test]
    fn bad_frames_are_refused() {
        for text in [
            "",
            "null",
            "[]",
            r#"["pong"]"#,
            "{}",
            r#"{"type":7}"#,
            r#"{"type":"nonsense"}"#,
            r#"{"type":"offer"}"#,
            r#"{"type":"pong","type":"pong"}"#,
            r#"{"type":"confirm","call":"not-an-id"}"#,
            r#"{"type":"end","call":"0199a1b2-0000-7000-8000-000000000001","cause":"next"}"#,
            r#"{"type":"pong"} trailing"#,
        ] {
            assert!(ClientFrame::parse(text).is_err(), "{text} was taken");
        }
    }

    #[test]
    fn a_deeply_nested_payload_is_taken_to_the_letter_and_not_recursed_into() {
        let nested = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        let text = format!(r#"{{"type":"offer","call":"{CALL}","payload":{nested}}}"#);
        let (_, ClientFrame::Offer(offer)) = ClientFrame::parse(&text).unwrap() else {
            panic!("not an offer")
        };
        assert_eq!(offer.payload.get(), nested);
    }
}
