//! The frames that a client sends, and how they are read.
//!
//! A frame is read in two passes, and its payload for the other side is not copied. Whether its sender may send it
//! now is the core's decision.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::{
    Candidates, Description, Numbers, Park, Progress, Quality, RelayPolicy, Restart, Resume, Sample, Sends,
    Watch,
};
use crate::call::EndCause;
use crate::failure::Evidence;
use crate::id::CallId;

/// The first frame of a client, within 5 s of the upgrade.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientHello {
    /// The session to continue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub resume: Option<Resume>,
    /// The grant of the call that the client is in, from its `match`. If the server has forgotten the call, this
    /// restores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub grant: Option<String>,
    /// The login's token; left out if the page's cookie came with the upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub token: Option<String>,
    /// The page only watches answers: its session neither waits nor calls, and stands beside others of the same login.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub observes: bool,
}

/// Wait for a stranger.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Seek {
    /// The topics that the person would like to talk about, at most 8 of at most 32 characters each.
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

/// A frame that names a call and nothing more: `confirm`, `decline`.
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

/// A frame of a client.
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
    /// To this session's next match.
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
    /// For the record: how the call was so far, each half minute, and how it was, at its end; the last one counts. Also
    /// after the `end` of the session's last call.
    Quality(Quality),
    /// For the record: what the media connection had come to, once, at the call's end. Also after the `end` of the
    /// session's last call.
    Evidence(Evidence),
    /// For the record: how the call is going, while it goes badly; one in ten seconds.
    Sample(Sample),
    /// Which answers of the HTTP interface the page shows: the server tells when one is stale.
    Watch(Watch<'a>),
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
    /// [`RawValue`](serde_json::value::RawValue) cannot survive: one pass to find the type, one to read that type's members.
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
            "evidence" => Self::Evidence(serde_json::from_str(text)?),
            "sample" => Self::Sample(serde_json::from_str(text)?),
            "watch" => Self::Watch(serde_json::from_str(text)?),
            "end" => Self::End(serde_json::from_str(text)?),
            "ping" => Self::Ping,
            "pong" => Self::Pong,
            "ack" => Self::Ack,
            _ => return Err(serde_json::Error::custom("unknown frame type")),
        };
        Ok((Numbers { seq, ack }, frame))
    }
}

/// The causes that a client may give when it ends a call.
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
    /// The other side's socket is lost, none of its media has come for ten seconds, and its page has not reconnected.
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
