//! Numbering, keeping, sending again, and the bounds of all three.

use super::*;
use callbox_protocol::call::Side;
use callbox_protocol::error::ErrorCode;
use serde_json::value::RawValue;

fn call(number: u8) -> CallId {
    CallId::from_bytes([number; 16])
}

fn seqs(frames: &[Bytes]) -> Vec<(String, u64)> {
    let read = |frame: &Bytes| {
        let value: serde_json::Value = serde_json::from_slice(frame).unwrap();
        (value["type"].as_str().unwrap().to_owned(), value["seq"].as_u64().unwrap_or(0))
    };
    frames.iter().map(read).collect()
}

fn send(stream: &mut Stream, times: usize) {
    for _ in 0..times {
        stream.send(&ServerFrame::Idle, None, None, true).unwrap();
    }
}

/// An error frame of about this size.
fn send_large(stream: &mut Stream, bytes: usize, has_socket: bool) -> Result<(), StreamError> {
    let message = "x".repeat(bytes);
    let frame = ServerFrame::Error { code: ErrorCode::Busy, message: &message, retry_after_ms: None };
    stream.send(&frame, None, None, has_socket)
}

fn send_candidates(stream: &mut Stream, of: CallId, current: Option<CallId>, bytes: usize, has_socket: bool) {
    let text = serde_json::to_string(&"c".repeat(bytes)).unwrap();
    let payload: &RawValue = serde_json::from_str(&text).unwrap();
    let frame = ServerFrame::Candidates { call: of, from: Side::Caller, payload: &[payload] };
    stream.send(&frame, Some(of), current, has_socket).unwrap();
}

fn numbers(seq: u64, ack: u64) -> Numbers {
    Numbers { seq: Some(seq), ack: Some(ack) }
}

