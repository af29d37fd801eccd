//! The exchange's rules one by one; the simulator has them all at once.

mod parked;
mod presence;
mod watching;

use super::*;
use crate::grant::Grant;
use callbox_protocol::call::EndCause;
use callbox_protocol::signal::{
    CallRef, Candidates, Chat, ClientFrame, Description, End, LeaveCause, Next, Numbers, QualityLevel,
    RelayPolicy, Resume, Seek,
};
use callbox_protocol::user::User;
use serde_json::Value;
use serde_json::value::RawValue;

const START: UnixMillis = UnixMillis(1_790_000_000_000);

fn exchange(epoch: u64) -> Exchange {
    exchange_with(epoch, true)
}

fn exchange_with(epoch: u64, has_relay: bool) -> Exchange {
    let (grants, duplicate_login) = (Grants::new(&[1; 32]), DuplicateLogin::Newest);
    Exchange::new(Settings {
        sessions_max: 6,
        duplicate_login,
        grants,
        epoch,
        seed: 1,
        has_relay,
        announces: true,
    })
}

fn arrival(number: u8) -> Arrival {
    Arrival {
        user: User { id: UserId::from_bytes([number; 16]), age: Some(AgeClass::Adult) },
        login: LoginId::from_bytes([number; 16]),
        blocked: HashSet::new(),
        is_held: false,
        relay_policy: RelayPolicy::Auto,
        observes: false,
        resume: None,
        grant: None,
    }
}

impl Exchange {
    fn say(&mut self, at: &Welcome, frame: &ClientFrame<'_>, now: UnixMillis) -> Result<(), Misuse> {
        self.handle_frame(at.session, at.socket, Numbers::default(), 10, Incoming::Frame(frame), now)
    }

    fn heard(&mut self, at: &Welcome) -> Vec<Value> {
        let frames = self.take(at.session, at.socket).unwrap().frames;
        frames.iter().map(|frame| serde_json::from_slice(frame).unwrap()).collect()
    }

    fn closed(&mut self) -> Vec<(SocketId, Leave)> {
        let mut closed = Vec::new();
        while let Some(action) = self.next_action() {
            if let Action::Close(socket, leave) = action {
                closed.push((socket, leave));
            }
        }
        closed
    }
}

/// Two who are in a call, which of them calls first, and its grants.
fn calling(exchange: &mut Exchange) -> ([Welcome; 2], CallId, [Grant; 2]) {
    calling_by(exchange, RelayPolicy::Auto)
}

/// The same, from pages of an app that wants this.
fn calling_by(exchange: &mut Exchange, relay_policy: RelayPolicy) -> ([Welcome; 2], CallId, [Grant; 2]) {
    let arrival = |number| Arrival { relay_policy, ..arrival(number) };
    let both = [1, 2].map(|number| exchange.handle_hello(arrival(number), START).unwrap());
    for one in &both {
        exchange.say(one, &ClientFrame::Seek(Seek::default()), START).unwrap();
    }
    // The second to arrive calls.
    let [callee, caller] = both;
    let mut call = None;
    let grants = [&caller, &callee].map(|one| {
        let offered = exchange.heard(one).into_iter().find(|frame| frame["type"] == "match").unwrap();
        let id: CallId = offered["call"].as_str().unwrap().parse().unwrap();
        exchange.calls.handle_confirm(one.session, id, START).unwrap();
        call = Some(id);
        exchange.grants.open(offered["grant"].as_str().unwrap(), START).unwrap()
    });
    exchange.drain(START);
    ([caller, callee], call.unwrap(), grants)
}

#[test]
fn a_session_without_a_socket_ends_after_a_minute_and_its_call_with_it() {
    let mut exchange = exchange(1);
    let ([caller, callee], ..) = calling(&mut exchange);
    exchange.handle_socket_lost(callee.session, callee.socket, START);
    exchange.handle_timeout(START.plus(RESUME_MS - 1));
    assert!(exchange.heard(&caller).iter().all(|frame| frame["type"] != "end"), "it goes on");
    assert_eq!(exchange.next_timeout(), Some(START.plus(RESUME_MS)));
    exchange.handle_timeout(START.plus(RESUME_MS));
    let end = exchange.heard(&caller).into_iter().find(|frame| frame["type"] == "end").unwrap();
    assert_eq!(end["cause"], serde_json::to_value(EndCause::PeerLost).unwrap());
    assert_eq!(exchange.stats().sessions, 1);
}

