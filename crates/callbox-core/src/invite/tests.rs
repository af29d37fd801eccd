//! Tests of `invite.rs`.

use super::*;

const KEY: InviteKey = InviteKey([1; 32]);
const NOW: UnixMillis = UnixMillis(1_000);

fn guest(number: u8, blocked: &[u8]) -> Guest {
    Guest {
        session: SessionId::from_bytes([number; 16]),
        user: UserId::from_bytes([number; 16]),
        login: LoginId::from_bytes([number; 16]),
        blocked: Arc::new(blocked.iter().map(|n| UserId::from_bytes([*n; 16])).collect()),
    }
}

#[test]
fn the_second_guest_makes_a_pair_and_a_third_is_refused() {
    let mut invites = Invites::default();
    invites.handle_join(KEY, guest(1, &[]), NOW).unwrap();
    assert_eq!(invites.next_action(), None);
    assert_eq!(invites.waited_ms(guest(1, &[]).session, NOW.plus(5)), Some(5));
    invites.handle_join(KEY, guest(2, &[]), NOW.plus(7)).unwrap();
    let Some(InviteAction::Pair(pair)) = invites.next_action() else { panic!("no pair") };
    assert_eq!((pair.first.session, pair.first.waited_ms), (guest(1, &[]).session, 7));
    assert_eq!(pair.second.session, guest(2, &[]).session);
    assert_eq!(invites.handle_join(KEY, guest(3, &[]), NOW), Err(JoinError::InviteFull));
    invites.handle_call_ended(KEY);
    assert_eq!(invites.handle_join(KEY, guest(3, &[]), NOW), Ok(()));
    let other_invite = InviteKey([2; 32]);
    for number in [1, 2] {
        assert_eq!(invites.handle_join(other_invite, guest(number, &[]), NOW), Ok(()), "it waits no more");
    }
}

#[test]
fn participants_have_a_bound() {
    let mut invites = Invites::default();
    let mut join = |number: usize| {
        let bytes = u128::try_from(number).unwrap().to_be_bytes();
        let mut key = [0; 32];
        key[..16].copy_from_slice(&bytes);
        let guest = Guest { session: SessionId::from_bytes(bytes), ..guest(1, &[]) };
        invites.handle_join(InviteKey(key), guest, NOW)
    };
    for number in 0..WAITING_MAX {
        assert_eq!(join(number), Ok(()));
    }
    assert_eq!(join(WAITING_MAX), Err(JoinError::Full));
}

#[test]
fn nobody_meets_themself_or_somebody_with_a_block_between() {
    let mut invites = Invites::default();
    invites.handle_join(KEY, guest(1, &[2]), NOW).unwrap();
    let mut same = guest(1, &[]);
    same.session = SessionId::from_bytes([9; 16]);
    assert_eq!(invites.handle_join(KEY, same, NOW), Err(JoinError::SameUser));
    let same_login = Guest { login: guest(1, &[]).login, ..guest(3, &[]) };
    assert_eq!(invites.handle_join(KEY, same_login, NOW), Err(JoinError::SameUser));
    assert_eq!(invites.handle_join(KEY, guest(2, &[]), NOW), Err(JoinError::Blocked));
    assert_eq!(invites.handle_join(KEY, guest(3, &[1]), NOW), Err(JoinError::Blocked));
    assert_eq!(invites.handle_join(InviteKey([2; 32]), guest(1, &[]), NOW), Err(JoinError::AlreadyWaiting));
}

#[test]
fn a_block_counts_for_who_waits_already() {
    let mut invites = Invites::default();
    invites.handle_join(KEY, guest(1, &[]), NOW).unwrap();
    invites.handle_block(guest(1, &[]).user, guest(2, &[]).user);
    assert_eq!(invites.handle_join(KEY, guest(2, &[]), NOW), Err(JoinError::Blocked));
    assert_eq!(invites.handle_join(KEY, guest(3, &[]), NOW), Ok(()));
}

#[test]
fn whoever_leaves_makes_room() {
    let mut invites = Invites::default();
    invites.handle_join(KEY, guest(1, &[]), NOW).unwrap();
    assert!(invites.handle_leave(guest(1, &[]).session));
    assert!(!invites.handle_leave(guest(1, &[]).session));
    invites.handle_join(KEY, guest(2, &[]), NOW).unwrap();
    assert_eq!(invites.next_action(), None);
}
