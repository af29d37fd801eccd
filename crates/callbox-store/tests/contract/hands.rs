//! Sixteen tasks at once on use cases that check before they write: the checked condition holds afterwards, and a
//! task that came too late learns so by an outcome, not by an error.

use callbox_protocol::account::{LoginKind, Role};
use callbox_protocol::http::ReportReason;
use callbox_protocol::id::{ActId, ApiKeyId, BanId, BlockId, LoginId, ReportId, UserId};
use callbox_protocol::moderation::{ApiKeyItem, BanScope};
use callbox_protocol::user::AgeClass;
use callbox_store::{
    Arrival, Arrived, BanOutcome, BlockOutcome, By, CreateInviteOutcome, CreateKeyOutcome, DeleteOutcome,
    Identity, LinkOutcome, NewBan, NewGuest, NewIdentityLink, NewLogin, NewMailToken, NewReport, Purpose,
    Redeemed, ReportOutcome, SetAgeOutcome, SetRoleOutcome, Shown, Store, StoreError, UnlinkOutcome,
    Verification,
};
use std::sync::Arc;
use tokio::task::JoinSet;

use crate::world::{DAY_MS, NOW, World, call_id, guest, login, proven, shown, user};

const HANDS: u8 = 16;

/// The store, for many at once. The folder lives as long as the second value.
fn shared(world: World) -> (Arc<Store>, impl Sized) {
    let World { store, folder, .. } = world;
    (Arc::new(store), folder)
}

/// The results of all of them, in no order.
async fn hands<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    store: &Arc<Store>,
    hand: impl Fn(Arc<Store>, u8) -> F,
) -> Vec<T> {
    let all: JoinSet<T> = (1..=HANDS).map(|number| hand(Arc::clone(store), number)).collect();
    all.join_all().await
}

fn count<T>(all: &[T], is_one: impl Fn(&T) -> bool) -> usize {
    all.iter().filter(|one| is_one(one)).count()
}

async fn with_guests(store: &Arc<Store>) {
    hands(store, async |store, number| store.create_guest(guest(number, None)).await.unwrap()).await;
}

/// A person whom an issuer vouches for; `number` is for all that is made of them.
fn arrival(number: u8) -> Arrival {
    Arrival {
        identity: Identity { issuer: "https://id.example.org".to_owned(), subject: "1".to_owned() },
        email: Some("ann@example.org".to_owned()),
        was: None,
        new_user: user(number),
        login: login(number),
    }
}

fn sign_in_link(number: u8) -> NewMailToken {
    NewMailToken {
        token_hash: [number; 32],
        purpose: Purpose::SignIn,
        user: user(1),
        login: None,
        email: "ann@example.org".to_owned(),
        password_hash: None,
        change: None,
        expires_at: NOW.plus(DAY_MS),
    }
}

async fn create_key(store: &Store, number: u8, by: u8) -> CreateKeyOutcome {
    let id = ApiKeyId::from_bytes([number; 16]);
    let item = ApiKeyItem { id, name: "shop".to_owned(), created_at: NOW, last_used_at: None };
    store.create_api_key(item, [number; 32], user(by)).await.unwrap()
}

/// The first guest, with an address and the password "hash".
async fn with_account(store: &Arc<Store>) {
    with_guests(store).await;
    let link = NewMailToken { password_hash: Some("hash".to_owned()), ..link(1, Purpose::Verify, 1) };
    assert!(store.create_mail_token(link, NOW).await.unwrap());
    let asking = Some((user(1), login(1).id));
    let opened = store.redeem_verification([1; 32], asking, new_login(1, 0), NOW).await.unwrap();
    assert!(matches!(opened, Verification::Upgraded(_)), "{opened:?}");
}

async fn make_admin(store: &Store, number: u8) {
    let email = format!("admin{number}@example.org");
    store.create_admin(user(number), email, "hash".to_owned(), Some(login(number)), NOW).await.unwrap();
}

/// A link to the mailbox of this person, "ann@example.org".
fn link(number: u8, purpose: Purpose, person: u8) -> NewMailToken {
    let login = Some(login(person).id);
    NewMailToken { token_hash: [number; 32], purpose, user: user(person), login, ..sign_in_link(number) }
}

/// One more for a number that has one; `kind` is a number of its own.
fn new_login(number: u8, kind: u8) -> NewLogin {
    let (mut id, mut token_hash) = ([number; 16], [number; 32]);
    (id[15], token_hash[31]) = (kind + 100, kind + 100);
    NewLogin { id: LoginId::from_bytes(id), token_hash, device: None, ..login(number) }
}