#[test]
fn frames_of_a_socket_that_was_replaced_are_not_heard() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling(&mut exchange);
    let resume = Resume { session: callee.session, epoch: callee.epoch.clone(), ack: 0 };
    let again = exchange.handle_hello(Arrival { resume: Some(resume), ..arrival(1) }, START).unwrap();
    assert_eq!(exchange.closed().last().map(|(socket, _)| *socket), Some(callee.socket));
    exchange.heard(&caller);
    let chat = ClientFrame::Chat(Chat { call, text: "late".to_owned() });
    exchange.say(&callee, &chat, START).unwrap();
    exchange.handle_socket_lost(callee.session, callee.socket, START);
    exchange.handle_session_closed(callee.session, callee.socket, START);
    assert!(exchange.heard(&caller).is_empty());
    assert!(exchange.take(callee.session, callee.socket).is_none());
    exchange.say(&again, &chat, START).unwrap();
    assert_eq!(exchange.heard(&caller).len(), 1);
}

#[test]
fn who_does_not_read_is_cut_off_and_finds_its_call_again() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling(&mut exchange);
    exchange.heard(&callee);
    exchange.closed();
    let text = serde_json::to_string(&"x".repeat(60_000)).unwrap();
    let payload: &RawValue = serde_json::from_str(&text).unwrap();
    let offer = ClientFrame::Offer(Description { call, payload });
    for _ in 0..5 {
        exchange.say(&caller, &offer, START).unwrap();
    }
    let closed = exchange.closed();
    assert_eq!(closed.len(), 1);
    assert_eq!((closed[0].0, closed[0].1.code), (callee.socket, close::SLOW_READER));
    assert_eq!(closed[0].1.action, LeaveAction::Resume);
    let resume = Resume { session: callee.session, epoch: callee.epoch, ack: 2 };
    let again = exchange.handle_hello(Arrival { resume: Some(resume), ..arrival(1) }, START).unwrap();
    assert!(!again.recovered, "frames are lost, and it is said");
    assert_eq!(again.snapshot, Snapshot::Call { call, has_begun: true, is_peer_here: true });
    assert!(exchange.heard(&again).is_empty(), "counting starts again");
}

#[test]
fn frames_have_a_rate_that_no_new_socket_resets() {
    let mut exchange = exchange(1);
    let first = exchange.handle_hello(arrival(1), START).unwrap();
    for _ in 0..FRAME_BURST {
        assert_eq!(exchange.say(&first, &ClientFrame::Cancel, START), Ok(()));
    }
    exchange.handle_socket_lost(first.session, first.socket, START);
    let resume = Resume { session: first.session, epoch: first.epoch, ack: 0 };
    let again = exchange.handle_hello(Arrival { resume: Some(resume), ..arrival(1) }, START).unwrap();
    assert_eq!(exchange.say(&again, &ClientFrame::Cancel, START), Err(Misuse::TooFast));
    assert_eq!(exchange.say(&again, &ClientFrame::Cancel, START.plus(FRAME_REFILL_MS)), Ok(()));
}

#[test]
fn sessions_have_a_bound_and_the_next_one_is_told_when_to_come_back() {
    let mut exchange = exchange(1);
    for number in 0..6 {
        exchange.handle_hello(arrival(number), START).unwrap();
    }
    let leave = exchange.handle_hello(arrival(6), START).unwrap_err();
    assert_eq!((leave.reason, leave.action), (LeaveReason::Full, LeaveAction::Reconnect));
    assert!(leave.after_ms.is_some_and(|ms| ms >= 5_000));
}

