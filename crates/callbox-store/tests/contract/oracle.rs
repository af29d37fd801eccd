//! Random operations against an oracle without a cache: whatever is read from a cache after a write was acknowledged is
//! what the database has.
//!
//! One after the other each kept answer is compared with a read of the same. Many at once, with callers who go away in
//! the middle, two things are compared: no name or plan is older than the last that was acknowledged before it was asked
//! for; and what differs from a read is compared again while nobody writes. A fault prints its seed.

use callbox_core::cache::{Dependent, Key, Limits};
use callbox_core::random::Random;
use callbox_protocol::account::{Profile, Role};
use callbox_protocol::call::{CallRecord, Outcome};
use callbox_protocol::http::ReportReason;
use callbox_protocol::id::{ActId, ApiKeyId, BanId, BlockId, CallId, LoginId, ReportId, UserId};
use callbox_protocol::moderation::{ApiKeyItem, BanScope, ReportStatus};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use callbox_store::{By, NewAttributes, NewBan, NewGuest, NewReport, SharedCache, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Mutex, RwLock};

use crate::kept::ban;
use crate::world::{NOW, World, call, call_id, login, shown};

const USERS: usize = 8;
const CALLS: u8 = 24;

/// All that pages ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Question {
    Me(UserId, LoginId),
    Profile(UserId),
    Calls(UserId),
    Blocks(UserId),
    Logins(UserId, LoginId),
    Identities(UserId),
    Attributes(CallId),
    Parties(CallId),
    Person(UserId),
    ByEmail(String),
    Introspect([u8; 32]),
    People,
    /// The open ones, or those that were dismissed.
    Reports(bool),
    Bans,
    Acts,
    Keys,
}

impl Key for Question {}

/// A small number below `count`.
fn small(random: &mut Random, count: u8) -> u8 {
    u8::try_from(random.below(count.into())).unwrap()
}

/// One of the people, who may be deleted and followed by another.
struct Person {
    user: UserId,
    login: LoginId,
    token: [u8; 32],
}

/// A number that a person's name and plan have: the last that was acknowledged.
#[derive(Default)]
struct Told {
    name: Mutex<u64>,
    acknowledged: AtomicU64,
}

struct Scene {
    world: World,
    kept: SharedCache<Question, Arc<str>>,
    people: Vec<RwLock<Person>>,
    told: Vec<Told>,
    now: AtomicU64,
    /// Held by whoever writes; alone by whoever compares.
    writing: RwLock<()>,
}

impl Scene {
    async fn new(world: World, random: &mut Random) -> Self {
        let store = &world.store;
        let admin = crate::world::user(200);
        store
            .create_admin(admin, "admin@example.org".to_owned(), "hash".to_owned(), None, NOW)
            .await
            .unwrap();
        let mut people = Vec::new();
        for _ in 0..USERS {
            people.push(RwLock::new(arrive(store, random, NOW).await));
        }
        let kept =
            store.cache(Limits { bytes_max: 64 * 1024, ..Limits::default() }, |text: &Arc<str>| text.len());
        Self {
            world,
            kept,
            people,
            told: (0..USERS).map(|_| Told::default()).collect(),
            now: AtomicU64::new(NOW.0),
            writing: RwLock::new(()),
        }
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(self.now.load(Ordering::SeqCst))
    }

    /// The answer as the database has it now.
    async fn read(&self, question: &Question, now: UnixMillis) -> Result<Dependent<Arc<str>>, StoreError> {
        fn told<T: std::fmt::Debug>(answer: Dependent<T>) -> Dependent<Arc<str>> {
            answer.map(|value| format!("{value:?}").into())
        }
        let tagged = self.world.store.tagged();
        Ok(match question {
            Question::Me(user, login) => told(tagged.account(*user, *login, true).await?),
            Question::Profile(user) => told(tagged.public_profile(*user).await?),
            Question::Calls(user) => told(tagged.calls_of(*user, None, 20).await?),
            Question::Blocks(user) => told(tagged.blocks_of(*user, None, 20).await?),
            Question::Logins(user, login) => told(tagged.logins(*user, *login, now).await?),
            Question::Identities(user) => told(tagged.identities(*user).await?),
            Question::Attributes(call) => told(tagged.call_attributes(*call).await?),
            Question::Parties(call) => told(tagged.call_parties(*call).await?),
            Question::Person(user) => told(tagged.person(*user, now).await?),
            Question::ByEmail(email) => told(tagged.user_by_email(email).await?),
            Question::Introspect(token) => told(tagged.introspected(token, now).await?),
            Question::People => told(tagged.people(None, 20, now).await?),
            Question::Reports(is_open) => told(tagged.reports(status(*is_open), None, 20, now).await?),
            Question::Bans => told(tagged.bans(None, 20, now).await?),
            Question::Acts => told(tagged.acts(None, 20).await?),
            Question::Keys => told(tagged.api_keys().await?),
        })
    }

