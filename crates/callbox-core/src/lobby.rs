//! The lobby: who waits for a stranger, and who gets paired with whom.
//!
//! Pure: no sockets, no clock, no randomness of its own. A ticket is tried when it arrives and again when its own
//! 3 s and 15 s have come; there is no tick over the list. Holds one ticket a session, 20,000 tickets, and the
//! partners of the last ten minutes. One attempt looks at 256 people at most.

mod interests;
mod recent;

use callbox_protocol::id::{LoginId, SessionId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use thiserror::Error;

use recent::Recent;

pub use interests::{InterestError, Interests};

/// After this long a ticket accepts everyone, not only those who share an interest.
pub const WIDEN_MS: u64 = 3_000;
/// After this long two who met lately may meet again, if nobody else is to be had.
pub const RELAX_MS: u64 = 15_000;
/// Tickets at once.
const TICKETS_MAX: usize = 20_000;
/// People that one attempt looks at. A user whom hundreds have blocked must not make each arrival a walk over
/// the list: 256 looks take some 20 us.
const LOOKS_MAX: usize = 256;
/// When an attempt that ran out of looks is made again.
const RETRY_MS: u64 = 1_000;

/// Somebody who would like to meet a stranger.
#[derive(Clone, Debug)]
pub struct Seeker {
    /// The session that gets its frames.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
    /// By which login.
    pub login: LoginId,
    /// The hard partition.
    pub age: AgeClass,
    /// The interests that it named.
    pub interests: Interests,
    /// The users whom it blocked.
    pub blocked: Arc<HashSet<UserId>>,
}

/// Why somebody cannot wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LobbyError {
    /// The session waits already.
    #[error("the session waits already")]
    AlreadyWaiting,
    /// As many wait as there may be.
    #[error("{TICKETS_MAX} sessions wait already")]
    Full,
}

/// One of a pair.
#[derive(Clone, Debug)]
pub struct Matched {
    /// The matched person.
    pub seeker: Seeker,
    /// How long it waited.
    pub waited_ms: u64,
}

/// Two who were brought together; both are out of the lobby.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The one who waited longer.
    pub first: Matched,
    /// The one who came later.
    pub second: Matched,
    /// The interests that both named.
    pub shared_interests: Vec<Arc<str>>,
    /// They met within the last ten minutes, and nobody else was to be had.
    pub met_before: bool,
}

/// An action for the caller of this core.
#[derive(Clone, Debug)]
pub enum LobbyAction {
    /// Make a call of the two.
    Pair(Pair),
}

/// A ticket's position in a line: who waits since when, and who was there first at the same millisecond.
type Position = (UnixMillis, u64, SessionId);
type Line = BTreeSet<Position>;

#[derive(Debug)]
struct Ticket {
    seeker: Seeker,
    position: Position,
    wakes_at: Option<UnixMillis>,
}

/// The users who wait for a stranger.
#[derive(Debug, Default)]
pub struct Lobby {
    tickets: HashMap<SessionId, Ticket>,
    /// Those who named an interest, by age class and interest; no line is empty.
    lines_by_interest: HashMap<(AgeClass, Arc<str>), Line>,
    /// Those who accept everyone.
    open_lines: BTreeMap<AgeClass, Line>,
    wakes: BTreeSet<(UnixMillis, SessionId)>,
    recent: Recent,
    arrivals: u64,
    actions: VecDeque<LobbyAction>,
}

/// How strict an attempt is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Strict,
    /// Two who met lately will do, if both have waited this long.
    Relaxed,
}

/// The result of an attempt.
enum Found {
    Partner(SessionId),
    Nobody,
    /// There may be somebody beyond the last look.
    OutOfLooks,
}