#[test]
fn a_call_is_brought_back_once_and_only_by_its_own_people() {
    let (_, call, grants) = calling(&mut exchange(1));
    let with = |number: u8, participant: usize| Arrival {
        grant: Some(grants[participant].clone()),
        ..arrival(number)
    };
    // Users 2 and 1 are caller and callee.
    let mut exchange = exchange(2);
    let thief = exchange.handle_hello(with(3, 0), START).unwrap();
    assert_eq!(thief.snapshot, Snapshot::Idle);
    let caller = exchange.handle_hello(with(2, 0), START).unwrap();
    assert_eq!(caller.snapshot, Snapshot::Call { call, has_begun: true, is_peer_here: false });
    assert_eq!(exchange.stats().sessions, 3, "the other side is kept");
    exchange.say(&caller, &ClientFrame::Chat(Chat { call, text: "hello?".to_owned() }), START).unwrap();
    let callee = exchange.handle_hello(with(1, 1), START).unwrap();
    assert_eq!(exchange.stats().sessions, 3);
    let heard = exchange.heard(&callee);
    assert_eq!((heard.len(), &heard[0]["text"], &heard[0]["seq"]), (1, &"hello?".into(), &1.into()));
    exchange.say(&callee, &ClientFrame::Chat(Chat { call, text: "yes".to_owned() }), START).unwrap();
    let heard = exchange.heard(&caller);
    assert_eq!((&heard[0]["type"], &heard[0]["is_here"]), (&"peer".into(), &true.into()));
    assert_eq!(heard[1]["text"], "yes");
}

#[test]
fn a_call_is_not_brought_back_that_was_left_or_blocked_or_is_over() {
    let mut first = exchange(1);
    let ([caller, ..], call, grants) = calling(&mut first);
    let with = |number: u8, participant: usize| Arrival {
        grant: Some(grants[participant].clone()),
        ..arrival(number)
    };
    // In the same memory a call that is not there has ended.
    first.handle_session_closed(caller.session, caller.socket, START);
    assert_eq!(first.handle_hello(with(2, 0), START).unwrap().snapshot, Snapshot::Idle);
    // The other side has reconnected without it.
    let mut second = exchange(2);
    second.handle_hello(arrival(1), START).unwrap();
    assert_eq!(second.handle_hello(with(2, 0), START).unwrap().snapshot, Snapshot::Idle);
    // One has blocked the other meanwhile: before the call was brought back, and after.
    let mut third = exchange(3);
    let blocks = |number: u8, participant: usize, whom: u8| Arrival {
        blocked: HashSet::from([UserId::from_bytes([whom; 16])]),
        ..with(number, participant)
    };
    assert_eq!(third.handle_hello(blocks(2, 0, 1), START).unwrap().snapshot, Snapshot::Idle);
    let mut fourth = exchange(4);
    let caller = fourth.handle_hello(with(2, 0), START).unwrap();
    assert_eq!(caller.snapshot, Snapshot::Call { call, has_begun: true, is_peer_here: false });
    assert_eq!(fourth.handle_hello(blocks(1, 1, 2), START).unwrap().snapshot, Snapshot::Idle);
    assert_eq!(fourth.heard(&caller)[0]["cause"], "blocked");
}

#[test]
fn those_in_a_call_are_asked_back_first_after_a_restart() {
    let mut first = exchange(1);
    let (in_call, ..) = calling(&mut first);
    for number in 3..=6 {
        first.handle_hello(arrival(number), START).unwrap();
    }
    first.closed();
    first.handle_shutdown(START);
    let sockets = in_call.map(|at| at.socket);
    let leaves = first.closed().into_iter().map(|(socket, leave)| (socket, leave.after_ms.unwrap()));
    let (calls, others): (Vec<_>, Vec<_>) = leaves.partition(|(socket, _)| sockets.contains(socket));
    assert!(calls.len() == 2 && calls.iter().all(|(_, ms)| (500..=1_000).contains(ms)), "{calls:?}");
    assert!(others.len() == 4 && others.iter().any(|(_, ms)| *ms > 1_000), "{others:?}");
}