    async fn question(&self, random: &mut Random) -> Question {
        let person = self.people[usize::from(small(random, 8))].read().await;
        let call = call_id(small(random, CALLS));
        match random.below(20) {
            0 => Question::Me(person.user, person.login),
            1 | 2 => Question::Profile(person.user),
            3..=5 => Question::Calls(person.user),
            6 => Question::Blocks(person.user),
            7 => Question::Logins(person.user, person.login),
            8 => Question::Identities(person.user),
            9 => Question::Attributes(call),
            10 => Question::Parties(call),
            11 => Question::Person(person.user),
            12 => Question::ByEmail("admin@example.org".to_owned()),
            13 | 14 => Question::Introspect(person.token),
            15 => Question::People,
            16 => Question::Reports(random.below(2) == 0),
            17 => Question::Bans,
            18 => Question::Acts,
            _ => Question::Keys,
        }
    }

    async fn ask(&self, question: &Question, now: UnixMillis) -> Arc<str> {
        self.kept.get(question, now, self.read(question, now)).await.unwrap().value
    }

    /// What is kept is what a read gives, while nobody writes.
    async fn compare(&self, question: &Question) {
        let _alone = self.writing.write().await;
        let now = self.now();
        let mut found = None;
        // A write whose caller went away may be under way: then what is kept is outdated in a moment.
        for _ in 0..50 {
            let kept = self.ask(question, now).await;
            let read = self.read(question, now).await.unwrap().value;
            if kept == read {
                return;
            }
            found = Some((kept, read));
            self.world.store.test_write(now).await.unwrap();
        }
        panic!("{question:?}: kept and read {found:?}");
    }

