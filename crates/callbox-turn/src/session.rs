//! A session as a thread of the relay knows it.

use std::net::IpAddr;

use crate::limits::Meter;
use crate::types::{CallKey, SessionKey, UserKey};

/// Somebody who may allocate.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) key: SessionKey,
    pub(crate) user: UserKey,
    pub(crate) link: Option<Link>,
    pub(crate) allocations: Vec<usize>,
    /// The session's own addresses that it named in this call; the other side may reach these in strict mode.
    pub(crate) announced: Vec<IpAddr>,
    pub(crate) meter: Meter,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// The code of the last allocation that was refused, until one is made.
    pub(crate) refused: Option<u16>,
}

/// A call, as one of its sides sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) call: CallKey,
    pub(crate) other: SessionKey,
}
