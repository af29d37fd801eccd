//! The quality of calls, in figures.
//!
//! Pure: readings come in as the store keeps them, and figures go out as the operator sees them. It reads no
//! database, no clock and no socket, and keeps nothing between two questions. The caller sets the bounds: it counts
//! the readings that it gets.
#![forbid(unsafe_code)]

mod percentiles;
mod recent;

pub use recent::recent_calls;
