//! Steps of a media connection that only a client can see, for the record of its call.
//!
//! The server believes these only as figures: the times of a step are its own.

use serde::{Deserialize, Serialize};

use crate::call::Path;
use crate::id::CallId;

/// A step of the media connection that only a client can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Stage {
    /// ICE and DTLS are done.
    Connected,
    /// The first frame of the other side was decoded.
    FirstFrame,
}

/// A step of the media connection, for the call's record.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Progress {
    /// The call.
    pub call: CallId,
    /// The step that was just reached.
    pub stage: Stage,
    /// The selected candidate pair, if the browser reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub path: Option<Path>,
    /// How long DTLS took after ICE, with `connected`, if the browser reports it. By the client's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub dtls_ms: Option<u32>,
}
