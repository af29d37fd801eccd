//! Answers that are kept: each write is seen from its answer on, by whoever asks a cache.

use callbox_core::cache::{Dependent, Hit, Key, Limits};
use callbox_protocol::account::Role;
use callbox_protocol::call::Outcome;
use callbox_protocol::id::{ActId, BanId, BlockId, LoginId};
use callbox_protocol::moderation::BanScope;
use callbox_protocol::user::AgeClass;
use callbox_store::{By, NewBan, SharedCache, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::world::{NOW, World, call, guest, login, shown, user};

pub(crate) fn ban(number: u8) -> NewBan {
    NewBan {
        user: user(number),
        scopes: vec![BanScope::User, BanScope::Device],
        reason: String::new(),
        told: String::new(),
        by: By { moderator: user(1), act: ActId::from_bytes([number; 16]) },
        report: None,
        expires_at: Some(NOW.plus(1_000)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question(&'static str);

impl Key for Question {}

type Kept = SharedCache<Question, Arc<str>>;

/// What is known, and whether it was read just now.
async fn ask<T: std::fmt::Debug>(
    kept: &Kept,
    key: &'static str,
    read: impl Future<Output = Result<Dependent<T>, StoreError>>,
) -> (Arc<str>, bool) {
    let reads = AtomicUsize::new(0);
    let read = async {
        reads.fetch_add(1, Ordering::Relaxed);
        Ok::<_, StoreError>(read.await?.map(|value| format!("{value:?}").into()))
    };
    let Hit { value, .. } = kept.get(&Question(key), NOW, read).await.unwrap();
    (value, reads.into_inner() == 1)
}

fn kept(store: &Store) -> Kept {
    store.cache(Limits::default(), |text: &Arc<str>| text.len())
}

stories! {
    async fn a_login_is_known_until_it_or_its_user_changes_and_not_longer(world) {
        let World { store, .. } = &world;
        world.make_admin(1).await;
        let role = async |number: u8| {
            let found = store.login_by_token_hash(&[number; 32], NOW).await.unwrap();
            found.map(|found| (found.role, found.user.age))
        };
        for number in 2..=7 {
            store.create_guest(guest(number, None)).await.unwrap();
            assert_eq!(role(number).await, Some((Role::User, None)));
        }
        store.set_age(user(2), AgeClass::Adult).await.unwrap();
        assert_eq!(role(2).await, Some((Role::User, Some(AgeClass::Adult))));
        store.set_role(user(2), Role::Moderator, user(1)).await.unwrap();
        assert_eq!(role(2).await.unwrap().0, Role::Moderator);
        store.end_login(user(3), LoginId::from_bytes([3; 16])).await.unwrap();
        assert_eq!(role(3).await, None);
        store.delete_account(user(4), shown(4, None), NOW).await.unwrap().unwrap();
        assert_eq!(role(4).await, None);
        // A login of somebody else's on the same device.
        let mut twin = guest(8, None);
        twin.login.device = Some([5; 32]);
        store.create_guest(twin).await.unwrap();
        assert!(role(8).await.is_some());
        store.ban(ban(5), || BanId::from_bytes(rand()), NOW).await.unwrap();
        assert_eq!((role(5).await, role(8).await), (None, None));
        store.end_all_logins(user(6)).await.unwrap();
        assert_eq!(role(6).await, None);
        assert_eq!(role(7).await, Some((Role::User, None)));
    }

    async fn an_answer_is_kept_until_a_row_that_it_names_is_touched(world) {
        let World { store, .. } = &world;
        for number in 1..=3 {
            store.create_guest(guest(number, None)).await.unwrap();
        }
        let (kept, tagged) = (kept(store), store.tagged());
        let calls = async || ask(&kept, "calls", tagged.calls_of(user(1), None, 10)).await;
        assert!(calls().await.1);
        assert_eq!(calls().await, ("[]".into(), false));
        // On record since just now, and nobody waited for it.
        store.record_call(Box::new(call(1, Outcome::Success)));
        let (answer, _) = calls().await;
        assert!(answer.contains("peer_lost") || answer.contains("PeerLost"), "{answer}");
        store.settle().await.unwrap();
        calls().await;
        assert!(!calls().await.1);
        // Whoever the other one is, their name is a part of it; whoever else changes, is not.
        store.set_profile(user(3), profile("Cleo")).await.unwrap();
        assert!(!calls().await.1);
        store.set_profile(user(2), profile("Ben")).await.unwrap();
        let (answer, was_read) = calls().await;
        assert!(was_read && answer.contains("Ben"), "{answer}");
        store.block(BlockId::from_bytes([1; 16]), user(1), user(2), NOW).await.unwrap();
        assert!(calls().await.0.contains("is_blocked: true"));
        store.rate_call(crate::world::call_id(1), user(1), 4, NOW).await.unwrap();
        assert!(calls().await.0.contains("stars: Some(4)"));
        assert!(!calls().await.1);
    }

    async fn an_answer_that_tells_of_a_ban_ends_with_it(world) {
        let World { store, .. } = &world;
        world.make_admin(1).await;
        store.create_guest(guest(2, None)).await.unwrap();
        store.ban(ban(2), || BanId::from_bytes(rand()), NOW).await.unwrap();
        let tagged = store.tagged();
        let end = Some(NOW.plus(1_000));
        let person = tagged.person(user(2), NOW).await.unwrap();
        assert!(person.value.unwrap().is_banned);
        assert_eq!(person.deadline, end);
        assert_eq!(tagged.people(None, 10, NOW).await.unwrap().deadline, end);
        assert_eq!(tagged.bans(None, 10, NOW).await.unwrap().deadline, end);
        let later = tagged.person(user(2), NOW.plus(1_000)).await.unwrap();
        assert_eq!((later.value.unwrap().is_banned, later.deadline), (false, None));
        let of_a_day = tagged.logins(user(1), LoginId::from_bytes([1; 16]), NOW).await.unwrap();
        assert_eq!((of_a_day.value.len(), of_a_day.deadline), (0, None));
        let unknown = tagged.introspected(&[99; 32], NOW).await.unwrap();
        assert!(unknown.value.is_none() && unknown.deadline < Some(NOW), "nothing would say when it is known");
    }

    async fn an_introspection_ends_with_the_login_and_with_whatever_it_tells(world) {
        let World { store, .. } = &world;
        world.make_admin(1).await;
        store.create_guest(guest(2, None)).await.unwrap();
        let (kept, tagged) = (kept(store), store.tagged());
        let found = async || ask(&kept, "token", tagged.introspected(&[2; 32], NOW)).await;
        assert!(found().await.0.starts_with("Some"));
        assert!(!found().await.1);
        store.set_plan(user(2), Some("gold".to_owned())).await.unwrap();
        assert!(found().await.0.contains("gold"));
        store.ban(ban(2), || BanId::from_bytes(rand()), NOW).await.unwrap();
        assert_eq!(&*found().await.0, "None");
    }

    async fn of_many_who_ask_at_once_one_reads(world) {
        let World { store, .. } = &world;
        store.create_guest(guest(1, None)).await.unwrap();
        let (kept, store) = (kept(store), store);
        let reads = AtomicUsize::new(0);
        let one = async || {
            let read = async {
                reads.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                let answer = store.tagged().account(user(1), login(1).id, true).await?;
                Ok::<_, StoreError>(answer.map(|value| format!("{value:?}").into()))
            };
            kept.get(&Question("me"), NOW, read).await.unwrap().value
        };
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        assert!(a == b && b == c && c == d && a.contains("Some"));
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        // Whoever goes away lets another one lead.
        store.set_age(user(1), AgeClass::Adult).await.unwrap();
        let read = async {
            std::future::pending::<()>().await;
            Err(StoreError::Closed)
        };
        let question = Question("me");
        let gone = kept.get(&question, NOW, read);
        let (gone, next) = tokio::join!(
            async { tokio::select! { biased; _ = gone => unreachable!("it never ends"), () = tokio::task::yield_now() => {} } },
            one()
        );
        assert_eq!((gone, next.contains("Adult")), ((), true));
    }
}

fn profile(name: &str) -> callbox_protocol::account::Profile {
    callbox_protocol::account::Profile { name: name.to_owned(), ..Default::default() }
}

fn rand() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
