//! Sessions that outlive sockets: resumed, taken over, superseded, restored after a crash.

use crate::process::Serving;
use crate::support::{Client, guest, hurry, start, start_by};
use callbox_server::clock::Clock;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// A client that numbers its frames, remembers those that it has, and can reconnect.
pub(crate) struct Resumable {
    pub(crate) client: Client,
    pub(crate) token: String,
    session: Value,
    epoch: Value,
    sent: u64,
    received: u64,
}

impl Resumable {
    pub(crate) async fn arrive(addr: SocketAddr) -> Self {
        let token = guest(addr, Some("adult")).await;
        Self::with_token(addr, token).await
    }

    async fn with_token(addr: SocketAddr, token: String) -> Self {
        let (client, hello) = open(addr, &json!({ "type": "hello", "token": token })).await;
        assert_eq!((&hello["recovered"], &hello["ack"]), (&json!(false), &json!(0)));
        assert_eq!(hello["snapshot"], json!({ "state": "idle" }));
        let (session, epoch) = (hello["session"].clone(), hello["epoch"].clone());
        Self { client, token, session, epoch, sent: 0, received: 0 }
    }

    pub(crate) async fn send(&mut self, mut frame: Value) {
        self.sent += 1;
        frame["seq"] = json!(self.sent);
        frame["ack"] = json!(self.received);
        self.client.send(&frame).await;
    }

    /// The next frame, which must be of this type. The moment at which the other side's socket is lost or restored is
    /// not known to the millisecond, so frames about it are skipped unless one is asked for.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.client.next().await;
            if let Some(seq) = frame["seq"].as_u64() {
                assert_eq!(seq, self.received + 1, "{frame}");
                self.received = seq;
            }
            if frame["type"] == kind || frame["type"] != "peer" {
                assert_eq!(frame["type"], kind, "{frame}");
                return frame;
            }
        }
    }

    /// Drops the socket without a word and reconnects; `grant` as a client in a call would show it.
    pub(crate) async fn come_back(&mut self, addr: SocketAddr, grant: Option<&Value>) -> Value {
        self.come_back_having(addr, grant, self.received).await
    }

    /// Another page of the same login, which has nothing but the grant; gives back the socket of the page before.
    pub(crate) async fn reload(&mut self, addr: SocketAddr, grant: &Value) -> (Client, Value) {
        let hello = json!({ "type": "hello", "token": self.token, "grant": grant });
        let (client, hello) = open(addr, &hello).await;
        (self.sent, self.received) = (0, 0);
        (self.session, self.epoch) = (hello["session"].clone(), hello["epoch"].clone());
        (std::mem::replace(&mut self.client, client), hello)
    }

    async fn come_back_having(&mut self, addr: SocketAddr, grant: Option<&Value>, ack: u64) -> Value {
        let resume = json!({ "session": self.session, "epoch": self.epoch, "ack": ack });
        let mut hello = json!({ "type": "hello", "token": self.token, "resume": resume });
        if let Some(grant) = grant {
            hello["grant"] = grant.clone();
        }
        let (client, hello) = open(addr, &hello).await;
        self.client = client;
        if hello["recovered"] == false {
            (self.sent, self.received) = (0, 0);
            (self.session, self.epoch) = (hello["session"].clone(), hello["epoch"].clone());
        }
        hello
    }

    pub(crate) async fn chat(&mut self, call: &Value, text: &str) {
        self.send(json!({ "type": "chat", "call": call, "text": text })).await;
    }

    pub(crate) async fn expect_chat(&mut self, text: &str) {
        assert_eq!(self.expect("chat").await["text"], text);
    }
}

async fn open(addr: SocketAddr, hello: &Value) -> (Client, Value) {
    let mut client = Client::connect(addr, &[]).await.unwrap();
    client.send(hello).await;
    let hello = client.expect("hello").await;
    (client, hello)
}

