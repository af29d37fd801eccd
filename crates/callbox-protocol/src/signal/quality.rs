//! A client's reports on a call's quality: a summary each half minute and at its end, and samples while it is bad.
//!
//! The client measures once a second the media that it receives. The server keeps the reports and decides nothing by
//! them, since a client may report anything.

use serde::{Deserialize, Serialize};

use crate::id::CallId;

/// The level of a call's quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum QualityLevel {
    /// A score above 80.
    Excellent,
    /// A score above 60.
    Good,
    /// Less, or a picture that freezes.
    Poor,
    /// The picture has not changed for two seconds, though the other side sends one.
    Frozen,
    /// Nothing came for two seconds.
    Disconnected,
}

/// The present quality of a call, for one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Sample {
    /// The call.
    pub call: CallId,
    /// In a word.
    pub level: QualityLevel,
    /// 0 to 95: a simplified E-model (ITU-T G.107) of delay, jitter and loss.
    pub score: u8,
    /// Round trip between the two browsers.
    pub rtt_ms: u32,
    /// Jitter (RFC 3550, section 6.4.1), the worse of sound and picture.
    pub jitter_ms: u32,
    /// Packets of the other side that were lost, per thousand.
    pub loss_permille: u16,
    /// Media received.
    pub received_kbps: u32,
    /// Media sent.
    pub sent_kbps: u32,
    /// Whether our picture is sent, or sound alone, since the network cannot carry more.
    pub sends_picture: bool,
}

/// The quality of a call, for one side, from the connection to its end, or until now. Means are over its seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quality {
    /// The call.
    pub call: CallId,
    /// Seconds at this level.
    pub excellent_s: u32,
    /// Seconds at this level.
    pub good_s: u32,
    /// Seconds at this level.
    pub poor_s: u32,
    /// Seconds at this level.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub frozen_s: u32,
    /// Seconds at this level.
    pub disconnected_s: u32,
    /// The mean score.
    pub score: u8,
    /// The lowest score.
    pub score_min: u8,
    /// The mean round trip.
    pub rtt_ms: u32,
    /// The mean jitter.
    pub jitter_ms: u32,
    /// Packets lost of a thousand.
    pub loss_permille: u16,
    /// The mean of the media received.
    pub received_kbps: u32,
    /// The mean of the media sent.
    pub sent_kbps: u32,
    /// How often the picture froze.
    pub freezes: u32,
    /// How long it was frozen altogether.
    pub freeze_ms: u32,
    /// How often the path was lost.
    pub interruptions: u32,
    /// How many times another path was searched for.
    pub restarts: u32,
    /// Seconds in which our picture was left out, since the network could not carry it.
    pub audio_only_s: u32,
}
