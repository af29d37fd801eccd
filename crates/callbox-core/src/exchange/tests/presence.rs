//! Sockets that come and go in a call, the frames that the other side gets, and calls whose other side is gone.

use super::*;
use serde_json::json;

impl Exchange {
    /// The states of the peer's socket that this side received.
    fn heard_of_peer(&mut self, at: &Welcome) -> Vec<bool> {
        let frames = self.heard(at).into_iter().filter(|frame| frame["type"] == "peer");
        frames.map(|frame| frame["is_here"].as_bool().unwrap()).collect()
    }

    /// Reconnects with so many frames.
    fn back(&mut self, number: u8, at: &Welcome, ack: u64) -> Welcome {
        let resume = Resume { session: at.session, epoch: at.epoch.clone(), ack };
        self.handle_hello(Arrival { resume: Some(resume), ..arrival(number) }, START).unwrap()
    }

    fn leave(&mut self, at: &Welcome) {
        self.handle_socket_lost(at.session, at.socket, START);
    }

    fn say_left(&mut self, at: &Welcome, call: CallId) -> Value {
        let end = ClientFrame::End(End { call, cause: LeaveCause::Left });
        self.say(at, &end, START.plus(12_000)).unwrap();
        self.heard(at).into_iter().find(|frame| frame["type"] == "end").unwrap()
    }

    fn records(&mut self) -> Vec<CallRecord> {
        let actions = std::iter::from_fn(|| self.next_action());
        actions
            .filter_map(|action| if let Action::Record(record) = action { Some(*record) } else { None })
            .collect()
    }
}

/// Two in a call, of whom user 2 calls; their frames up to now are read.
fn talking(exchange: &mut Exchange) -> ([Welcome; 2], CallId, [Grant; 2]) {
    let (both, call, grants) = calling(exchange);
    for one in &both {
        exchange.heard(one);
    }
    (both, call, grants)
}

/// `queued`, `match` and `begin`.
const ALL: u64 = 3;

#[test]
fn whose_socket_is_lost_is_away_to_the_other_and_with_the_next_here_again() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = talking(&mut exchange);
    exchange.leave(&callee);
    let here = |is_here| json!({ "type": "peer", "call": call, "is_here": is_here });
    let without_numbers = |mut frame: Value| {
        frame.as_object_mut().unwrap().retain(|name, _| name != "seq" && name != "ack");
        frame
    };
    let heard: Vec<Value> = exchange.heard(&caller).into_iter().map(without_numbers).collect();
    assert_eq!(heard, [here(false)]);
    let again = exchange.back(1, &callee, ALL);
    assert!(again.recovered);
    assert_eq!(again.snapshot, Snapshot::Call { call, has_begun: true, is_peer_here: true });
    assert_eq!(exchange.heard_of_peer(&caller), [true]);
    assert!(exchange.heard(&again).is_empty(), "for this one nothing has changed");
}

#[test]
fn a_socket_that_replaces_another_is_told_only_where_it_comes_without_what_the_other_had() {
    let mut exchange = exchange(1);
    let ([caller, callee], ..) = talking(&mut exchange);
    let second = exchange.back(1, &callee, ALL);
    assert!(second.recovered);
    exchange.leave(&callee);
    assert!(exchange.heard(&caller).is_empty());
    let third = exchange.back(1, &second, ALL + 40);
    assert!(!third.recovered);
    assert_eq!(exchange.heard_of_peer(&caller), [true], "so that it says again what was lost");
}

#[test]
fn who_has_no_socket_hears_once_what_is_true_when_one_comes() {
    for (is_here, expected) in [(true, vec![]), (false, vec![false])] {
        let mut exchange = exchange(1);
        let ([caller, callee], call, _) = talking(&mut exchange);
        exchange.leave(&callee);
        let mut caller = caller;
        for _ in 0..3 {
            exchange.leave(&caller);
            caller = exchange.back(2, &caller, ALL + 1);
        }
        exchange.say(&caller, &ClientFrame::Chat(Chat { call, text: "hello?".to_owned() }), START).unwrap();
        if !is_here {
            exchange.leave(&caller);
        }
        let again = exchange.back(1, &callee, ALL);
        assert!(again.recovered);
        let heard = exchange.heard(&again);
        assert_eq!(heard[0]["text"], "hello?", "first what was missed");
        let of_peer: Vec<bool> = heard[1..].iter().map(|frame| frame["is_here"].as_bool().unwrap()).collect();
        assert_eq!(of_peer, expected);
    }
}