#[test]
fn going_down_everything_is_left_to_the_next_and_nothing_happens_any_more() {
    let mut first = exchange(1);
    let ([caller, callee], call, _) = calling(&mut first);
    let seeking = first.handle_hello(arrival(3), START).unwrap();
    first.say(&seeking, &ClientFrame::Seek(Seek::default()), START).unwrap();
    first.closed();
    let handover = first.handle_shutdown(START);
    assert_eq!(first.closed().len(), 3);
    assert_eq!(first.handle_hello(arrival(4), START).unwrap_err().reason, LeaveReason::Shutdown);
    first.say(&caller, &ClientFrame::Cancel, START).unwrap();
    assert_eq!((first.next_timeout(), first.stats()), (None, Stats::default()));

    let text = serde_json::to_string(&handover).unwrap();
    let mut second = exchange(2);
    let later = START.plus(5_000);
    assert!(second.take_over(serde_json::from_str(&text).unwrap(), later));
    let stats = second.stats();
    assert_eq!((stats.sessions, stats.calls, stats.waiting), (3, 1, 0));
    let back = |exchange: &mut Exchange, number: u8, at: &Welcome, ack: u64| {
        let resume = Resume { session: at.session, epoch: at.epoch.clone(), ack };
        exchange.handle_hello(Arrival { resume: Some(resume), ..arrival(number) }, later).unwrap()
    };
    let again = back(&mut second, 1, &callee, 0);
    assert!(again.recovered);
    let heard: Vec<Value> = second.heard(&again).into_iter().map(|mut frame| frame["type"].take()).collect();
    assert_eq!(heard, ["queued", "match", "begin", "peer"], "the other is not back yet");
    assert_eq!(again.snapshot, Snapshot::Call { call, has_begun: true, is_peer_here: false });
    let again = back(&mut second, 3, &seeking, 1);
    assert_eq!(again.snapshot, Snapshot::Queued { kind: CallKind::Random, waited_ms: 5_000 });
    assert_eq!(second.stats().waiting, 1);

    let mut late = exchange(3);
    assert!(!late.take_over(serde_json::from_str(&text).unwrap(), START.plus(RESUME_MS)));
    assert_eq!(late.stats().sessions, 0);
}

#[test]
fn what_is_relayed_is_kept_for_a_report_after_the_call_and_across_a_restart() {
    let mut first = exchange(1);
    let ([caller, callee], call, _) = calling(&mut first);
    let chat = |text: &str| ClientFrame::Chat(Chat { call, text: text.to_owned() });
    first.say(&caller, &chat("one"), START).unwrap();
    first.say(&callee, &chat("two"), START).unwrap();
    first.say(&callee, &chat(""), START).unwrap();
    let line = |from, text: &str| ReportLine { from, text: text.to_owned() };
    let said = vec![line(Side::Caller, "one"), line(Side::Callee, "two")];
    assert_eq!(first.said(call), said);
    first.say(&caller, &ClientFrame::End(End { call, cause: LeaveCause::Hangup }), START).unwrap();
    let text = serde_json::to_string(&first.handle_shutdown(START)).unwrap();
    let mut second = exchange(2);
    assert!(second.take_over(serde_json::from_str(&text).unwrap(), START.plus(5_000)));
    assert_eq!(second.said(call), said);
    second.handle_timeout(START.plus(30 * 60_000));
    assert_eq!(second.said(call), []);
}

#[test]
fn whoever_is_held_leaves_the_lobby_and_is_matched_with_nobody_until_they_are_released() {
    let mut exchange = exchange(1);
    let held = exchange.handle_hello(arrival(1), START).unwrap();
    let other = exchange.handle_hello(arrival(2), START).unwrap();
    let kinds = |exchange: &mut Exchange, who: &Welcome| {
        exchange.heard(who).into_iter().map(|mut frame| frame["type"].take()).collect::<Vec<Value>>()
    };
    let seek = ClientFrame::Seek(Seek::default());
    exchange.say(&held, &seek, START).unwrap();
    exchange.handle_hold(UserId::from_bytes([1; 16]), true, START);
    assert_eq!(kinds(&mut exchange, &held), ["queued", "idle", "error"]);
    exchange.say(&other, &seek, START).unwrap();
    exchange.say(&held, &seek, START).unwrap();
    assert_eq!(exchange.heard(&held)[0]["code"], "on_hold");
    assert_eq!(kinds(&mut exchange, &other), ["queued"]);
    exchange.handle_hold(UserId::from_bytes([1; 16]), false, START);
    exchange.say(&held, &seek, START).unwrap();
    assert_eq!(kinds(&mut exchange, &held), ["queued", "match"]);
    // A user who returns held is not requeued either.
    let mut next = super::tests::exchange(2);
    let back = next.handle_hello(Arrival { is_held: true, ..arrival(1) }, START).unwrap();
    next.say(&back, &seek, START).unwrap();
    assert_eq!(next.heard(&back)[0]["code"], "on_hold");
}

