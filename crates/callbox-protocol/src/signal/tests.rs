//! Tests of `signal.rs`.

use super::*;
use crate::call::Side;
use crate::error::ErrorCode;
use serde_json::value::RawValue;

const CALL: &str = "0199a1b2-0000-7000-8000-000000000001";

#[test]
fn a_payload_is_copied_to_the_letter() {
    let payload = r#"{"sdp" : "v=0\r\n\u0041",  "n":1.0e+1}"#;
    let text = format!(r#"{{"payload":{payload},"call":"{CALL}","type":"offer"}}"#);
    let (_, ClientFrame::Offer(offer)) = ClientFrame::parse(&text).unwrap() else { panic!("not an offer") };
    let relayed = ServerFrame::Offer { call: offer.call, from: Side::Caller, payload: offer.payload };
    let numbers = Numbers { seq: Some(7), ack: Some(3) };
    assert_eq!(
        String::from_utf8(relayed.to_text(numbers)).unwrap(),
        format!(r#"{{"type":"offer","call":"{CALL}","from":"caller","payload":{payload},"seq":7,"ack":3}}"#)
    );
}

#[test]
fn candidates_are_counted_without_being_read() {
    let text = format!(r#"{{"type":"candidates","call":"{CALL}","payload":[{{"a":1}},null,"x"]}}"#);
    let (_, ClientFrame::Candidates(frame)) = ClientFrame::parse(&text).unwrap() else {
        panic!("no candidates")
    };
    assert_eq!(frame.payload.len(), 3);
}

#[test]
fn frames_without_members_are_read() {
    assert!(matches!(ClientFrame::parse(r#"{"type":"pong"}"#), Ok((_, ClientFrame::Pong))));
    assert!(matches!(ClientFrame::parse(r#"{"type":"cancel","x":[1]}"#), Ok((_, ClientFrame::Cancel))));
}

#[test]
fn a_watch_names_paths_and_may_leave_out_either_list() {
    let text = r#"{"type":"watch","add":[{"id":1,"path":"/v1/me","commit":"a1.7"},{"id":2,"path":"\/v1\/me\/calls?limit=50"}],"seq":4}"#;
    let (_, ClientFrame::Watch(watch)) = ClientFrame::parse(text).unwrap() else { panic!("no watch") };
    let paths: Vec<_> = watch.add.iter().map(|item| (item.id, item.path.as_ref())).collect();
    assert_eq!(paths, [(1, "/v1/me"), (2, "/v1/me/calls?limit=50")], "an escaped path too");
    let commits: Vec<_> = watch.add.iter().map(|item| item.commit.as_deref()).collect();
    assert_eq!(commits, [Some("a1.7"), None]);
    assert!(watch.drop.is_empty());
    let (_, frame) = ClientFrame::parse(r#"{"drop":[2,7],"type":"watch"}"#).unwrap();
    assert!(frame.is_counted(), "it is sent again on the next socket");
    let ClientFrame::Watch(watch) = frame else { panic!("no watch") };
    assert_eq!((watch.add.len(), watch.drop), (0, vec![2, 7]));
    for text in [
        r#"{"type":"watch","add":[{"id":-1,"path":"/v1/me"}]}"#,
        r#"{"type":"watch","add":[{"id":4294967296,"path":"/v1/me"}]}"#,
        r#"{"type":"watch","add":[{"id":1}]}"#,
        r#"{"type":"watch","add":[{"id":1,"path":null}]}"#,
        r#"{"type":"watch","add":[{"id":1,"path":"/v1/me","commit":7}]}"#,
        r#"{"type":"watch","drop":1}"#,
    ] {
        assert!(ClientFrame::parse(text).is_err(), "{text} was taken");
    }
}

#[test]
fn what_is_stale_is_named_or_all_of_it_is() {
    let text = |frame: ServerFrame<'_>| String::from_utf8(frame.to_text(Numbers::default())).unwrap();
    assert_eq!(
        text(ServerFrame::Stale { ids: &[3, 9], all: false, commit: "a1.7" }),
        r#"{"type":"stale","ids":[3,9],"commit":"a1.7"}"#
    );
    assert_eq!(
        text(ServerFrame::Stale { ids: &[], all: true, commit: "a1.7" }),
        r#"{"type":"stale","all":true,"commit":"a1.7"}"#
    );
    let body = RawValue::from_string(r#"{"id" : 1.0}"#.to_owned()).unwrap();
    assert_eq!(
        text(ServerFrame::Put { id: 3, etag: "\"x\"", body: &body, commit: "a1.8" }),
        r#"{"type":"put","id":3,"etag":"\"x\"","body":{"id" : 1.0},"commit":"a1.8"}"#,
        "the bytes of the answer, untouched"
    );
    assert_eq!(
        text(ServerFrame::Unwatched { id: 3, error: ErrorCode::Forbidden }),
        r#"{"type":"unwatched","id":3,"error":"forbidden"}"#
    );
}

#[test]
fn numbers_stand_beside_the_type() {
    let (numbers, _) = ClientFrame::parse(r#"{"ack":4,"type":"cancel","seq":9}"#).unwrap();
    assert_eq!(numbers, Numbers { seq: Some(9), ack: Some(4) });
    let (numbers, _) = ClientFrame::parse(r#"{"type":"cancel"}"#).unwrap();
    assert_eq!(numbers, Numbers::default());
    for seq in ["-1", "1.5", "\"1\"", "18446744073709551616"] {
        assert!(ClientFrame::parse(&format!(r#"{{"type":"cancel","seq":{seq}}}"#)).is_err(), "{seq}");
    }
}

#[test]
fn bad_frames_are_refused() {
    for text in [
        "",
        "null",
        "[]",
        r#"["pong"]"#,
        "{}",
        r#"{"type":7}"#,
        r#"{"type":"nonsense"}"#,
        r#"{"type":"offer"}"#,
        r#"{"type":"pong","type":"pong"}"#,
        r#"{"type":"confirm","call":"not-an-id"}"#,
        r#"{"type":"end","call":"0199a1b2-0000-7000-8000-000000000001","cause":"next"}"#,
        r#"{"type":"pong"} trailing"#,
    ] {
        assert!(ClientFrame::parse(text).is_err(), "{text} was taken");
    }
}

#[test]
fn a_deeply_nested_payload_is_taken_to_the_letter_and_not_recursed_into() {
    let nested = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let text = format!(r#"{{"type":"offer","call":"{CALL}","payload":{nested}}}"#);
    let (_, ClientFrame::Offer(offer)) = ClientFrame::parse(&text).unwrap() else { panic!("not an offer") };
    assert_eq!(offer.payload.get(), nested);
}
