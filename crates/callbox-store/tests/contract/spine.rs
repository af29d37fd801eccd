//! Guests, invites, blocks and the record of calls.

use callbox_protocol::call::{CallRecord, CandidateKind, EndCause, Outcome, Side};
use callbox_protocol::http::Outcomes;
use callbox_protocol::id::{BlockId, CallId, LoginId, UserId};
use callbox_protocol::reading::SideReading;
use callbox_protocol::signal::Quality;
use callbox_protocol::user::AgeClass;
use callbox_store::{BlockOutcome, CreateInviteOutcome, SetAgeOutcome, StoreError};

use crate::world::{DAY_MS, NOW, World, call, guest, user};

fn block(number: u8) -> BlockId {
    BlockId::from_bytes([number; 16])
}

/// A call that ended at this time, with a set-up of its own length.
fn recent_call(at: u64, first_frame_ms: u32, outcome: Outcome, cause: EndCause) -> CallRecord {
    CallRecord {
        call: CallId::new(NOW.plus(at), [0; 10]),
        answer_ms: Some(30),
        caller_connected_ms: Some(80),
        caller_first_frame_ms: Some(first_frame_ms),
        cause,
        ..call(1, outcome)
    }
}

fn quality(call: CallId, score: u8, poor_s: u32) -> Quality {
    Quality {
        call,
        excellent_s: 90_u32.saturating_sub(poor_s / 2),
        good_s: 0,
        poor_s,
        frozen_s: poor_s / 2,
        disconnected_s: 0,
        score,
        score_min: 1,
        rtt_ms: 40,
        jitter_ms: 2,
        loss_permille: 3,
        received_kbps: 500,
        sent_kbps: 400,
        freezes: 0,
        freeze_ms: 0,
        interruptions: 0,
        restarts: 0,
        audio_only_s: 0,
    }
}