#[test]
fn what_is_left_by_a_process_whose_clock_was_wrong_is_good_for_a_minute_all_the_same() {
    const HOUR_MS: u64 = 60 * 60 * 1_000;
    let mut first = exchange(1);
    calling(&mut first);
    let handover = serde_json::to_string(&first.handle_shutdown(START.plus(HOUR_MS))).unwrap();
    for right in [START, START.plus(2 * HOUR_MS)] {
        let mut handover: Handover = serde_json::from_str(&handover).unwrap();
        handover.set_made_at(right);
        let mut second = exchange(2);
        assert!(second.take_over(handover, right.plus(5_000)));
        assert_eq!(second.stats().sessions, 2);
        second.handle_timeout(right.plus(5_000 + RESUME_MS));
        assert_eq!(second.stats().sessions, 0);
    }
}

#[test]
fn a_client_that_missed_the_hello_of_a_reset_is_not_taken_for_one_that_heard_it() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling(&mut exchange);
    let chat = |text: &str| ClientFrame::Chat(Chat { call, text: text.to_owned() });
    let resume = |at: &Welcome, ack| Resume { session: at.session, epoch: at.epoch.clone(), ack };
    exchange.handle_socket_lost(callee.session, callee.socket, START);
    for _ in 0..40 {
        exchange.say(&caller, &chat(&"x".repeat(2_000)), START.plus(5_000)).unwrap();
    }
    // It has three frames; more was evicted, and the hello that says so never arrives.
    let back = Arrival { resume: Some(resume(&callee, 3)), ..arrival(1) };
    let unheard = exchange.handle_hello(back, START.plus(5_000)).unwrap();
    assert!(!unheard.recovered);
    exchange.handle_socket_lost(unheard.session, unheard.socket, START.plus(5_000));
    for _ in 0..5 {
        exchange.say(&caller, &chat("new"), START.plus(9_000)).unwrap();
    }
    let back = Arrival { resume: Some(resume(&callee, 3)), ..arrival(1) };
    let again = exchange.handle_hello(back, START.plus(9_000)).unwrap();
    assert!(!again.recovered, "its numbers are not ours any more");
    assert_eq!(
        (again.session, again.snapshot),
        (callee.session, Snapshot::Call { call, has_begun: true, is_peer_here: true })
    );
    // A client that received the hello continues.
    let back = Arrival { resume: Some(resume(&again, 0)), ..arrival(1) };
    assert!(exchange.handle_hello(back, START.plus(9_000)).unwrap().recovered);
}

/// A call that was as good as can be.
fn quality(call: CallId) -> ClientFrame<'static> {
    let text = format!(
        r#"{{"type":"quality","call":"{call}","excellent_s":9,"good_s":0,"poor_s":0,"disconnected_s":0,"score":90,
        "score_min":80,"rtt_ms":20,"jitter_ms":1,"loss_permille":0,"received_kbps":500,"sent_kbps":500,"freezes":0,
        "freeze_ms":0,"interruptions":0,"restarts":0,"audio_only_s":0}}"#
    );
    ClientFrame::parse(Box::leak(text.into_boxed_str())).unwrap().1
}

impl Exchange {
    /// The sides that reported how the call was.
    fn summaries(&mut self) -> Vec<Side> {
        let actions = std::iter::from_fn(|| self.next_action());
        actions
            .filter_map(|action| if let Action::Quality(side, _) = action { Some(side) } else { None })
            .collect()
    }
}

#[test]
fn each_side_tells_once_how_its_call_was_during_it_or_after() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling(&mut exchange);
    let stranger = exchange.handle_hello(arrival(3), START).unwrap();
    for _ in 0..2 {
        exchange.say(&caller, &quality(call), START).unwrap();
    }
    let end = ClientFrame::End(End { call, cause: LeaveCause::Hangup });
    exchange.say(&caller, &end, START).unwrap();
    for _ in 0..2 {
        exchange.say(&callee, &quality(call), START).unwrap();
    }
    assert_eq!(exchange.summaries(), [Side::Caller, Side::Callee]);
    exchange.heard(&stranger);
    exchange.say(&stranger, &quality(call), START).unwrap();
    assert_eq!(exchange.heard(&stranger)[0]["code"], "not_in_call");
    assert_eq!(exchange.summaries(), []);
}

