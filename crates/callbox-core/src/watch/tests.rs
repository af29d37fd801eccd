//! Watches beside a model that reads everything anew, and their size.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeMap;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn session(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn row(kind: Kind, number: u8) -> Tag {
    Tag::of(kind, [number; 16])
}

/// Watches, with commits that touch tags, and a reader that knows of which tags each answer is.
struct World {
    watches: Watches,
    touched: HashMap<Tag, Commit>,
    commit: Commit,
    now: UnixMillis,
    answers: HashMap<String, Vec<Tag>>,
    /// Reads that are asked for and were not carried out.
    reads: Vec<(SessionId, u32, Arc<str>)>,
    /// When what is read now changes by itself.
    deadline: Option<UnixMillis>,
    woken: HashSet<SessionId>,
}

impl World {
    fn new(answers: &[(&str, Vec<Tag>)]) -> Self {
        Self {
            watches: Watches::new(COALESCE_MS),
            touched: HashMap::new(),
            commit: Commit(0),
            now: NOW,
            answers: answers.iter().map(|(path, tags)| ((*path).to_owned(), tags.clone())).collect(),
            reads: Vec::new(),
            deadline: None,
            woken: HashSet::new(),
        }
    }

    fn collect(&mut self) {
        while let Some(action) = self.watches.next_action() {
            match action {
                Action::Read(session, watch, path) => self.reads.push((session, watch, path)),
                Action::Wake(session) => _ = self.woken.insert(session),
            }
        }
    }

    fn pass(&mut self) {
        let commit = &mut self.commit;
        self.watches.handle_timeout(self.now, || {
            commit.0 += 1;
            *commit
        });
    }

    fn touch(&mut self, tags: &[Tag]) -> Commit {
        self.commit.0 += 1;
        self.touched.extend(tags.iter().map(|tag| (*tag, self.commit)));
        self.watches.handle_touch(tags, self.commit, self.now);
        self.collect();
        self.commit
    }

    /// When something of this answer was touched last.
    fn touched(&self, tags: &[Tag]) -> Commit {
        let meets = |one: &Tag, other: &Tag| {
            one.kind == other.kind && (one.key == other.key || one.key.is_none() || other.key.is_none())
        };
        let all = self.touched.iter().filter(|(tag, _)| tags.iter().any(|other| meets(tag, other)));
        all.map(|(_, commit)| *commit).max().unwrap_or_default()
    }

    /// The oldest read, which began at this commit.
    fn read(&mut self, as_of: Commit) -> bool {
        let (session, watch, path) = self.reads.remove(0);
        let tags = self.answers[&*path].clone();
        let touched = self.touched(&tags);
        let may_put = self.watches.handle_read(
            (session, watch, &path),
            (&tags, as_of, self.deadline),
            || touched,
            self.now,
        );
        self.collect();
        may_put
    }

    fn read_all(&mut self) {
        while !self.reads.is_empty() {
            self.read(self.commit);
        }
    }

    /// Time passes and all is read, until nothing is left to do.
    fn settle(&mut self) {
        self.read_all();
        while let Some(at) = self.watches.next_timeout() {
            self.now = self.now.max(at);
            self.pass();
            self.collect();
            self.read_all();
        }
    }

    fn attach(&mut self, number: u8, recovered: bool) {
        self.watches.handle_attached(session(number), recovered);
        self.collect();
    }

    fn add(&mut self, number: u8, watch: u32, path: &str) {
        self.watches.handle_add(session(number), watch, path).unwrap();
        self.collect();
    }

    fn take(&mut self, number: u8) -> Vec<(Vec<u32>, u64)> {
        self.woken.remove(&session(number));
        let taken = self.watches.take(session(number)).into_iter();
        taken.map(|Stale { ids, commit }| (ids, commit.0)).collect()
    }
}

fn pages() -> World {
    World::new(&[
        ("/me", vec![row(Kind::User, 1), row(Kind::Identities, 1)]),
        ("/calls", vec![row(Kind::Calls, 1), row(Kind::User, 2)]),
        ("/people", vec![Tag::any(Kind::User)]),
    ])
}

