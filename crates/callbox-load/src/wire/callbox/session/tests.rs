//! Tests of `session.rs`.

use super::*;

fn name(number: u8) -> (SessionId, String) {
    (SessionId::from_bytes([number; 16]), "e1".to_owned())
}

fn numbers(seq: u64) -> Numbers {
    Numbers { seq: Some(seq), ack: None }
}

fn open() -> Session {
    let mut session = Session::default();
    session.handle_hello(Some(name(1)), false, 0, &mut Vec::new());
    session
}

#[test]
fn what_the_server_lacks_is_sent_again_to_the_letter() {
    let mut session = open();
    let mut first = Vec::new();
    for _ in 0..3 {
        session.send(&ClientFrame::Cancel, &mut first);
    }
    assert_eq!(first[2], r#"{"type":"cancel","seq":3}"#);
    session.handle_numbers(Numbers { seq: None, ack: Some(1) }, 9).unwrap();
    session.handle_lost();
    session.send(&ClientFrame::Cancel, &mut first);
    assert_eq!(first.len(), 3, "nothing is written without a socket");
    let mut again = Vec::new();
    session.handle_hello(Some(name(1)), true, 2, &mut again);
    assert_eq!(again, [r#"{"type":"cancel","seq":3}"#, r#"{"type":"cancel","seq":4}"#]);
}

#[test]
fn a_frame_that_came_before_is_ignored_and_a_gap_is_seen() {
    let mut session = open();
    assert_eq!(session.handle_numbers(numbers(1), 9), Ok(true));
    assert_eq!(session.handle_numbers(numbers(1), 9), Ok(false));
    assert_eq!(session.handle_numbers(numbers(3), 9), Err(Gap));
    session.handle_skipped(4);
    assert_eq!(session.handle_numbers(numbers(5), 9), Ok(true));
    assert_eq!(session.resume().unwrap().ack, 5);
}

#[test]
fn what_we_have_is_told_with_the_next_frame_or_after_16() {
    let mut session = open();
    let mut out = Vec::new();
    session.handle_numbers(numbers(1), 9).unwrap();
    session.send(&ClientFrame::Cancel, &mut out);
    session.send_uncounted(&ClientFrame::Pong, &mut out);
    assert_eq!(out, [r#"{"type":"cancel","seq":1,"ack":1}"#, r#"{"type":"pong"}"#]);
    out.clear();
    for seq in 2..=17 {
        session.tell_if_due(&mut out);
        assert!(out.is_empty());
        session.handle_numbers(numbers(seq), 9).unwrap();
    }
    session.tell_if_due(&mut out);
    assert_eq!(out, [r#"{"type":"ack","ack":17}"#]);
    session.handle_numbers(numbers(18), ACK_BYTES).unwrap();
    session.tell_if_due(&mut out);
    assert_eq!(out[1], r#"{"type":"ack","ack":18}"#);
}

#[test]
fn a_session_that_is_not_recovered_counts_from_1_again() {
    let mut session = open();
    let mut out = Vec::new();
    session.send(&ClientFrame::Cancel, &mut out);
    session.handle_numbers(numbers(1), 9).unwrap();
    session.handle_lost();
    out.clear();
    session.handle_hello(Some(name(2)), false, 0, &mut out);
    assert!(out.is_empty());
    session.send(&ClientFrame::Cancel, &mut out);
    assert_eq!(out, [r#"{"type":"cancel","seq":1}"#]);
    assert_eq!(session.resume().unwrap().ack, 0);
}

#[test]
fn no_more_than_64_kb_are_kept() {
    let mut session = open();
    for _ in 0..10_000 {
        session.send(&ClientFrame::Cancel, &mut Vec::new());
    }
    assert!(session.kept_bytes <= KEPT_BYTES_MAX);
}
