//! The lobby against a naive one: whatever happens, no pair breaks a hard rule, the oldest is taken, and nobody is
//! left who could have been paired.
//!
//! The naive lobby is a list that is scanned; it knows the rules from the documentation, not from the code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use callbox_core::lobby::{Interests, Lobby, LobbyAction, Pair, Seeker};
use callbox_protocol::id::{LoginId, SessionId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const USERS: u8 = 8;
const WORDS: [&str; 3] = ["chess", "film", "music"];

#[derive(Clone, Debug)]
enum Event {
    Seek {
        session: u8,
        interests: u8,
        waited_ms: u16,
    },
    Cancel {
        session: u8,
    },
    Block {
        blocker: u8,
        blocked: u8,
    },
    /// Late: the timer fires once, at the end, as on a busy machine.
    Pass {
        ms: u16,
        is_late: bool,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let session = 0..USERS * 2;
    prop_oneof![
        5 => (session.clone(), 0..8_u8, prop_oneof![Just(0_u16), 0..20_000_u16])
            .prop_map(|(session, interests, waited_ms)| Event::Seek { session, interests, waited_ms }),
        1 => session.prop_map(|session| Event::Cancel { session }),
        1 => (0..USERS, 0..USERS).prop_map(|(blocker, blocked)| Event::Block { blocker, blocked }),
        4 => (prop_oneof![Just(3_000_u16), 0..8_000_u16], any::<bool>())
            .prop_map(|(ms, is_late)| Event::Pass { ms, is_late }),
    ]
}

/// Two sessions a user; users 0 and 1 are minors; users 6 and 7 are one person with one login.
fn seeker(session: u8, interests: u8, blocks: &HashSet<(u8, u8)>) -> Seeker {
    let user = session / 2;
    let words: Vec<String> =
        (0..3).filter(|bit| interests & (1 << bit) != 0).map(|bit| WORDS[bit].to_owned()).collect();
    let blocked = blocks.iter().filter(|(blocker, _)| *blocker == user).map(|(_, other)| id(*other));
    Seeker {
        session: SessionId::from_bytes([session; 16]),
        user: id(user),
        login: LoginId::from_bytes([if user == 7 { 6 } else { user }; 16]),
        age: if user < 2 { AgeClass::Minor } else { AgeClass::Adult },
        interests: Interests::parse(&words).unwrap(),
        blocked: Arc::new(blocked.collect()),
    }
}

fn id(user: u8) -> UserId {
    UserId::from_bytes([user; 16])
}

fn number(session: SessionId) -> u8 {
    session.as_bytes()[0]
}

/// The rules, over a list.
#[derive(Clone, Default)]
struct Naive {
    /// The interests that they named, since when, and how many came before.
    waiting: HashMap<u8, (u8, u64, usize)>,
    arrivals: usize,
    blocks: HashSet<(u8, u8)>,
    met: HashMap<u8, Vec<(u8, u64)>>,
}

impl Naive {
    fn hard_rules_allow(&self, a: u8, b: u8) -> bool {
        let (a, b) = (a / 2, b / 2);
        let person = |user: u8| if user == 7 { 6 } else { user };
        person(a) != person(b)
            && (a < 2) == (b < 2)
            && !self.blocks.contains(&(a, b))
            && !self.blocks.contains(&(b, a))
    }

    fn have_met(&self, a: u8, b: u8, now: u64) -> bool {
        let knows = |a: u8, b: u8| {
            let partners = self.met.get(&a).map(Vec::as_slice).unwrap_or_default();
            partners.iter().rev().take(8).any(|(other, at)| *other == b && now - at < 600_000)
        };
        knows(a / 2, b / 2) || knows(b / 2, a / 2)
    }

    fn want_each_other(&self, a: u8, b: u8, now: u64) -> bool {
        let ((a_words, a_since, _), (b_words, b_since, _)) = (self.waiting[&a], self.waiting[&b]);
        let open = |words: u8, since: u64| words == 0 || now - since >= 3_000;
        a_words & b_words != 0 || (open(a_words, a_since) && open(b_words, b_since))
    }

    fn may_pair(&self, a: u8, b: u8, now: u64) -> bool {
        let relaxed = [a, b].iter().all(|session| now - self.waiting[session].1 >= 15_000);
        self.hard_rules_allow(a, b)
            && self.want_each_other(a, b, now)
            && (relaxed || !self.have_met(a, b, now))
    }

    /// The partner for this one: the oldest who shares an interest, else the oldest who accepts everyone, else the
    /// oldest it has met.
    fn partner_of(&self, session: u8, now: u64) -> Option<u8> {
        let allowed = self.waiting.keys().copied().filter(|other| self.may_pair(session, *other, now));
        let shares = |other: u8| self.waiting[&session].0 & self.waiting[&other].0 != 0;
        allowed.min_by_key(|other| {
            let has_met = self.have_met(session, *other, now);
            let (_, since, arrival) = self.waiting[other];
            (has_met, has_met || !shares(*other), since, arrival)
        })
    }

    fn check(&mut self, pair: &Pair, now: u64) -> Result<(), TestCaseError> {
        let (first, second) = (number(pair.first.seeker.session), number(pair.second.seeker.session));
        prop_assert!(self.waiting.contains_key(&first) && self.waiting.contains_key(&second));
        prop_assert!(self.may_pair(first, second, now), "{first} and {second} must not meet");
        prop_assert_eq!(pair.met_before, self.have_met(first, second, now));
        prop_assert_eq!(pair.first.waited_ms, now - self.waiting[&first].1);
        let place = |session: u8| (self.waiting[&session].1, self.waiting[&session].2);
        prop_assert!(place(first) < place(second), "{second} came before {first}");
        let shared = self.waiting[&first].0 & self.waiting[&second].0;
        let shared: Vec<&str> = (0..3).filter(|bit| shared & (1 << bit) != 0).map(|bit| WORDS[bit]).collect();
        prop_assert_eq!(pair.shared_interests.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), shared);
        self.waiting.remove(&first);
        self.waiting.remove(&second);
        Ok(())
    }

    fn meet(&mut self, a: u8, b: u8, now: u64) {
        for (one, other) in [(a / 2, b / 2), (b / 2, a / 2)] {
            let partners = self.met.entry(one).or_default();
            partners.retain(|(known, _)| *known != other);
            partners.push((other, now));
        }
    }

    /// The pairs when these are tried, one after the other.
    fn pairs_of(&self, sessions: &[u8], now: u64) -> Vec<[u8; 2]> {
        let mut left = self.clone();
        let mut pairs = Vec::new();
        for session in sessions {
            if !left.waiting.contains_key(session) {
                continue;
            }
            if let Some(partner) = left.partner_of(*session, now) {
                left.waiting.remove(session);
                left.waiting.remove(&partner);
                pairs.push(sorted([*session, partner]));
            }
        }
        pairs
    }

    /// Those whose own 3 s or 15 s came after `last` and until `now`, the oldest first.
    fn due(&self, last: u64, now: u64) -> Vec<u8> {
        let came = |since: u64| [3_000, 15_000].iter().any(|ms| last < since + ms && since + ms <= now);
        let mut due: Vec<u8> =
            self.waiting.iter().filter(|(_, (_, since, _))| came(*since)).map(|(s, _)| *s).collect();
        due.sort_by_key(|session| (self.waiting[session].1, self.waiting[session].2));
        due
    }

    /// Nobody waits who could have been paired with somebody else who waits.
    fn check_nobody_is_left(&self, now: u64) -> Result<(), TestCaseError> {
        for a in self.waiting.keys() {
            for b in self.waiting.keys().filter(|b| a < b) {
                prop_assert!(!self.may_pair(*a, *b, now), "{a} and {b} were left waiting");
            }
        }
        Ok(())
    }
}

fn sorted(mut pair: [u8; 2]) -> [u8; 2] {
    pair.sort_unstable();
    pair
}

/// Checks that just these pairs were made. All of them meet only afterwards: the lobby cannot know sooner.
fn drain(lobby: &mut Lobby, naive: &mut Naive, expected: &[[u8; 2]], now: u64) -> Result<(), TestCaseError> {
    let mut made = Vec::new();
    while let Some(LobbyAction::Pair(pair)) = lobby.next_action() {
        naive.check(&pair, now)?;
        made.push([pair.first.seeker, pair.second.seeker].map(|seeker| number(seeker.session)));
    }
    prop_assert_eq!(made.iter().copied().map(sorted).collect::<Vec<_>>(), expected);
    for [first, second] in made {
        naive.meet(first, second, now);
        lobby.handle_met(id(first / 2), id(second / 2), UnixMillis(now));
    }
    Ok(())
}

fn run(events: &[Event]) -> Result<(), TestCaseError> {
    let (mut lobby, mut naive, mut now) = (Lobby::default(), Naive::default(), 1_000_000_u64);
    for event in events {
        match *event {
            Event::Seek { session, interests, waited_ms } => {
                let seeker = seeker(session, interests, &naive.blocks);
                let taken = lobby.handle_seek(seeker, u64::from(waited_ms), UnixMillis(now));
                prop_assert_eq!(taken.is_ok(), !naive.waiting.contains_key(&session));
                if taken.is_ok() {
                    naive.arrivals += 1;
                    naive.waiting.insert(session, (interests, now - u64::from(waited_ms), naive.arrivals));
                    let expected = naive.pairs_of(&[session], now);
                    drain(&mut lobby, &mut naive, &expected, now)?;
                }
            }
            Event::Cancel { session } => {
                let session_id = SessionId::from_bytes([session; 16]);
                let was_waiting = lobby.handle_cancel(session_id, UnixMillis(now));
                prop_assert_eq!(was_waiting, naive.waiting.remove(&session).is_some());
            }
            Event::Block { blocker, blocked } => {
                naive.blocks.insert((blocker, blocked));
                lobby.handle_block(id(blocker), id(blocked), UnixMillis(now));
            }
            Event::Pass { ms, is_late } => {
                let end = now + u64::from(ms);
                while let Some(at) = lobby.next_timeout().filter(|at| at.0 <= end) {
                    let last = std::mem::replace(&mut now, if is_late { end } else { at.0 });
                    let expected = naive.pairs_of(&naive.due(last, now), now);
                    lobby.handle_timeout(UnixMillis(now));
                    prop_assert!(lobby.next_timeout().is_none_or(|next| next.0 > now));
                    drain(&mut lobby, &mut naive, &expected, now)?;
                }
                now = end;
            }
        }
        prop_assert!(lobby.next_action().is_none(), "a pair that nobody asked for");
        prop_assert_eq!(lobby.len(), naive.waiting.len());
        naive.check_nobody_is_left(now)?;
    }
    Ok(())
}

fn check(cases: u32, rng_seed: RngSeed) {
    let config = ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() };
    let events = proptest::collection::vec(event(), 1..60);
    let result = TestRunner::new(config).run(&events, |events| run(&events));
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn no_pair_breaks_a_rule_and_nobody_is_left_who_could_be_paired() {
    // The same worlds each time: a red run can be repeated, and a green one says the same tomorrow.
    check(3_000, RngSeed::Fixed(1));
}

#[test]
#[ignore = "full: other worlds each time"]
fn no_pair_breaks_a_rule_in_many_worlds() {
    check(200_000, RngSeed::Random);
}

/// Found by an earlier run: two users with two tabs each, all due in the same millisecond. Nobody has met yet
/// when the second pair is made, so it may be.
#[test]
fn two_users_with_two_tabs_each_may_be_paired_twice_in_one_moment() {
    let seek = |session, interests| Event::Seek { session, interests, waited_ms: 0 };
    let pass = Event::Pass { ms: 3_000, is_late: false };
    run(&[seek(8, 4), seek(9, 4), seek(14, 0), seek(15, 0), pass]).unwrap();
}
