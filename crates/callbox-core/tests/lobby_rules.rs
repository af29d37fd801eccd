//! The lobby against a naive one: whatever happens, no pair breaks a hard rule, the oldest is taken, and nobody is
//! left who could have been paired.
//!
//! The naive lobby is a list that is scanned; it knows the rules from the documentation, not from the code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use callbox_core::lobby::{Interests, Lobby, LobbyAction, Pair, Seeker};
use callbox_protocol::http::AgeClass;
use callbox_protocol::id::{LoginId, SessionId, UserId};
use callbox_protocol::time::UnixMillis;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const USERS: u8 = 8;
const WORDS: [&str; 3] = ["chess", "film", "music"];

#[derive(Clone, Debug)]
enum Event {
    Seek { session: u8, interests: u8, waited_ms: u16 },
    Cancel { session: u8 },
    Block { blocker: u8, blocked: u8 },
    Pass { ms: u16 },
}

fn event() -> impl Strategy<Value = Event> {
    let session = 0..USERS * 2;
    prop_oneof![
        5 => (session.clone(), 0..8_u8, prop_oneof![Just(0_u16), 0..20_000_u16])
            .prop_map(|(session, interests, waited_ms)| Event::Seek { session, interests, waited_ms }),
        1 => session.prop_map(|session| Event::Cancel { session }),
        1 => (0..USERS, 0..USERS).prop_map(|(blocker, blocked)| Event::Block { blocker, blocked }),
        4 => (0..8_000_u16).prop_map(|ms| Event::Pass { ms }),
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
#[derive(Default)]
struct Naive {
    /// What they named, since when, and how many came before.
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

    /// Whom this one gets: the oldest who shares an interest, else the oldest who accepts everyone, else the
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
        prop_assert!(pair.first.waited_ms >= pair.second.waited_ms);
        for (one, other) in [(first, second), (second, first)] {
            self.met.entry(one / 2).or_default().retain(|(known, _)| *known != other / 2);
            self.met.entry(one / 2).or_default().push((other / 2, now));
            self.waiting.remove(&one);
        }
        Ok(())
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

/// Checks all pairs; gives back the last.
fn drain(lobby: &mut Lobby, naive: &mut Naive, now: u64) -> Result<Option<[SessionId; 2]>, TestCaseError> {
    let mut last = None;
    while let Some(LobbyAction::Pair(pair)) = lobby.next_action() {
        naive.check(&pair, now)?;
        lobby.handle_met(pair.first.seeker.user, pair.second.seeker.user, UnixMillis(now));
        last = Some([pair.first.seeker.session, pair.second.seeker.session]);
    }
    Ok(last)
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
                    let expected = naive.partner_of(session, now);
                    let partner = drain(&mut lobby, &mut naive, now)?.map(|pair| {
                        let both = pair.map(number);
                        if both[0] == session { both[1] } else { both[0] }
                    });
                    prop_assert_eq!(partner, expected, "for {}", session);
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
            Event::Pass { ms } => {
                let end = now + u64::from(ms);
                while let Some(at) = lobby.next_timeout().filter(|at| at.0 <= end) {
                    now = at.0;
                    lobby.handle_timeout(at);
                    prop_assert!(lobby.next_timeout().is_none_or(|next| next > at));
                    drain(&mut lobby, &mut naive, now)?;
                }
                now = end;
            }
        }
        drain(&mut lobby, &mut naive, now)?;
        prop_assert_eq!(lobby.len(), naive.waiting.len());
        naive.check_nobody_is_left(now)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_pair_breaks_a_rule_and_nobody_is_left_who_could_be_paired(
        events in proptest::collection::vec(event(), 1..60)
    ) {
        run(&events)?;
    }
}
