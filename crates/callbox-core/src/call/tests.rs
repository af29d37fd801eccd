//! The guarantees of calls, one sentence each.

use super::*;
use callbox_protocol::call::{CandidateKind, Outcome, Path};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::signal::Stage;

const NOW: UnixMillis = UnixMillis(1_000_000);
const CALLER: u8 = 1;
const CALLEE: u8 = 2;

fn session(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn call(number: u8) -> CallId {
    CallId::from_bytes([number; 16])
}

fn progress(stage: Stage, path: Option<Path>) -> Progress {
    Progress { call: call(1), stage, path, dtls_ms: path.map(|_| 20) }
}

fn party(number: u8, waited_ms: u64) -> Party {
    let bytes = [number; 16];
    Party {
        session: session(number),
        user: UserId::from_bytes(bytes),
        login: LoginId::from_bytes(bytes),
        waited_ms,
    }
}

fn terms(kind: CallKind) -> Terms {
    Terms { kind, invite: None, relay_policy: RelayPolicy::Auto }
}

fn matched(kind: CallKind) -> Calls {
    let mut calls = Calls::default();
    let parties = [party(CALLER, 100), party(CALLEE, 5_000)];
    let invite = (kind == CallKind::Invite).then_some(InviteKey([7; 32]));
    calls.handle_match(call(1), parties, Terms { invite, ..terms(kind) }, NOW).unwrap();
    calls
}

fn begun() -> Calls {
    let mut calls = matched(CallKind::Random);
    for number in [CALLER, CALLEE] {
        calls.handle_confirm(session(number), call(1), NOW.plus(50)).unwrap();
    }
    assert!(matches!(calls.next_action(), Some(CallAction::Begin { .. })));
    calls
}

impl Calls {
    fn ended(&mut self) -> Ended {
        let Some(CallAction::Ended(ended)) = self.next_action() else { panic!("nothing ended") };
        assert_eq!(self.next_action(), None);
        ended
    }

    fn first_frame(&mut self, number: u8, ms: u64) {
        self.handle_progress(session(number), &progress(Stage::FirstFrame, None), NOW.plus(ms)).unwrap();
    }
}

fn back(ended: &Ended) -> [Option<u64>; 2] {
    ended.sides.map(|side| side.requeue_waited_ms)
}

#[test]
fn a_call_begins_when_both_have_confirmed_and_only_once() {
    let mut calls = matched(CallKind::Random);
    for _ in 0..2 {
        calls.handle_confirm(session(CALLEE), call(1), NOW).unwrap();
        assert_eq!(calls.next_action(), None);
    }
    assert_eq!((calls.len_proposed(), calls.len_running()), (1, 0));
    calls.handle_confirm(session(CALLER), call(1), NOW.plus(9)).unwrap();
    let begin = CallAction::Begin { call: call(1), caller: session(CALLER), callee: session(CALLEE) };
    assert_eq!(calls.next_action(), Some(begin));
    calls.handle_confirm(session(CALLER), call(1), NOW.plus(10)).unwrap();
    assert_eq!((calls.next_action(), calls.next_timeout()), (None, None));
    assert_eq!((calls.len_proposed(), calls.len_running()), (0, 1));
}

#[test]
fn who_confirmed_an_unconfirmed_match_goes_back_with_all_its_waiting_time() {
    let mut calls = matched(CallKind::Random);
    calls.handle_confirm(session(CALLEE), call(1), NOW).unwrap();
    assert_eq!(calls.next_timeout(), Some(NOW.plus(CONFIRM_MS)));
    calls.handle_timeout(NOW.plus(CONFIRM_MS - 1));
    assert_eq!(calls.next_action(), None);
    calls.handle_timeout(NOW.plus(CONFIRM_MS));
    let ended = calls.ended();
    assert_eq!(back(&ended), [None, Some(7_000)]);
    assert_eq!((ended.record.cause, ended.record.ended_by), (EndCause::Unconfirmed, Some(Side::Caller)));
    assert_eq!(ended.record.outcome, Outcome::Unconfirmed);
}

#[test]
fn a_match_that_nobody_confirmed_puts_nobody_back() {
    let mut calls = matched(CallKind::Random);
    calls.handle_timeout(NOW.plus(CONFIRM_MS));
    assert_eq!(back(&calls.ended()), [None, None]);
}

#[test]
fn a_declined_match_puts_back_only_who_had_confirmed() {
    let mut calls = matched(CallKind::Random);
    calls.handle_confirm(session(CALLER), call(1), NOW).unwrap();
    calls.handle_decline(session(CALLEE), call(1), NOW.plus(500)).unwrap();
    let ended = calls.ended();
    assert_eq!(back(&ended), [Some(600), None]);
    assert_eq!(ended.record.cause, EndCause::Declined);
}

#[test]
fn the_skipped_side_keeps_its_waiting_time_and_the_skipper_is_not_put_back_here() {
    let mut calls = begun();
    calls.handle_end(session(CALLER), call(1), EndCause::Next, NOW.plus(60_000)).unwrap();
    assert_eq!(back(&calls.ended()), [None, Some(5_000)]);
    assert_eq!(calls.call_of(session(CALLER)), None);
}

#[test]
fn a_lost_side_is_not_told_and_the_other_goes_back() {
    let mut calls = begun();
    calls.handle_session_lost(session(CALLEE), NOW.plus(60_000));
    let ended = calls.ended();
    assert_eq!(ended.sides.map(|side| side.tell), [true, false]);
    assert_eq!(back(&ended), [Some(100), None]);
    calls.handle_session_lost(session(CALLER), NOW);
    assert_eq!(calls.next_action(), None);
}

#[test]
fn hanging_up_and_trouble_with_media_put_nobody_back() {
    for cause in [EndCause::Hangup, EndCause::Blocked, EndCause::MediaFailed, EndCause::MediaDenied] {
        let mut calls = begun();
        calls.handle_end(session(CALLER), call(1), cause, NOW.plus(1_000)).unwrap();
        assert_eq!(back(&calls.ended()), [None, None], "{cause:?}");
    }
}

#[test]
fn an_invites_call_puts_nobody_back_and_gives_the_invite_back() {
    let mut calls = matched(CallKind::Invite);
    calls.handle_end(session(CALLER), call(1), EndCause::Next, NOW).unwrap();
    let ended = calls.ended();
    assert_eq!((back(&ended), ended.invite), ([None, None], Some(InviteKey([7; 32]))));
}

#[test]
fn frames_pass_between_the_two_alone() {
    let mut calls = begun();
    let relayed = calls.relay(session(CALLER), call(1), Relayed::Offer, NOW.plus(60)).unwrap();
    assert_eq!(relayed, Destination { to: session(CALLEE), from: Side::Caller });
    let stranger = calls.relay(session(9), call(1), Relayed::Other, NOW);
    assert_eq!(stranger, Err(CallError::NotInCall));
    assert_eq!(calls.relay(session(CALLER), call(2), Relayed::Other, NOW), Err(CallError::NotInCall));
    assert_eq!(calls.handle_end(session(9), call(1), EndCause::Hangup, NOW), Err(CallError::NotInCall));
}

#[test]
fn candidates_are_counted_for_each_side() {
    let mut calls = begun();
    let mut send = |number, count| calls.relay(session(number), call(1), Relayed::Candidates(count), NOW);
    assert!(send(CALLER, 64).is_ok());
    assert_eq!(send(CALLER, 1), Err(CallError::TooManyCandidates));
    assert!(send(CALLEE, 63).is_ok());
    assert_eq!(send(CALLEE, 2), Err(CallError::TooManyCandidates));
    assert!(send(CALLEE, 1).is_ok(), "a refused batch does not count");
    assert_eq!(send(CALLER, usize::MAX), Err(CallError::TooManyCandidates));
}

#[test]
fn each_description_of_a_side_brings_candidates_of_its_own() {
    let mut calls = begun();
    for (number, description) in [(CALLER, Relayed::Offer), (CALLEE, Relayed::Answer)] {
        let mut send = |from, what| calls.relay(session(from), call(1), what, NOW);
        for _ in 0..3 {
            send(number, description).unwrap();
            send(number, Relayed::Candidates(64)).unwrap();
            // Neither a word nor a description of the other side makes room.
            send(number, Relayed::Other).unwrap();
            send(CALLER + CALLEE - number, description).unwrap();
            assert_eq!(send(number, Relayed::Candidates(1)), Err(CallError::TooManyCandidates));
        }
    }
}

#[test]
fn who_left_is_gone_by_its_own_doing_and_the_other_goes_back_as_after_a_loss() {
    let mut calls = begun();
    calls.handle_left(session(CALLEE), call(1), NOW.plus(60_000)).unwrap();
    let ended = calls.ended();
    assert_eq!(ended.sides.map(|side| side.tell), [true, true]);
    assert_eq!(back(&ended), [Some(100), None]);
    assert_eq!((ended.record.cause, ended.record.ended_by), (EndCause::Left, Some(Side::Callee)));
    assert_eq!(calls.handle_left(session(CALLEE), call(1), NOW), Err(CallError::NotInCall));
}

#[test]
fn both_first_frames_within_ten_seconds_are_a_success_however_it_ends() {
    let mut calls = begun();
    calls.first_frame(CALLER, 900);
    calls.first_frame(CALLER, 2_000);
    calls.first_frame(CALLEE, 10_000);
    calls.handle_end(session(CALLER), call(1), EndCause::MediaFailed, NOW.plus(90_000)).unwrap();
    let record = calls.ended().record;
    assert_eq!((record.caller_first_frame_ms, record.callee_first_frame_ms), (Some(900), Some(10_000)));
    assert_eq!((record.outcome, record.confirmed_ms, record.ended_ms), (Outcome::Success, Some(50), 90_000));
}

#[test]
fn what_is_no_success_is_told_apart() {
    for (cause, ended_ms, late_frame, outcome) in [
        (EndCause::Hangup, 9_999, false, Outcome::Left),
        (EndCause::Next, 3_000, false, Outcome::Left),
        (EndCause::PeerLost, 3_000, false, Outcome::Left),
        (EndCause::Left, 9_999, false, Outcome::Left),
        (EndCause::Left, 10_000, false, Outcome::Failure),
        (EndCause::Hangup, 10_000, false, Outcome::Failure),
        (EndCause::Hangup, 60_000, true, Outcome::Failure),
        (EndCause::MediaFailed, 3_000, false, Outcome::Failure),
        (EndCause::MediaDenied, 3_000, false, Outcome::Denied),
    ] {
        let mut calls = begun();
        calls.first_frame(CALLER, 500);
        if late_frame {
            calls.first_frame(CALLEE, 10_001);
        }
        calls.handle_end(session(CALLEE), call(1), cause, NOW.plus(ended_ms)).unwrap();
        assert_eq!(calls.ended().record.outcome, outcome, "{cause:?} after {ended_ms} ms");
    }
}

#[test]
fn a_session_is_in_one_call_at_most() {
    let mut calls = matched(CallKind::Random);
    let again = calls.handle_match(call(2), [party(3, 0), party(CALLER, 0)], terms(CallKind::Random), NOW);
    assert_eq!(again, Err(CallError::AlreadyInCall));
    assert_eq!(calls.call_of(session(3)), None);
}

#[test]
fn a_side_lost_before_it_confirmed_leaves_the_other_its_place() {
    let mut calls = matched(CallKind::Random);
    calls.handle_session_lost(session(CALLER), NOW.plus(300));
    assert_eq!(back(&calls.ended()), [None, Some(5_300)]);
}

#[test]
fn a_no_that_comes_after_the_begin_is_a_hang_up() {
    let mut calls = begun();
    calls.handle_decline(session(CALLEE), call(1), NOW.plus(100)).unwrap();
    let ended = calls.ended();
    assert_eq!((ended.record.cause, ended.record.ended_by), (EndCause::Hangup, Some(Side::Callee)));
    assert_eq!(back(&ended), [None, None]);
}

#[test]
fn the_first_of_each_step_goes_on_record() {
    let mut calls = begun();
    let path = |local| Some(Path { local, remote: CandidateKind::Host });
    for (ms, local) in [(100, CandidateKind::Srflx), (900, CandidateKind::Relay)] {
        calls.relay(session(CALLER), call(1), Relayed::Offer, NOW.plus(ms)).unwrap();
        calls.relay(session(CALLEE), call(1), Relayed::Answer, NOW.plus(ms + 1)).unwrap();
        let mut connected = |number: u8, ms| {
            let now = NOW.plus(ms);
            calls.handle_progress(session(number), &progress(Stage::Connected, path(local)), now).unwrap();
        };
        connected(CALLER, ms + 2);
        connected(CALLEE, ms + 3);
    }
    calls.handle_end(session(CALLER), call(1), EndCause::Hangup, NOW.plus(2_000)).unwrap();
    let record = calls.ended().record;
    assert_eq!((record.offer_ms, record.answer_ms), (Some(100), Some(101)));
    assert_eq!((record.caller_connected_ms, record.callee_connected_ms), (Some(102), Some(103)));
    assert_eq!((record.caller_dtls_ms, record.callee_dtls_ms), (Some(20), Some(20)));
    assert_eq!((record.caller_first_frame_ms, record.callee_first_frame_ms), (None, None));
    let expected = path(CandidateKind::Srflx);
    assert_eq!((record.caller_path, record.callee_path), (expected, expected));
}

#[test]
fn a_path_that_breaks_before_anybody_saw_anything_is_a_failure_and_later_it_is_none() {
    for (has_seen, outcome) in [(false, Outcome::Failure), (true, Outcome::Success)] {
        let mut calls = begun();
        for number in [CALLER, CALLEE].into_iter().filter(|_| has_seen) {
            calls.first_frame(number, 900);
        }
        calls.handle_end(session(CALLER), call(1), EndCause::MediaLost, NOW.plus(5_000)).unwrap();
        assert_eq!(calls.ended().record.outcome, outcome);
    }
}

#[test]
fn nobody_says_that_dtls_took_longer_than_the_call() {
    let mut calls = begun();
    let lie = Progress { dtls_ms: Some(501), ..progress(Stage::Connected, None) };
    calls.handle_progress(session(CALLER), &lie, NOW.plus(500)).unwrap();
    calls.handle_end(session(CALLER), call(1), EndCause::Hangup, NOW.plus(600)).unwrap();
    let record = calls.ended().record;
    assert_eq!((record.caller_connected_ms, record.caller_dtls_ms), (Some(500), None));
}

#[test]
fn calls_have_a_bound() {
    let mut calls = Calls::default();
    let mut start = |number: usize| {
        let bytes = |n: usize| u128::try_from(n).unwrap().to_be_bytes();
        let party = |n: usize| Party { session: SessionId::from_bytes(bytes(n)), ..party(1, 0) };
        let parties = [party(2 * number), party(2 * number + 1)];
        calls.handle_match(CallId::from_bytes(bytes(number)), parties, terms(CallKind::Random), NOW)
    };
    for number in 0..CALLS_MAX {
        start(number).unwrap();
    }
    assert_eq!(start(CALLS_MAX), Err(CallError::Full));
}
