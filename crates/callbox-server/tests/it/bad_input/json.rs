//! Whole text messages that are no frames: each closes its socket with 4400.

use super::Bystanders;
use crate::support::Client;
use callbox_protocol::signal::close::BAD_FRAME;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const CALL: &str = "0199a1b2-0000-7000-8000-000000000001";

/// A good frame; the members that it cannot do without; and for each member values that it cannot take.
type Sample = (Value, Vec<&'static str>, Vec<(&'static str, Vec<Value>)>);

fn no_id() -> Vec<Value> {
    vec![json!(null), json!(7), json!(""), json!("x"), json!([CALL]), json!({}), json!(true)]
}

fn no_word(word: &str) -> Vec<Value> {
    vec![json!(null), json!(7), json!(""), json!(word.to_uppercase()), json!([word])]
}

/// One of each type that has members.
fn samples() -> Vec<Sample> {
    let no_text = || vec![json!(null), json!(7), json!(["x"]), json!({ "x": 1 }), json!(false)];
    let no_words = || vec![json!("chess"), json!(7), json!([7]), json!([null]), json!({}), json!([["x"]])];
    let mut samples = media_samples();
    samples.extend([
        (json!({ "type": "seek", "interests": ["chess"] }), vec![], vec![("interests", no_words())]),
        (json!({ "type": "join", "invite": "code" }), vec!["invite"], vec![("invite", no_text())]),
        (json!({ "type": "confirm", "call": CALL }), vec!["call"], vec![("call", no_id())]),
        (json!({ "type": "decline", "call": CALL }), vec!["call"], vec![("call", no_id())]),
        (
            json!({ "type": "next", "call": CALL, "interests": ["chess"] }),
            vec!["call"],
            vec![("call", no_id()), ("interests", no_words())],
        ),
        (
            json!({ "type": "offer", "call": CALL, "payload": {} }),
            vec!["call", "payload"],
            vec![("call", no_id())],
        ),
        (
            json!({ "type": "answer", "call": CALL, "payload": {} }),
            vec!["call", "payload"],
            vec![("call", no_id())],
        ),
        (
            json!({ "type": "candidates", "call": CALL, "payload": [{}] }),
            vec!["call", "payload"],
            vec![("call", no_id()), ("payload", vec![json!(null), json!({}), json!("x"), json!(7)])],
        ),
        (
            json!({ "type": "chat", "call": CALL, "text": "hello" }),
            vec!["call", "text"],
            vec![("call", no_id()), ("text", no_text())],
        ),
        (
            json!({ "type": "end", "call": CALL, "cause": "hangup" }),
            vec!["call", "cause"],
            vec![
                ("call", no_id()),
                ("cause", no_word("hangup")),
                ("cause", vec![json!("next"), json!("blocked")]),
            ],
        ),
        (
            json!({ "type": "progress", "call": CALL, "stage": "connected",
                    "path": { "local": "host", "remote": "relay" } }),
            vec!["call", "stage"],
            vec![
                ("call", no_id()),
                ("stage", no_word("connected")),
                ("path", vec![json!("host"), json!({}), json!({ "local": "host" }), json!([])]),
            ],
        ),
    ]);
    samples
}

/// The same, of the frames by which two sides agree.
fn media_samples() -> Vec<Sample> {
    vec![
        (json!({ "type": "park", "payload": {} }), vec!["payload"], vec![]),
        (
            json!({ "type": "restart", "call": CALL, "after": 1, "replace": false, "lost": true }),
            vec!["call", "after", "replace", "lost"],
            vec![
                ("call", no_id()),
                ("after", vec![json!(null), json!(-1), json!(1.5), json!(4_294_967_296_u64), json!("1")]),
                ("replace", vec![json!(null), json!(1), json!("true")]),
                ("lost", vec![json!(null), json!(0), json!([true])]),
            ],
        ),
        (
            json!({ "type": "sends", "call": CALL, "picture": "camera", "sound": true }),
            vec!["call", "picture", "sound"],
            vec![
                ("call", no_id()),
                ("picture", no_word("camera")),
                ("sound", vec![json!(null), json!(1), json!("true")]),
            ],
        ),
    ]
}