/// Two in a call: caller, callee, the call, and both grants.
pub(crate) async fn calling(addr: SocketAddr) -> (Resumable, Resumable, Value, [Value; 2]) {
    let mut callee = Resumable::arrive(addr).await;
    let mut caller = Resumable::arrive(addr).await;
    for side in [&mut callee, &mut caller] {
        side.send(json!({ "type": "seek" })).await;
        side.expect("queued").await;
    }
    let (call, grants) = confirm(&mut caller, &mut callee).await;
    (caller, callee, call, grants)
}

async fn confirm(caller: &mut Resumable, callee: &mut Resumable) -> (Value, [Value; 2]) {
    let mut grants = Vec::new();
    let mut call = Value::Null;
    for side in [&mut *caller, &mut *callee] {
        let offered = side.expect("match").await;
        grants.push(offered["grant"].clone());
        call = offered["call"].clone();
        side.send(json!({ "type": "confirm", "call": call })).await;
    }
    for side in [caller, callee] {
        side.expect("begin").await;
    }
    (call, grants.try_into().unwrap())
}

#[tokio::test]
async fn a_session_goes_on_with_what_it_missed_and_nothing_twice() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call, _) = calling(running.addr).await;
    caller.chat(&call, "one").await;
    callee.expect_chat("one").await;
    // The callee's socket is cut; frames for it wait meanwhile, and its last frame is sent again.
    callee.client.cut().await;
    caller.chat(&call, "two").await;
    caller.chat(&call, "three").await;
    let hello = callee.come_back_having(running.addr, None, callee.received - 1).await;
    assert_eq!((&hello["recovered"], &hello["ack"]), (&json!(true), &json!(callee.sent)));
    let here = json!({ "state": "call", "call": call, "has_begun": true, "is_peer_here": true });
    assert_eq!(hello["snapshot"], here);
    callee.received -= 1;
    for text in ["one", "two", "three"] {
        callee.expect_chat(text).await;
    }
    let again = json!({ "type": "chat", "call": call, "text": "twice", "seq": callee.sent });
    callee.client.send(&again).await;
    callee.chat(&call, "once").await;
    caller.expect_chat("once").await;
}

#[tokio::test]
async fn a_missing_frame_closes_the_socket_and_not_the_session() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call, _) = calling(running.addr).await;
    callee.sent += 1;
    callee.chat(&call, "two").await;
    assert_eq!(callee.client.close_code().await, Some(4410));
    let hello = callee.come_back(running.addr, None).await;
    assert_eq!((&hello["recovered"], &hello["ack"]), (&json!(true), &json!(callee.sent - 2)));
    callee.sent -= 2;
    callee.chat(&call, "one").await;
    callee.chat(&call, "two").await;
    caller.expect_chat("one").await;
    caller.expect_chat("two").await;
}

#[tokio::test]
async fn another_epoch_or_a_strangers_session_is_not_recovered() {
    let running = start(&[]).await;
    let mut victim = Resumable::arrive(running.addr).await;
    let mut thief = Resumable::arrive(running.addr).await;
    let own = thief.session.clone();
    thief.session = victim.session.clone();
    let hello = thief.come_back(running.addr, None).await;
    assert_eq!(hello["recovered"], false);
    assert!(hello["session"] != victim.session && hello["session"] != own, "a session of its own, and new");
    victim.epoch = json!("0123456789abcdef");
    let hello = victim.come_back(running.addr, None).await;
    assert_eq!((&hello["recovered"], &hello["snapshot"]), (&json!(false), &json!({ "state": "idle" })));
}

#[tokio::test]
async fn who_is_away_is_not_matched_and_waits_in_the_old_place() {
    let running = start(&[]).await;
    let mut early = Resumable::arrive(running.addr).await;
    early.send(json!({ "type": "seek" })).await;
    early.expect("queued").await;
    early.client.cut().await;
    crate::support::until(async || crate::calls::stats(&running).await["waiting"] == 0).await;
    let mut late = Resumable::arrive(running.addr).await;
    late.send(json!({ "type": "seek" })).await;
    late.expect("queued").await;
    late.client.expect_silence(Duration::from_millis(200)).await;
    let hello = early.come_back(running.addr, None).await;
    assert_eq!(hello["recovered"], true);
    let (_, grants) = confirm(&mut late, &mut early).await;
    assert_ne!(grants[0], grants[1]);
}

