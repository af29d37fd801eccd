//! Credentials: which proof a change needs, how long it is valid, and what ends with the change.

use callbox_protocol::account::LoginKind;
use callbox_protocol::id::LoginId;
use callbox_protocol::proof::{Change, Proof};
use callbox_protocol::time::UnixMillis;
use callbox_store::{
    DeleteOutcome, Identity, LinkOutcome, NewIdentityLink, NewLogin, NewMailToken, Purpose, Redeemed,
    UnlinkOutcome, Verification,
};

use crate::world::{NOW, World, ended, guest, login, shown, user};

const MINUTE_MS: u64 = 60 * 1_000;

fn link(number: u8, purpose: Purpose, email: &str) -> NewMailToken {
    NewMailToken {
        token_hash: [number; 32],
        purpose,
        user: user(1),
        login: Some(LoginId::from_bytes([1; 16])),
        email: email.to_owned(),
        password_hash: Some("a hash".to_owned()),
        change: None,
        expires_at: NOW.plus(60 * MINUTE_MS),
    }
}

fn identity(subject: &str) -> Identity {
    Identity { issuer: "https://id.example.org".to_owned(), subject: subject.to_owned() }
}

/// The mailbox of the first account says yes to a change by this login.
pub(crate) async fn approve(world: &World, by: u8, change: Change) {
    let asked = NewMailToken {
        purpose: Purpose::Approve,
        login: Some(LoginId::from_bytes([by; 16])),
        change: Some(change),
        password_hash: None,
        ..link(240, Purpose::Approve, "ann@example.org")
    };
    assert!(world.store.create_mail_token(asked, NOW).await.unwrap());
    assert_eq!(world.store.redeem_approval([240; 32], NOW).await.unwrap(), Some(change));
}

/// An account with an address, and a password if it is to have one.
async fn account(world: &World, has_password: bool) {
    world.store.create_guest(guest(1, None)).await.unwrap();
    let mut first = link(200, Purpose::Verify, "ann@example.org");
    first.password_hash = first.password_hash.filter(|_| has_password);
    assert_eq!(world.store.create_verification(first, shown(1, None), NOW).await.unwrap(), Ok(true));
    let asking = Some((user(1), LoginId::from_bytes([1; 16])));
    let opened = world.store.redeem_verification([200; 32], asking, login(201), NOW).await.unwrap();
    assert!(matches!(opened, Verification::Upgraded(_)), "{opened:?}");
}

async fn sign_in(world: &World, number: u8, kind: LoginKind, now: UnixMillis) {
    // By a link, since not every account has a password; the kind is what counts here.
    let token = NewMailToken {
        token_hash: [number ^ 0x80; 32],
        expires_at: now.plus(1_000),
        ..link(0, Purpose::SignIn, "ann@example.org")
    };
    assert!(world.store.create_mail_token(token, now).await.unwrap());
    let opened = world
        .store
        .redeem_sign_in([number ^ 0x80; 32], NewLogin { kind, ..login(number) }, now)
        .await
        .unwrap();
    assert!(matches!(opened, Redeemed::Done { .. }), "{opened:?}");
}

async fn link_identity(world: &World, subject: &str, now: UnixMillis) {
    let shown = shown(1, Some("a hash"));
    let linked = world.store.link_identity(identity(subject), None, user(1), shown, now).await.unwrap();
    assert_eq!(linked, Ok(LinkOutcome::Linked));
}