async fn is_in(store: &Store, login: &NewLogin) -> bool {
    store.login_by_token_hash(&login.token_hash, NOW).await.unwrap().is_some()
}

fn identity(number: u8) -> Identity {
    Identity { issuer: "https://id.example.org".to_owned(), subject: number.to_string() }
}

fn by(moderator: u8, act: u8) -> By {
    By { moderator: user(moderator), act: ActId::from_bytes([act; 16]) }
}

async fn ban(store: &Store, person: u8, moderator: u8) -> BanOutcome {
    let new = NewBan {
        user: user(person),
        scopes: vec![BanScope::User],
        reason: String::new(),
        told: String::new(),
        by: by(moderator, person),
        report: None,
        expires_at: None,
    };
    store.ban(new, move || BanId::from_bytes([person; 16]), NOW).await.unwrap()
}

async fn report(store: &Store, number: u8) -> ReportOutcome {
    let new = NewReport {
        id: ReportId::from_bytes([number; 16]),
        call: call_id(number),
        reporter: user(1),
        reported: user(2),
        reason: ReportReason::Spam,
        note: String::new(),
        lines: Vec::new(),
    };
    store.report(new, 0, NOW).await.unwrap()
}

async fn link_identity(store: &Store, number: u8, person: u8) -> LinkOutcome {
    // An identity is a way in, so one more needs the yes of a mailbox, or the sign-in of a moment ago.
    let by = Shown { login: login(person).id, password_hash: Some("hash".to_owned()), has_mail: true };
    store.link_identity(identity(number), None, user(person), by, NOW).await.unwrap().unwrap()
}

