//! Accounts: addresses that are verified, passwords, logins, profiles, history.

use callbox_protocol::account::{LoginKind, Profile};
use callbox_protocol::call::Outcome;
use callbox_protocol::id::{BlockId, LoginId};
use callbox_protocol::time::UnixMillis;
use callbox_store::{NewAttributes, NewMailToken, Purpose, Redeemed, Shown, UserEvent, Verification};

use crate::world::{NOW, World, call, call_id, ended, guest, login, proven, shown, user};

fn link(number: u8, purpose: Purpose, person: u8) -> NewMailToken {
    NewMailToken {
        token_hash: [number; 32],
        purpose,
        user: user(person),
        login: Some(LoginId::from_bytes([person; 16])),
        email: "ann@example.org".to_owned(),
        password_hash: Some("a hash".to_owned()),
        change: None,
        expires_at: NOW.plus(1_000),
    }
}

/// A world with so many guests, the first of whom has a verified address.
async fn with_account(world: &World, guests: u8) {
    for number in 1..=guests {
        world.store.create_guest(guest(number, None)).await.unwrap();
    }
    assert!(world.store.create_mail_token(link(100, Purpose::Verify, 1), NOW).await.unwrap());
    let asking = Some((user(1), LoginId::from_bytes([1; 16])));
    let redeemed = world.store.redeem_verification([100; 32], asking, login(200), NOW).await.unwrap();
    assert!(matches!(redeemed, Verification::Upgraded(_)), "{redeemed:?}");
}

async fn verify(world: &World, number: u8, now: UnixMillis) -> Verification {
    world.store.redeem_verification([number; 32], None, login(number), now).await.unwrap()
}

