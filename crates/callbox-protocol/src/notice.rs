//! What somebody who is banned is told, by an HTTP problem and by the last frame of a socket.
//!
//! It says why, until when and how to object, and nothing of who complained or decided.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// What somebody who is banned is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BanNotice {
    /// Why, in a moderator's words; empty where none were found.
    pub reason: String,
    /// Until when; `null` is for ever.
    pub until: Option<UnixMillis>,
    /// How to object: an address or a sentence of the operator's; empty where they gave none.
    pub contact: String,
}
