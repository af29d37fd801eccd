//! The end of a frame in a client's stream (RFC 8656, section 12.5, and RFC 8489, section 6.2.2).
//!
//! A stream is STUN messages and `ChannelData`, one behind the other, each with its length in its first four bytes;
//! `ChannelData` is padded to a multiple of four, which its length leaves out. Pure, and without memory: the caller
//! keeps bytes that are not a whole frame yet. Another stream cannot be read on from any point, so its connection
//! must end. Bound: [`FRAME_BYTES_MAX`].

use std::ops::RangeInclusive;
use thiserror::Error;

/// A caller must have room for so many. Media packets have some 1,200 bytes, and no path carries datagrams of ten times that.
pub const FRAME_BYTES_MAX: usize = 16 * 1_024;

const STUN_HEADER_BYTES: usize = 20;
const CHANNEL_HEADER_BYTES: usize = 4;
/// RFC 8489, section 5.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// The first byte of a STUN message, whose two highest bits are 0, and of `ChannelData`.
const STUN: RangeInclusive<u8> = 0x00..=0x3f;
const CHANNEL_DATA: RangeInclusive<u8> = 0x40..=0x7f;

/// Why a stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FramingError {
    /// It is neither a STUN message nor `ChannelData`.
    #[error("neither STUN nor ChannelData")]
    Unknown,
    /// It is larger than [`FRAME_BYTES_MAX`].
    #[error("a frame is too large")]
    TooLarge,
}

/// How many bytes the first frame has, with its padding; `None` while it is not there as a whole.
pub fn next_frame(stream: &[u8]) -> Result<Option<usize>, FramingError> {
    let Some(first) = stream.first() else { return Ok(None) };
    let is_stun = STUN.contains(first);
    if !is_stun && !CHANNEL_DATA.contains(first) {
        return Err(FramingError::Unknown);
    }
    let cookie = stream.get(4..).unwrap_or_default();
    if is_stun && !cookie.iter().zip(COOKIE).all(|(byte, expected)| *byte == expected) {
        return Err(FramingError::Unknown);
    }
    let &[_, _, high, low, ..] = stream else { return Ok(None) };
    let stated = usize::from(u16::from_be_bytes([high, low]));
    let length = match is_stun {
        // All attributes are padded (RFC 8489, section 5).
        true if stated % 4 != 0 => return Err(FramingError::Unknown),
        true => STUN_HEADER_BYTES + stated,
        false => CHANNEL_HEADER_BYTES + stated.next_multiple_of(4),
    };
    if length > FRAME_BYTES_MAX {
        return Err(FramingError::TooLarge);
    }
    Ok((stream.len() >= length).then_some(length))
}

#[cfg(test)]
mod tests;
