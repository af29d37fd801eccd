//! The story of one call: all that both browsers, the server and the relay know of it, in the order of time.
//!
//! Shapes only. A story names nobody and no address: sides are `caller` and `callee`.

use serde::{Deserialize, Serialize};

use crate::call::{CallKind, CallRecord, EndCause, Outcome, Path, Side};
use crate::failure::{Evidence, FailureCause};
use crate::id::CallId;
use crate::signal::{Quality, QualityLevel};
use crate::time::UnixMillis;

/// The most samples of a story: two hours of a call that was bad on both sides all the time.
pub const STORY_SAMPLES_MAX: usize = 1_440;

/// A call's use of this server's relay, both sides and both ways together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayUse {
    /// Packets.
    pub packets: u64,
    /// Bytes of payload.
    pub bytes: u64,
    /// The code by which the last allocation of a side was refused, if that side then got none (RFC 8656, section 19).
    pub refused: Option<u16>,
}

/// One side of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SideStory {
    /// The selected candidate pair.
    pub path: Option<Path>,
    /// Its last summary; `null` if it was never connected, or not for a second.
    pub quality: Option<Quality>,
    /// The state of its media connection at the end; `null` if its page was gone before it could say so.
    pub evidence: Option<Evidence>,
}

/// The kind of an event in a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StoryEventKind {
    /// The two were matched.
    Matched,
    /// Both confirmed.
    Confirmed,
    /// The first offer passed.
    Offer,
    /// The first answer passed.
    Answer,
    /// A side's ICE found a path.
    IceConnected,
    /// A side's DTLS is done: it is connected.
    DtlsConnected,
    /// A side decoded a frame of the other.
    FirstFrame,
    /// A later offer passed: another path is searched for.
    Restart,
    /// A side reported how its call went, since it went badly.
    Sample,
    /// The call ended.
    Ended,
}

/// An event in a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoryEvent {
    /// Milliseconds since the match.
    pub ms: u32,
    /// The kind.
    pub kind: StoryEventKind,
    /// The side that it is about, or that caused it.
    pub side: Option<Side>,
    /// Of a sample.
    pub level: Option<QualityLevel>,
    /// Of a sample.
    pub score: Option<u8>,
}

/// `GET /v1/calls/{call}`: the story of a call that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallStory {
    /// The call.
    pub id: CallId,
    /// Why the two met.
    pub kind: CallKind,
    /// When they were matched.
    pub at: UnixMillis,
    /// Milliseconds from there to the end.
    pub ended_ms: u32,
    /// How it ended.
    pub cause: EndCause,
    /// The side that caused the end, if one did.
    pub ended_by: Option<Side>,
    /// The outcome.
    pub outcome: Outcome,
    /// Why it failed or was dropped; `null` if it did neither.
    pub failure: Option<FailureCause>,
    /// Whether the server had forgotten the call, and its people restored it.
    pub is_restored: bool,
    /// The side that made the offers.
    pub caller: SideStory,
    /// The side that answered.
    pub callee: SideStory,
    /// Its use of the relay.
    pub relay: RelayUse,
    /// In the order of time.
    pub events: Vec<StoryEvent>,
}

/// All that is kept of a call that has ended; crosses no wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryReading {
    /// The server's record.
    pub record: CallRecord,
    /// Its use of the relay.
    pub relay: RelayUse,
    /// Of caller and callee.
    pub quality: [Option<Quality>; 2],
    /// Of caller and callee.
    pub evidence: [Option<Evidence>; 2],
    /// In the order of time; [`STORY_SAMPLES_MAX`] at most.
    pub samples: Vec<SampleReading>,
}

/// A sample as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleReading {
    /// The side that reported it.
    pub side: Side,
    /// When it came.
    pub at: UnixMillis,
    /// In a word.
    pub level: QualityLevel,
    /// 0 to 95.
    pub score: u8,
}