#[test]
fn a_watch_is_told_once_it_is_read_and_after_each_touch_of_what_it_depends_on() {
    let mut world = pages();
    world.touch(&[row(Kind::User, 1)]);
    world.attach(1, false);
    world.add(1, 7, "/me");
    world.add(1, 8, "/calls");
    world.add(1, 9, "/people");
    assert!(world.take(1).is_empty(), "nothing is read yet");
    world.settle();
    assert_eq!(world.take(1), [(vec![7, 8, 9], 1)]);
    assert!(world.take(1).is_empty());
    world.touch(&[row(Kind::User, 3), row(Kind::Blocks, 1)]);
    world.settle();
    assert_eq!(world.take(1), [(vec![9], 2)], "it depends on all users");
    world.touch(&[Tag::any(Kind::User)]);
    world.settle();
    assert_eq!(world.take(1), [(vec![7, 8, 9], 3)]);
    world.touch(&[Tag::any(Kind::Calls)]);
    world.settle();
    assert_eq!(world.take(1), [(vec![8], 4)]);
    world.watches.handle_drop(session(1), 8);
    world.touch(&[row(Kind::Calls, 1)]);
    world.settle();
    assert!(world.take(1).is_empty());
}

#[test]
fn touches_within_the_coalescing_are_one_read_and_one_frame() {
    let mut world = pages();
    world.attach(1, false);
    world.add(1, 1, "/me");
    world.add(1, 2, "/calls");
    world.settle();
    world.take(1);
    let started = world.now;
    world.touch(&[row(Kind::User, 1)]);
    world.touch(&[row(Kind::Identities, 1)]);
    world.now = started.plus(COALESCE_MS - 1);
    let last = world.touch(&[row(Kind::User, 2)]);
    world.pass();
    world.collect();
    assert!(world.reads.is_empty() && world.take(1).is_empty(), "it is not time yet");
    assert_eq!(world.watches.next_timeout(), Some(started.plus(COALESCE_MS)));
    world.now = started.plus(COALESCE_MS);
    world.pass();
    world.collect();
    assert_eq!(world.reads.len(), 2);
    assert!(world.read(world.commit) && world.read(world.commit), "the answers themselves may be told");
    assert_eq!(world.take(1), [(vec![1, 2], last.0)]);
    assert_eq!(world.watches.next_timeout(), None);
}

#[test]
fn an_answer_that_was_touched_while_it_was_read_is_read_again_and_told_at_once() {
    let mut world = pages();
    world.attach(1, false);
    world.add(1, 1, "/calls");
    let began = world.commit;
    let touched = world.touch(&[row(Kind::Calls, 1)]);
    // The partner that nobody knew of when the read began.
    world.answers.insert("/calls".to_owned(), vec![row(Kind::Calls, 1), row(Kind::User, 5)]);
    assert!(!world.read(began));
    assert_eq!(world.take(1), [(vec![1], touched.0)]);
    world.settle();
    assert!(world.take(1).is_empty(), "it was told with that commit");
    let touched = world.touch(&[row(Kind::User, 5)]);
    world.settle();
    assert_eq!(world.take(1), [(vec![1], touched.0)]);
}

