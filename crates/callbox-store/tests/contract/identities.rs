//! Identities: the user that one signs in, the account that it becomes, and the people who may link it.

use callbox_protocol::account::LoginKind;
use callbox_protocol::id::LoginId;
use callbox_protocol::proof::{Change, Proof};
use callbox_store::{
    Arrival, Arrived, Identity, LinkOutcome, NewIdentityLink, NewLogin, NewMailToken, Purpose, Redeemed,
    Shown, UnlinkOutcome, Verification,
};

use crate::credentials::approve;
use crate::world::{NOW, World, guest, login, shown, user};

fn identity(subject: &str) -> Identity {
    Identity { issuer: "https://id.example.org".to_owned(), subject: subject.to_owned() }
}

/// Somebody with this verified address arrives; `number` is for whatever is made of them.
fn arrival(subject: &str, email: Option<&str>, was: Option<u8>, number: u8) -> Arrival {
    Arrival {
        identity: identity(subject),
        email: email.map(str::to_owned),
        was: was.map(|was| (user(was), LoginId::from_bytes([was; 16]))),
        new_user: user(number),
        login: by_identity(number),
    }
}

fn by_identity(number: u8) -> NewLogin {
    NewLogin { kind: LoginKind::Oidc, ..login(number) }
}

async fn arrive(world: &World, arrival: Arrival) -> Arrived {
    world.store.arrive(arrival, NOW).await.unwrap()
}

fn link(number: u8, subject: &str, person: u8) -> NewIdentityLink {
    NewIdentityLink {
        token_hash: [number; 32],
        identity: identity(subject),
        user: user(person),
        email: "ann@example.org".to_owned(),
        expires_at: NOW.plus(1_000),
    }
}

