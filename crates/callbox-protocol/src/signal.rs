//! Frames of the WebSocket subprotocol `callbox.v1`: JSON objects distinguished by `type`.
//!
//! `docs/PROTOCOL.md` describes their use; the files here are their only definition. Session descriptions and
//! candidates are [`RawValue`](serde_json::value::RawValue)s: they are bounded and copied, never parsed. Unknown
//! members are ignored; an unknown `type`, a member twice or a missing one makes the whole frame bad. Beside its type
//! each frame may carry [`Numbers`]: its place among its sender's frames, and the last frame up to which its sender
//! has everything.

pub use client::{CallRef, Chat, ClientFrame, ClientHello, End, Join, LeaveCause, Next, Seek};
pub use description::{
    CANDIDATES_MAX, Candidates, Description, PARKED_BYTES_MAX, Park, Picture, Restart, Sends,
};
pub use ice::{IceServer, RelayPolicy};
pub use leave::{LeaveAction, LeaveReason, close};
pub use progress::{Progress, Stage};
pub use quality::{Quality, QualityLevel, Sample};
pub use server::ServerFrame;
pub use session::{ACK_BYTES, ACK_FRAMES, KEPT_BYTES_MAX, Numbers, RESUME_MS, Resume, Snapshot};
pub use watch::{PUT_BYTES_MAX, WATCH_PATH_BYTES_MAX, WATCHES_MAX, Watch, WatchItem};

mod client;
mod description;
mod ice;
mod leave;
mod progress;
mod quality;
mod server;
mod session;
mod watch;

/// The WebSocket subprotocol that a client must offer (RFC 6455, section 1.9).
pub const SUBPROTOCOL: &str = "callbox.v1";
/// The largest frame either side may send, in bytes. An offer with ten candidates is 5 KB; 64 KB leaves
/// room for every codec a browser may list and still bounds a session's memory.
pub const FRAME_BYTES_MAX: usize = 65_536;
/// The most characters of one chat line.
pub const CHAT_CHARS_MAX: usize = 2_000;
/// The most interests of one seeker.
pub const INTERESTS_MAX: usize = 8;
/// The most characters of one interest.
pub const INTEREST_CHARS_MAX: usize = 32;

#[cfg(test)]
mod tests;