impl Lobby {
    /// Somebody waits from now on, with the waiting time that it brings back; pairs at once if it can.
    pub fn handle_seek(&mut self, seeker: Seeker, waited_ms: u64, now: UnixMillis) -> Result<(), LobbyError> {
        let session = seeker.session;
        if self.tickets.contains_key(&session) {
            return Err(LobbyError::AlreadyWaiting);
        }
        if self.tickets.len() >= TICKETS_MAX {
            return Err(LobbyError::Full);
        }
        self.arrivals += 1;
        let position = (now.minus(waited_ms), self.arrivals, session);
        for interest in seeker.interests.iter() {
            let key = (seeker.age, Arc::clone(interest));
            self.lines_by_interest.entry(key).or_default().insert(position);
        }
        self.tickets.insert(session, Ticket { seeker, position, wakes_at: None });
        self.attempt(session, now);
        Ok(())
    }

    /// Somebody waits no more; whether it did.
    pub fn handle_cancel(&mut self, session: SessionId, _now: UnixMillis) -> bool {
        self.remove(session).is_some()
    }

    /// Two people were in a match that was confirmed or declined: they do not meet again so soon.
    pub fn handle_met(&mut self, one: UserId, other: UserId, now: UnixMillis) {
        self.recent.add(one, other, now);
    }

    /// A user blocked another while waiting, perhaps.
    pub fn handle_block(&mut self, blocker: UserId, blocked: UserId, _now: UnixMillis) {
        for ticket in self.tickets.values_mut().filter(|ticket| ticket.seeker.user == blocker) {
            Arc::make_mut(&mut ticket.seeker.blocked).insert(blocked);
        }
    }

