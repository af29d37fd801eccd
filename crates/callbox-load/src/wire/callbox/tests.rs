//! A client's way through the protocol, with the server's frames written out.

use super::*;
use serde_json::{Value, json};

const CALL: &str = "0199a1b2-0000-7000-8000-000000000001";
const SESSION: &str = "0199a1b2-0000-7000-8000-000000000002";

struct Player {
    line: Callbox,
}

impl Player {
    fn new() -> Self {
        let mut line = Callbox::new(Login { id: "u".into(), token: "t".into() });
        line.handle_open(&mut Vec::new());
        let mut player = Self { line };
        let (event, _) = player.hears(&hello(false, &json!({ "state": "idle" })));
        assert_eq!(event, Event::Ready(Return::New));
        player
    }

    fn hears(&mut self, frame: &Value) -> (Event, Vec<Value>) {
        let mut out = Vec::new();
        let event = self.line.handle_text(&frame.to_string(), &mut out);
        (event, read(&out))
    }

    fn does(&mut self, deed: impl FnOnce(&mut Callbox, &mut Vec<String>)) -> Vec<Value> {
        let mut out = Vec::new();
        deed(&mut self.line, &mut out);
        read(&out)
    }

    fn in_call(mut self) -> Self {
        self.does(|line, out| assert!(!line.start(7, "x", out)));
        let (event, sent) = self.hears(&offered("set-up 7"));
        assert_eq!(sent[0]["type"], "confirm");
        assert_eq!(event, Event::Begin { is_caller: true });
        self.hears(&json!({ "type": "begin", "call": CALL, "seq": 2 }));
        self
    }

    /// Loses the socket and reconnects; returns the hello, and the result of the answer.
    fn comes_back(&mut self, answer: &Value) -> (Value, Event, Vec<Value>) {
        self.line.handle_lost();
        let hello = self.does(Line::handle_open).remove(0);
        let (event, sent) = self.hears(answer);
        (hello, event, sent)
    }
}

fn offered(interest: &str) -> Value {
    json!({ "type": "match", "call": CALL, "you": "caller", "shared_interests": [interest], "grant": "g",
        "seq": 1 })
}

fn read(texts: &[String]) -> Vec<Value> {
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn hello(recovered: bool, snapshot: &Value) -> Value {
    json!({ "type": "hello", "session": SESSION, "epoch": "e1", "recovered": recovered, "ack": 0,
        "snapshot": snapshot, "user": {}, "ice_servers": [], "heartbeat_ms": 10_000, "version": "0" })
}

#[test]
fn a_set_up_is_a_seek_by_an_interest_of_its_own() {
    let mut player = Player::new();
    let sent = player.does(|line, out| assert!(!line.start(7, "x", out)));
    assert_eq!(sent, [json!({ "type": "seek", "interests": ["set-up 7"], "seq": 1 })]);
}

#[test]
fn a_match_with_somebody_of_another_set_up_is_declined_and_the_right_one_sought() {
    let mut player = Player::new();
    player.does(|line, out| assert!(!line.start(7, "x", out)));
    let (_, sent) = player.hears(&offered("set-up 6"));
    let kinds: Vec<_> = sent.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["decline", "seek"]);
}

#[test]
fn a_call_that_stayed_is_left_by_next() {
    let mut player = Player::new().in_call();
    let sent = player.does(|line, out| assert!(!line.start(8, "x", out)));
    assert_eq!(sent[0]["type"], "next");
    assert_eq!(sent[0]["interests"], json!(["set-up 8"]));
}

#[test]
fn whoever_is_skipped_leaves_the_lobby() {
    let mut player = Player::new().in_call();
    let (event, sent) = player.hears(&json!({ "type": "end", "call": CALL, "requeued": true, "seq": 3 }));
    assert_eq!(event, Event::Ended);
    assert_eq!(sent[0]["type"], "cancel");
}

#[test]
fn a_client_whose_end_was_overtaken_by_the_others_next_seeks_again() {
    let mut player = Player::new().in_call();
    player.does(Line::end);
    player.does(|line, out| assert!(!line.start(8, "x", out)));
    let end = json!({ "type": "end", "call": CALL, "cause": "next", "requeued": true, "seq": 3 });
    let (event, sent) = player.hears(&end);
    let kinds: Vec<_> = sent.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!((event, kinds), (Event::Nothing, vec!["cancel", "seek"]));
}

#[test]
fn a_match_that_came_to_nothing_is_sought_again() {
    let mut player = Player::new();
    player.does(|line, out| assert!(!line.start(7, "x", out)));
    player.hears(&offered("set-up 7"));
    let (event, sent) = player.hears(&json!({ "type": "end", "call": CALL, "requeued": false, "seq": 2 }));
    assert_eq!((event, sent[0]["type"].as_str()), (Event::Nothing, Some("seek")));
}

#[test]
fn a_client_in_a_call_shows_its_session_and_its_grant_and_sends_again_what_is_missing() {
    let mut player = Player::new().in_call();
    player.does(|line, out| line.describe(true, "{\"sdp\":1}", out));
    let (shown, event, sent) = player.comes_back(&hello(true, &json!({ "state": "idle" })));
    assert_eq!(shown["resume"], json!({ "session": SESSION, "epoch": "e1", "ack": 2 }));
    assert_eq!(shown["grant"], "g");
    assert_eq!(event, Event::Ready(Return::Recovered));
    let kinds: Vec<_> = sent.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["seek", "confirm", "offer"]);
}

#[test]
fn a_server_that_forgot_all_but_the_grant_restores_the_call() {
    let call = json!({ "state": "call", "call": CALL, "has_begun": true, "is_peer_here": true });
    let (_, event, sent) = Player::new().in_call().comes_back(&hello(false, &call));
    assert_eq!((event, sent.len()), (Event::Ready(Return::Restored { is_caller: true }), 0));
}

#[test]
fn a_server_that_forgot_the_call_too_ends_it() {
    let (_, event, _) = Player::new().in_call().comes_back(&hello(false, &json!({ "state": "idle" })));
    assert_eq!(event, Event::Ready(Return::CallGone));
}

#[test]
fn a_client_that_waited_seeks_again_after_it_was_forgotten() {
    let mut player = Player::new();
    player.does(|line, out| assert!(!line.start(7, "x", out)));
    let (shown, event, sent) = player.comes_back(&hello(false, &json!({ "state": "idle" })));
    assert!(shown.get("grant").is_none());
    assert_eq!(event, Event::Ready(Return::Forgotten));
    assert_eq!(sent, [json!({ "type": "seek", "interests": ["set-up 7"], "seq": 1 })]);
}

#[test]
fn a_hole_in_the_numbers_and_words_of_leave_reach_the_script() {
    let mut player = Player::new();
    assert_eq!(player.hears(&json!({ "type": "queued", "seq": 2 })).0, Event::Gap);
    let leave = json!({ "type": "leave", "reason": "shutdown", "action": "resume", "after_ms": 700 });
    assert_eq!(player.hears(&leave).0, Event::Leave { after_ms: Some(700) });
    let leave = json!({ "type": "leave", "reason": "superseded", "action": "disconnect" });
    assert_eq!(player.hears(&leave).0, Event::Leave { after_ms: None });
}

#[test]
fn refusals_are_told_but_for_those_that_two_people_cause_by_acting_at_once() {
    let mut player = Player::new();
    assert_eq!(player.hears(&json!({ "type": "error", "code": "not_in_call" })).0, Event::Nothing);
    assert_eq!(player.hears(&json!({ "type": "error", "code": "busy" })).0, Event::Refused("busy".into()));
}
