//! How calls go, in figures.
//!
//! Pure: readings come in as the store keeps them, and figures go out as the operator sees them. It reads no database, no
//! clock and no socket, and keeps nothing between two questions. Bounds are the caller's: it counts what it is given.
#![forbid(unsafe_code)]

mod percentiles;
mod recent;

pub use recent::recent_calls;
