//! Sixteen hands at once on use cases that check before they write: what is checked holds afterwards, and whoever came too
//! late is told so by an outcome, not by an error.

use callbox_protocol::account::Role;
use callbox_protocol::http::AgeClass;
use callbox_protocol::id::{ApiKeyId, BlockId, LoginId, UserId};
use callbox_protocol::moderation::ApiKeyItem;
use callbox_store::{
    Arrival, Arrived, BlockOutcome, CreateInviteOutcome, Identity, NewGuest, NewLogin, NewMailToken, Purpose,
    Redeemed, SetAgeOutcome, SetRoleOutcome, Store,
};
use std::sync::Arc;
use tokio::task::JoinSet;

use crate::world::{DAY_MS, NOW, World, guest, login, user};

const HANDS: u8 = 16;

/// The store, for many at once. The folder lives as long as what comes with it.
fn shared(world: World) -> (Arc<Store>, impl Sized) {
    let World { store, folder, .. } = world;
    (Arc::new(store), folder)
}

/// What each of them came to, in no order.
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

/// Somebody whom an issuer vouches for; `number` is for whatever is made of them.
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

async fn create_key(store: &Store, number: u8) -> bool {
    let id = ApiKeyId::from_bytes([number; 16]);
    let item = ApiKeyItem { id, name: "shop".to_owned(), created_at: NOW, last_used_at: None };
    store.create_api_key(item, [number; 32], user(1)).await.unwrap()
}

stories! {
    async fn admins_who_are_demoted_at_once_leave_one(world) {
        let (store, _folder) = shared(world);
        for number in 1..=HANDS {
            let email = format!("{number}@example.org");
            store.create_admin(user(number), email, "hash".to_owned(), None, NOW).await.unwrap();
        }
        let outcomes =
            hands(&store, async |store, number| store.set_role(user(number), Role::User).await.unwrap()).await;
        assert_eq!(count(&outcomes, |one| *one == SetRoleOutcome::LastAdmin), 1, "{outcomes:?}");
        assert!(store.has_admin().await.unwrap());
    }

    async fn a_hundred_keys_are_in_force_and_no_more(world) {
        let (store, _folder) = shared(world);
        for number in 1..=90 {
            assert!(create_key(&store, number).await);
        }
        let made = hands(&store, async |store, number| create_key(&store, 100 + number).await).await;
        assert_eq!(count(&made, |is_made| *is_made), 10);
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