#[test]
fn an_answer_that_changes_by_itself_is_told_at_its_deadline_with_a_commit_of_its_own() {
    let mut world = pages();
    world.attach(1, false);
    let deadline = world.now.plus(60_000);
    world.deadline = Some(deadline);
    world.add(1, 1, "/me");
    world.add(1, 2, "/calls");
    world.read_all();
    world.take(1);
    assert_eq!(world.watches.next_timeout(), Some(deadline));
    // A touch has it read anew, and it ends at another time then.
    world.deadline = Some(deadline.plus(5));
    let touched = world.touch(&[row(Kind::Identities, 1)]);
    world.now = world.now.plus(COALESCE_MS);
    world.pass();
    world.collect();
    world.read_all();
    assert_eq!(world.take(1), [(vec![1], touched.0)]);
    assert_eq!((world.watches.deadlines.len(), world.watches.next_timeout()), (2, Some(deadline)));
    world.now = deadline;
    world.deadline = None;
    world.pass();
    assert!(world.commit > touched);
    let at_deadline = world.commit;
    world.now = deadline.plus(5);
    world.pass();
    assert!(world.commit > at_deadline, "each has its own");
    world.settle();
    assert_eq!(world.take(1), [(vec![1, 2], world.commit.0)]);
    assert_eq!(world.watches.next_timeout(), None);
    // One that is over when it comes is no answer.
    world.deadline = Some(world.now);
    world.add(1, 1, "/me");
    assert!(!world.read(world.commit));
    assert_eq!(world.watches.next_timeout(), Some(world.now.plus(COALESCE_MS)));
    world.deadline = Some(world.now.plus(1_000));
    world.now = world.now.plus(COALESCE_MS);
    world.pass();
    world.collect();
    world.read_all();
    world.watches.handle_closed(session(1));
    assert!(world.watches.deadlines.is_empty() && world.watches.deadlines_by_watch.is_empty());
}

#[test]
fn what_is_pending_or_was_told_on_a_lost_socket_is_told_on_the_next_and_nothing_is_read_in_between() {
    let mut world = pages();
    world.attach(1, false);
    world.add(1, 1, "/me");
    world.add(1, 2, "/calls");
    world.settle();
    assert_eq!(world.take(1), [(vec![1, 2], 0)]);
    let first = world.touch(&[row(Kind::Calls, 1)]);
    world.settle();
    world.take(1);
    world.watches.handle_detached(session(1));
    let second = world.touch(&[row(Kind::Identities, 1)]);
    assert!(world.take(1).is_empty() && world.watches.next_timeout().is_none() && world.reads.is_empty());
    world.attach(1, true);
    assert!(world.woken.contains(&session(1)));
    assert_eq!(world.take(1), [(vec![2], first.0)], "the client may not have heard it");
    world.settle();
    assert_eq!(world.take(1), [(vec![1], second.0)]);
    // What was being read is read again, whatever became of the first read.
    world.add(1, 3, "/calls");
    world.watches.handle_detached(session(1));
    world.reads.clear();
    world.attach(1, true);
    world.settle();
    assert!(world.take(1).iter().any(|(ids, _)| ids.contains(&3)));
    // A client that has lost its place adds its watches again.
    world.attach(1, false);
    world.touch(&[row(Kind::Calls, 1)]);
    world.settle();
    assert!(world.take(1).is_empty());
    assert_eq!(world.watches.len(), (1, 0));
}

#[test]
fn a_session_that_ended_leaves_nothing_and_another_takes_its_slot() {
    let mut world = pages();
    for number in 1..=2 {
        world.attach(number, false);
        world.add(number, 1, "/me");
    }
    world.settle();
    world.touch(&[row(Kind::User, 1)]);
    world.watches.handle_closed(session(1));
    world.attach(3, false);
    assert_eq!(world.watches.slots.len(), 2);
    world.settle();
    assert!(world.take(1).is_empty() && world.take(3).is_empty());
    assert_eq!(world.take(2).len(), 1);
    assert_eq!(world.watches.handle_add(session(1), 1, "/me"), Err(WatchError::NoSession));
    for number in 2..=3 {
        world.watches.handle_closed(session(number));
    }
    let Watches { index, paths, due, .. } = &world.watches;
    assert!(world.watches.is_empty() && index.is_empty() && paths.is_empty() && due.is_empty());
}

