//! The load tester against real servers, each in a process of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod relay;
mod server;
mod signal;
