//! The frames by which the two sides of a call agree: descriptions, candidates, requests for an offer, and the media
//! sent.
//!
//! Payloads are [`RawValue`]s: bounded and copied, never parsed. Bounds: the frame's own, so many candidates with each
//! description, and less for an offer that waits with us.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::id::CallId;

/// The most candidates one side may send with one description. Ten network interfaces with relay make about 40.
pub const CANDIDATES_MAX: usize = 64;
/// The most bytes of a parked offer, since thousands wait: one with all codecs and ten candidates has 6 KB.
pub const PARKED_BYTES_MAX: usize = 16_384;

/// A session description for the other side, opaque to the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Description<'a> {
    /// The call.
    pub call: CallId,
    /// An `RTCSessionDescriptionInit`, or another value that the two SDKs agree on.
    #[serde(borrow)]
    #[cfg_attr(test, ts(type = "unknown"))]
    pub payload: &'a RawValue,
}

/// Candidates for the other side, opaque to the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Candidates<'a> {
    /// The call.
    pub call: CallId,
    /// `RTCIceCandidateInit`s; 64 a side and call at most.
    #[serde(borrow)]
    #[cfg_attr(test, ts(type = "unknown[]"))]
    pub payload: Vec<&'a RawValue>,
}

/// An offer for this session's next match: it travels with the match, which saves the time to send it afterwards. A
/// waiting user may park one; the last one counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Park<'a> {
    /// As in `offer`, at most [`PARKED_BYTES_MAX`] bytes.
    #[serde(borrow)]
    #[cfg_attr(test, ts(type = "unknown"))]
    pub payload: &'a RawValue,
}

/// The callee asks the caller for another offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Restart {
    /// The call.
    pub call: CallId,
    /// The last offer that the callee has answered, 0 for none: a later one that is on its way is meant for this question too.
    pub after: u32,
    /// Whether the offer is to be of a new peer connection.
    pub replace: bool,
    /// Whether later offers may have been lost on the way.
    pub lost: bool,
}

/// The media that a side sends, so that the peer can distinguish a picture that is not sent from one that is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Sends {
    /// The call.
    pub call: CallId,
    /// The picture.
    pub picture: Picture,
    /// Whether the microphone is on.
    pub sound: bool,
}

/// The picture that a side sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Picture {
    /// None: the camera is off, is missing, or is left out for lack of bandwidth.
    None,
    /// The camera's.
    Camera,
    /// A screen, which may stand still.
    Screen,
}
