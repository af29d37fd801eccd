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
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap();
        let mut frame = [&number.to_be_bytes()[..], &length.to_be_bytes(), payload].concat();
        frame.resize(frame.len().next_multiple_of(4), 0);
        frame
    }

    fn stun(kind: u16, words: u16) -> Vec<u8> {
        let mut message = [&kind.to_be_bytes()[..], &(words * 4).to_be_bytes(), &COOKIE].concat();
        message.resize(STUN_HEADER_BYTES + usize::from(words) * 4, 0xee);
        message
    }

    /// Reads a stream that comes in these pieces, as the relay does.
    fn read(pieces: &[&[u8]]) -> Result<(Vec<Vec<u8>>, Vec<u8>), FramingError> {
        let (mut frames, mut rest) = (Vec::new(), Vec::new());
        for piece in pieces {
            rest.extend_from_slice(piece);
            while let Some(length) = next_frame(&rest)? {
                frames.push(rest.drain(..length).collect());
            }
            assert!(rest.len() < FRAME_BYTES_MAX);
        }
        Ok((frames, rest))
    }

    fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let data = (0x4000_u16..0x8000, vec(any::<u8>(), 0..1_500))
            .prop_map(|(number, data)| channel_data(number, &data));
        let message = (0_u16..0x4000, 0_u16..300).prop_map(|(kind, words)| stun(kind, words));
        vec(prop_oneof![data, message], 0..12)
    }

    proptest! {
        #[test]
        fn however_a_stream_is_cut_its_frames_are_the_same(frames in frames(), cuts in vec(any::<prop::sample::Index>(), 0..20)) {
            let stream = frames.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            cuts.sort_unstable();
            let ends = cuts.iter().copied().chain([stream.len()]);
            let mut at = 0;
            let pieces: Vec<&[u8]> = ends.map(|end| &stream[std::mem::replace(&mut at, end)..end]).collect();
            prop_assert_eq!(read(&pieces), Ok((frames, Vec::new())));
        }

        #[test]
        fn of_any_bytes_a_frame_is_never_more_than_there_is(bytes in vec(any::<u8>(), 0..100)) {
            if let Ok(Some(length)) = next_frame(&bytes) {
                prop_assert!(length >= CHANNEL_HEADER_BYTES && length <= bytes.len() && length % 4 == 0);
            }
        }
    }

    #[test]
    fn padding_belongs_to_its_frame_and_not_to_its_length() {
        for (payload, length) in [(0, 4), (1, 8), (4, 8), (5, 12), (1_200, 1_204)] {
            let frame = channel_data(0x4000, &vec![7; payload]);
            assert_eq!(next_frame(&frame), Ok(Some(length)));
            assert_eq!(next_frame(&frame[..length - 1]), Ok(None), "without its last byte it is not whole");
        }
    }

    #[test]
    fn a_stream_of_something_else_is_noticed_at_its_first_bytes() {
        for bytes in [
            &b"\x16\x03\x01\x02\x00\x01\x00"[..],
            b"\x80",
            b"\x00\x01\x00\x00\x21\x13",
            b"\x00\x01\x00\x01",
            b"\xff",
        ] {
            assert_eq!(next_frame(bytes), Err(FramingError::Unknown), "{bytes:?}");
        }
        assert_eq!(next_frame(b"\x40\x00\xff\xff"), Err(FramingError::TooLarge));
        assert_eq!(next_frame(b"\x00\x01\xff\xfc\x21\x12\xa4\x42"), Err(FramingError::TooLarge));
        let largest = channel_data(0x4000, &vec![0; FRAME_BYTES_MAX - 4]);
        assert_eq!(next_frame(&largest), Ok(Some(FRAME_BYTES_MAX)));
    }
}
