//! The guarantees of the lobby, one sentence each.

use super::*;

const NOW: UnixMillis = UnixMillis(1_000_000);

fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

fn session(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn seeker(number: u8, interests: &[&str]) -> Seeker {
    let words: Vec<String> = interests.iter().map(|word| (*word).to_owned()).collect();
    Seeker {
        session: session(number),
        user: user(number),
        login: LoginId::from_bytes([number; 16]),
        age: AgeClass::Adult,
        interests: Interests::parse(&words).unwrap(),
        blocked: Arc::default(),
    }
}

impl Lobby {
    fn seek(&mut self, seeker: Seeker, now: UnixMillis) -> Option<Pair> {
        self.handle_seek(seeker, 0, now).unwrap();
        self.pair_made()
    }

    fn pair_made(&mut self) -> Option<Pair> {
        self.next_action().map(|LobbyAction::Pair(pair)| pair)
    }

    fn pass(&mut self, now: UnixMillis) -> Option<Pair> {
        self.handle_timeout(now);
        let pair = self.pair_made();
        assert!(pair.is_some() || self.next_timeout().is_none_or(|at| at > now));
        pair
    }
}

fn who(pair: Option<Pair>) -> Option<(SessionId, SessionId)> {
    pair.map(|pair| (pair.first.seeker.session, pair.second.seeker.session))
}

#[test]
fn two_without_interests_are_paired_on_arrival() {
    let mut lobby = Lobby::default();
    assert!(lobby.seek(seeker(1, &[]), NOW).is_none());
    let pair = lobby.seek(seeker(2, &[]), NOW.plus(7)).unwrap();
    assert_eq!((pair.first.waited_ms, pair.second.waited_ms, pair.met_before), (7, 0, false));
    assert!(lobby.is_empty() && lobby.next_timeout().is_none());
}

#[test]
fn the_oldest_who_shares_an_interest_is_taken_at_once() {
    let mut lobby = Lobby::default();
    lobby.seek(seeker(1, &["chess"]), NOW);
    lobby.seek(seeker(2, &["music"]), NOW.plus(1));
    lobby.seek(seeker(3, &["film"]), NOW.plus(2));
    let pair = lobby.seek(seeker(4, &["film", "music"]), NOW.plus(3)).unwrap();
    assert_eq!(&*pair.shared_interests[0], "music");
    assert_eq!(who(Some(pair)), Some((session(2), session(4))));
}

#[test]
fn different_interests_meet_when_both_have_waited_three_seconds() {
    let mut lobby = Lobby::default();
    lobby.seek(seeker(1, &["chess"]), NOW);
    lobby.seek(seeker(2, &["music"]), NOW.plus(1_000));
    assert!(lobby.pass(NOW.plus(3_000)).is_none(), "the second still hopes for music");
    assert_eq!(lobby.next_timeout(), Some(NOW.plus(4_000)));
    assert_eq!(who(lobby.pass(NOW.plus(4_000))), Some((session(1), session(2))));
}

#[test]
fn who_named_nothing_meets_whoever_has_waited_three_seconds() {
    let mut lobby = Lobby::default();
    lobby.seek(seeker(1, &["chess"]), NOW);
    assert!(lobby.seek(seeker(2, &[]), NOW.plus(100)).is_none());
    assert_eq!(who(lobby.pass(NOW.plus(3_000))), Some((session(1), session(2))));
}

#[test]
fn age_classes_never_meet() {
    let mut lobby = Lobby::default();
    lobby.seek(seeker(1, &["chess"]), NOW);
    let minor = Seeker { age: AgeClass::Minor, ..seeker(2, &["chess"]) };
    assert!(lobby.seek(minor, NOW).is_none());
    assert!(lobby.pass(NOW.plus(60_000)).is_none());
    assert_eq!(lobby.len(), 2);
}

#[test]
fn nobody_meets_themself_in_another_tab() {
    let mut lobby = Lobby::default();
    lobby.seek(seeker(1, &[]), NOW);
    let same_user = Seeker { user: user(1), ..seeker(2, &[]) };
    assert!(lobby.seek(same_user, NOW).is_none());
    let same_login = Seeker { login: LoginId::from_bytes([1; 16]), user: user(9), ..seeker(3, &[]) };
    assert_eq!(who(lobby.seek(same_login, NOW)), Some((session(2), session(3))));
    assert!(lobby.pass(NOW.plus(60_000)).is_none());
}

#[test]
fn a_block_counts_both_ways_and_also_while_waiting() {
    let mut lobby = Lobby::default();
    let blocker = Seeker { blocked: Arc::new([user(2)].into()), ..seeker(1, &[]) };
    lobby.seek(blocker, NOW);
    assert!(lobby.seek(seeker(2, &[]), NOW).is_none());
    lobby.handle_block(user(2), user(3), NOW);
    lobby.handle_block(user(1), user(3), NOW);
    assert!(lobby.seek(seeker(3, &[]), NOW).is_none());
    assert!(lobby.pass(NOW.plus(60_000)).is_none(), "no time relaxes a block");
}

#[test]
fn two_who_met_meet_again_only_after_fifteen_seconds_of_nobody_else_and_are_told() {
    let mut lobby = Lobby::default();
    lobby.handle_met(user(1), user(2), NOW);
    lobby.seek(seeker(1, &[]), NOW);
    assert!(lobby.seek(seeker(2, &[]), NOW.plus(2_000)).is_none());
    assert!(lobby.pass(NOW.plus(16_999)).is_none(), "the second has waited less than 15 s");
    let pair = lobby.pass(NOW.plus(17_000)).unwrap();
    assert!(pair.met_before);
}

#[test]
fn a_skipped_user_is_not_matched_again_while_somebody_else_waits() {
    let mut lobby = Lobby::default();
    lobby.handle_met(user(1), user(2), NOW);
    lobby.handle_seek(seeker(1, &[]), 20_000, NOW).unwrap();
    lobby.handle_seek(seeker(3, &["chess"]), 14_000, NOW).unwrap();
    let pair = lobby.pair_made().unwrap();
    assert!(!pair.met_before);
    assert_eq!(who(Some(pair)), Some((session(1), session(3))));
}

#[test]
fn a_ticket_that_comes_back_takes_its_old_place() {
    let mut lobby = Lobby::default();
    lobby.seek(seeker(1, &["chess"]), NOW);
    lobby.handle_seek(seeker(2, &["music"]), 500, NOW.plus(100)).unwrap();
    assert_eq!(lobby.waited_ms(session(2), NOW.plus(200)), Some(600));
    assert_eq!(
        who(lobby.seek(seeker(3, &["music", "chess"]), NOW.plus(200))),
        Some((session(2), session(3)))
    );
}

#[test]
fn of_several_whose_three_seconds_come_at_once_the_oldest_is_tried_first_and_may_be_taken() {
    let mut lobby = Lobby::default();
    // By session id the last to arrive would be first.
    lobby.seek(seeker(9, &["chess"]), NOW);
    lobby.seek(seeker(8, &["music"]), NOW);
    lobby.seek(seeker(7, &["film"]), NOW);
    assert!(lobby.seek(seeker(1, &[]), NOW.plus(1_000)).is_none());
    lobby.handle_timeout(NOW.plus(3_000));
    assert_eq!(who(lobby.pair_made()), Some((session(9), session(8))));
    assert_eq!(who(lobby.pair_made()), Some((session(7), session(1))));
}

#[test]
fn who_cancels_is_gone_and_a_second_ticket_is_refused() {
    let mut lobby = Lobby::default();
    lobby.seek(seeker(1, &["chess"]), NOW);
    assert_eq!(lobby.handle_seek(seeker(1, &[]), 0, NOW), Err(LobbyError::AlreadyWaiting));
    assert!(lobby.handle_cancel(session(1), NOW));
    assert!(!lobby.handle_cancel(session(1), NOW));
    assert!(lobby.seek(seeker(2, &["chess"]), NOW).is_none());
    assert_eq!(lobby.lines_by_interest.len(), 1, "no line is left behind");
}

#[test]
fn a_crowd_that_cannot_be_met_bounds_the_search_and_the_rest_is_found_a_little_later() {
    let mut lobby = Lobby::default();
    // One user with many tabs cannot be paired with itself, so all of them stay.
    for number in 0..=255 {
        let tab = Seeker { user: user(0), login: LoginId::from_bytes([0; 16]), ..seeker(number, &[]) };
        assert!(lobby.seek(tab, NOW).is_none());
    }
    let beyond_the_crowd = |number: u8| Seeker {
        session: SessionId::from_bytes(u128::from(number).to_be_bytes()),
        blocked: Arc::new([user(0)].into()),
        ..seeker(number, &[])
    };
    assert!(lobby.seek(beyond_the_crowd(1), NOW.plus(1)).is_none());
    assert_eq!(lobby.next_timeout(), Some(NOW.plus(1 + RETRY_MS)));
    assert!(lobby.seek(beyond_the_crowd(2), NOW.plus(2)).is_none(), "the first is beyond the last look");
    for number in 0..10 {
        lobby.handle_cancel(session(number), NOW.plus(3));
    }
    assert!(lobby.pass(NOW.plus(1 + RETRY_MS)).is_some());
}

#[test]
fn the_lobby_has_a_bound() {
    let mut lobby = Lobby::default();
    for number in 0..TICKETS_MAX {
        // An interest of its own each, so that none looks at the others.
        let mut tab = seeker(1, &[&number.to_string()]);
        let bytes = u128::try_from(number).unwrap().to_be_bytes();
        tab.session = SessionId::from_bytes(bytes);
        lobby.handle_seek(tab, 0, NOW).unwrap();
    }
    assert_eq!(lobby.handle_seek(seeker(2, &[]), 0, NOW), Err(LobbyError::Full));
}