stories! {
    async fn a_link_works_once_and_until_its_end(world) {
        with_account(&world, 2).await;
        assert_eq!(verify(&world, 100, NOW).await, Verification::Invalid);
        assert!(world.store.create_mail_token(link(101, Purpose::Verify, 1), NOW).await.unwrap());
        assert_eq!(verify(&world, 101, NOW.plus(1_000)).await, Verification::Invalid);
        // One for a purpose is none for another.
        assert!(world.store.create_mail_token(link(102, Purpose::Reset, 1), NOW).await.unwrap());
        assert_eq!(world.store.redeem_sign_in([102; 32], login(9), NOW).await.unwrap(), Redeemed::Invalid);
        world.events();
        let reset = world.store.redeem_reset([102; 32], "new".to_owned(), NOW).await.unwrap().unwrap();
        assert_eq!((world.events(), reset.email.as_str()), (vec![ended(1, &[1])], "ann@example.org"));
        let (email, hash) = world.store.password(user(1)).await.unwrap();
        assert_eq!((email.as_deref(), hash.as_deref()), (Some("ann@example.org"), Some("new")));
    }

    async fn an_address_belongs_to_one_user(world) {
        with_account(&world, 2).await;
        assert!(world.store.create_mail_token(link(101, Purpose::Verify, 2), NOW).await.unwrap());
        assert_eq!(verify(&world, 101, NOW).await, Verification::Taken);
        let found = world.store.credentials("ann@example.org").await.unwrap().unwrap();
        assert_eq!((found.user.id, found.password_hash.as_deref()), (user(1), Some("a hash")));
        assert_eq!(world.store.credentials("bert@example.org").await.unwrap(), None);
    }

    async fn whoever_else_opens_the_link_is_alone_in_the_account(world) {
        world.store.create_guest(guest(1, None)).await.unwrap();
        assert!(world.store.create_mail_token(link(7, Purpose::Verify, 1), NOW).await.unwrap());
        world.events();
        assert!(matches!(verify(&world, 7, NOW).await, Verification::TakenOver { .. }));
        assert_eq!(world.events(), [ended(1, &[1])]);
        assert_eq!(world.store.password(user(1)).await.unwrap().1, None);
        assert_eq!(world.store.login_by_token_hash(&[1; 32], NOW).await.unwrap(), None);
        assert!(world.store.login_by_token_hash(&[7; 32], NOW).await.unwrap().is_some());
    }

    async fn a_browser_stays_known_to_the_accounts_that_were_signed_in_there_after_each_login_has_ended(world) {
        with_account(&world, 2).await;
        let is_known = async |device: Option<[u8; 32]>| {
            let found = world.store.credentials_in("ann@example.org", device.as_ref()).await.unwrap();
            found.unwrap().1
        };
        assert!(is_known(Some([200; 32])).await, "where the address was verified");
        assert!(!is_known(Some([201; 32])).await && !is_known(None).await);
        for number in 1..=52 {
            assert!(world.store.sign_in(user(1), proven("a hash"), login(100 + number), NOW.plus(number.into())).await.unwrap());
        }
        assert!(world.store.end_login(user(1), LoginId::from_bytes([152; 16])).await.unwrap());
        assert!(is_known(Some([152; 32])).await);
        assert!(is_known(Some([103; 32])).await && !is_known(Some([102; 32])).await, "the last fifty");
        let (email, again) = ("20@example.org".to_owned(), Some(login(20)));
        world.store.create_admin(user(20), email, "hash".to_owned(), again, NOW).await.unwrap();
        assert!(!is_known(Some([20; 32])).await, "somebody else's");
        assert_eq!(world.store.credentials_in("bert@example.org", Some(&[20; 32])).await.unwrap(), None);
        let deleted = world.store.delete_account(user(1), shown(151, Some("a hash")), NOW).await.unwrap();
        assert!(deleted.is_ok(), "{deleted:?}");
        while world.store.sweep(NOW).await.unwrap() > 0 {}
        assert_eq!(world.store.account(user(1), LoginId::from_bytes([1; 16]), true).await.unwrap(), None);
    }

    async fn five_links_an_hour_are_enough_and_twelve_where_anybody_may_ask(world) {
        world.store.create_guest(guest(1, None)).await.unwrap();
        for number in 1..=5 {
            assert!(world.store.create_mail_token(link(number, Purpose::Verify, 1), NOW).await.unwrap());
        }
        assert!(!world.store.create_mail_token(link(6, Purpose::Verify, 1), NOW).await.unwrap());
        for number in 7..19 {
            assert!(world.store.create_mail_token(link(number, Purpose::Reset, 1), NOW).await.unwrap());
        }
        assert!(!world.store.create_mail_token(link(19, Purpose::Reset, 1), NOW).await.unwrap());
        let later = NOW.plus(60 * 60 * 1_000);
        assert!(world.store.create_mail_token(link(20, Purpose::Verify, 1), later).await.unwrap());
    }

    async fn a_user_has_fifty_logins_and_one_more_ends_the_oldest(world) {
        with_account(&world, 2).await;
        for number in 10..60_u8 {
            let new = callbox_store::NewLogin { kind: LoginKind::Password, ..login(number) };
            assert!(world.store.sign_in(user(1), proven("a hash"), new, NOW.plus(number.into())).await.unwrap());
        }
        let current = LoginId::from_bytes([59; 16]);
        let logins = world.store.logins(user(1), current, NOW.plus(1_000)).await.unwrap();
        assert_eq!((logins.len(), logins[0].id, logins[0].is_current), (50, current, true));
        assert_eq!((logins[0].kind, logins[0].label.as_str()), (LoginKind::Password, "Firefox on Linux"));
        assert!(world.store.login_by_token_hash(&[1; 32], NOW).await.unwrap().is_none());
        // Nobody ends a login of somebody else's.
        assert!(!world.store.end_login(user(2), current).await.unwrap());
        assert!(world.store.end_login(user(1), current).await.unwrap());
        assert!(world.store.login_by_token_hash(&[59; 32], NOW).await.unwrap().is_none());
        let keep = Shown { login: logins[1].id, ..shown(1, Some("a hash")) };
        world.events();
        world.store.set_password(user(1), "x".to_owned(), keep, NOW).await.unwrap().unwrap();
        let events = world.events();
        assert!(matches!(&events[..], [UserEvent::LoginsEnded(_, ended)] if ended.len() == 48), "{events:?}");
        // The old password proves nothing any more.
        assert!(!world.store.sign_in(user(1), proven("a hash"), login(250), NOW).await.unwrap());
    }

    async fn a_profile_and_attributes_are_kept_as_they_were_given(world) {
        with_account(&world, 1).await;
        let profile = Profile {
            name: "Änn \"O'Neil\"".to_owned(),
            bio: "two\nlines".to_owned(),
            interests: vec!["rust".to_owned()],
            languages: vec!["de".to_owned(), "pt-BR".to_owned()],
            country: Some("AT".to_owned()),
        };
        world.store.set_profile(user(1), profile.clone()).await.unwrap();
        let new = |public: Option<&str>, private: Option<&str>| NewAttributes {
            public: public.map(str::to_owned),
            private: private.map(str::to_owned),
        };
        world.store.set_attributes(user(1), new(Some("{\"a\":1}"), Some("{\"b\":2}"))).await.unwrap();
        let kept = world.store.set_attributes(user(1), new(None, Some("{}"))).await.unwrap().unwrap();
        assert_eq!((kept.public["a"].as_u64(), kept.private.len()), (Some(1), 0));
        let account = world.store.account(user(1), LoginId::from_bytes([1; 16]), true).await.unwrap().unwrap();
        assert_eq!((&account.profile, &account.attributes, account.has_password), (&profile, &kept, true));
        let public = world.store.public_profile(user(1)).await.unwrap().unwrap();
        assert_eq!((public.profile, public.attributes), (profile, kept.public));
        assert_eq!(world.store.set_attributes(user(9), new(None, None)).await.unwrap(), None);
    }

    async fn a_history_is_paged_by_the_last_call_and_has_both_sides(world) {
        with_account(&world, 3).await;
        for number in 1..=4 {
            let mut one = call(number, Outcome::Success);
            if number % 2 == 0 {
                (one.caller, one.callee) = (user(3), user(1));
            }
            world.store.record_call(Box::new(one));
        }
        world.store.record_call(Box::new(call(5, Outcome::Unconfirmed)));
        world.store.block(BlockId::from_bytes([1; 16]), user(1), user(3), NOW).await.unwrap();
        world.store.rate_call(call_id(1), user(1), 5, NOW).await.unwrap();
        let first = world.store.calls_of(user(1), None, 3).await.unwrap();
        assert_eq!(first.iter().map(|call| call.id).collect::<Vec<_>>(), [4, 3, 2].map(call_id));
        assert_eq!(first.iter().map(|call| call.is_blocked).collect::<Vec<_>>(), [true, false, true]);
        let rest = world.store.calls_of(user(1), Some(call_id(2)), 3).await.unwrap();
        assert_eq!((rest.len(), rest[0].id, rest[0].stars), (1, call_id(1), Some(5)));
        let blocks = world.store.blocks_of(user(1), None, 10).await.unwrap();
        assert_eq!(blocks.len(), 1);
        world.events();
        assert!(!world.store.unblock(user(2), blocks[0].id).await.unwrap());
        assert!(world.store.unblock(user(1), blocks[0].id).await.unwrap());
        assert_eq!(world.events(), [UserEvent::Unblocked(user(1), user(3))]);
        assert!(world.store.blocked_by(user(1)).await.unwrap().is_empty());
    }
}
