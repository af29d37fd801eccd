//! Errors of browsers: their stacks, their messages, and which of them are one.
//!
//! Pure: texts come in, and a group comes out, with the reason why. All of it is a stranger's text: it is cut and
//! cleaned, and nothing here makes markup of it. Bound: 20 frames of a stack.

mod fingerprint;
mod message;
mod source_map;
mod stack;

pub use fingerprint::{FINGERPRINT_VERSION, Group, group, kind_word};
pub use message::message_template;
pub use source_map::{MAP_BYTES_MAX, MapError, Original, SourceMap};
pub use stack::{Frame, frames};
