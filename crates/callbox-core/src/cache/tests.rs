//! The cache against an oracle without one: whatever the order of reads, fills, commits and touches, nobody gets an answer
//! that lacks a write which was acknowledged before they asked.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

const ROWS: usize = 12;
const BYTES: usize = 8_000;
const ASKERS: usize = 4;
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

#[derive(Clone, Debug)]
enum Event {
    /// Rows change in the database; all of their kind are named at once, or each.
    Commit {
        rows: u16,
        is_bulk: bool,
    },
    /// The oldest write that is committed is acknowledged: touched, then answered.
    Acknowledge,
    /// Somebody asks for the answer of this number, unless they are at it.
    Ask {
        asker: u8,
        key: u8,
    },
    /// Somebody goes one step further.
    Step {
        asker: u8,
    },
    /// Somebody goes away.
    Leave {
        asker: u8,
    },
    Pass {
        ms: u32,
    },
    Sweep,
}

/// A word of random bits as an event: a strategy for each would take longer than all that happens.
fn event(word: u32) -> Event {
    let part = |shift: u32, count: u32| u8::try_from((word >> shift) % count).unwrap();
    let rows = u32::try_from(ROWS).unwrap();
    let asker = part(8, u32::try_from(ASKERS).unwrap());
    match word & 0xFF {
        0..=23 => {
            Event::Commit { rows: 1 << part(8, rows) | 1 << part(14, rows), is_bulk: part(20, 16) == 0 }
        }
        24..=55 => Event::Acknowledge,
        56..=119 => Event::Ask { asker, key: part(12, rows + 2) },
        120..=239 => Event::Step { asker },
        240..=243 => Event::Leave { asker },
        244..=253 => Event::Pass { ms: word >> 8 & if word & 1 == 0 { 63 } else { 4_095 } },
        _ => Event::Sweep,
    }
}

/// 0 to 11 is a row, and the one that it names as its partner; 12 and 13 are all rows of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question(u8);

impl Key for Question {
    fn class(&self) -> usize {
        usize::from(self.0)
    }
}

/// Rows as they were seen, by their numbers of changes, and whether their time was not over.
type Seen = Vec<(usize, u64, bool)>;

fn kind(row: usize) -> Kind {
    if row < ROWS / 2 { Kind::User } else { Kind::Calls }
}

fn tag(row: usize) -> Tag {
    Tag::of(kind(row), [u8::try_from(row).unwrap(); 16])
}

/// A row is new until then.
fn ends_at(row: usize) -> UnixMillis {
    NOW.plus(1_000 * row as u64)
}

#[derive(Debug)]
enum State {
    Idle,
    Waiting { question: Question, flight: Flight, asked: [u64; ROWS] },
    Leading { fill: Fill<Question>, asked: [u64; ROWS], reading: Option<Reading> },
}

#[derive(Debug)]
struct Reading {
    as_of: Commit,
    read_at: UnixMillis,
    seen: Seen,
    is_done: bool,
}

struct World {
    cache: Cache<Question, Seen>,
    versions: Versions,
    rows: [u64; ROWS],
    acknowledged: [u64; ROWS],
    committed: Vec<(Vec<Tag>, [u64; ROWS])>,
    askers: Vec<State>,
    now: UnixMillis,
}

impl World {
    fn new() -> Self {
        let limits = Limits { bytes_max: BYTES, kept_ms: 2_000, classes: 14 };
        Self {
            cache: Cache::new(limits),
            versions: Versions::with_bound(1, 6),
            rows: [0; ROWS],
            acknowledged: [0; ROWS],
            committed: Vec::new(),
            askers: (0..ASKERS).map(|_| State::Idle).collect(),
            now: NOW,
        }
    }

    fn apply(&mut self, event: &Event) {
        match *event {
            Event::Commit { rows, is_bulk } => {
                let changed: Vec<_> = (0..ROWS).filter(|row| rows & (1 << row) != 0).collect();
                for row in &changed {
                    self.rows[*row] += 1;
                }
                let name = |row: &usize| if is_bulk { Tag::any(kind(*row)) } else { tag(*row) };
                self.committed.push((changed.iter().map(name).collect(), self.rows));
            }
            Event::Acknowledge if !self.committed.is_empty() => {
                let (tags, rows) = self.committed.remove(0);
                let before = self.versions.commit();
                assert!(self.versions.touch(&tags) > before);
                self.acknowledged = rows;
            }
            Event::Ask { asker, key } if matches!(self.askers[usize::from(asker)], State::Idle) => {
                let question = Question(key);
                let found = self.cache.get(&question, self.now, &self.versions);
                self.take(usize::from(asker), question, self.acknowledged, found);
            }
            Event::Step { asker } => self.step(usize::from(asker)),
            Event::Leave { asker } => {
                let left = std::mem::replace(&mut self.askers[usize::from(asker)], State::Idle);
                if let State::Leading { fill, .. } = left {
                    self.cache.abandon(&fill);
                    self.tell(fill.flight(), None);
                }
            }
            Event::Pass { ms } => self.now = self.now.plus(ms.into()),
            Event::Sweep => self.cache.sweep(self.now, &self.versions),
            Event::Acknowledge | Event::Ask { .. } => {}
        }
        assert!(self.cache.bytes() <= BYTES);
    }

