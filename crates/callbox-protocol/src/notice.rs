//! The notice that a banned person gets, by an HTTP problem and by the last frame of a socket.
//!
//! It gives the reason, the end and the way to object, and nothing of who complained or decided.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// The notice that a banned person gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BanNotice {
    /// The reason, in a moderator's words; empty if there is none.
    pub reason: String,
    /// The end of the ban; `null` is for ever.
    pub until: Option<UnixMillis>,
    /// The way to object: an address or a sentence of the operator's; empty if they gave none.
    pub contact: String,
}