#[tokio::test]
async fn a_second_socket_takes_the_session_over() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call, _) = calling(running.addr).await;
    let resume = json!({ "session": callee.session, "epoch": callee.epoch, "ack": callee.received });
    let hello = json!({ "type": "hello", "token": callee.token, "resume": resume });
    let (second, hello) = open(running.addr, &hello).await;
    assert_eq!(hello["recovered"], true);
    assert_eq!(callee.client.expect("leave").await["reason"], "superseded");
    assert_eq!(callee.client.close_code().await, Some(4409));
    callee.client = second;
    callee.chat(&call, "still here").await;
    caller.expect_chat("still here").await;
}

#[tokio::test]
async fn of_two_sessions_of_a_login_the_newest_goes_on() {
    let running = start(&[]).await;
    let (mut caller, mut callee, ..) = calling(running.addr).await;
    let _second = Resumable::with_token(running.addr, callee.token.clone()).await;
    let leave = callee.client.expect("leave").await;
    assert_eq!((&leave["reason"], &leave["action"]), (&json!("superseded"), &json!("disconnect")));
    assert_eq!(callee.client.close_code().await, Some(4409));
    assert_eq!(caller.expect("end").await["cause"], "peer_lost");
}

#[tokio::test]
async fn or_the_first_where_the_operator_wants_it_so() {
    let running = start(&[("duplicate_login", "refuse")]).await;
    let first = Resumable::arrive(running.addr).await;
    let mut second = Client::connect(running.addr, &[]).await.unwrap();
    second.send(&json!({ "type": "hello", "token": first.token })).await;
    assert_eq!(second.expect("leave").await["reason"], "duplicate");
    assert_eq!(second.close_code().await, Some(4409));
    // One that is away has left its place to the next.
    let Resumable { mut client, token, .. } = first;
    client.cut().await;
    crate::support::until(async || {
        let mut third = Client::connect(running.addr, &[]).await.unwrap();
        third.send(&json!({ "type": "hello", "token": token })).await;
        third.next().await["type"] == "hello"
    })
    .await;
}

#[tokio::test]
async fn a_client_that_says_goodbye_ends_its_session_at_once() {
    let running = start(&[]).await;
    for code in [Some(1000), None] {
        let (mut caller, mut callee, ..) = calling(running.addr).await;
        callee.client.close(code).await;
        assert_eq!(caller.expect("end").await["cause"], "peer_lost", "after {code:?}");
        assert_eq!(callee.come_back(running.addr, None).await["recovered"], false);
    }
}