#[test]
fn that_the_other_lost_what_was_said_to_it_is_told_also_to_whoever_was_away_meanwhile() {
    let mut exchange = exchange(1);
    let ([caller, callee], ..) = talking(&mut exchange);
    exchange.leave(&caller);
    let callee = exchange.back(1, &callee, ALL + 40);
    assert!(!callee.recovered);
    let caller = exchange.back(2, &caller, ALL);
    assert_eq!(exchange.heard_of_peer(&caller), [true]);
}

#[test]
fn a_page_that_goes_away_is_kept_in_a_call_and_nowhere_else() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, grants) = talking(&mut exchange);
    let waiting = exchange.handle_hello(arrival(3), START).unwrap();
    exchange.say(&waiting, &ClientFrame::Seek(Seek::default()), START).unwrap();
    exchange.handle_page_gone(waiting.session, waiting.socket, START);
    assert_eq!((exchange.stats().sessions, exchange.stats().waiting), (2, 0));
    exchange.handle_page_gone(callee.session, callee.socket, START);
    assert_eq!((exchange.stats().sessions, exchange.stats().calls), (2, 1));
    assert_eq!(exchange.heard_of_peer(&caller), [false]);
    // The page is there again, and has nothing but its grant.
    let page = Arrival { grant: Some(grants[1].clone()), ..arrival(1) };
    let again = exchange.handle_hello(page, START.plus(4_000)).unwrap();
    assert_eq!((again.session, again.recovered), (callee.session, false));
    assert_eq!(again.snapshot, Snapshot::Call { call, has_begun: true, is_peer_here: true });
    assert_eq!(exchange.heard_of_peer(&caller), [true]);
}

#[test]
fn a_page_takes_its_side_again_also_while_its_old_socket_is_open() {
    for duplicate_login in [DuplicateLogin::Newest, DuplicateLogin::Refuse] {
        let mut exchange = exchange(1);
        exchange.duplicate_login = duplicate_login;
        let ([caller, callee], call, grants) = talking(&mut exchange);
        exchange.closed();
        let page = Arrival { grant: Some(grants[1].clone()), ..arrival(1) };
        let again = exchange.handle_hello(page, START).unwrap();
        assert_eq!(again.snapshot, Snapshot::Call { call, has_begun: true, is_peer_here: true });
        let closed = exchange.closed();
        assert_eq!((closed.len(), closed[0].0, closed[0].1.code), (1, callee.socket, close::SUPERSEDED));
        // The old socket belongs to nobody now, so its frames do nothing.
        exchange.handle_page_gone(callee.session, callee.socket, START);
        assert_eq!(exchange.heard_of_peer(&caller), [true]);
        exchange.say(&caller, &ClientFrame::Chat(Chat { call, text: "back?".to_owned() }), START).unwrap();
        assert_eq!(exchange.heard(&again)[0]["text"], "back?");
    }
}

#[test]
fn a_page_hears_nothing_again_that_the_page_before_it_heard_also_after_a_restart() {
    let mut first = exchange(1);
    let ([caller, _], call, grants) = talking(&mut first);
    let page = |grants: &[Grant; 2]| Arrival { grant: Some(grants[1].clone()), ..arrival(1) };
    let callee = first.handle_hello(page(&grants), START).unwrap();
    first.say(&caller, &ClientFrame::Chat(Chat { call, text: "once".to_owned() }), START).unwrap();
    assert_eq!(first.heard(&callee)[0]["text"], "once");
    // It has acknowledged nothing yet.
    let handover = first.handle_shutdown(START);
    let mut second = exchange(2);
    assert!(second.take_over(handover, START));
    let callee = second.handle_hello(page(&grants), START).unwrap();
    assert!(!callee.recovered);
    assert!(second.heard(&callee).is_empty());
}