stories! {
    async fn a_verified_address_makes_an_account_once_and_then_the_identity_opens_it(world) {
        assert_eq!(arrive(&world, arrival("1", None, None, 1)).await, Arrived::NoAddress);
        let Arrived::SignedIn(made) = arrive(&world, arrival("1", Some("ann@example.org"), None, 1)).await
            else { panic!() };
        assert_eq!(made.id, user(1));
        assert_eq!(world.store.password(user(1)).await.unwrap().0.as_deref(), Some("ann@example.org"));
        // Whatever the issuer says of the address by now.
        let Arrived::SignedIn(known) = arrive(&world, arrival("1", None, None, 2)).await else { panic!() };
        assert_eq!(known.id, user(1));
        assert!(world.store.login_by_token_hash(&[2; 32], NOW).await.unwrap().is_some());
    }

    async fn a_guest_keeps_their_id_and_login_and_an_older_wish_for_another_address_is_void(world) {
        world.store.create_guest(guest(1, None)).await.unwrap();
        let wish = NewMailToken {
            token_hash: [50; 32],
            purpose: Purpose::Verify,
            user: user(1),
            login: None,
            email: "typo@example.org".to_owned(),
            password_hash: None,
            change: None,
            expires_at: NOW.plus(1_000),
        };
        assert!(world.store.create_mail_token(wish, NOW).await.unwrap());
        let Arrived::Upgraded(same) = arrive(&world, arrival("1", Some("ann@example.org"), Some(1), 2)).await
            else { panic!() };
        assert_eq!(same.id, user(1));
        assert!(world.store.login_by_token_hash(&[1; 32], NOW).await.unwrap().is_some());
        assert!(world.store.login_by_token_hash(&[2; 32], NOW).await.unwrap().is_none());
        let redeemed = world.store.redeem_verification([50; 32], None, login(3), NOW).await.unwrap();
        assert_eq!(redeemed, Verification::Invalid);
        // Somebody with an account is no guest: another identity with another address is another user.
        let Arrived::SignedIn(other) = arrive(&world, arrival("2", Some("bert@example.org"), Some(1), 4)).await
            else { panic!() };
        assert_eq!(other.id, user(4));
    }

    async fn an_address_that_is_somebodys_links_nothing_until_its_mail_is_opened(world) {
        arrive(&world, arrival("1", Some("ann@example.org"), None, 1)).await;
        let taken = arrive(&world, arrival("2", Some("ann@example.org"), None, 2)).await;
        assert_eq!(taken, Arrived::AddressTaken(user(1)));
        assert_eq!(world.store.user_of_identity(&identity("2")).await.unwrap(), None);
        assert!(world.store.create_identity_link(link(60, "2", 1), NOW).await.unwrap());
        let redeem = async |number: u8, now| {
            world.store.redeem_identity_link([number; 32], None, login(7), now).await.unwrap()
        };
        assert_eq!(redeem(60, NOW.plus(1_000)).await, Redeemed::Invalid, "it has ended");
        let Redeemed::Done { user: opened, is_new_login, .. } = redeem(60, NOW).await else { panic!() };
        assert_eq!((opened.id, is_new_login), (user(1), true));
        assert_eq!(redeem(60, NOW).await, Redeemed::Invalid, "it works once");
        assert_eq!(world.store.user_of_identity(&identity("2")).await.unwrap(), Some(user(1)));
        // The owner's own browser needs no other login.
        assert!(world.store.create_identity_link(link(61, "3", 1), NOW).await.unwrap());
        let own = world.store.redeem_identity_link([61; 32], Some(user(1)), login(8), NOW).await.unwrap();
        assert!(matches!(own, Redeemed::Done { is_new_login: false, .. }), "{own:?}");
    }

    async fn a_link_to_an_address_that_the_account_has_no_more_is_worth_nothing(world) {
        arrive(&world, arrival("1", Some("ann@example.org"), None, 1)).await;
        assert!(world.store.create_identity_link(link(60, "2", 1), NOW).await.unwrap());
        let change = NewMailToken {
            token_hash: [50; 32],
            purpose: Purpose::Verify,
            user: user(1),
            login: Some(LoginId::from_bytes([1; 16])),
            email: "ann@example.com".to_owned(),
            password_hash: None,
            change: None,
            expires_at: NOW.plus(1_000),
        };
        assert!(world.store.create_mail_token(change, NOW).await.unwrap());
        let asking = Some((user(1), LoginId::from_bytes([1; 16])));
        world.store.redeem_verification([50; 32], asking, login(3), NOW).await.unwrap();
        let redeemed = world.store.redeem_identity_link([60; 32], None, login(4), NOW).await.unwrap();
        assert_eq!(redeemed, Redeemed::Invalid);
    }

    async fn an_identity_opens_one_account_and_a_mailbox_is_not_flooded(world) {
        arrive(&world, arrival("1", Some("ann@example.org"), None, 1)).await;
        arrive(&world, arrival("2", Some("bert@example.org"), None, 2)).await;
        let link_to = async |subject: &str, person| {
            let shown = Shown { has_mail: false, ..shown(person, None) };
            world.store.link_identity(identity(subject), None, user(person), shown, NOW).await.unwrap().unwrap()
        };
        assert_eq!(link_to("1", 2).await, LinkOutcome::Taken);
        assert_eq!(link_to("1", 1).await, LinkOutcome::Already);
        for number in 10..25 {
            assert_eq!(link_to(&number.to_string(), 1).await, LinkOutcome::Linked);
        }
        assert_eq!(link_to("25", 1).await, LinkOutcome::TooMany);
        for number in 60..65 {
            assert!(world.store.create_identity_link(link(number, "x", 2), NOW).await.unwrap());
        }
        assert!(!world.store.create_identity_link(link(65, "x", 2), NOW).await.unwrap());
    }

    async fn the_last_way_in_stays(world) {
        arrive(&world, arrival("1", Some("ann@example.org"), None, 1)).await;
        let unlink = async |subject: &str, has_mail| {
            let shown = Shown { has_mail, ..shown(1, None) };
            world.store.unlink_identity(identity(subject), user(1), shown, NOW).await.unwrap()
        };
        assert_eq!(unlink("2", true).await, Ok(UnlinkOutcome::NoSuchIdentity));
        assert_eq!(unlink("1", false).await, Ok(UnlinkOutcome::LastWayIn));
        let alone = Shown { has_mail: false, ..shown(1, None) };
        world.store.link_identity(identity("2"), None, user(1), alone, NOW).await.unwrap().unwrap();
        assert_eq!(unlink("1", false).await, Ok(UnlinkOutcome::Unlinked));
        assert_eq!(unlink("2", true).await, Err(Proof::Mailbox));
        approve(&world, 1, Change::Identities).await;
        assert_eq!(unlink("2", true).await, Ok(UnlinkOutcome::Unlinked), "a mail opens it too");
        assert_eq!(world.store.identities(user(1)).await.unwrap(), []);
    }

    async fn identities_are_in_the_export_and_go_with_the_account(world) {
        arrive(&world, arrival("1", Some("ann@example.org"), None, 1)).await;
        assert!(world.store.create_identity_link(link(60, "2", 1), NOW).await.unwrap());
        let export = world.store.export(user(1), LoginId::from_bytes([1; 16]), true, NOW).await.unwrap().unwrap();
        let [own] = &export.identities[..] else { panic!("{export:?}") };
        assert_eq!((own.issuer.as_str(), own.subject.as_str()), ("https://id.example.org", "1"));
        let alone = Shown { has_mail: false, ..shown(1, None) };
        world.store.delete_account(user(1), alone, NOW).await.unwrap().unwrap();
        // At once, though the row is still there: the same person is somebody new.
        assert_eq!(world.store.user_of_identity(&identity("1")).await.unwrap(), None);
        let again = arrive(&world, arrival("1", Some("ann@example.org"), None, 2)).await;
        assert!(matches!(again, Arrived::SignedIn(made) if made.id == user(2)));
        assert_eq!(world.store.sweep(NOW).await.unwrap(), 1);
        assert_eq!(world.store.sweep(NOW).await.unwrap(), 0);
        assert_eq!(world.store.identities(user(2)).await.unwrap().len(), 1);
    }
}
