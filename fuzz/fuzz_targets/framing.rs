//! Any bytes as a client's stream: a frame is never larger than what is there, and a stream that comes in two pieces has the
//! frames that it has in one.
//!
//! Run by `cargo xtask fuzz framing`.
#![no_main]

use callbox_turn::framing::{FRAME_BYTES_MAX, FramingError, next_frame};
use libfuzzer_sys::fuzz_target;

/// The lengths of the frames, and why the stream ended, if not for want of bytes.
fn read(pieces: &[&[u8]]) -> (Vec<usize>, Option<FramingError>) {
    let (mut lengths, mut rest) = (Vec::new(), Vec::new());
    for piece in pieces {
        rest.extend_from_slice(piece);
        loop {
            match next_frame(&rest) {
                Ok(Some(length)) => {
                    assert!(length > 0 && length <= rest.len() && length <= FRAME_BYTES_MAX);
                    rest.drain(..length);
                    lengths.push(length);
                }
                Ok(None) => break,
                Err(error) => return (lengths, Some(error)),
            }
        }
    }
    (lengths, None)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, stream)) = bytes.split_first() else { return };
    let (one, other) = stream.split_at(stream.len() * usize::from(*cut) / 256);
    assert_eq!(read(&[stream]), read(&[one, other]));
});