#[test]
fn a_call_that_goes_on_tells_in_measure_how_it_was_so_far_and_once_after_its_end() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling(&mut exchange);
    let mut counts = Vec::new();
    for ms in [0, 10_000, 30_000, 40_000, 60_000] {
        exchange.say(&caller, &quality(call), START.plus(ms)).unwrap();
        counts.push(exchange.summaries().len());
    }
    let end = ClientFrame::End(End { call, cause: LeaveCause::Hangup });
    exchange.say(&callee, &end, START.plus(61_000)).unwrap();
    for _ in 0..2 {
        exchange.say(&caller, &quality(call), START.plus(61_000)).unwrap();
        counts.push(exchange.summaries().len());
    }
    assert_eq!(counts, [1, 0, 1, 0, 1, 1, 0]);
}

#[test]
fn evidence_of_each_side_is_taken_once_and_of_nobody_else() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling(&mut exchange);
    let stranger = exchange.handle_hello(arrival(3), START).unwrap();
    let text = format!(r#"{{"type":"evidence","call":"{call}","relay_error":486,"ice":"failed"}}"#);
    let (_, evidence) = ClientFrame::parse(&text).unwrap();
    exchange.say(&caller, &evidence, START).unwrap();
    let end = ClientFrame::End(End { call, cause: LeaveCause::MediaFailed });
    exchange.say(&caller, &end, START).unwrap();
    for side in [&caller, &callee, &callee] {
        exchange.say(side, &evidence, START).unwrap();
    }
    let actions = std::iter::from_fn(|| exchange.next_action());
    let sides: Vec<_> = actions
        .filter_map(|action| {
            if let Action::Evidence(side, one) = action { Some((side, one.relay_error)) } else { None }
        })
        .collect();
    assert_eq!(sides, [(Side::Caller, Some(486)), (Side::Callee, Some(486))]);
    exchange.heard(&stranger);
    exchange.say(&stranger, &evidence, START).unwrap();
    assert_eq!(exchange.heard(&stranger)[0]["code"], "not_in_call");
}

#[test]
fn samples_are_taken_in_measure() {
    let mut exchange = exchange(1);
    let ([caller, _], call, _) = calling(&mut exchange);
    let sample = ClientFrame::Sample(Sample {
        call,
        level: QualityLevel::Poor,
        score: 40,
        rtt_ms: 400,
        jitter_ms: 60,
        loss_permille: 80,
        received_kbps: 90,
        sent_kbps: 40,
        sends_picture: false,
    });
    for ms in [0, 5_000, 10_000, 12_000, 20_000] {
        exchange.say(&caller, &sample, START.plus(ms)).unwrap();
    }
    let actions = std::iter::from_fn(|| exchange.next_action());
    let times: Vec<u64> = actions
        .filter_map(|action| if let Action::Sample(_, _, at) = action { Some(at.since(START)) } else { None })
        .collect();
    assert_eq!(times, [0, 10_000, 20_000]);
}

/// An offer and candidates with addresses of all kinds.
fn tell_addresses(exchange: &mut Exchange, from: &Welcome, call: CallId, now: UnixMillis) {
    let sdp = "v=0\r\nc=IN IP4 192.168.7.7\r\na=candidate:1 1 udp 9 192.168.7.7 5 typ host\r\n";
    let offer = serde_json::json!({ "type": "offer", "sdp": sdp }).to_string();
    let payload: &RawValue = serde_json::from_str(&offer).unwrap();
    exchange.say(from, &ClientFrame::Offer(Description { call, payload }), now).unwrap();
    let texts =
        ["1 1 udp 9 192.168.7.7 5 typ host", "2 1 udp 9 203.0.113.9 6 typ relay raddr 192.168.7.7 rport 5"];
    let candidates =
        texts.map(|text| serde_json::json!({ "candidate": format!("candidate:{text}") }).to_string());
    let payload = candidates.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    exchange.say(from, &ClientFrame::Candidates(Candidates { call, payload }), now).unwrap();
}

