//! Offers that wait for a match, and whom they go to.

use super::*;
use callbox_protocol::signal::{PARKED_BYTES_MAX, Park};
use serde_json::json;

impl Exchange {
    fn say_park(&mut self, at: &Welcome, payload: &Value, now: UnixMillis) {
        let text = payload.to_string();
        let payload: &RawValue = serde_json::from_str(&text).unwrap();
        self.say(at, &ClientFrame::Park(Park { payload }), now).unwrap();
    }

    fn say_seek(&mut self, at: &Welcome, interests: &[&str], now: UnixMillis) {
        let interests = interests.iter().map(|word| (*word).to_owned()).collect();
        self.say(at, &ClientFrame::Seek(Seek { interests, relay: None }), now).unwrap();
    }

    /// The match that this one receives.
    fn matched(&mut self, at: &Welcome) -> Value {
        self.heard(at).into_iter().find(|frame| frame["type"] == "match").unwrap()
    }
}

/// Two who are here and do nothing yet.
fn two(exchange: &mut Exchange) -> [Welcome; 2] {
    [1, 2].map(|number| exchange.handle_hello(arrival(number), START).unwrap())
}

fn offer(name: &str) -> Value {
    let sdp = "v=0\r\na=candidate:1 1 udp 9 192.168.7.7 5 typ host\r\n";
    json!({ "type": "offer", "sdp": sdp, "name": name })
}

/// The side, whether an offer of its own went out, and the name of the offer that came in.
fn told(matched: &Value) -> (&str, bool, Option<&str>) {
    let name = matched["offer"]["name"].as_str();
    (matched["you"].as_str().unwrap(), matched["is_offered"].as_bool().unwrap(), name)
}

#[test]
fn who_waited_calls_by_a_parked_offer_and_the_callee_has_it_with_the_match() {
    let mut exchange = exchange(1);
    let [first, second] = two(&mut exchange);
    exchange.say_seek(&first, &[], START);
    exchange.say_park(&first, &offer("parked"), START);
    exchange.closed();
    exchange.say_seek(&second, &[], START.plus(40));
    assert_eq!(told(&exchange.matched(&first)), ("caller", true, None));
    let matched = exchange.matched(&second);
    assert_eq!(told(&matched), ("callee", false, Some("parked")));
    assert_eq!(matched["offer"], offer("parked"), "to the letter");
    // A relay must know of a call before it learns who may reach whom in it.
    let actions: Vec<Action> = std::iter::from_fn(|| exchange.next_action()).collect();
    let attached = actions.iter().position(|action| matches!(action, Action::Attached(..))).unwrap();
    let announced = |action: &Action| matches!(action, Action::Announced(by, _) if *by == first.session);
    assert!(actions.iter().position(announced).unwrap() > attached, "{actions:?}");

    let call = matched["call"].as_str().unwrap().parse().unwrap();
    exchange
        .say(&first, &ClientFrame::End(End { call, cause: LeaveCause::Hangup }), START.plus(900))
        .unwrap();
    let ended = std::iter::from_fn(|| exchange.next_action()).find_map(|action| match action {
        Action::Record(record) => Some(record),
        _ => None,
    });
    assert_eq!(ended.unwrap().offer_ms, Some(0));
}

#[test]
fn an_offer_of_whoever_waited_less_is_taken_where_the_other_has_none() {
    for first_parks in [true, false] {
        let mut exchange = exchange(1);
        let [first, second] = two(&mut exchange);
        // Different wishes: they are matched after three seconds, when both take anybody.
        exchange.say_seek(&first, &["chess"], START);
        exchange.say_seek(&second, &["films"], START.plus(10));
        exchange.say_park(&second, &offer("second"), START.plus(20));
        if first_parks {
            exchange.say_park(&first, &offer("first"), START.plus(30));
        }
        exchange.handle_timeout(START.plus(3_010));
        let (one, other) = (exchange.matched(&first), exchange.matched(&second));
        let expected = if first_parks {
            (("caller", true, None), ("callee", false, Some("first")))
        } else {
            (("callee", false, Some("second")), ("caller", true, None))
        };
        assert_eq!((told(&one), told(&other)), expected);
        assert!(!exchange.has_parked(first.session) && !exchange.has_parked(second.session));
    }
}

#[test]
fn the_last_parked_offer_counts_and_one_that_is_too_large_leaves_none() {
    for (last, is_taken) in [("b".to_owned(), true), ("x".repeat(PARKED_BYTES_MAX), false)] {
        let mut exchange = exchange(1);
        let [first, second] = two(&mut exchange);
        exchange.say_seek(&first, &[], START);
        exchange.say_park(&first, &offer("a"), START);
        exchange.say_park(&first, &offer(&last), START);
        let codes = exchange.heard(&first).into_iter().filter(|frame| frame["code"] == "too_large").count();
        assert_eq!(codes, usize::from(!is_taken));
        let (_, largest) = exchange.kept_bytes();
        exchange.say_seek(&second, &[], START);
        let expected = if is_taken { ("callee", false, Some("b")) } else { ("caller", false, None) };
        assert_eq!(told(&exchange.matched(&second)), expected);
        assert!(largest > 100 || !is_taken, "what is parked is counted");
    }
}