#[test]
fn frames_are_counted_from_1_and_kept_until_they_are_acknowledged() {
    let mut stream = Stream::default();
    send(&mut stream, 3);
    assert_eq!(seqs(&stream.take(None)).iter().map(|(_, seq)| *seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(stream.take(None).is_empty(), "each frame is taken once");
    assert!(stream.kept_bytes() > 0);
    stream.handle_numbers(numbers(1, 3), 10).unwrap();
    assert_eq!(stream.kept_bytes(), 0);
}

#[test]
fn what_the_client_lacks_is_sent_again_with_the_same_number() {
    let mut stream = Stream::default();
    send(&mut stream, 5);
    let first = stream.take(None);
    send(&mut stream, 1);
    stream.handle_detach(None);
    assert!(stream.handle_resume(3));
    let again = stream.take(None);
    assert_eq!(seqs(&again).iter().map(|(_, seq)| *seq).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(again[..2], first[3..]);
}

#[test]
fn a_frame_that_was_seen_is_ignored_and_a_missing_one_is_a_gap() {
    let mut stream = Stream::default();
    assert_eq!(stream.handle_numbers(numbers(1, 0), 9), Ok(true));
    assert_eq!(stream.handle_numbers(numbers(1, 0), 9), Ok(false));
    assert_eq!(stream.handle_numbers(numbers(3, 0), 9), Err(StreamError::Gap));
    assert_eq!(stream.handle_numbers(numbers(2, 0), 9), Ok(true));
    assert_eq!(stream.handle_numbers(Numbers::default(), 9), Ok(true), "who numbers nothing is served");
    assert_eq!(stream.received(), 2);
}

#[test]
fn nobody_acknowledges_what_it_was_not_sent() {
    let mut stream = Stream::default();
    send(&mut stream, 1);
    assert_eq!(stream.handle_numbers(numbers(1, 1), 9), Err(StreamError::AckAhead), "it waits here still");
    stream.take(None);
    assert_eq!(stream.handle_numbers(numbers(1, 1), 9), Ok(true));
    assert_eq!(stream.handle_numbers(numbers(2, 2), 9), Err(StreamError::AckAhead));
    assert!(!stream.handle_resume(7), "nor does it resume after it");
}

#[test]
fn an_acknowledgement_rides_on_the_next_frame_or_comes_after_16() {
    let mut stream = Stream::default();
    for seq in 1..=15 {
        stream.handle_numbers(Numbers { seq: Some(seq), ack: None }, 9).unwrap();
    }
    assert!(stream.take(None).is_empty());
    stream.handle_numbers(Numbers { seq: Some(16), ack: None }, 9).unwrap();
    assert_eq!(stream.take(None), [r#"{"type":"ack","ack":16}"#]);
    assert!(stream.take(None).is_empty());
    stream.handle_numbers(Numbers { seq: Some(17), ack: None }, 9).unwrap();
    send(&mut stream, 2);
    assert_eq!(stream.take(None), [r#"{"type":"idle","seq":1,"ack":17}"#, r#"{"type":"idle","seq":2}"#]);
    stream.handle_numbers(Numbers { seq: Some(18), ack: None }, ACK_BYTES).unwrap();
    assert_eq!(seqs(&stream.take(None)), [("ack".to_owned(), 0)]);
}

#[test]
fn candidates_of_a_call_that_is_over_go_first_and_the_client_is_told() {
    let mut stream = Stream::default();
    send(&mut stream, 1);
    for _ in 0..3 {
        send_candidates(&mut stream, call(1), Some(call(1)), 10_000, false);
    }
    send_candidates(&mut stream, call(2), Some(call(2)), 20_000, false);
    send_candidates(&mut stream, call(2), Some(call(2)), 20_000, false);
    assert!(stream.kept_bytes() <= KEPT_BYTES_MAX);
    assert!(stream.handle_resume(0), "nothing that counts was lost");
    let frames = seqs(&stream.take(None));
    let expected = [("idle", 1), ("skipped", 4), ("candidates", 5), ("candidates", 6)];
    assert_eq!(frames, expected.map(|(kind, seq)| (kind.to_owned(), seq)));
}

#[test]
fn past_64_kb_the_oldest_are_let_go_and_only_who_has_them_can_resume() {
    let mut stream = Stream::default();
    for _ in 0..4 {
        send_large(&mut stream, 30_000, true).unwrap();
        stream.take(None);
    }
    assert!(stream.kept_bytes() <= KEPT_BYTES_MAX);
    stream.handle_detach(None);
    assert!(stream.handle_resume(2));
    assert!(!stream.handle_resume(1), "frame 2 is gone");
    send(&mut stream, 1);
    assert_eq!(seqs(&stream.take(None)), [("idle".to_owned(), 1)], "counting starts again");
}

#[test]
fn a_reader_that_does_not_read_is_too_slow_at_256_kb_and_keeps_64() {
    let mut stream = Stream::default();
    let mut sent = 0;
    while send_large(&mut stream, 30_000, true).is_ok() {
        sent += 1;
    }
    assert_eq!(sent, 8);
    stream.handle_detach(None);
    assert!(stream.kept_bytes() <= KEPT_BYTES_MAX);
    assert!(!stream.handle_resume(0));
}

#[test]
fn candidates_of_a_call_that_is_over_do_not_make_a_reader_slow() {
    let mut stream = Stream::default();
    for number in 0..20 {
        send_candidates(&mut stream, call(number), Some(call(number)), 30_000, true);
    }
    let kinds: Vec<String> = seqs(&stream.take(None)).into_iter().map(|(kind, _)| kind).collect();
    assert!(kinds.contains(&"skipped".to_owned()) && kinds.last().is_some_and(|kind| kind == "candidates"));
}

#[test]
fn a_flood_of_tiny_frames_is_bounded_too() {
    let mut stream = Stream::default();
    for _ in 0..100_000 {
        stream.send(&ServerFrame::Idle, None, None, false).unwrap();
    }
    assert!(stream.kept.len() <= KEPT_BYTES_MAX / KEPT_OVERHEAD);
}

#[test]
fn a_stream_survives_being_put_to_rest() {
    let mut stream = Stream::default();
    send(&mut stream, 3);
    stream.take(None);
    stream.handle_numbers(numbers(1, 1), 9).unwrap();
    let rest = serde_json::to_string(&StreamState::from(&stream)).unwrap();
    let mut stream = Stream::from(serde_json::from_str::<StreamState>(&rest).unwrap());
    assert_eq!(stream.received(), 1);
    assert!(stream.handle_resume(2));
    assert_eq!(seqs(&stream.take(None)), [("idle".to_owned(), 3)]);
}