#[test]
fn where_addresses_are_always_hidden_only_relayed_ones_pass_and_nothing_that_cannot_be_read() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling_by(&mut exchange, RelayPolicy::Always);
    exchange.heard(&callee);
    tell_addresses(&mut exchange, &caller, call, START);
    exchange.handle_timeout(START.plus(36_000));
    tell_addresses(&mut exchange, &caller, call, START.plus(36_000));
    let mut named = HashSet::new();
    while let Some(action) = exchange.next_action() {
        if let Action::Announced(session, ip) = action {
            named.insert((session, ip.to_string()));
        }
    }
    let expected = ["192.168.7.7", "203.0.113.9"].map(|ip| (caller.session, ip.to_owned()));
    assert_eq!(named, HashSet::from(expected));
    let heard = exchange.heard(&callee);
    assert_eq!(
        heard.iter().map(|frame| &frame["type"]).collect::<Vec<_>>(),
        ["offer", "candidates", "offer", "candidates"]
    );
    assert!(!serde_json::to_string(&heard).unwrap().contains("192.168.7.7"), "{heard:?}");
    assert_eq!(heard[1]["payload"].as_array().unwrap().len(), 1);
    let payload: &RawValue = serde_json::from_str("\"v=0 192.168.7.7\"").unwrap();
    exchange.heard(&caller);
    exchange.say(&caller, &ClientFrame::Offer(Description { call, payload }), START.plus(36_000)).unwrap();
    assert!(exchange.heard(&callee).is_empty());
    assert_eq!(exchange.heard(&caller)[0]["code"], "bad_request");
}

#[test]
fn who_stays_half_a_minute_is_revealed_to_the_other_and_the_next_call_begins_hidden() {
    let mut exchange = exchange(1);
    let ([caller, callee], call, _) = calling_by(&mut exchange, RelayPolicy::UntilBothStay);
    exchange.heard(&callee);
    tell_addresses(&mut exchange, &caller, call, START.plus(29_999));
    assert!(!serde_json::to_string(&exchange.heard(&callee)).unwrap().contains("192.168.7.7"));
    let stayed = START.plus(30_000);
    assert_eq!(exchange.next_timeout(), Some(stayed));
    exchange.handle_timeout(stayed);
    for one in [&caller, &callee] {
        let last = exchange.heard(one).pop().unwrap();
        assert_eq!((&last["type"], &last["call"]), (&"reveal".into(), &call.to_string().into()));
    }
    tell_addresses(&mut exchange, &caller, call, stayed);
    assert!(serde_json::to_string(&exchange.heard(&callee)).unwrap().contains("192.168.7.7"));
    // Another process knows how long they have been together.
    let handover = exchange.handle_shutdown(stayed.plus(1));
    let mut next = self::exchange(2);
    assert!(next.take_over(handover, stayed.plus(2)));
    assert!(!next.calls.hides_addresses(call, stayed.plus(2)));
    next.calls.handle_end(caller.session, call, EndCause::Hangup, stayed.plus(3)).unwrap();
    next.drain(stayed.plus(3));
    assert_eq!(next.calls.next_timeout(), None, "nothing waits for a call that is over");
}

#[test]
fn a_login_that_ends_takes_its_session_and_its_call_along_and_no_other() {
    let mut exchange = exchange(1);
    let ([caller, callee], ..) = calling(&mut exchange);
    let user = |number: u8| UserId::from_bytes([number; 16]);
    // The logins of another user, and another login of the same one.
    exchange.handle_logins_ended(user(1), &[LoginId::from_bytes([2; 16])], START);
    assert_eq!((exchange.closed().len(), exchange.stats().calls), (0, 1));
    let (ended, other) = if exchange.sessions[&caller.session].user == user(1) {
        (&caller, &callee)
    } else {
        (&callee, &caller)
    };
    exchange.handle_logins_ended(user(1), &[LoginId::from_bytes([1; 16])], START);
    let closed = exchange.closed();
    assert_eq!((closed.len(), closed[0].0, closed[0].1.code), (1, ended.socket, 4401));
    assert_eq!((exchange.stats().sessions, exchange.stats().calls), (1, 0));
    assert!(exchange.heard(other).iter().any(|frame| frame["type"] == "end"));
}

#[test]
fn somebody_unblocked_is_no_longer_in_the_way() {
    let mut exchange = exchange(1);
    let (one, other) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
    let both = [1, 2].map(|number| exchange.handle_hello(arrival(number), START).unwrap());
    exchange.handle_block(one, other, START);
    exchange.handle_unblock(one, other);
    for at in &both {
        exchange.say(at, &ClientFrame::Seek(Seek::default()), START).unwrap();
    }
    assert_eq!(exchange.stats().proposed, 1);
}

