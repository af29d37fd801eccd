//! Steps of a media connection that only a client can see, for the record of its call.
//!
//! Nothing here is believed further than a figure goes: times of a step are the server's own.

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
    /// What happened just now.
    pub stage: Stage,
    /// The selected candidate pair, where the browser tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub path: Option<Path>,
    /// How long DTLS took after ICE, with `connected`, where the browser tells. By the client's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub dtls_ms: Option<u32>,
}