    fn take(&mut self, asker: usize, question: Question, asked: [u64; ROWS], found: Lookup<Question, Seen>) {
        self.askers[asker] = match found {
            Lookup::Hit(hit) => {
                assert_eq!(hit.as_of, self.versions.commit());
                Self::is_true(&hit.value, &asked, self.now);
                // A hit holds all that was acknowledged up to this moment.
                Self::is_true(&hit.value, &self.acknowledged, self.now);
                State::Idle
            }
            Lookup::Lead(fill) => State::Leading { fill, asked, reading: None },
            Lookup::Wait(flight) => State::Waiting { question, flight, asked },
        };
    }

    /// The answer holds whatever was acknowledged by then, and what time makes of it is so.
    fn is_true(seen: &Seen, asked: &[u64; ROWS], at: UnixMillis) {
        for (row, changes, is_new) in seen {
            assert!(*changes >= asked[*row], "row {row} at {changes}, acknowledged {}", asked[*row]);
            assert_eq!(*is_new, at < ends_at(*row), "row {row}");
        }
    }

    fn step(&mut self, asker: usize) {
        let State::Leading { fill, asked, reading } = &mut self.askers[asker] else { return };
        let see = |row: usize| (row, self.rows[row], self.now < ends_at(row));
        let row = usize::from(fill.key().0);
        match reading {
            None => {
                let mut seen = Vec::new();
                match row {
                    12 => seen.extend((0..ROWS / 2).map(see)),
                    13 => seen.extend((ROWS / 2..ROWS).map(see)),
                    row => seen.push(see(row)),
                }
                let (as_of, read_at, is_done) = (self.versions.commit(), self.now, row >= ROWS);
                *reading = Some(Reading { as_of, read_at, seen, is_done });
            }
            Some(reading) if !reading.is_done => {
                // What the first row names may have changed since.
                let partner = usize::try_from(reading.seen[0].1).unwrap() % ROWS;
                reading.seen.push((partner, self.rows[partner], reading.read_at < ends_at(partner)));
                reading.is_done = true;
            }
            Some(reading) => {
                let (seen, as_of, read_at) = (reading.seen.clone(), reading.as_of, reading.read_at);
                let asked = *asked;
                let State::Leading { fill, .. } = std::mem::replace(&mut self.askers[asker], State::Idle)
                else {
                    unreachable!("it led")
                };
                self.land(fill, seen, as_of, read_at, asked);
            }
        }
    }

    fn land(
        &mut self,
        fill: Fill<Question>,
        seen: Seen,
        as_of: Commit,
        read_at: UnixMillis,
        asked: [u64; ROWS],
    ) {
        Self::is_true(&seen, &asked, read_at);
        let tags = match fill.key().0 {
            12 => vec![Tag::any(Kind::User)],
            13 => vec![Tag::any(Kind::Calls)],
            _ => seen.iter().map(|(row, ..)| tag(*row)).collect(),
        };
        let ends = seen.iter().map(|(row, ..)| ends_at(*row)).filter(|end| *end > read_at).min();
        let answer = Dependent { value: seen, tags, deadline: ends, as_of, reads: 1 };
        let number = fill.flight();
        let landed = self.cache.fill(fill, answer, 600, self.now, &self.versions);
        self.tell(number, Some(&(landed, read_at)));
    }

    /// All who waited for it hear of the end of a flight.
    fn tell(&mut self, number: Option<u64>, landed: Option<&(Landed<Seen>, UnixMillis)>) {
        for asker in 0..ASKERS {
            let State::Waiting { question, flight, asked } = self.askers[asker] else { continue };
            if Some(flight.number) != number {
                continue;
            }
            match landed {
                Some((landed, read_at)) if landed.serves(flight) => {
                    Self::is_true(&landed.value, &asked, *read_at);
                    self.cache.count_shared(&question);
                    self.askers[asker] = State::Idle;
                }
                _ => {
                    let found = self.cache.get_alone(&question, self.now, &self.versions);
                    assert!(!matches!(found, Lookup::Wait(_)), "nobody waits twice");
                    self.take(asker, question, asked, found);
                }
            }
        }
    }
}