#[test]
fn that_the_other_left_is_believed_while_it_has_no_socket_and_is_a_hang_up_else() {
    for is_gone in [true, false] {
        let mut exchange = exchange(1);
        let ([caller, callee], call, _) = talking(&mut exchange);
        if is_gone {
            exchange.leave(&callee);
        }
        let end = exchange.say_left(&caller, call);
        let (cause, by) = if is_gone { ("left", "callee") } else { ("hangup", "caller") };
        assert_eq!(
            (&end["cause"], &end["by"], &end["requeued"]),
            (&json!(cause), &json!(by), &json!(is_gone))
        );
        assert_eq!(exchange.stats().waiting, u32::from(is_gone), "as after a call whose other side was lost");
        let records = exchange.records();
        assert_eq!((records.len(), serde_json::to_value(records[0].cause).unwrap()), (1, json!(cause)));
    }
}

#[test]
fn nobody_else_can_say_that_somebody_left() {
    let mut exchange = exchange(1);
    let ([_, callee], call, _) = talking(&mut exchange);
    let stranger = exchange.handle_hello(arrival(3), START).unwrap();
    exchange.leave(&callee);
    let end = ClientFrame::End(End { call, cause: LeaveCause::Left });
    exchange.say(&stranger, &end, START).unwrap();
    assert_eq!(exchange.heard(&stranger)[0]["code"], "not_in_call");
    assert_eq!(exchange.stats().calls, 1);
}

#[test]
fn who_comes_after_its_call_was_ended_is_told() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, grants) = talking(&mut exchange);
    exchange.leave(&callee);
    exchange.say_left(&caller, call);
    // The same page, whose machine slept: it receives the reason, and is not requeued.
    let again = exchange.back(1, &callee, ALL);
    assert_eq!((again.recovered, again.snapshot), (true, Snapshot::Idle));
    let end = exchange.heard(&again).pop().unwrap();
    assert_eq!(
        (&end["cause"], &end["by"], &end["requeued"]),
        (&json!("left"), &json!("callee"), &json!(false))
    );
    // Or another page, which has the grant alone.
    exchange.leave(&again);
    let page = Arrival { grant: Some(grants[1].clone()), ..arrival(1) };
    assert_eq!(exchange.handle_hello(page, START).unwrap().snapshot, Snapshot::Idle);
    assert_eq!(exchange.stats().sessions, 2);
}

#[test]
fn nobody_without_a_socket_is_put_back_in_line() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = talking(&mut exchange);
    exchange.leave(&callee);
    exchange.say(&caller, &ClientFrame::Next(Next { call, interests: None, relay: None }), START).unwrap();
    assert_eq!(exchange.stats().waiting, 1, "who is there goes on");
    let again = exchange.back(1, &callee, ALL);
    assert_eq!(again.snapshot, Snapshot::Idle);
    let end = exchange.heard(&again).pop().unwrap();
    assert_eq!((&end["cause"], &end["requeued"]), (&json!("next"), &json!(false)));
    assert_eq!(exchange.stats().waiting, 1);
}

#[test]
fn a_client_that_asks_whether_its_socket_works_is_answered_on_that_socket() {
    let mut exchange = exchange(1);
    let one = exchange.handle_hello(arrival(1), START).unwrap();
    exchange.say(&one, &ClientFrame::Ping, START).unwrap();
    let heard = exchange.heard(&one);
    assert_eq!(heard, [json!({ "type": "pong" })], "and it is not counted");
    assert!(exchange.heard(&one).is_empty(), "once");
    exchange.say(&one, &ClientFrame::Ping, START).unwrap();
    let again = exchange.back(1, &one, 0);
    assert!(again.recovered && exchange.heard(&again).is_empty());
}
