//! What sessions watch, and sessions that do nothing else.

use super::*;
use callbox_protocol::signal::{Join, WATCH_PATH_BYTES_MAX, WATCHES_MAX};
use serde_json::json;

impl Exchange {
    /// All that is to be done for watches.
    fn watching(&mut self) -> Vec<Action> {
        let mut found = Vec::new();
        while let Some(action) = self.next_action() {
            if matches!(action, Action::Watch(..) | Action::SocketOpened(..) | Action::SocketLost(_)) {
                found.push(action);
            }
        }
        found
    }

    fn say_text(&mut self, at: &Welcome, text: &str, seq: u64) -> Result<(), Misuse> {
        let (_, frame) = ClientFrame::parse(text).unwrap();
        let numbers = Numbers { seq: Some(seq), ack: None };
        self.handle_frame(at.session, at.socket, numbers, text.len(), Incoming::Frame(&frame), START)
    }
}

fn observer(number: u8) -> Arrival {
    Arrival { observes: true, ..arrival(number) }
}

#[test]
fn a_watch_is_handed_on_once_with_the_socket_that_it_is_for() {
    let mut exchange = exchange(1);
    let one = exchange.handle_hello(arrival(1), START).unwrap();
    let opened = exchange.watching();
    assert!(matches!(opened[..], [Action::SocketOpened(session, socket, false)]
        if (session, socket) == (one.session, one.socket)));
    let text = r#"{"type":"watch","add":[{"id":5,"path":"/v1/me"}],"drop":[4]}"#;
    for _ in 0..2 {
        exchange.say_text(&one, text, 1).unwrap();
    }
    let watched = exchange.watching();
    let [Action::Watch(session, socket, change)] = &watched[..] else { panic!("{watched:?}") };
    assert_eq!((*session, *socket), (one.session, one.socket));
    assert_eq!(*change, WatchChange { drop: vec![4], add: vec![(5, "/v1/me".to_owned())] });
    assert!(exchange.heard(&one).is_empty());
    // What becomes of it is counted, so that it arrives.
    exchange.handle_unwatched(one.session, 5, ErrorCode::NotFound, START);
    assert_eq!(
        exchange.heard(&one),
        [json!({ "type": "unwatched", "id": 5, "error": "not_found", "seq": 1, "ack": 1 })]
    );
}

#[test]
fn the_loss_of_a_socket_and_the_next_one_are_told_in_order() {
    let mut exchange = exchange(1);
    let one = exchange.handle_hello(arrival(1), START).unwrap();
    exchange.watching();
    exchange.handle_socket_lost(one.session, one.socket, START);
    let resume = |ack| Some(Resume { session: one.session, epoch: one.epoch.clone(), ack });
    let again = exchange.handle_hello(Arrival { resume: resume(0), ..arrival(1) }, START).unwrap();
    let told = exchange.watching();
    assert!(matches!(told[..], [Action::SocketLost(lost), Action::SocketOpened(opened, socket, true)]
        if lost == one.session && opened == one.session && socket == again.socket));
    // The older socket's end is no loss of the newer one.
    let third = exchange.handle_hello(Arrival { resume: resume(0), ..arrival(1) }, START).unwrap();
    exchange.handle_socket_lost(one.session, again.socket, START);
    let told = exchange.watching();
    assert!(matches!(told[..], [Action::SocketOpened(_, socket, true)] if socket == third.socket));
    let lost = exchange.handle_hello(Arrival { resume: resume(9), ..arrival(1) }, START).unwrap();
    let told = exchange.watching();
    assert!(
        matches!(told[..], [Action::SocketOpened(_, socket, false)] if socket == lost.socket && !lost.recovered)
    );
}