    /// One random write. Some are not for those who go away in the middle: a number that is told is acknowledged then.
    async fn write(&self, random: &mut Random, stays: bool) {
        let _writing = self.writing.read().await;
        let place = usize::from(small(random, 8));
        let other = self.people[(place + 1) % USERS].read().await.user;
        let person = self.people[place].read().await;
        let done = match random.below(22) {
            0..=3 if stays => return self.tell(place, person.user).await,
            4 if stays => {
                drop(person);
                return self.replace(place, random).await;
            }
            0..=12 => self.write_as_user(random, &person, other).await,
            13..=18 => self.write_as_moderator(random, person.user, other).await,
            _ => self.write_as_app(random, person.user).await,
        };
        match done {
            // An id or a hash that is there already; a person who is deleted.
            Ok(()) | Err(StoreError::Taken | StoreError::Gone) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn write_as_user(
        &self,
        random: &mut Random,
        person: &Person,
        other: UserId,
    ) -> Result<(), StoreError> {
        let (store, now, user) = (&self.world.store, self.now(), person.user);
        let number = small(random, CALLS);
        match random.below(9) {
            0..=2 => {
                let record = CallRecord { caller: user, callee: other, ..call(number, Outcome::Success) };
                store.record_call(Box::new(record));
                Ok(())
            }
            3 => store.rate_call(call_id(number), user, 1 + small(random, 5), now).await.map(drop),
            4 => store.block(BlockId::from_bytes(random.bytes()), user, other, now).await.map(drop),
            5 => match store.blocks_of(user, None, 1).await?.first() {
                Some(block) => store.unblock(user, block.id).await.map(drop),
                None => Ok(()),
            },
            6 => store.set_age(user, AgeClass::Adult).await.map(drop),
            // A use that is two hours after the last one.
            7 => store.login_by_token_hash(&person.token, now.plus(2 * 60 * 60 * 1_000)).await.map(drop),
            _ => store.end_login(user, person.login).await.map(drop),
        }
    }

    async fn write_as_moderator(
        &self,
        random: &mut Random,
        user: UserId,
        other: UserId,
    ) -> Result<(), StoreError> {
        let (store, now) = (&self.world.store, self.now());
        let by = By { moderator: crate::world::user(200), act: ActId::from_bytes(random.bytes()) };
        match random.below(7) {
            0 => {
                let scope = if random.below(3) > 0 { BanScope::User } else { BanScope::Device };
                let expires_at = (random.below(3) > 0).then(|| now.plus(random.below(90_000)));
                let new = NewBan { user, scopes: vec![scope], by, expires_at, ..ban(1) };
                let id = random.bytes();
                store.ban(new, move || BanId::from_bytes(id), now).await.map(drop)
            }
            1 | 2 => match store.bans(None, 1, now).await?.first() {
                Some(ban) => store.lift_ban(ban.id, by, now).await.map(drop),
                None => Ok(()),
            },
            3 | 4 => {
                let new = NewReport {
                    id: ReportId::from_bytes(random.bytes()),
                    call: call_id(small(random, CALLS)),
                    reporter: user,
                    reported: other,
                    reason: ReportReason::Spam,
                    note: random.below(100).to_string(),
                    lines: Vec::new(),
                };
                store.report(new, 1, now).await.map(drop)
            }
            5 => {
                let is_open = random.below(2) == 0;
                match store.reports(status(is_open), None, 1, now).await?.first() {
                    Some(one) if is_open => store.dismiss_report(one.id, by, now).await.map(drop),
                    Some(one) => store.reopen_report(one.id, by, now).await.map(drop),
                    None => Ok(()),
                }
            }
            _ => {
                let role = if random.below(2) == 0 { Role::User } else { Role::Moderator };
                store.set_role(user, role, by.moderator).await.map(drop)
            }
        }
    }

    async fn write_as_app(&self, random: &mut Random, user: UserId) -> Result<(), StoreError> {
        let (store, now) = (&self.world.store, self.now());
        let new = NewAttributes { public: Some(format!("{{\"n\":{}}}", random.below(1_000))), private: None };
        match random.below(4) {
            0 => store.set_call_attributes(call_id(small(random, CALLS)), new, now).await.map(drop),
            1 => store.set_attributes(user, new).await.map(drop),
            2 => {
                let id = ApiKeyId::from_bytes(random.bytes());
                let item = ApiKeyItem { id, name: "app".to_owned(), created_at: now, last_used_at: None };
                store.create_api_key(item, [small(random, 200); 32], crate::world::user(200)).await.map(drop)
            }
            _ => match store.api_keys().await?.first() {
                Some(key) => store.delete_api_key(key.id).await.map(drop),
                None => Ok(()),
            },
        }
    }

    /// Tells a name and a plan that are newer than all before.
    async fn tell(&self, place: usize, user: UserId) {
        let told = &self.told[place];
        let mut name = told.name.lock().await;
        *name += 1;
        let profile = Profile { name: format!("n{}", *name), ..Profile::default() };
        self.world.store.set_profile(user, profile).await.unwrap();
        self.world.store.set_plan(user, Some(format!("p{}", *name))).await.unwrap();
        told.acknowledged.store(*name, Ordering::SeqCst);
    }

    /// The person goes, and another comes.
    async fn replace(&self, place: usize, random: &mut Random) {
        let mut person = self.people[place].write().await;
        let mut name = self.told[place].name.lock().await;
        let (store, now) = (&self.world.store, self.now());
        let shown = callbox_store::Shown { login: person.login, ..shown(1, None) };
        let _ = store.delete_account(person.user, shown, now).await.unwrap();
        if random.below(2) == 0 {
            let ended = store.ended_users().await.unwrap();
            store.erase_users(&ended).await.unwrap();
        }
        *person = arrive(store, random, now).await;
        *name = 0;
        self.told[place].acknowledged.store(0, Ordering::SeqCst);
    }

    /// Asks for one person's name and plan, which are no older than the last that were acknowledged.
    async fn ask_for_what_was_told(&self, random: &mut Random) {
        let place = usize::from(small(random, 8));
        // Nobody replaces them meanwhile.
        let person = self.people[place].read().await;
        let told = self.told[place].acknowledged.load(Ordering::SeqCst);
        let (question, letter) = match random.below(3) {
            0 => (Question::Profile(person.user), "\"n"),
            1 => (Question::Person(person.user), "\"p"),
            _ => (Question::Me(person.user, person.login), "\"p"),
        };
        let answer = self.ask(&question, self.now()).await;
        let number = answer.split(letter).nth(1).and_then(|rest| rest.split('"').next()?.parse::<u64>().ok());
        assert!(number.unwrap_or_default() >= told, "{question:?}: {answer}, and {told} was acknowledged");
    }

    /// One of many who ask and write at once.
    async fn step(&self, random: &mut Random) {
        match random.below(16) {
            0..=4 => self.write(random, true).await,
            5 => {
                // Whoever asked goes away, at any point.
                let mut patience = random.below(6);
                let mut own = Random::new(random.next());
                let act = async {
                    if own.below(2) == 0 {
                        return self.write(&mut own, false).await;
                    }
                    let question = self.question(&mut own).await;
                    self.ask(&question, self.now()).await;
                };
                let leave = std::future::poll_fn(|context| {
                    if patience == 0 {
                        return std::task::Poll::Ready(());
                    }
                    patience -= 1;
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                });
                tokio::select! { biased; () = act => {}, () = leave => {} }
            }
            6..=10 => self.ask_for_what_was_told(random).await,
            11 => drop(self.now.fetch_add(random.below(500), Ordering::SeqCst)),
            12 if random.below(8) == 0 => self.kept.sweep(self.now()),
            13 => {
                let question = self.question(random).await;
                self.compare(&question).await;
            }
            _ => {
                let question = self.question(random).await;
                self.ask(&question, self.now()).await;
            }
        }
    }
}

fn status(is_open: bool) -> ReportStatus {
    if is_open { ReportStatus::Open } else { ReportStatus::Dismissed }
}

async fn arrive(store: &Store, random: &mut Random, now: UnixMillis) -> Person {
    let user = UserId::from_bytes(random.bytes());
    let mut token = [0; 32];
    token[..16].copy_from_slice(&random.bytes::<16>());
    let login = callbox_store::NewLogin {
        id: LoginId::from_bytes(random.bytes()),
        token_hash: token,
        // Some share a browser.
        device: Some([small(random, 20); 32]),
        ..login(1)
    };
    let id = login.id;
    store.create_guest(NewGuest { user, age: None, login, now }).await.unwrap();
    Person { user, login: id, token }
}

/// One after the other: each answer is compared with a read.
async fn one_by_one(world: World, operations: usize, seed: u64) {
    let mut random = Random::new(seed);
    let scene = Scene::new(world, &mut random).await;
    for _ in 0..operations {
        match random.below(8) {
            0 | 1 => scene.write(&mut random, true).await,
            2 => drop(scene.now.fetch_add(random.below(20_000), Ordering::SeqCst)),
            _ => {
                let question = scene.question(&mut random).await;
                scene.compare(&question).await;
            }
        }
    }
    let counts = scene.kept.counts()[0];
    assert!(counts.hits > operations as u64 / 10 && counts.outdated > operations as u64 / 100, "{counts:?}");
}

/// Many at once.
async fn at_once(world: World, tasks: u64, operations: usize, seed: u64) {
    let scene = Arc::new(Scene::new(world, &mut Random::new(seed)).await);
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let (scene, mut random) = (Arc::clone(&scene), Random::new(seed ^ (task + 1) << 32));
            tokio::spawn(async move {
                for _ in 0..operations {
                    scene.step(&mut random).await;
                }
            })
        })
        .collect();
    for task in running {
        task.await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    let counts = scene.kept.counts()[0];
    assert!(counts.hits > operations as u64 / 10 && counts.outdated > operations as u64 / 100, "{counts:?}");
}

stories! {
    async fn what_is_kept_is_what_a_read_gives(world) {
        one_by_one(world, 4_000, 1).await;
    }
}

mod many {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn sqlite_tells_nobody_less_than_was_acknowledged() {
        at_once(World::sqlite(), 8, 750, 2).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn postgres_tells_nobody_less_than_was_acknowledged() {
        let Some(world) = World::postgres().await else { return };
        at_once(world, 8, 750, 3).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 8)]
    #[ignore = "full: a million operations take minutes"]
    async fn a_million_operations_in_sqlite() {
        at_once(World::sqlite(), 32, 31_250, random_seed()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 8)]
    #[ignore = "full: a million operations take minutes"]
    async fn a_million_operations_in_postgres() {
        let Some(world) = World::postgres().await else { return };
        at_once(world, 32, 31_250, random_seed()).await;
    }

    fn random_seed() -> u64 {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        u64::from_ne_bytes(bytes)
    }
}
