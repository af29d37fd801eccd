//! The parts of a beacon: errors, events, calls and the connection.
//!
//! Shapes only. Times in them count from the view's start, so that they need no clock. Texts are a stranger's: the
//! server cuts them, replaces what looks like an id, and never shows them as anything but text.

use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CallId, Deserialize, QualityLevel, Serialize};

/// Errors of one kind in one view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeaconError {
    /// Where it was noticed.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<ErrorKind>"))]
    pub kind: ErrorKind,
    /// The error's type: `TypeError`; of a resource the element's name, `img`; of the SDK its code.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub name: String,
    /// What the error says; of a resource its path without query and fragment.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub message: String,
    /// `error.stack` as the browser wrote it, without queries and fragments of URLs; the server reads its frames.
    /// Without a stack, `at FILE:LINE:COLUMN` of the error event.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub stack: Option<String>,
    /// How often it happened in this view, so far.
    #[serde(default = "once")]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub count: u32,
    /// When it happened first, from the view's start.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub at_ms: u32,
}

/// Where an error was noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ErrorKind {
    /// Nobody caught it.
    Error,
    /// A promise was rejected, and nobody handled that.
    Rejection,
    /// A file of the page did not load.
    Resource,
    /// The client of Callbox reported it.
    Sdk,
    /// Camera, microphone or a call's media.
    Media,
    /// Not known.
    #[default]
    #[serde(other)]
    Other,
}

/// A feature that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeaconEvent {
    /// Its name.
    pub name: String,
    /// How often in this view, so far.
    #[serde(default = "once")]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub count: u32,
}

/// A call that began in this view: ours by its id, or one of another app by what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeaconCall {
    /// The call, if Callbox made it: all else about it is known to the server.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub call: Option<CallId>,
    /// What became of it; absent while it goes on.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub outcome: Option<CallOutcome>,
    /// Why it failed, in the app's own word.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub cause: Option<String>,
    /// When it began, from the view's start.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub at_ms: u32,
    /// From its beginning to the first picture or sound.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub setup_ms: Option<u32>,
    /// How long it lasted, so far.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub duration_ms: Option<u32>,
    /// How good it was.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub quality: Option<ConnectionQuality>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CallOutcome {
    /// Both saw or heard each other.
    Success,
    /// At least one did not.
    Failure,
    /// It was connected, and broke.
    Dropped,
    /// Somebody left before it was connected.
    Left,
    /// Somebody's browser or person denied camera and microphone.
    Denied,
    /// Not known.
    #[serde(other)]
    Other,
}

/// How good a connection was. What was not measured is absent or `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionQuality {
    /// In a word: the level of most of its time.
    #[serde(default, deserialize_with = "known")]
    #[cfg_attr(test, ts(optional = nullable))]
    pub level: Option<QualityLevel>,
    /// 0 to 95, as in a call's summary.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub score: Option<u8>,
    /// The mean round trip.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub rtt_ms: Option<u32>,
    /// The mean jitter.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub jitter_ms: Option<u32>,
    /// Packets lost of a thousand.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub loss_permille: Option<u16>,
    /// Whether the media went through a relay.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub is_relayed: Option<bool>,
}

fn once() -> u32 {
    1
}

/// A word that a later version may have more of: one that is not known counts as absent.
fn known<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(from).map(|value| serde_json::from_value(value).ok())
}