#[test]
fn nobody_gets_an_answer_that_lacks_what_was_acknowledged_before_they_asked() {
    let config =
        Config { cases: 300, rng_seed: RngSeed::Fixed(21), failure_persistence: None, ..Config::default() };
    let (hits, shared, not_kept, evicted) =
        (Count::default(), Count::default(), Count::default(), Count::default());
    TestRunner::new(config)
        .run(&prop::collection::vec(any::<u32>(), 1..1_000), |words| {
            let mut world = World::new();
            for word in words {
                world.apply(&event(word));
            }
            for counts in world.cache.counts() {
                hits.add(counts.hits);
                shared.add(counts.shared);
                not_kept.add(counts.not_kept);
                evicted.add(counts.evicted);
            }
            Ok(())
        })
        .unwrap();
    // A test in which nothing happens proves nothing.
    for (what, count) in [("hits", hits), ("shared", shared), ("not kept", not_kept), ("evicted", evicted)] {
        assert!(count.0.get() > 100, "{what}: {}", count.0.get());
    }
}

#[derive(Default)]
struct Count(std::cell::Cell<u64>);

impl Count {
    fn add(&self, count: u64) {
        self.0.set(self.0.get() + count);
    }
}

fn answer(value: u64, tags: Vec<Tag>, as_of: Commit) -> Dependent<Seen> {
    Dependent { value: vec![(0, value, true)], tags, deadline: None, as_of, reads: 2 }
}

fn lead(cache: &mut Cache<Question, Seen>, versions: &Versions) -> Fill<Question> {
    match cache.get(&Question(1), NOW, versions) {
        Lookup::Lead(fill) => fill,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_of_a_thousand_reads_and_the_others_are_served_by_it() {
    let (mut cache, mut versions) = (Cache::<Question, Seen>::new(Limits::default()), Versions::new(1));
    let fill = lead(&mut cache, &versions);
    let waiting: Vec<_> = (0..999)
        .map(|_| match cache.get(&Question(1), NOW, &versions) {
            Lookup::Wait(flight) => flight,
            other => panic!("{other:?}"),
        })
        .collect();
    let as_of = versions.commit();
    // A write during the read: the answer is not kept, and still holds all that anybody of them knows of.
    versions.touch(&[tag(1)]);
    let late = match cache.get(&Question(1), NOW, &versions) {
        Lookup::Wait(flight) => flight,
        other => panic!("{other:?}"),
    };
    let landed = cache.fill(fill, answer(1, vec![tag(1)], as_of), 100, NOW, &versions);
    assert!(!landed.is_current && waiting.iter().all(|flight| landed.serves(*flight)));
    assert!(!landed.serves(late), "they may have written it");
    assert!(matches!(cache.get_alone(&Question(1), NOW, &versions), Lookup::Lead(_)));
    assert_eq!(cache.counts()[0].not_kept, 1);
}

#[test]
fn a_reader_that_goes_away_makes_room_for_the_next() {
    let (mut cache, versions) = (Cache::<Question, Seen>::new(Limits::default()), Versions::new(1));
    let fill = lead(&mut cache, &versions);
    assert!(matches!(cache.get(&Question(1), NOW, &versions), Lookup::Wait(_)));
    cache.abandon(&fill);
    let next = lead(&mut cache, &versions);
    assert_ne!(next.flight(), fill.flight());
    // Its own end comes late, and is not the next one's.
    cache.abandon(&fill);
    assert!(matches!(cache.get(&Question(1), NOW, &versions), Lookup::Wait(_)));
}

#[test]
fn an_answer_ends_at_its_deadline_and_after_a_minute_at_the_latest() {
    let (mut cache, versions) = (Cache::<Question, Seen>::new(Limits::default()), Versions::new(1));
    for (deadline, ends) in
        [(Some(NOW.plus(500)), 500), (Some(NOW.plus(KEPT_MS * 9)), KEPT_MS), (None, KEPT_MS)]
    {
        let fill = lead(&mut cache, &versions);
        let answer = Dependent { deadline, ..answer(1, vec![tag(1)], versions.commit()) };
        cache.fill(fill, answer, 100, NOW, &versions);
        let at = |ms: u64| NOW.plus(ms);
        assert!(matches!(cache.get(&Question(1), at(ends - 1), &versions), Lookup::Hit(_)));
        let Lookup::Lead(fill) = cache.get(&Question(1), at(ends), &versions) else {
            panic!("its time is over")
        };
        cache.abandon(&fill);
    }
    assert_eq!(
        cache.counts()[0],
        Counts { hits: 3, misses: 6, outdated: 3, reads_avoided: 6, ..Counts::default() }
    );
    assert_eq!(cache.len(), 1);
    cache.sweep(NOW, &versions);
    assert!(cache.is_empty() && cache.bytes() == 0);
}

#[test]
fn two_answers_make_one_that_depends_on_what_both_do() {
    let one = Dependent { deadline: Some(NOW), ..answer(1, vec![tag(1), tag(2)], Commit(5)) };
    let other = answer(2, vec![tag(0), tag(1)], Commit(3));
    let both = one.and(other, |mut one, other| {
        one.extend(other);
        one
    });
    assert_eq!(both.value, [(0, 1, true), (0, 2, true)]);
    assert_eq!(
        (both.tags, both.deadline, both.as_of, both.reads),
        (vec![tag(0), tag(1), tag(2)], Some(NOW), Commit(3), 4)
    );
}