stories! {
    async fn a_guest_is_found_by_the_hash_of_its_token_also_after_a_restart(world) {
        world.store.create_guest(guest(1, Some(AgeClass::Minor))).await.unwrap();
        let World { store, .. } = &world.reopen().await;
        let found = store.login_by_token_hash(&[1; 32], NOW).await.unwrap().unwrap();
        assert_eq!((found.user.id, found.user.age), (user(1), Some(AgeClass::Minor)));
        assert_eq!(store.login_by_token_hash(&[2; 32], NOW).await.unwrap(), None);
    }

    async fn a_login_ends_after_thirty_days_without_use_and_not_before(world) {
        let World { store, .. } = &world;
        store.create_guest(guest(1, None)).await.unwrap();
        let day = |days: u64| NOW.plus(days * DAY_MS);
        assert!(store.login_by_token_hash(&[1; 32], day(29)).await.unwrap().is_some());
        // The use on day 29 is written behind.
        store.settle().await.unwrap();
        assert!(store.login_by_token_hash(&[1; 32], day(58)).await.unwrap().is_some());
        store.settle().await.unwrap();
        assert!(store.login_by_token_hash(&[1; 32], day(89)).await.unwrap().is_none());
    }

    async fn the_age_question_is_answered_once(world) {
        let World { store, .. } = &world;
        store.create_guest(guest(1, None)).await.unwrap();
        assert_eq!(store.set_age(user(1), AgeClass::Minor).await.unwrap(), SetAgeOutcome::Set);
        assert_eq!(store.set_age(user(1), AgeClass::Minor).await.unwrap(), SetAgeOutcome::Same);
        assert_eq!(store.set_age(user(1), AgeClass::Adult).await.unwrap(), SetAgeOutcome::AlreadyOther);
        assert_eq!(store.set_age(user(9), AgeClass::Adult).await.unwrap(), SetAgeOutcome::NoSuchUser);
    }

    async fn an_invite_is_open_until_its_end_and_a_user_has_twenty_at_most(world) {
        let World { store, .. } = &world;
        store.create_guest(guest(1, None)).await.unwrap();
        let end = NOW.plus(1_000);
        for number in 0..20 {
            let created = store.create_invite([number; 32], user(1), end, NOW).await.unwrap();
            assert_eq!(created, CreateInviteOutcome::Created);
        }
        let one_more = store.create_invite([99; 32], user(1), end, NOW.plus(400)).await.unwrap();
        assert_eq!(one_more, CreateInviteOutcome::TooMany { retry_after_ms: 600 });
        assert_eq!(store.invite(&[0; 32], NOW).await.unwrap().unwrap().user, user(1));
        assert_eq!(store.invite(&[0; 32], end).await.unwrap(), None);
        assert_eq!(store.invite(&[99; 32], NOW).await.unwrap(), None);
        let later = store.create_invite([99; 32], user(1), end.plus(1_000), end).await.unwrap();
        assert_eq!(later, CreateInviteOutcome::Created);
    }

    async fn blocks_stand_once_and_have_a_bound(world) {
        let World { store, .. } = &world;
        for number in 1..=3 {
            store.create_guest(guest(number, None)).await.unwrap();
        }
        for _ in 0..2 {
            assert_eq!(store.block(block(1), user(1), user(2), NOW).await.unwrap(), BlockOutcome::Blocked);
        }
        assert_eq!(store.blocked_by(user(1)).await.unwrap(), [user(2)].into());
        assert!(store.blocked_by(user(2)).await.unwrap().is_empty());
        for number in 0..999_u32 {
            let mut id = [0xFF; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            let mut other = guest(0, None);
            (other.user, other.login.id) = (UserId::from_bytes(id), LoginId::from_bytes(id));
            other.login.token_hash[..16].copy_from_slice(&id);
            store.create_guest(other).await.unwrap();
            store.block(BlockId::from_bytes(id), user(1), UserId::from_bytes(id), NOW).await.unwrap();
        }
        assert_eq!(store.blocked_by(user(1)).await.unwrap().len(), 1_000);
        assert_eq!(store.block(block(3), user(1), user(3), NOW).await.unwrap(), BlockOutcome::TooMany);
        assert_eq!(store.block(block(1), user(1), user(2), NOW).await.unwrap(), BlockOutcome::Blocked);
    }

    async fn calls_are_recorded_once_and_counted_by_outcome(world) {
        let World { store, .. } = &world;
        for (number, outcome) in
            [(1, Outcome::Success), (1, Outcome::Success), (2, Outcome::Left), (3, Outcome::Unconfirmed)]
        {
            store.record_call(Box::new(call(number, outcome)));
        }
        store.settle().await.unwrap();
        assert_eq!(store.outcomes().await.unwrap(), Outcomes { success: 1, left: 1, ..Outcomes::default() });
        assert_eq!(store.call_parties(CallId::from_bytes([2; 16])).await.unwrap(), Some((user(1), user(2))));
        assert_eq!(store.call_parties(CallId::from_bytes([9; 16])).await.unwrap(), None);
    }

    async fn recent_calls_are_read_and_old_ones_and_those_that_never_began_are_not(world) {
        let World { store, .. } = &world;
        store.create_guest(guest(1, None)).await.unwrap();
        let now = NOW.plus(DAY_MS + 1_000);
        let calls = [
            recent_call(1_000, 200, Outcome::Success, EndCause::Hangup),
            recent_call(2_000, 400, Outcome::Success, EndCause::MediaLost),
            recent_call(3_000, 300, Outcome::Failure, EndCause::MediaFailed),
            recent_call(4_000, 100, Outcome::Left, EndCause::Next),
            recent_call(4_500, 250, Outcome::Success, EndCause::Left),
            recent_call(5_000, 100, Outcome::Unconfirmed, EndCause::Unconfirmed),
            recent_call(999, 9_999, Outcome::Failure, EndCause::MediaFailed),
        ];
        for call in &calls {
            store.record_call(Box::new(call.clone()));
        }
        store.record_quality(Side::Caller, Box::new(quality(calls[0].call, 90, 0)));
        store.record_quality(Side::Callee, Box::new(quality(calls[0].call, 60, 20)));
        // The last word of a side replaces the one before, and a call may be told of before its record.
        store.record_quality(Side::Caller, Box::new(quality(calls[0].call, 80, 3)));
        for stars in [1, 4] {
            store.rate_call(calls[0].call, user(1), stars, now).await.unwrap();
        }
        let recent = store.recent_readings(now).await.unwrap();
        let read: Vec<_> = recent.calls.iter().rev().map(|call| (call.outcome, call.cause)).collect();
        let began = calls.iter().take(5).map(|call| (Some(call.outcome), Some(call.cause)));
        assert_eq!(read, began.collect::<Vec<_>>());
        let (first, caller) = (recent.calls.last().unwrap(), &calls[0]);
        assert_eq!((first.confirmed_ms, first.offer_ms), (caller.confirmed_ms, caller.offer_ms));
        assert_eq!(first.answer_ms, caller.answer_ms);
        let side = SideReading {
            connected_ms: caller.caller_connected_ms,
            dtls_ms: caller.caller_dtls_ms,
            first_frame_ms: caller.caller_first_frame_ms,
            path: [Some(CandidateKind::Host), Some(CandidateKind::Prflx)],
        };
        assert_eq!(first.sides, [side, SideReading::default()]);
        let mut scores: Vec<_> = recent.quality.iter().map(|side| (side.score, side.poor_s)).collect();
        scores.sort_unstable();
        assert_eq!(scores, [(60, 20), (80, 3)]);
        assert_eq!((recent.quality[0].frozen_s + recent.quality[1].frozen_s, recent.stars), (11, vec![4]));
    }

    async fn a_failing_write_does_not_spoil_its_neighbours(world) {
        let World { store, .. } = &world;
        store.create_guest(guest(1, None)).await.unwrap();
        let mut twin = guest(2, None);
        twin.login.token_hash = [1; 32];
        let (before, failing, after) = tokio::join!(
            store.create_guest(guest(3, None)),
            store.create_guest(twin),
            store.create_guest(guest(4, None))
        );
        assert!(before.is_ok() && after.is_ok());
        assert!(matches!(failing, Err(StoreError::Taken)));
        assert_eq!(store.set_age(user(2), AgeClass::Adult).await.unwrap(), SetAgeOutcome::NoSuchUser);
        assert!(store.login_by_token_hash(&[4; 32], NOW).await.unwrap().is_some());
    }

    async fn a_folder_with_other_keys_is_refused_until_they_are_accepted(world) {
        let World { store, .. } = &world;
        let keys = |bans: u8| vec![("call-grant-key", [1; 32]), ("mark-key", [bans; 32])];
        store.check_keys(keys(1)).await.unwrap();
        let world = world.reopen().await;
        let World { store, .. } = &world;
        store.check_keys(keys(1)).await.unwrap();
        let refused = store.check_keys(keys(2)).await;
        assert!(matches!(&refused, Err(StoreError::OtherKeys(names)) if names == &["mark-key"]), "{refused:?}");
        store.check_keys(keys(1)).await.unwrap();
        store.accept_keys(keys(2)).await.unwrap();
        store.check_keys(keys(2)).await.unwrap();
        assert!(store.check_keys(keys(1)).await.is_err());
    }

    async fn a_closed_store_says_so(world) {
        let World { store, .. } = &world;
        store.test_write(NOW).await.unwrap();
        store.close().await;
        assert!(matches!(store.create_guest(guest(1, None)).await, Err(StoreError::Closed)));
        assert!(store.test_write(NOW).await.is_err());
    }
}