/// Texts that are wrong in ways of their own.
fn oddities() -> Vec<String> {
    let deep = |open: &str, close: &str| {
        let depth = 10_000;
        format!(r#"{{"type":"seek","interests":{}{}}}"#, open.repeat(depth), close.repeat(depth))
    };
    [
        "",
        " ",
        "null",
        "true",
        "7",
        "\"pong\"",
        "[]",
        "[\"pong\"]",
        "{}",
        "{",
        "}",
        "{]",
        "pong",
        "{\"type\"}",
        "{\"type\":}",
        "{\"type\":\"pong\",}",
        "{'type':'pong'}",
        "{type:\"pong\"}",
        "{\"type\":\"pong\"}{\"type\":\"pong\"}",
        "{\"type\":\"pong\"} x",
        "{\"type\":\"pong\",\"type\":\"pong\"}",
        "{\"type\":\"PONG\"}",
        "{\"type\":\" pong\"}",
        "{\"type\":null}",
        "{\"type\":7}",
        "{\"type\":[\"pong\"]}",
        "{\"type\":{\"pong\":1}}",
        "{\"type\":\"peer\"}",
        "{\"type\":\"match\"}",
        "{\"type\":\"begin\"}",
        "{\"type\":\"hello\"}",
        "{\"type\":\"hello\",\"token\":\"x\"}",
        "{\"Type\":\"pong\"}",
        "{\"type\":\"pong\\ud800\"}",
        "{\"type\":\"po\u{0}ng\"}",
        "{\"type\":\"pong\", \"x\": 01}",
        "{\"type\":\"pong\", \"x\": .5}",
        "{\"type\":\"pong\", \"x\": NaN}",
        "{\"type\":\"pong\", \"x\": 'y'}",
        "{\"type\":\"pong\", \"x\": \"\\q\"}",
        "{\"type\":\"pong\" /* why */}",
        "\u{feff}{\"type\":\"pong\"}",
        "<type>pong</type>",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([deep("[", "]"), deep("[", ""), deep("{\"a\":", "}")])
    .collect()
}

/// Every case: a text that is no frame.
pub(super) fn cases() -> Vec<String> {
    let mut cases = oddities();
    for (good, needed, bad_values) in samples() {
        let text = good.to_string();
        // Cut at eight places.
        cases.extend((1..=8).map(|eighth| text[..(text.len() - 1) * eighth / 8].to_owned()));
        for member in needed {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(member);
            cases.push(without.to_string());
            let twice = format!("{},\"{member}\":{}}}", &text[..text.len() - 1], good[member]);
            cases.push(twice);
        }
        for (member, values) in bad_values {
            for value in values {
                let mut wrong = good.clone();
                wrong[member] = value;
                cases.push(wrong.to_string());
            }
        }
    }
    cases
}

#[tokio::test]
async fn texts_that_are_no_frames_close_their_socket_and_no_other() {
    let mut bystanders = Bystanders::start().await;
    for text in cases() {
        let shown: String = text.chars().take(80).collect();
        let mut rude = Client::arrive(bystanders.running.addr, Some("adult")).await;
        rude.try_send(Message::text(text)).await;
        assert_eq!(rude.close_code().await, Some(BAD_FRAME), "{shown}");
    }
    bystanders.are_untouched().await;
}

#[tokio::test]
async fn unknown_members_any_order_and_odd_spacing_are_fine() {
    let mut bystanders = Bystanders::start().await;
    let call = bystanders.call.clone();
    for text in [
        format!(r#"{{"text":"a","call":{call},"type":"chat"}}"#),
        format!(" \n{{ \"new\" : [1, {{}}], \"type\":\"chat\",\"call\": {call} ,\"text\":\"b\" }}\t"),
        format!(r#"{{"type":"\u0063hat","call":{call},"text":"\ud83d\ude00"}}"#),
    ] {
        bystanders.caller.send_raw(Message::text(text)).await;
        bystanders.callee.expect("chat").await;
    }
}

#[tokio::test]
async fn half_an_emoji_ends_no_session_and_reaches_the_other_as_a_replacement() {
    let mut bystanders = Bystanders::start().await;
    let call = bystanders.call.clone();
    let line = format!(r#"{{"type":"chat","call":{call},"text":"half \ud83d"}}"#);
    bystanders.caller.send_raw(Message::text(line)).await;
    assert_eq!(bystanders.callee.expect("chat").await["text"], "half \u{fffd}");
    bystanders.are_untouched().await;
}