    /// Tries again the tickets whose own time has come, the oldest first.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        let mut due: Vec<Position> = Vec::new();
        while let Some((at, session)) = self.wakes.first().copied().filter(|(at, _)| *at <= now) {
            self.wakes.remove(&(at, session));
            let ticket = self.tickets.get_mut(&session).expect("a ticket takes its wake along");
            ticket.wakes_at = None;
            due.push(ticket.position);
        }
        due.sort_unstable();
        // All accept everyone before the first is tried: its oldest partner may be another of them.
        for (_, _, session) in &due {
            self.open(*session, now);
        }
        for (_, _, session) in due {
            self.attempt(session, now);
        }
    }

    /// When [`Self::handle_timeout`] is to be called at the latest.
    pub fn next_timeout(&self) -> Option<UnixMillis> {
        self.wakes.first().map(|(at, _)| *at)
    }

    /// The next action; `None` when nothing is left.
    pub fn next_action(&mut self) -> Option<LobbyAction> {
        self.actions.pop_front()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.tickets.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }

    /// Whether the session waits.
    pub fn is_waiting(&self, session: SessionId) -> bool {
        self.tickets.contains_key(&session)
    }

    /// The recent meetings, for the process that takes over.
    pub fn meetings(&self) -> Vec<(UnixMillis, [UserId; 2])> {
        self.recent.meetings().collect()
    }

    /// How long the session has waited, if it does.
    pub fn waited_ms(&self, session: SessionId, now: UnixMillis) -> Option<u64> {
        self.tickets.get(&session).map(|ticket| now.since(ticket.position.0))
    }

    /// Puts a ticket that accepts everyone into the line of those; whether it does.
    fn open(&mut self, session: SessionId, now: UnixMillis) -> bool {
        let Some(Ticket { seeker, position, .. }) = self.tickets.get(&session) else { return false };
        let accepts_everyone = seeker.interests.is_empty() || now.since(position.0) >= WIDEN_MS;
        if accepts_everyone {
            self.open_lines.entry(seeker.age).or_default().insert(*position);
        }
        accepts_everyone
    }

    /// Tries to pair one ticket, if it still waits; if that fails, notes when to try again.
    fn attempt(&mut self, session: SessionId, now: UnixMillis) {
        let accepts_everyone = self.open(session, now);
        let Some(ticket) = self.tickets.get(&session) else { return };
        let waited_ms = now.since(ticket.position.0);
        let mut looks = LOOKS_MAX;
        let mut found = self.find_shared(ticket, now, &mut looks);
        if matches!(found, Found::Nobody) && accepts_everyone {
            found = self.find_open(ticket, Rules::Strict, now, &mut looks);
        }
        let mut met_before = false;
        if matches!(found, Found::Nobody) && waited_ms >= RELAX_MS {
            found = self.find_open(ticket, Rules::Relaxed, now, &mut looks);
            met_before = true;
        }
        match found {
            Found::Partner(partner) => self.pair(session, partner, met_before, now),
            Found::Nobody if waited_ms < WIDEN_MS => self.wake_in(session, WIDEN_MS - waited_ms, now),
            Found::Nobody if waited_ms < RELAX_MS => self.wake_in(session, RELAX_MS - waited_ms, now),
            Found::Nobody => {}
            Found::OutOfLooks => self.wake_in(session, RETRY_MS, now),
        }
    }

    /// The one who waits longest among those who share an interest.
    fn find_shared(&self, ticket: &Ticket, now: UnixMillis, looks: &mut usize) -> Found {
        let mut best: Option<Position> = None;
        for interest in ticket.seeker.interests.iter() {
            let key = (ticket.seeker.age, Arc::clone(interest));
            for position in self.lines_by_interest.get(&key).into_iter().flatten() {
                if best.is_some_and(|best| best <= *position) {
                    break;
                }
                if *looks == 0 {
                    return best.map_or(Found::OutOfLooks, |(_, _, session)| Found::Partner(session));
                }
                *looks -= 1;
                if self.may_meet(ticket, position.2, Rules::Strict, now) {
                    best = Some(*position);
                    break;
                }
            }
        }
        best.map_or(Found::Nobody, |(_, _, session)| Found::Partner(session))
    }

    /// The one who waits longest among those who accept everyone.
    fn find_open(&self, ticket: &Ticket, rules: Rules, now: UnixMillis, looks: &mut usize) -> Found {
        for position in self.open_lines.get(&ticket.seeker.age).into_iter().flatten() {
            if rules == Rules::Relaxed && now.since(position.0) < RELAX_MS {
                break;
            }
            if *looks == 0 {
                return Found::OutOfLooks;
            }
            *looks -= 1;
            if self.may_meet(ticket, position.2, rules, now) {
                return Found::Partner(position.2);
            }
        }
        Found::Nobody
    }

    /// The hard rules, both ways. The age class is the line's.
    fn may_meet(&self, ticket: &Ticket, other: SessionId, rules: Rules, now: UnixMillis) -> bool {
        let (one, other) = (&ticket.seeker, &self.tickets[&other].seeker);
        one.session != other.session
            && one.user != other.user
            && one.login != other.login
            && !one.blocked.contains(&other.user)
            && !other.blocked.contains(&one.user)
            && (rules == Rules::Relaxed || !self.recent.have_met(one.user, other.user, now))
    }

    fn pair(&mut self, one: SessionId, other: SessionId, met_before: bool, now: UnixMillis) {
        let mut both =
            [one, other].map(|session| self.remove(session).expect("both were just found waiting"));
        both.sort_by_key(|ticket| ticket.position);
        let [first, second] = both.map(|ticket| {
            let waited_ms = now.since(ticket.position.0);
            Matched { seeker: ticket.seeker, waited_ms }
        });
        let shared_interests = first.seeker.interests.shared_with(&second.seeker.interests);
        self.actions.push_back(LobbyAction::Pair(Pair { first, second, shared_interests, met_before }));
    }

    fn wake_in(&mut self, session: SessionId, ms: u64, now: UnixMillis) {
        if let Some(ticket) = self.tickets.get_mut(&session) {
            ticket.wakes_at = Some(now.plus(ms));
            self.wakes.insert((now.plus(ms), session));
        }
    }

    fn remove(&mut self, session: SessionId) -> Option<Ticket> {
        let ticket = self.tickets.remove(&session)?;
        if let Some(at) = ticket.wakes_at {
            self.wakes.remove(&(at, session));
        }
        if let Some(line) = self.open_lines.get_mut(&ticket.seeker.age) {
            line.remove(&ticket.position);
        }
        for interest in ticket.seeker.interests.iter() {
            let key = (ticket.seeker.age, Arc::clone(interest));
            if let Some(line) = self.lines_by_interest.get_mut(&key) {
                line.remove(&ticket.position);
                if line.is_empty() {
                    self.lines_by_interest.remove(&key);
                }
            }
        }
        Some(ticket)
    }
}

#[cfg(test)]
mod tests;