#[test]
fn a_session_has_so_many_watches_and_tags_and_past_those_it_depends_on_kinds() {
    let tags = |from: u16| {
        (from..from + 1_000).map(|number| {
            let mut key = [0; 16];
            key[..2].copy_from_slice(&number.to_be_bytes());
            Tag::of(Kind::User, key)
        })
    };
    let mut world = World::new(&[("/me", vec![row(Kind::Blocks, 1)])]);
    for number in 0..5 {
        world.answers.insert(number.to_string(), tags(1_000 * number).collect());
    }
    world.attach(1, false);
    for number in 0..5 {
        world.add(1, number, &number.to_string());
    }
    world.settle();
    world.take(1);
    assert_eq!(world.watches.session(0).links.len(), 4_001);
    world.touch(&[row(Kind::User, 0xFF)]);
    world.settle();
    assert_eq!(world.take(1), [(vec![4], 1)]);
    for watch in 5..128 {
        world.add(1, watch, "/me");
    }
    assert_eq!(world.watches.handle_add(session(1), 999, "/me"), Err(WatchError::TooMany));
    assert_eq!(world.watches.handle_add(session(1), 5, "/people"), Ok(()), "instead of the other path");
}

#[test]
fn a_refused_watch_is_gone_unless_its_name_is_another_path_s_by_then() {
    let mut world = pages();
    world.attach(1, false);
    world.add(1, 1, "/me");
    world.add(1, 1, "/calls");
    assert!(!world.watches.handle_refused(session(1), 1, "/me"));
    assert!(world.watches.handle_refused(session(1), 1, "/calls"));
    assert_eq!(world.watches.len(), (1, 0));
    world.read_all();
    assert!(world.take(1).is_empty());
}

#[test]
fn the_next_process_tells_all_that_its_predecessor_watched() {
    let mut world = pages();
    world.attach(1, false);
    world.add(1, 4, "/me");
    world.attach(2, false);
    let left = world.watches.hand_over();
    assert_eq!(left, [(session(1), vec![(4, "/me".to_owned())])]);
    let mut world = pages();
    for (id, watches) in &left {
        world.watches.take_over(*id, watches);
    }
    world.collect();
    assert!(world.reads.is_empty(), "there is no socket");
    world.attach(1, true);
    world.settle();
    assert_eq!(world.take(1), [(vec![4], 0)]);
}

#[test]
fn four_watches_of_a_session_take_less_than_half_a_kilobyte() {
    const SESSIONS: usize = 5_000;
    let mut watches = Watches::new(COALESCE_MS);
    for number in 0..SESSIONS as u64 {
        let mut key = [0; 16];
        key[4..12].copy_from_slice(&(number * 0x0123_4567_89AB).to_be_bytes());
        let id = SessionId::from_bytes(key);
        watches.handle_attached(id, false);
        let of = |kind| Tag::of(kind, key);
        for (watch, (path, tags)) in [
            ("/v1/me", vec![of(Kind::User), of(Kind::Identities)]),
            ("/v1/me/logins", vec![of(Kind::Logins)]),
            ("/v1/me/calls?limit=50", vec![of(Kind::Calls), of(Kind::Blocks), of(Kind::Ratings)]),
            ("/v1/me/blocks", vec![of(Kind::Blocks)]),
        ]
        .into_iter()
        .zip(0..)
        .map(|(one, watch)| (watch, one))
        {
            watches.handle_add(id, watch, path).unwrap();
            watches.handle_read((id, watch, path), (&tags, Commit(0), None), || Commit(0), NOW);
        }
        while watches.next_action().is_some() {}
        watches.take(id);
    }
    assert_eq!(watches.index.len(), 6 * SESSIONS);
    assert_eq!(watches.paths.len(), 4);
    // An allocation has a header of 8 bytes. A hash table has a byte beside each place, and a node of a B-tree 11
    // places, of which 7 are taken on average where keys are random, and 12 bytes beside them.
    let allocation = |bytes: usize| bytes + 8;
    let vectors = watches.slots.iter().flatten().map(|session| {
        allocation(session.watches.capacity() * size_of::<Watch>())
            + allocation(session.links.capacity() * size_of::<session::Link>())
    });
    let tree = watches.index.len() * allocation(11 * size_of::<(Key, u32)>() + 12) / 7;
    let table = watches.slots_by_session.capacity() * 8 / 7 * (size_of::<(SessionId, u32)>() + 1);
    let slots = watches.slots.capacity() * 8 + SESSIONS * allocation(size_of::<Session>());
    let bytes = (vectors.sum::<usize>() + tree + table + slots) / SESSIONS;
    assert!(bytes <= 512, "{bytes} bytes");
}