#[test]
fn a_parked_offer_ends_with_the_wait_and_with_the_socket_that_it_came_by() {
    type Spoil = fn(&mut Exchange, &Welcome) -> Welcome;
    let spoils: [Spoil; 4] = [
        // A wait that is given up.
        |exchange, at| {
            exchange.say(at, &ClientFrame::Cancel, START).unwrap();
            exchange.say_seek(at, &[], START);
            at.clone()
        },
        // A socket that is lost, and the session resumed with all that it had.
        |exchange, at| {
            exchange.heard(at);
            exchange.handle_socket_lost(at.session, at.socket, START);
            let resume = Resume { session: at.session, epoch: at.epoch.clone(), ack: 1 };
            exchange.handle_hello(Arrival { resume: Some(resume), ..arrival(1) }, START).unwrap()
        },
        // One that another replaces.
        |exchange, at| {
            let resume = Resume { session: at.session, epoch: at.epoch.clone(), ack: 0 };
            exchange.handle_hello(Arrival { resume: Some(resume), ..arrival(1) }, START).unwrap()
        },
        // A match with somebody else, which came to nothing.
        |exchange, at| {
            let other = exchange.handle_hello(arrival(3), START).unwrap();
            exchange.say_seek(&other, &[], START);
            let call = exchange.calls.call_of(at.session).unwrap();
            exchange.say(at, &ClientFrame::Confirm(CallRef { call }), START).unwrap();
            exchange.say(&other, &ClientFrame::Decline(CallRef { call }), START).unwrap();
            exchange.heard(at);
            at.clone()
        },
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let mut exchange = exchange(1);
        let [first, second] = two(&mut exchange);
        exchange.say_seek(&first, &[], START);
        exchange.say_park(&first, &offer("stale"), START);
        let first = spoil(&mut exchange, &first);
        assert!(exchange.is_waiting(first.session), "{number}");
        exchange.say_seek(&second, &[], START);
        assert_eq!(told(&exchange.matched(&second)), ("caller", false, None), "{number}");
        assert_eq!(told(&exchange.matched(&first)), ("callee", false, None), "{number}");
    }
}

#[test]
fn where_addresses_are_hidden_a_parked_offer_is_cleaned_or_left_out() {
    for (parked, is_offered) in [(offer("parked"), true), (json!("v=0 192.168.7.7"), false)] {
        let mut exchange = exchange(1);
        let [first, second] = two(&mut exchange);
        exchange.say_seek(&first, &[], START);
        exchange.say_park(&first, &parked, START);
        let wish = Seek { relay: Some(RelayPolicy::Always), ..Seek::default() };
        exchange.say(&second, &ClientFrame::Seek(wish), START).unwrap();
        assert_eq!(told(&exchange.matched(&first)), ("caller", is_offered, None));
        let callee = exchange.matched(&second);
        assert_eq!(callee["offer"].is_object(), is_offered);
        assert!(!callee.to_string().contains("192.168.7.7"), "{callee}");
    }
}

#[test]
fn an_offer_of_somebody_who_does_not_wait_is_ignored_in_silence() {
    let mut exchange = exchange(1);
    let [first, second] = two(&mut exchange);
    exchange.say_park(&first, &offer("early"), START);
    exchange.say_seek(&first, &[], START);
    exchange.say_seek(&second, &[], START);
    assert_eq!(told(&exchange.matched(&second)), ("caller", false, None));
    exchange.say_park(&second, &offer("late"), START);
    exchange.say_park(&first, &offer("late"), START);
    assert!(exchange.heard(&second).is_empty());
    assert_eq!(told(&exchange.matched(&first)), ("callee", false, None));
    assert!(!exchange.has_parked(first.session) && !exchange.has_parked(second.session));
}

#[test]
fn a_guest_of_an_invite_parks_as_somebody_in_the_lobby_does() {
    let mut exchange = exchange(1);
    let [first, second] = two(&mut exchange);
    let join = Incoming::Join(Some(InviteKey([7; 32])), None);
    let numbers = Numbers::default();
    exchange.handle_frame(first.session, first.socket, numbers, 10, join, START).unwrap();
    exchange.say_park(&first, &offer("host's"), START);
    exchange.handle_frame(second.session, second.socket, numbers, 10, join, START).unwrap();
    assert_eq!(told(&exchange.matched(&second)), ("callee", false, Some("host's")));
}