stories! {
    async fn admins_who_demote_each_other_leave_one(world) {
        let (store, _folder) = shared(world);
        for number in 1..=HANDS {
            make_admin(&store, number).await;
        }
        let outcomes = hands(&store, async |store, number| {
            store.set_role(user(number % HANDS + 1), Role::User, user(number)).await.unwrap()
        })
        .await;
        assert!(store.has_admin().await.unwrap(), "{outcomes:?}");
        let refused = count(&outcomes, |one| *one == SetRoleOutcome::NotPermitted);
        let people = store.people(None, 100, NOW).await.unwrap();
        let admins = count(&people, |person| person.role == Role::Admin);
        assert_eq!(refused, admins, "whoever stays was demoted by nobody who was an admin: {outcomes:?}");
    }

    async fn admins_who_delete_their_accounts_leave_one(world) {
        let (store, _folder) = shared(world);
        for number in 1..=HANDS {
            make_admin(&store, number).await;
        }
        let outcomes = hands(&store, async |store, number| {
            store.delete_account(user(number), shown(number, Some("hash")), NOW).await.unwrap().unwrap()
        })
        .await;
        assert_eq!(count(&outcomes, |one| *one == DeleteOutcome::LastAdmin), 1, "{outcomes:?}");
        let people = store.people(None, 100, NOW).await.unwrap();
        assert_eq!(people.iter().map(|person| person.role).collect::<Vec<_>>(), [Role::Admin]);
    }

    async fn a_demoted_admin_makes_no_key_and_there_are_a_hundred(world) {
        let (store, _folder) = shared(world);
        make_admin(&store, 1).await;
        make_admin(&store, 2).await;
        for number in 1..=90 {
            assert_eq!(create_key(&store, number, 1).await, CreateKeyOutcome::Created);
        }
        let made = hands(&store, async |store, number| create_key(&store, 100 + number, 1).await).await;
        assert_eq!(count(&made, |one| *one == CreateKeyOutcome::Created), 10, "{made:?}");
        store.set_role(user(1), Role::User, user(2)).await.unwrap();
        assert_eq!(create_key(&store, 200, 1).await, CreateKeyOutcome::NotPermitted);
        let ended = hands(&store, async |store, _| store.delete_api_key(ApiKeyId::from_bytes([1; 16])).await.unwrap());
        assert_eq!(count(&ended.await, |is_ended| *is_ended), 1);
    }

    async fn twenty_reports_a_day_are_taken_and_each_is_decided_once(world) {
        let (store, _folder) = shared(world);
        with_guests(&store).await;
        for number in 1..=10 {
            report(&store, number).await;
        }
        let outcomes = hands(&store, async |store, number| report(&store, 100 + number).await).await;
        assert_eq!(count(&outcomes, |one| *one == ReportOutcome::Reported), 10, "{outcomes:?}");
        let decided = hands(&store, async |store, number| {
            store.dismiss_report(ReportId::from_bytes([1; 16]), by(1, number), NOW).await.unwrap()
        })
        .await;
        assert_eq!(count(&decided, |was_open| *was_open), 1);
        assert_eq!(store.acts(None, 100).await.unwrap().len(), 1);
    }

    async fn fifty_logins_stand_and_no_more(world) {
        let (store, _folder) = shared(world);
        with_account(&store).await;
        for number in 20..=60 {
            assert!(store.sign_in(user(1), proven("hash"), login(number), NOW.plus(number.into())).await.unwrap());
        }
        hands(&store, async |store, number| {
            assert!(store.sign_in(user(1), proven("hash"), login(100 + number), NOW.plus(1_000)).await.unwrap());
        })
        .await;
        let mut standing = 0;
        for number in [1].into_iter().chain(20..=60).chain(101..=100 + HANDS) {
            standing += usize::from(is_in(&store, &login(number)).await);
        }
        assert_eq!(standing, 50);
    }

    async fn an_address_becomes_one_persons(world) {
        let (store, _folder) = shared(world);
        with_guests(&store).await;
        let outcomes = hands(&store, async |store, number| {
            assert!(store.create_mail_token(link(number, Purpose::Verify, number), NOW).await.unwrap());
            let asking = Some((user(number), login(number).id));
            store.redeem_verification([number; 32], asking, new_login(number, 0), NOW).await.unwrap()
        })
        .await;
        assert_eq!(count(&outcomes, |one| matches!(one, Verification::Upgraded(_))), 1, "{outcomes:?}");
        assert_eq!(count(&outcomes, |one| *one == Verification::Taken), 15, "{outcomes:?}");
    }

    async fn a_link_that_resets_or_links_is_used_once(world) {
        let (store, _folder) = shared(world);
        with_account(&store).await;
        assert!(store.create_mail_token(link(51, Purpose::Reset, 1), NOW).await.unwrap());
        let resets = hands(&store, async |store, number| {
            store.redeem_reset([51; 32], format!("hash {number}"), NOW).await.unwrap()
        });
        assert_eq!(count(&resets.await, Option::is_some), 1);
        let link = NewIdentityLink {
            token_hash: [52; 32],
            identity: identity(1),
            user: user(1),
            email: "ann@example.org".to_owned(),
            expires_at: NOW.plus(DAY_MS),
        };
        assert!(store.create_identity_link(link, NOW).await.unwrap());
        let outcomes = hands(&store, async |store, number| {
            store.redeem_identity_link([52; 32], None, new_login(number, 2), NOW).await.unwrap()
        });
        assert_eq!(count(&outcomes.await, |one| matches!(one, Redeemed::Done { .. })), 1);
    }

    async fn an_identity_opens_one_account_and_an_account_has_sixteen(world) {
        let (store, _folder) = shared(world);
        with_account(&store).await;
        let outcomes =
            hands(&store, async |store, number| link_identity(&store, 200, number).await).await;
        assert_eq!(count(&outcomes, |one| *one == LinkOutcome::Linked), 1, "{outcomes:?}");
        assert_eq!(count(&outcomes, |one| *one == LinkOutcome::Taken), 15, "{outcomes:?}");
        let known = u8::from(store.user_of_identity(&identity(200)).await.unwrap() == Some(user(1)));
        for number in 100..=109 - known {
            assert_eq!(link_identity(&store, number, 1).await, LinkOutcome::Linked);
        }
        let outcomes = hands(&store, async |store, number| link_identity(&store, number, 1).await).await;
        assert_eq!(count(&outcomes, |one| *one == LinkOutcome::Linked), 6, "{outcomes:?}");
        assert_eq!(count(&outcomes, |one| *one == LinkOutcome::TooMany), 10, "{outcomes:?}");
    }

    async fn identities_that_go_at_once_leave_the_last_way_in(world) {
        let (store, _folder) = shared(world);
        let by_identity = NewLogin { kind: LoginKind::Oidc, ..login(1) };
        store.arrive(Arrival { login: by_identity, ..arrival(1) }, NOW).await.unwrap();
        // Without a mail server an address is no way in.
        let by = || Shown { has_mail: false, ..shown(1, None) };
        for number in 2..=HANDS {
            let linked = store.link_identity(identity(number), None, user(1), by(), NOW).await.unwrap();
            assert_eq!(linked, Ok(LinkOutcome::Linked));
        }
        let outcomes = hands(&store, move |store, number| async move {
            store.unlink_identity(identity(number), user(1), by(), NOW).await.unwrap().unwrap()
        })
        .await;
        assert_eq!(count(&outcomes, |one| *one == UnlinkOutcome::LastWayIn), 1, "{outcomes:?}");
        assert_eq!(store.identities(user(1)).await.unwrap().len(), 1);
    }

    async fn of_browsers_that_change_the_password_at_once_one_stays(world) {
        let (store, _folder) = shared(world);
        with_account(&store).await;
        hands(&store, async |store, number| {
            assert!(store.sign_in(user(1), proven("hash"), new_login(number, 1), NOW).await.unwrap());
        })
        .await;
        let changed = hands(&store, async |store, number| {
            let by = Shown { login: new_login(number, 1).id, ..shown(1, Some("hash")) };
            store.set_password(user(1), format!("hash {number}"), by, NOW).await.unwrap()
        })
        .await;
        assert_eq!(count(&changed, Result::is_ok), 1, "{changed:?}");
        let mut standing = 0;
        for number in 1..=HANDS {
            standing += usize::from(is_in(&store, &new_login(number, 1)).await);
        }
        assert_eq!(standing, 1);
    }

    async fn nobody_is_in_by_a_password_that_was_changed_in_that_moment(world) {
        let (store, _folder) = shared(world);
        with_account(&store).await;
        hands(&store, async |store, number| {
            if number == 5 {
                let changed = store.set_password(user(1), "new".to_owned(), shown(1, Some("hash")), NOW).await;
                assert_eq!(changed.unwrap(), Ok(()));
            } else {
                store.sign_in(user(1), proven("hash"), new_login(number, 1), NOW).await.unwrap();
            }
        })
        .await;
        for number in 1..=HANDS {
            assert!(!is_in(&store, &new_login(number, 1)).await, "{number}");
        }
        assert!(is_in(&store, &login(1)).await);
    }

    async fn nobody_is_in_who_is_banned_in_that_moment_and_a_ban_is_lifted_once(world) {
        let (store, _folder) = shared(world);
        with_account(&store).await;
        make_admin(&store, 99).await;
        hands(&store, async |store, number| {
            if number == 5 {
                let banned = ban(&store, 1, 99).await;
                assert!(matches!(banned, BanOutcome::Banned(_)), "{banned:?}");
            } else {
                // Whether the sign-in came before or after: its login is invalid.
                store.sign_in(user(1), proven("hash"), new_login(number, 1), NOW).await.unwrap();
            }
        })
        .await;
        for number in 1..=HANDS {
            assert!(!is_in(&store, &new_login(number, 1)).await, "{number}");
        }
        let lifted = hands(&store, async |store, number| {
            store.lift_ban(BanId::from_bytes([1; 16]), by(99, 100 + number), NOW).await.unwrap()
        });
        assert_eq!(count(&lifted.await, |is_lifted| *is_lifted), 1);
    }

    async fn whoever_is_promoted_in_that_moment_is_banned_before_it_or_not_at_all(world) {
        let (store, _folder) = shared(world);
        with_guests(&store).await;
        make_admin(&store, 99).await;
        assert_eq!(store.set_role(user(1), Role::Moderator, user(99)).await.unwrap(), SetRoleOutcome::Set);
        // Each of the others is promoted, and banned by the first.
        let banned = hands(&store, async |store, number| {
            if number == 1 {
                return None;
            }
            let promote = store.set_role(user(number), Role::Moderator, user(99));
            let (promoted, banned) = tokio::join!(promote, ban(&store, number, 1));
            assert_eq!(promoted.unwrap(), SetRoleOutcome::Set);
            Some(banned)
        })
        .await;
        let is_either = |one: &Option<BanOutcome>| {
            matches!(one, Some(BanOutcome::Banned(_) | BanOutcome::NotPermitted) | None)
        };
        assert!(banned.iter().all(is_either), "{banned:?}");
        for number in 2..=HANDS {
            assert!(matches!(ban(&store, number, 1).await, BanOutcome::NotPermitted), "{number}");
        }
    }

    async fn an_account_that_ends_in_that_moment_is_written_to_by_nobody_after_it(world) {
        let (store, _folder) = shared(world);
        with_account(&store).await;
        hands(&store, async |store, number| {
            if number == 5 {
                let ended = store.delete_account(user(1), shown(1, Some("hash")), NOW).await.unwrap();
                assert_eq!(ended, Ok(DeleteOutcome::Deleted));
                return;
            }
            // The end comes before or after; neither is a fault of ours.
            let invite = store.create_invite([number; 32], user(1), NOW.plus(DAY_MS), NOW).await;
            assert!(matches!(invite, Ok(_) | Err(StoreError::Gone)), "{invite:?}");
            store.sign_in(user(1), proven("hash"), new_login(number, 1), NOW).await.unwrap();
        })
        .await;
        let late = store.create_invite([99; 32], user(1), NOW.plus(DAY_MS), NOW).await;
        assert!(matches!(late, Err(StoreError::Gone)), "{late:?}");
        for number in 1..=HANDS {
            assert!(!is_in(&store, &new_login(number, 1)).await, "{number}");
        }
        while store.sweep(NOW).await.unwrap() > 0 {}
        for number in 1..=HANDS {
            assert_eq!(store.invite(&[number; 32], NOW).await.unwrap(), None, "{number}");
        }
    }

    async fn twenty_invites_are_open_and_no_more_at_once(world) {
        let (store, _folder) = shared(world);
        with_guests(&store).await;
        for number in 1..=10 {
            store.create_invite([number; 32], user(1), NOW.plus(DAY_MS), NOW).await.unwrap();
        }
        let outcomes = hands(&store, async |store, number| {
            store.create_invite([100 + number; 32], user(1), NOW.plus(DAY_MS), NOW).await.unwrap()
        })
        .await;
        assert_eq!(count(&outcomes, |one| *one == CreateInviteOutcome::Created), 10, "{outcomes:?}");
    }

    async fn twelve_mails_an_hour_are_sent_and_a_link_is_used_once(world) {
        let (store, _folder) = shared(world);
        store.arrive(arrival(1), NOW).await.unwrap();
        let sent = hands(&store, async |store, number| {
            store.create_mail_token(sign_in_link(100 + number), NOW).await.unwrap()
        })
        .await;
        assert_eq!(count(&sent, |is_sent| *is_sent), 12);
        let mut used = 0;
        for number in 101..=100 + HANDS {
            let outcomes = hands(&store, move |store, hand| async move {
                let (mut id, mut token_hash) = ([number; 16], [number; 32]);
                (id[15], token_hash[31]) = (hand, hand);
                let login = NewLogin { id: LoginId::from_bytes(id), token_hash, ..login(number) };
                store.redeem_sign_in([number; 32], login, NOW).await.unwrap()
            })
            .await;
            used += count(&outcomes, |one| matches!(one, Redeemed::Done { .. }));
        }
        assert_eq!(used, 12);
    }

    async fn a_thousand_people_are_blocked_and_no_more(world) {
        let (store, _folder) = shared(world);
        with_guests(&store).await;
        let all = hands(&store, async |store, hand| {
            let mut outcomes = Vec::new();
            for number in (u16::from(hand)..=1_008).step_by(HANDS.into()) {
                let (mut id, mut token_hash) = ([200; 16], [0; 32]);
                id[..2].copy_from_slice(&number.to_be_bytes());
                token_hash[..16].copy_from_slice(&id);
                let login = NewLogin { id: LoginId::from_bytes(id), token_hash, ..login(1) };
                let other = UserId::from_bytes(id);
                store.create_guest(NewGuest { user: other, login, ..guest(1, None) }).await.unwrap();
                outcomes.push(store.block(BlockId::from_bytes(id), user(1), other, NOW).await.unwrap());
            }
            outcomes
        })
        .await;
        let all = all.concat();
        assert_eq!((all.len(), count(&all, |one| *one == BlockOutcome::Blocked)), (1_008, 1_000));
    }

    async fn somebody_who_arrives_in_many_tabs_is_one_person(world) {
        let (store, _folder) = shared(world);
        let arrived =
            hands(&store, async |store, number| store.arrive(arrival(number), NOW).await.unwrap()).await;
        let Arrived::SignedIn(first) = &arrived[0] else { panic!("{arrived:?}") };
        assert!(arrived.iter().all(|one| *one == Arrived::SignedIn(first.clone())), "{arrived:?}");
        assert_eq!(store.people(None, 100, NOW).await.unwrap().len(), 1);
    }

    async fn the_age_is_answered_once_at_once(world) {
        let (store, _folder) = shared(world);
        with_guests(&store).await;
        let outcomes = hands(&store, async |store, number| {
            let age = if number % 2 == 0 { AgeClass::Adult } else { AgeClass::Minor };
            store.set_age(user(1), age).await.unwrap()
        })
        .await;
        assert_eq!(count(&outcomes, |one| *one == SetAgeOutcome::Set), 1, "{outcomes:?}");
        assert_eq!(count(&outcomes, |one| *one == SetAgeOutcome::AlreadyOther), 8, "{outcomes:?}");
    }
}