#[derive(Clone, Debug)]
enum Event {
    Touch {
        rows: u8,
        is_bulk: bool,
    },
    Add {
        session: u8,
        watch: u8,
        path: u8,
    },
    Drop {
        session: u8,
        watch: u8,
    },
    /// A read ends that began so many commits ago.
    Read {
        place: u8,
        age: u8,
    },
    Pass {
        ms: u8,
    },
    Cut {
        session: u8,
    },
    Return {
        session: u8,
        recovered: bool,
    },
    Take {
        session: u8,
    },
}

fn events() -> impl Strategy<Value = Event> {
    let (session, watch) = (0..3_u8, 0..3_u8);
    prop_oneof![
        4 => (any::<u8>(), prop::bool::weighted(0.1)).prop_map(|(rows, is_bulk)| Event::Touch { rows, is_bulk }),
        3 => (session.clone(), watch.clone(), 0..4_u8)
            .prop_map(|(session, watch, path)| Event::Add { session, watch, path }),
        1 => (session.clone(), watch).prop_map(|(session, watch)| Event::Drop { session, watch }),
        6 => (any::<u8>(), 0..3_u8).prop_map(|(place, age)| Event::Read { place, age }),
        3 => (0..30_u8).prop_map(|ms| Event::Pass { ms }),
        1 => session.clone().prop_map(|session| Event::Cut { session }),
        2 => (session.clone(), prop::bool::weighted(0.8))
            .prop_map(|(session, recovered)| Event::Return { session, recovered }),
        4 => session.prop_map(|session| Event::Take { session }),
    ]
}

/// The knowledge of a client: the last commit that it was told of each watch, on a socket that was not
/// lost since, beside the watches as they should be.
#[derive(Default)]
struct Client {
    watches: BTreeMap<u32, (u8, Option<Commit>)>,
    is_here: bool,
}

struct Story {
    world: World,
    clients: Vec<Client>,
    /// Tags that an answer is made of, which change with the answer: rows 0 to 5, by a bit each.
    made_of: [u8; 4],
    /// When something of an answer was touched last, by what it was made of before that touch.
    outdated: [Commit; 4],
}

const KINDS: [Kind; 2] = [Kind::User, Kind::Calls];

fn tags_of(rows: u8) -> Vec<Tag> {
    (0..6).filter(|bit| (rows >> bit) & 1 == 1).map(|bit| row(KINDS[usize::from(bit % 2)], bit)).collect()
}

impl Story {
    fn new() -> Self {
        let made_of = [0b00_0011, 0b01_0110, 0b10_0100, 0b11_1001];
        let mut world = World::new(&[]);
        for (path, rows) in made_of.iter().enumerate() {
            world.answers.insert(path.to_string(), tags_of(*rows));
        }
        Self {
            world,
            clients: (0..3).map(|_| Client::default()).collect(),
            made_of,
            outdated: [Commit(0); 4],
        }
    }

    fn run(&mut self, event: &Event) {
        match *event {
            Event::Touch { rows, is_bulk } => self.touch(rows, is_bulk),
            Event::Add { session: number, watch, path } => {
                if self.clients[usize::from(number)].is_here {
                    self.world.add(number, watch.into(), &path.to_string());
                    self.clients[usize::from(number)].watches.insert(watch.into(), (path, None));
                }
            }
            Event::Drop { session: number, watch } => {
                if self.clients[usize::from(number)].is_here {
                    self.world.watches.handle_drop(session(number), watch.into());
                    self.clients[usize::from(number)].watches.remove(&watch.into());
                }
            }
            Event::Read { place, age } => {
                let reads = self.world.reads.len();
                if reads > 0 {
                    self.world.reads.rotate_left(usize::from(place) % reads);
                    // What it is made of is as old as the read; a touch since then makes it outdated.
                    self.world.read(Commit(self.world.commit.0.saturating_sub(age.into())));
                }
            }
            Event::Pass { ms } => {
                self.world.now = self.world.now.plus(ms.into());
                self.world.pass();
                self.world.collect();
            }
            Event::Cut { session: number } => {
                self.world.watches.handle_detached(session(number));
                let client = &mut self.clients[usize::from(number)];
                client.is_here = false;
                // All that it heard on that socket may have been lost.
                client.watches.values_mut().for_each(|(_, heard)| *heard = None);
            }
            Event::Return { session: number, recovered } => {
                self.world.attach(number, recovered);
                let client = &mut self.clients[usize::from(number)];
                client.is_here = true;
                if !recovered {
                    client.watches.clear();
                }
                client.watches.values_mut().for_each(|(_, heard)| *heard = None);
            }
            Event::Take { session } => self.take(session),
        }
    }

