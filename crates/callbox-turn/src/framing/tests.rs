//! Tests of `framing.rs`.

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