#[test]
fn the_strictest_of_two_apps_and_two_people_holds_for_their_call() {
    use RelayPolicy::{Always, Auto, UntilBothStay};
    let cases = [
        ([Auto, Auto], [None, None], Auto),
        ([Auto, Auto], [None, Some(UntilBothStay)], UntilBothStay),
        ([Auto, Auto], [Some(Always), Some(UntilBothStay)], Always),
        // Nobody may hide less than an app does.
        ([Always, Auto], [Some(Auto), Some(Auto)], Always),
        ([UntilBothStay, Auto], [None, Some(Always)], Always),
    ];
    for (apps, wishes, expected) in cases {
        let mut exchange = exchange(1);
        let mut both = Vec::new();
        for (number, relay_policy, relay) in [(1, apps[0], wishes[0]), (2, apps[1], wishes[1])] {
            let arrival = Arrival { relay_policy, ..arrival(number) };
            let one = exchange.handle_hello(arrival, START).unwrap();
            exchange.say(&one, &ClientFrame::Seek(Seek { relay, ..Seek::default() }), START).unwrap();
            both.push(one);
        }
        for one in &both {
            let offered = exchange.heard(one).into_iter().find(|frame| frame["type"] == "match").unwrap();
            let told: RelayPolicy = serde_json::from_value(offered["relay_policy"].clone()).unwrap();
            assert_eq!(told, expected, "{apps:?} {wishes:?}");
            // A side that forgets the call learns it from the grant.
            let grant = exchange.grants.open(offered["grant"].as_str().unwrap(), START).unwrap();
            assert_eq!(grant.relay_policy, expected);
        }
        let call = exchange.calls.call_of(both[0].session).unwrap();
        assert_eq!(exchange.calls.hides_addresses(call, START), expected != Auto);
    }
}

#[test]
fn a_wish_lasts_from_one_call_to_the_next_until_another_is_told() {
    let mut exchange = exchange(1);
    let one = exchange.handle_hello(arrival(1), START).unwrap();
    let wish = Seek { relay: Some(RelayPolicy::Always), ..Seek::default() };
    exchange.say(&one, &ClientFrame::Seek(wish), START).unwrap();
    let steps = [(2, None, "always"), (3, Some(RelayPolicy::Auto), "always"), (4, None, "auto")];
    for (number, relay, expected) in steps {
        let other = exchange.handle_hello(arrival(number), START).unwrap();
        exchange.say(&other, &ClientFrame::Seek(Seek::default()), START).unwrap();
        let offered = exchange.heard(&other).into_iter().find(|frame| frame["type"] == "match").unwrap();
        assert_eq!(offered["relay_policy"], expected, "with {number}");
        let call = exchange.calls.call_of(one.session).unwrap();
        // Two users who have met do not meet again.
        for either in [&one, &other] {
            exchange.say(either, &ClientFrame::Confirm(CallRef { call }), START).unwrap();
        }
        exchange.say(&one, &ClientFrame::Next(Next { call, interests: None, relay }), START).unwrap();
        exchange.say(&other, &ClientFrame::Cancel, START).unwrap();
    }
}

#[test]
fn a_call_that_was_forgotten_hides_as_much_as_it_did() {
    let mut exchange = exchange(1);
    let ([caller, _], call, grants) = calling_by(&mut exchange, RelayPolicy::Always);
    let number = if exchange.sessions[&caller.session].user == UserId::from_bytes([1; 16]) { 1 } else { 2 };
    let mut next = exchange_with(2, true);
    next.handle_hello(Arrival { grant: Some(grants[0].clone()), ..arrival(number) }, START.plus(1)).unwrap();
    assert!(next.calls.hides_addresses(call, START.plus(60_000)));
}

#[test]
fn where_there_is_no_relay_nobody_is_promised_one() {
    let mut exchange = exchange_with(1, false);
    let one = exchange.handle_hello(arrival(1), START).unwrap();
    let wish = Seek { relay: Some(RelayPolicy::UntilBothStay), ..Seek::default() };
    exchange.say(&one, &ClientFrame::Seek(wish), START).unwrap();
    assert_eq!(exchange.heard(&one)[0]["code"], "bad_request");
    exchange.say(&one, &ClientFrame::Seek(Seek::default()), START).unwrap();
    assert_eq!(exchange.heard(&one)[0]["type"], "queued");
}