    fn touch(&mut self, rows: u8, is_bulk: bool) {
        let tags =
            if is_bulk { vec![Tag::any(KINDS[usize::from(rows) % 2])] } else { tags_of(rows & (rows >> 2)) };
        if tags.is_empty() {
            return;
        }
        let is_touched = |tag: &Tag| {
            tags.iter().any(|one| one.kind == tag.kind && (one.key.is_none() || one.key == tag.key))
        };
        // Which rows are read is said by those before them: up to the first that is touched they stay the same.
        let first_touched =
            |made: u8| (0..6).find(|bit| (made >> bit) & 1 == 1 && tags_of(1 << bit).iter().any(is_touched));
        let touched = self.made_of.map(first_touched);
        for (path, first) in touched.iter().enumerate() {
            let Some(first) = first else { continue };
            let same = (2 << first) - 1;
            self.made_of[path] = (self.made_of[path] & same) | (rows.rotate_left(3) & 0b11_1111 & !same);
            self.world.answers.insert(path.to_string(), tags_of(self.made_of[path]));
        }
        let commit = self.world.touch(&tags);
        for (path, _) in touched.iter().enumerate().filter(|(_, first)| first.is_some()) {
            self.outdated[path] = commit;
        }
    }

    fn take(&mut self, number: u8) {
        let client = &mut self.clients[usize::from(number)];
        for Stale { ids, commit } in self.world.watches.take(session(number)) {
            assert!(client.is_here, "there is no socket");
            for id in ids {
                let (_, heard) = client.watches.get_mut(&id).expect("nothing is told of what is not watched");
                assert!(heard.is_none_or(|heard| heard < commit), "nothing is told twice on one socket");
                *heard = Some(commit);
            }
        }
    }

    /// All come back, and all is read and told.
    fn end(&mut self) {
        for number in 0..3 {
            if !self.clients[usize::from(number)].is_here {
                self.run(&Event::Return { session: number, recovered: true });
            }
        }
        self.world.settle();
        for number in 0..3 {
            self.take(number);
            for (watch, (path, heard)) in &self.clients[usize::from(number)].watches {
                let outdated = self.outdated[usize::from(*path)];
                assert!(
                    heard.is_some_and(|heard| heard >= outdated),
                    "session {number}, watch {watch}: heard {heard:?}, outdated at {outdated:?}"
                );
            }
        }
        let Self { world, .. } = self;
        let links = world.watches.slots.iter().flatten().map(|session| session.links.len()).sum::<usize>();
        assert!(
            world.watches.index.len() <= links && world.watches.actions.is_empty(),
            "an entry of the index has a link"
        );
    }
}

#[test]
fn each_touched_watch_is_told_and_none_else_over_any_order_of_touches_reads_and_cuts() {
    let cases = if std::env::var_os("CALLBOX_FULL").is_some() { 4_096 } else { 512 };
    let config =
        Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(21), ..Config::default() };
    let story = prop::collection::vec(events(), 1..120);
    TestRunner::new(config)
        .run(&story, |events| {
            let mut story = Story::new();
            for event in &events {
                story.run(event);
            }
            story.end();
            Ok(())
        })
        .unwrap();
}
