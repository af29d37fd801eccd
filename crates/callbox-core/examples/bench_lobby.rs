//! Pairing among 10,000 who wait: how long one arrival takes, beside a scan over a list with the same rules.
//!
//! Run by `cargo xtask bench lobby`. Prints `what|ours|peer|ratio|target|ok` a line and ends with 1 if a
//! target is missed. Both do the same arrivals in turn, and each pair made is replaced, so 10,000 always wait.
#![expect(clippy::print_stdout, reason = "a benchmark talks to people")]

use callbox_core::lobby::{Interests, Lobby, LobbyAction, Seeker};
use callbox_protocol::id::{LoginId, SessionId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use std::collections::HashSet;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const WAITING: u64 = 10_000;
const ARRIVALS: u64 = 2_000;
const RUNS: usize = 5;
const TARGET_US: f64 = 50.0;

fn words(words: &[String]) -> Interests {
    Interests::parse(words).expect("our words are short")
}

fn seeker(number: u64, interests: &[String], blocked: &Arc<HashSet<UserId>>) -> Seeker {
    let bytes = u128::from(number).to_be_bytes();
    Seeker {
        session: SessionId::from_bytes(bytes),
        user: UserId::from_bytes(bytes),
        login: LoginId::from_bytes(bytes),
        age: AgeClass::Adult,
        interests: words(interests),
        blocked: Arc::clone(blocked),
    }
}

/// The people who wait, and those who arrive.
struct Mix {
    name: &'static str,
    /// The interests of the one that waits at this place.
    waits_with: fn(u64) -> Vec<String>,
    /// How long those who wait have waited, at least.
    waited_ms: u64,
    /// The interests of the one that arrives.
    comes_with: fn(u64) -> Vec<String>,
    /// How many of those who are first in line each newcomer has blocked.
    blocked_heads: u64,
    /// Whether all who wait are one person's tabs, so that they accept everyone and yet not each other.
    is_one_person: bool,
}

const MIXES: &[Mix] = &[
    Mix {
        name: "an arrival that shares an interest with one of them",
        waits_with: |n| vec![format!("topic {n}"), format!("other {n}")],
        waited_ms: 0,
        comes_with: |n| vec![format!("topic {}", (n * 7_919) % WAITING), format!("mine {n}")],
        blocked_heads: 0,
        is_one_person: false,
    },
    Mix {
        name: "an arrival that shares nothing, before anybody widened",
        waits_with: |n| vec![format!("other {n}")],
        waited_ms: 0,
        comes_with: |n| vec![format!("mine {n}")],
        blocked_heads: 0,
        is_one_person: false,
    },
    Mix {
        name: "an arrival that takes anyone, after everybody widened",
        waits_with: |n| vec![format!("other {n}")],
        waited_ms: 3_000,
        comes_with: |_| Vec::new(),
        blocked_heads: 0,
        is_one_person: true,
    },
    Mix {
        name: "an arrival behind 200 people that it blocked",
        waits_with: |_| Vec::new(),
        waited_ms: 0,
        comes_with: |_| Vec::new(),
        blocked_heads: 200,
        is_one_person: true,
    },
];

/// The peer: a list in order of waiting, scanned from its start, with the same rules.
#[derive(Default)]
struct List {
    waiting: Vec<(UnixMillis, Seeker)>,
}

impl List {
    fn seek(&mut self, seeker: Seeker, waited_ms: u64, now: UnixMillis) -> Option<(Seeker, Seeker)> {
        let shares = |a: &Seeker, b: &Seeker| a.interests.shares_one_with(&b.interests);
        let open =
            |seeker: &Seeker, since: UnixMillis| seeker.interests.is_empty() || now.since(since) >= 3_000;
        let since = now.minus(waited_ms);
        let allowed = |other: &Seeker| {
            other.user != seeker.user
                && other.login != seeker.login
                && other.age == seeker.age
                && !seeker.blocked.contains(&other.user)
                && !other.blocked.contains(&seeker.user)
        };
        let shared = self.waiting.iter().position(|(_, other)| shares(&seeker, other) && allowed(other));
        let found = shared.or_else(|| {
            let is_open = open(&seeker, since);
            self.waiting.iter().position(|(at, other)| is_open && open(other, *at) && allowed(other))
        });
        if let Some(place) = found {
            return Some((self.waiting.remove(place).1, seeker));
        }
        let place = self.waiting.partition_point(|(at, _)| *at <= since);
        self.waiting.insert(place, (since, seeker));
        None
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}

/// The 99th percentiles of one run, in microseconds: ours, the list's.
fn run(mix: &Mix) -> (f64, f64) {
    let now = UnixMillis(1_000_000_000);
    let nobody = Arc::default();
    let (mut lobby, mut list) = (Lobby::default(), List::default());
    for number in 0..WAITING {
        let mut waiter = seeker(number, &(mix.waits_with)(number), &nobody);
        if mix.is_one_person {
            waiter.login = LoginId::from_bytes([255; 16]);
        }
        // Places in line differ, as they would.
        let waited_ms = mix.waited_ms + (WAITING - number) / 10;
        lobby.handle_seek(waiter.clone(), waited_ms, now).expect("there is room");
        list.waiting.push((now.minus(waited_ms), waiter));
        assert!(lobby.next_action().is_none(), "those who wait must not pair");
    }
    let heads = (0..mix.blocked_heads).map(|n| UserId::from_bytes(u128::from(n).to_be_bytes()));
    let blocked = Arc::new(heads.collect::<HashSet<_>>());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for arrival in 0..ARRIVALS {
        let comer = seeker(1_000_000 + arrival, &(mix.comes_with)(arrival), &blocked);
        let twin = comer.clone();
        let (pair, time) = timed(|| {
            lobby.handle_seek(comer, 0, now).expect("there is room");
            lobby.next_action()
        });
        ours.push(time);
        let (list_pair, time) = timed(|| list.seek(twin, 0, now));
        theirs.push(time);
        // The two must agree, and a user who was taken is replaced by somebody like them.
        match (pair, list_pair) {
            (Some(LobbyAction::Pair(pair)), Some((waiter, _))) => {
                assert_eq!(
                    pair.first.seeker.session, waiter.session,
                    "the lobby and the list chose differently"
                );
                lobby.handle_seek(waiter.clone(), pair.first.waited_ms, now).expect("there is room");
                let since = now.minus(pair.first.waited_ms);
                let place = list.waiting.partition_point(|(at, _)| *at <= since);
                list.waiting.insert(place, (since, waiter));
            }
            (None, None) => {
                let session = SessionId::from_bytes(u128::from(1_000_000 + arrival).to_be_bytes());
                lobby.handle_cancel(session, now);
                list.waiting.retain(|(_, seeker)| seeker.session != session);
            }
            _ => panic!("only one of the two found a partner"),
        }
        while lobby.next_action().is_some() {}
    }
    (p99_us(ours), p99_us(theirs))
}

fn p99_us(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() * 99 / 100].as_secs_f64() * 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> ExitCode {
    let mut all_ok = true;
    for mix in MIXES {
        let (ours, theirs): (Vec<f64>, Vec<f64>) = (0..RUNS).map(|_| run(mix)).unzip();
        let (ours, theirs) = (median(ours), median(theirs));
        let is_ok = ours <= TARGET_US;
        all_ok &= is_ok;
        let ratio = theirs / ours;
        println!(
            "{}, p99 us|{ours:.1}|{theirs:.1} (list scan)|{ratio:.1}x|<= {TARGET_US:.0}|{}",
            mix.name,
            if is_ok { "ok" } else { "missed" }
        );
    }
    if all_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