#[test]
fn more_watches_than_a_session_may_have_and_a_path_that_is_too_long_are_refused() {
    let mut exchange = exchange(1);
    let one = exchange.handle_hello(arrival(1), START).unwrap();
    exchange.watching();
    let item = |id: usize, path: &str| format!(r#"{{"id":{id},"path":"{path}"}}"#);
    let add = |items: &[String]| format!(r#"{{"type":"watch","add":[{}]}}"#, items.join(","));
    let many: Vec<_> = (0..=WATCHES_MAX).map(|id| item(id, "/v1/me")).collect();
    exchange.say_text(&one, &add(&many), 1).unwrap();
    assert!(exchange.watching().is_empty());
    let heard = exchange.heard(&one);
    assert_eq!((&heard[0]["type"], &heard[0]["code"]), (&json!("error"), &json!("too_large")));
    let path = |bytes: usize| format!("/v1/{}", "x".repeat(bytes - 4));
    let two = [item(1, &path(WATCH_PATH_BYTES_MAX + 1)), item(2, &path(WATCH_PATH_BYTES_MAX))];
    exchange.say_text(&one, &add(&two), 2).unwrap();
    let watched = exchange.watching();
    let [Action::Watch(.., change)] = &watched[..] else { panic!("{watched:?}") };
    // Its name is not another path's any more.
    assert_eq!((&change.drop[..], change.add.len(), change.add[0].0), (&[1][..], 1, 2));
    let heard = exchange.heard(&one);
    assert_eq!((&heard[0]["id"], &heard[0]["error"]), (&json!(1), &json!("too_large")));
}

#[test]
fn a_session_that_observes_ends_no_other_of_its_login_and_is_ended_by_none() {
    for policy in [DuplicateLogin::Newest, DuplicateLogin::Refuse] {
        let mut exchange = exchange(1);
        exchange.duplicate_login = policy;
        let ([caller, callee], call, grants) = calling(&mut exchange);
        exchange.closed();
        let number = if grants[0].parties[0].0 == UserId::from_bytes([1; 16]) { 1 } else { 2 };
        let observing = exchange.handle_hello(observer(number), START).unwrap();
        assert!(exchange.closed().is_empty() && exchange.calls.parties(call).is_some());
        // It takes no side of a call, whatever it shows.
        let grant = Some(grants[0].clone());
        let other = exchange.handle_hello(Arrival { grant, ..observer(number) }, START).unwrap();
        assert!(![caller.session, callee.session, observing.session].contains(&other.session));
        exchange.handle_session_closed(caller.session, caller.socket, START);
        let next = exchange.handle_hello(arrival(number), START).unwrap();
        assert!(exchange.closed().is_empty() && exchange.is_here(observing.session));
        // Its numbers are of a session that observes: a page that calls begins another.
        let resume = Resume { session: observing.session, epoch: observing.epoch.clone(), ack: 0 };
        exchange.handle_session_closed(next.session, next.socket, START);
        let calls =
            exchange.handle_hello(Arrival { resume: Some(resume), ..arrival(number) }, START).unwrap();
        assert!(calls.session != observing.session && !calls.recovered);
        // But it is of its login.
        let (user, login) = (UserId::from_bytes([number; 16]), LoginId::from_bytes([number; 16]));
        exchange.handle_logins_ended(user, &[login], START);
        assert!(exchange.closed().iter().any(|(socket, _)| *socket == observing.socket));
    }
}

#[test]
fn a_session_that_observes_waits_for_nobody_and_so_many_are_the_most() {
    let mut exchange = exchange(1);
    exchange.sessions_max = 100;
    let one = exchange.handle_hello(observer(1), START).unwrap();
    let frame = ClientFrame::Join(Join { invite: String::new(), relay: None });
    let join = Incoming::Join(Some(InviteKey([1; 32])), None);
    exchange.handle_frame(one.session, one.socket, Numbers::default(), 9, join, START).unwrap();
    let next = Next { call: CallId::from_bytes([1; 16]), interests: None, relay: None };
    for frame in [ClientFrame::Seek(Seek::default()), ClientFrame::Next(next), frame] {
        exchange.say(&one, &frame, START).unwrap();
    }
    let heard = exchange.heard(&one);
    assert_eq!(heard.len(), 3, "a join comes in a way of its own");
    assert!(heard.iter().all(|frame| frame["code"] == "forbidden"), "{heard:?}");
    assert_eq!(exchange.snapshot(one.session, START), Snapshot::Idle);
    for _ in 1..OBSERVERS_PER_USER_MAX {
        exchange.handle_hello(observer(1), START).unwrap();
    }
    assert_eq!(exchange.handle_hello(observer(1), START).unwrap_err().reason, LeaveReason::Full);
    assert!(exchange.handle_hello(arrival(1), START).is_ok(), "nobody is kept from a call");
}

#[test]
fn what_is_watched_and_who_observes_outlives_a_process() {
    let mut before = exchange(1);
    let one = before.handle_hello(observer(1), START).unwrap();
    let mut handover = before.handle_shutdown(START);
    let watches = vec![(one.session, vec![(7, "/v1/me".to_owned())])];
    handover.set_watches(watches.clone());
    let mut handover: Handover = serde_json::from_str(&serde_json::to_string(&handover).unwrap()).unwrap();
    assert_eq!(handover.take_watches(), watches);
    let mut after = exchange(2);
    assert!(after.take_over(handover, START));
    let resume = Some(Resume { session: one.session, epoch: one.epoch.clone(), ack: 0 });
    let again = after.handle_hello(Arrival { resume, ..observer(1) }, START).unwrap();
    assert!(again.recovered && again.session == one.session);
    after.say(&again, &ClientFrame::Seek(Seek::default()), START).unwrap();
    assert_eq!(after.heard(&again)[0]["code"], "forbidden");
}