#[tokio::test]
async fn who_does_not_answer_while_it_waits_is_out_of_the_lobby_within_five_seconds() {
    let clock = Clock::movable();
    let running = start_by(&[], clock.clone()).await;
    let mut silent = Resumable::arrive(running.addr).await;
    silent.send(json!({ "type": "seek" })).await;
    silent.expect("queued").await;
    assert_eq!(hurry(&clock, silent.client.close_code()).await, Some(4408));
    assert_eq!(crate::calls::stats(&running).await["waiting"], 0);
    assert_eq!(silent.come_back(running.addr, None).await["snapshot"]["state"], "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_leaves_everything_to_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Serving::start(folder.path());
    let (mut caller, mut callee, call, _) = calling(first.addr()).await;
    let mut waiting = Resumable::arrive(first.addr()).await;
    waiting.send(json!({ "type": "seek" })).await;
    waiting.expect("queued").await;
    callee.client.cut().await;
    caller.chat(&call, "are you there?").await;
    let ended = tokio::task::spawn_blocking(move || first.terminate());
    let leave = caller.expect("leave").await;
    assert_eq!((&leave["reason"], &leave["action"]), (&json!("shutdown"), &json!("resume")));
    assert!(leave["after_ms"].as_u64().is_some_and(|ms| (500..3_500).contains(&ms)), "{leave}");
    assert_eq!(caller.client.close_code().await, Some(1001));
    assert!(ended.await.unwrap().success());
    let file = folder.path().join("handover.json");
    assert!(file.exists());
    let second = Serving::start(folder.path());
    assert!(!file.exists(), "used once");
    let hello = callee.come_back(second.addr(), None).await;
    assert_eq!((&hello["recovered"], &hello["snapshot"]["call"]), (&json!(true), &call));
    callee.expect_chat("are you there?").await;
    assert_eq!(caller.come_back(second.addr(), None).await["recovered"], true);
    callee.chat(&call, "yes").await;
    caller.expect_chat("yes").await;
    let hello = waiting.come_back(second.addr(), None).await;
    assert_eq!((&hello["recovered"], &hello["snapshot"]["state"]), (&json!(true), &json!("queued")));
    let mut other = Resumable::arrive(second.addr()).await;
    other.send(json!({ "type": "seek" })).await;
    other.expect("queued").await;
    confirm(&mut other, &mut waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_both_bring_their_call_back_by_its_grant() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Serving::start(folder.path());
    let (mut caller, mut callee, call, [by_caller, by_callee]) = calling(first.addr()).await;
    let (mut gone, mut left, over, [_, by_left]) = calling(first.addr()).await;
    gone.send(json!({ "type": "end", "call": over, "cause": "hangup" })).await;
    left.expect("end").await;
    gone.expect("end").await;
    // The record of the call that ended is written behind the answer: a guest made now is written after it.
    guest(first.addr(), None).await;
    first.kill();
    let second = Serving::start(folder.path());
    let addr = second.addr();
    let hello = callee.come_back(addr, Some(&by_callee)).await;
    assert_eq!((&hello["recovered"], &hello["ack"]), (&json!(false), &json!(0)));
    let away = json!({ "state": "call", "call": call, "has_begun": true, "is_peer_here": false });
    assert_eq!(hello["snapshot"], away);
    // The other side is kept, and frames for it wait there.
    callee.chat(&call, "back again").await;
    let hello = caller.come_back(addr, Some(&by_caller)).await;
    assert_eq!((&hello["snapshot"]["call"], &hello["snapshot"]["is_peer_here"]), (&call, &json!(true)));
    assert_eq!(callee.expect("peer").await["is_here"], true);
    caller.expect_chat("back again").await;
    caller.chat(&call, "me too").await;
    callee.expect_chat("me too").await;
    // A call that was over stays over, and so does one whose grant somebody else shows.
    let idle = json!({ "state": "idle" });
    assert_eq!(left.come_back(addr, Some(&by_left)).await["snapshot"], idle);
    assert_eq!(gone.come_back(addr, Some(&by_caller)).await["snapshot"], idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_opens_too_many_sockets_is_told_when_to_come_back() {
    let running = start(&[("trusted_proxies", "127.0.0.1"), ("sockets_per_address_max", "2")]).await;
    let from = [("x-forwarded-for", "192.0.2.7")];
    let _held = [
        Client::connect(running.addr, &from).await.unwrap(),
        Client::connect(running.addr, &from).await.unwrap(),
    ];
    let mut third = Client::connect(running.addr, &from).await.unwrap();
    let leave = third.expect("leave").await;
    assert_eq!((&leave["reason"], &leave["action"]), (&json!("full"), &json!("resume")));
    assert!(leave["after_ms"].as_u64().is_some_and(|ms| (15_000..30_000).contains(&ms)));
    assert_eq!(third.close_code().await, Some(1013));
    let mut other = Client::connect(running.addr, &[("x-forwarded-for", "192.0.2.8")]).await.unwrap();
    other.expect_silence(Duration::from_millis(100)).await;
}