stories! {
    async fn without_its_proof_nothing_changes(world) {
        account(&world, true).await;
        sign_in(&world, 9, LoginKind::Password, NOW).await;
        // Signed in a moment ago, and with a hash that is not the account's.
        for shown in [shown(9, None), shown(9, Some("another hash")), shown(77, Some("a hash"))] {
            let needed = if shown.login == LoginId::from_bytes([77; 16]) { Proof::SignIn } else { Proof::Password };
            let wish = link(1, Purpose::Verify, "eve@example.org");
            assert_eq!(world.store.create_verification(wish, shown.clone(), NOW).await.unwrap(), Err(needed));
            let hash = "new".to_owned();
            assert_eq!(world.store.set_password(user(1), hash, shown.clone(), NOW).await.unwrap(), Err(needed));
            let linked = world.store.link_identity(identity("1"), None, user(1), shown.clone(), NOW).await.unwrap();
            assert_eq!(linked, Err(needed));
            assert_eq!(world.store.delete_account(user(1), shown, NOW).await.unwrap(), Err(needed));
        }
        let (email, hash) = world.store.password(user(1)).await.unwrap();
        assert_eq!((email.as_deref(), hash.as_deref()), (Some("ann@example.org"), Some("a hash")));
        assert_eq!(world.store.proof_of(user(1), true).await.unwrap(), Proof::Password);
    }

    async fn a_mailboxs_yes_is_for_one_login_one_change_once_and_ten_minutes(world) {
        account(&world, false).await;
        sign_in(&world, 9, LoginKind::Mail, NOW).await;
        let set = async |by: u8, now| {
            let set = world.store.set_password(user(1), "new".to_owned(), shown(by, None), now);
            set.await.unwrap()
        };
        assert_eq!(set(9, NOW).await, Err(Proof::Mailbox));
        approve(&world, 9, Change::Password).await;
        assert_eq!(set(1, NOW).await, Err(Proof::Mailbox), "another login's");
        let deleted = world.store.delete_account(user(1), shown(9, None), NOW).await.unwrap();
        assert_eq!(deleted, Err(Proof::Mailbox), "another change");
        assert_eq!(set(9, NOW.plus(10 * MINUTE_MS)).await, Err(Proof::Mailbox), "too late");
        assert_eq!(set(9, NOW.plus(10 * MINUTE_MS - 1)).await, Ok(()));
        assert_eq!(set(9, NOW).await, Err(Proof::Password), "it is spent");
        // A person who forgot the password has the mailbox.
        approve(&world, 9, Change::Password).await;
        assert_eq!(set(9, NOW).await, Ok(()));
        // A yes that was not used dies with the next change.
        approve(&world, 9, Change::Deletion).await;
        let by_password = shown(9, Some("new"));
        world.store.set_password(user(1), "newer".to_owned(), by_password, NOW).await.unwrap().unwrap();
        assert_eq!(world.store.delete_account(user(1), shown(9, None), NOW).await.unwrap(), Err(Proof::Password));
        // And one for a login that has ended is sent to nobody.
        let mut late = link(5, Purpose::Approve, "ann@example.org");
        late.change = Some(Change::Deletion);
        assert!(world.store.create_mail_token(late, NOW).await.unwrap());
        assert_eq!(world.store.redeem_approval([5; 32], NOW).await.unwrap(), None);
    }

    async fn every_change_voids_every_link_that_waits(world) {
        account(&world, true).await;
        let mut number = 10;
        let changes = ["password", "reset", "link", "unlink", "address", "admin", "deletion"];
        for change in changes {
            number += 10;
            let (own, other) = ("ann@example.org", "eve@example.org");
            let token = |place: u8, purpose, email| link(number + place, purpose, email);
            for link in [token(1, Purpose::Verify, other), token(2, Purpose::SignIn, own), token(3, Purpose::Reset, own)] {
                // One hour for each, so that there are never too many.
                let now = NOW.plus(u64::from(number) * 60 * MINUTE_MS);
                let link = NewMailToken { expires_at: now.plus(60 * MINUTE_MS), ..link };
                assert!(world.store.create_mail_token(link, now).await.unwrap(), "{change}");
            }
            let now = NOW.plus(u64::from(number) * 60 * MINUTE_MS);
            let waiting = NewIdentityLink {
                token_hash: [number + 4; 32],
                identity: identity("waiting"),
                user: user(1),
                email: own.to_owned(),
                expires_at: now.plus(60 * MINUTE_MS),
            };
            assert!(world.store.create_identity_link(waiting, now).await.unwrap(), "{change}");
            let shown = shown(1, Some("a hash"));
            let hash = || "a hash".to_owned();
            match change {
                "password" => world.store.set_password(user(1), hash(), shown, now).await.unwrap().unwrap(),
                "reset" => {
                    assert!(world.store.redeem_reset([number + 3; 32], hash(), now).await.unwrap().is_some());
                    sign_in(&world, 1, LoginKind::Password, now).await;
                }
                "link" => link_identity(&world, "1", now).await,
                "unlink" => {
                    let unlinked = world.store.unlink_identity(identity("1"), user(1), shown, now).await.unwrap();
                    assert_eq!(unlinked, Ok(UnlinkOutcome::Unlinked));
                }
                "address" => {
                    let same = NewMailToken { expires_at: now.plus(1_000), ..token(5, Purpose::Verify, own) };
                    assert!(world.store.create_mail_token(same, now).await.unwrap());
                    let opened = world.store.redeem_verification([number + 5; 32], None, login(99), now);
                    assert!(matches!(opened.await.unwrap(), Verification::Changed { user: None, .. }));
                }
                "admin" => {
                    let again = Some(NewLogin { kind: LoginKind::Setup, ..login(1) });
                    world.events();
                    let made = world.store.create_admin(user(8), own.to_owned(), hash(), again, now).await.unwrap();
                    assert_eq!((made.id, world.events()), (user(1), vec![ended(1, &[1])]));
                    world.store.create_admin(user(7), "b@example.org".to_owned(), hash(), None, now).await.unwrap();
                }
                _ => {
                    let deleted = world.store.delete_account(user(1), shown, now).await.unwrap();
                    assert!(matches!(deleted, Ok(DeleteOutcome::Deleted)), "{deleted:?}");
                }
            }
            let verified = world.store.redeem_verification([number + 1; 32], None, login(90), now).await.unwrap();
            assert_eq!(verified, Verification::Invalid, "{change}");
            let signed_in = world.store.redeem_sign_in([number + 2; 32], login(91), now).await.unwrap();
            assert_eq!(signed_in, Redeemed::Invalid, "{change}");
            assert_eq!(world.store.redeem_reset([number + 3; 32], hash(), now).await.unwrap(), None, "{change}");
            let linked = world.store.redeem_identity_link([number + 4; 32], None, login(92), now).await.unwrap();
            assert_eq!(linked, Redeemed::Invalid, "{change}");
        }
    }

    async fn a_wish_for_another_address_dies_with_the_login_that_had_it(world) {
        account(&world, true).await;
        sign_in(&world, 9, LoginKind::Password, NOW).await;
        let wish = NewMailToken { login: Some(LoginId::from_bytes([9; 16])), ..link(3, Purpose::Verify, "eve@example.org") };
        assert_eq!(world.store.create_verification(wish, shown(9, Some("a hash")), NOW).await.unwrap(), Ok(true));
        assert!(world.store.end_login(user(1), LoginId::from_bytes([9; 16])).await.unwrap());
        let opened = world.store.redeem_verification([3; 32], None, login(10), NOW).await.unwrap();
        assert_eq!(opened, Verification::Invalid);
        assert_eq!(world.store.password(user(1)).await.unwrap().0.as_deref(), Some("ann@example.org"));
    }

    async fn an_accounts_other_address_is_verified_and_nothing_else(world) {
        account(&world, true).await;
        let wish = link(3, Purpose::Verify, "new@example.org");
        let wish = NewMailToken { password_hash: Some("a stranger's".to_owned()), ..wish };
        assert_eq!(world.store.create_verification(wish, shown(1, Some("a hash")), NOW).await.unwrap(), Ok(true));
        let opened = world.store.redeem_verification([3; 32], None, login(10), NOW).await.unwrap();
        assert_eq!(opened, Verification::Changed { user: None, old_email: Some("ann@example.org".to_owned()) });
        let (email, hash) = world.store.password(user(1)).await.unwrap();
        assert_eq!((email.as_deref(), hash.as_deref()), (Some("new@example.org"), Some("a hash")));
        assert!(world.store.login_by_token_hash(&[1; 32], NOW).await.unwrap().is_some());
        assert!(world.store.login_by_token_hash(&[10; 32], NOW).await.unwrap().is_none());
    }

    async fn a_reset_takes_away_what_was_linked_since_the_owner_signed_in(world) {
        account(&world, true).await;
        link_identity(&world, "own", NOW.plus(1)).await;
        sign_in(&world, 9, LoginKind::Password, NOW.plus(2)).await;
        link_identity(&world, "strange", NOW.plus(3)).await;
        // By the strange one itself: that proves nothing.
        let arrival = callbox_store::Arrival {
            identity: identity("strange"),
            email: None,
            was: None,
            new_user: user(50),
            login: NewLogin { kind: LoginKind::Oidc, ..login(11) },
        };
        world.store.arrive(arrival, NOW.plus(4)).await.unwrap();
        let reset = link(3, Purpose::Reset, "ann@example.org");
        assert!(world.store.create_mail_token(reset, NOW).await.unwrap());
        let reset = world.store.redeem_reset([3; 32], "new".to_owned(), NOW.plus(5)).await.unwrap().unwrap();
        let subjects = |all: &[callbox_store::Linked]| {
            all.iter().map(|one| one.identity.subject.clone()).collect::<Vec<_>>()
        };
        assert_eq!((subjects(&reset.unlinked), subjects(&reset.kept)), (vec!["strange".to_owned()], vec!["own".to_owned()]));
        assert_eq!(world.store.user_of_identity(&identity("strange")).await.unwrap(), None);
        assert_eq!(world.store.user_of_identity(&identity("own")).await.unwrap(), Some(user(1)));
    }

    async fn nothing_that_was_set_before_survives_whoever_has_the_first_mailbox(world) {
        world.store.create_guest(guest(1, None)).await.unwrap();
        let wish = link(3, Purpose::Verify, "ann@example.org");
        assert!(world.store.create_mail_token(wish, NOW).await.unwrap());
        let linked = world.store.link_identity(identity("eve"), None, user(1), shown(1, None), NOW).await.unwrap();
        assert_eq!(linked, Ok(LinkOutcome::Linked));
        // The link died with that; another one needs a sign-in by now, which a guest's login is not.
        let again = link(4, Purpose::Verify, "ann@example.org");
        let refused = world.store.create_verification(again.clone(), shown(1, None), NOW).await.unwrap();
        assert_eq!(refused, Err(Proof::SignIn));
        assert!(world.store.create_mail_token(again, NOW).await.unwrap());
        world.events();
        let opened = world.store.redeem_verification([4; 32], None, login(10), NOW).await.unwrap();
        let Verification::TakenOver { unlinked, .. } = opened else { panic!("{opened:?}") };
        assert_eq!((world.events(), unlinked.len()), (vec![ended(1, &[1])], 1));
        assert_eq!(world.store.user_of_identity(&identity("eve")).await.unwrap(), None);
        assert_eq!(world.store.password(user(1)).await.unwrap(), (Some("ann@example.org".to_owned()), None));
    }
}
