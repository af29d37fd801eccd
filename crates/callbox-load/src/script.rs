//! The script: all clients of a run and their set-ups, as one machine without sockets or clock.
//!
//! The same contract as the cores of the server: `handle_*` what happened, then carry out every `next_action`, and come
//! back at `next_timeout`. Same seed and same events, same actions. One task a call of `handle_timeout`, so that the
//! caller stamps each with its own instant. Bounds: one row a set-up, two tasks a client and some for each set-up
//! that runs.

mod meetings;
mod returns;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use crate::clock::Nanos;
use crate::ledger::{Faults, Ledger};
use crate::payload::Payloads;
use crate::plan::{Batch, Plan};
use crate::tally::Tally;
use crate::wire::{Event, Line, Login, Upgrade, Wire};

/// How a socket is cut. A close frame is never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The connection closes gracefully: what was written arrives.
    Finished,
    /// The connection is reset: what the peer has not read is gone.
    Reset,
    /// Nobody is notified, and nobody reads any more: what the peer writes is gone.
    Silent,
}

/// An action for the caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Write this text.
    Send(usize, String),
    /// Give the socket up.
    Cut(usize, Cut),
    /// This client is known to the server now.
    Ready(usize),
}

/// The settings of a run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) wire: Wire,
    /// Cuts over the whole run, at random instants.
    pub(crate) cuts: usize,
    /// How many set-ups at the start are not measured.
    pub(crate) warmup_setups: usize,
    /// After this long a set-up counts as unfinished.
    pub(crate) patience: Duration,
    pub(crate) seed: u64,
}

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Start(u32),
    Candidates { setup: u32, try_number: u32, direction: u8, batch: usize },
    GiveUp(u32),
    Cut,
    Beat(usize),
}

/// One client.
struct Person {
    id: String,
    line: Box<dyn Line>,
    /// The last set-up that it takes, or took, part in.
    setup: Option<u32>,
    is_ready: bool,
    /// When it reconnects, if that is settled.
    back_at: Option<Nanos>,
    lost_at: Option<Nanos>,
    is_sent_away: bool,
    connects_failed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// Done, and the two stay until one leaves by `next`.
    Staying,
    Over,
}

/// One set-up.
#[derive(Clone, Copy, Debug)]
struct Setup {
    state: State,
    at: Nanos,
    left: usize,
    right: usize,
    caller: Option<usize>,
    stays: bool,
    /// One of the two was away while it ran.
    is_touched: bool,
    /// How often it was begun.
    try_number: u32,
}

impl Setup {
    fn other(&self, client: usize) -> usize {
        if client == self.left { self.right } else { self.left }
    }

    fn callee(&self) -> Option<usize> {
        self.caller.map(|caller| self.other(caller))
    }
}

/// All clients and what they are to do.
pub(crate) struct Script {
    settings: Settings,
    batches: Vec<Batch>,
    payloads: Payloads,
    plan: Option<Plan>,
    persons: Vec<Person>,
    setups: Vec<Setup>,
    ledger: Ledger,
    agenda: BinaryHeap<Reverse<(Nanos, Task)>>,
    actions: VecDeque<Action>,
    /// Texts of one line, on their way to the actions.
    out: Vec<String>,
    ready: usize,
    /// The set-ups that were started last: whom a cut hits in the midst of one.
    latest: usize,
    rng: fastrand::Rng,
    pub(crate) tally: Tally,
}

impl Script {
    pub(crate) fn new(settings: Settings, logins: Vec<Login>) -> Self {
        let person = |login: Login| Person {
            id: login.id.clone(),
            line: settings.wire.line(login),
            setup: None,
            is_ready: false,
            back_at: None,
            lost_at: None,
            is_sent_away: false,
            connects_failed: 0,
        };
        let persons = logins.into_iter().map(person).collect();
        let (batches, rng) = (settings.wire.batches(), fastrand::Rng::with_seed(settings.seed));
        Self {
            settings,
            batches,
            payloads: Payloads::default(),
            plan: None,
            persons,
            setups: Vec::new(),
            ledger: Ledger::default(),
            agenda: BinaryHeap::new(),
            actions: VecDeque::new(),
            out: Vec::new(),
            ready: 0,
            latest: 0,
            rng,
            tally: Tally::default(),
        }
    }

    /// Begins the set-ups, and the cuts among them.
    pub(crate) fn play(&mut self, plan: Plan) {
        let (first, last) = (plan.meeting(0).at, plan.meeting(plan.setups).at);
        for _ in 0..self.settings.cuts {
            let at = Nanos(self.rng.u64(first.0..=last.0));
            self.agenda.push(Reverse((at, Task::Cut)));
        }
        self.agenda.push(Reverse((first, Task::Start(0))));
        self.plan = Some(plan);
    }

    /// The request with which this client connects.
    pub(crate) fn upgrade(&self, client: usize) -> Upgrade {
        self.persons[client].line.upgrade()
    }

    /// The client's socket is open.
    pub(crate) fn handle_open(&mut self, client: usize, now: Nanos) {
        self.persons[client].line.handle_open(&mut self.out);
        self.flush(client);
        if let Some(ms) = self.settings.wire.heartbeat_ms() {
            // Each in a phase of its own, as people come at their own times.
            let at = now.plus_ms(self.rng.u64(0..ms));
            self.agenda.push(Reverse((at, Task::Beat(client))));
        }
    }

    /// A text came for this client.
    pub(crate) fn handle_text(&mut self, client: usize, text: &str, now: Nanos) {
        let event = self.persons[client].line.handle_text(text, &mut self.out);
        self.flush(client);
        match event {
            Event::Nothing => {}
            Event::Ready(how) => self.handle_ready(client, how, now),
            Event::Begin { is_caller } => self.handle_begin(client, is_caller, now),
            Event::Relayed => self.handle_relayed(client, text, now),
            Event::Ended => self.handle_ended(client),
            Event::Refused(code) => *self.tally.refused.entry(code).or_default() += 1,
            Event::Leave { after_ms } => self.handle_leave(client, after_ms, now),
            Event::Gap => {
                self.tally.counts.gaps += 1;
                self.cut(client, Cut::Finished, now, now);
            }
        }
    }

    /// Does one thing that is due; `false` if there is none.
    pub(crate) fn handle_timeout(&mut self, now: Nanos) -> bool {
        let Some(&Reverse((due, task))) = self.agenda.peek().filter(|Reverse((at, _))| *at <= now) else {
            return false;
        };
        self.agenda.pop();
        match task {
            Task::Start(setup) => {
                self.tally.lateness.add(now.since(due));
                self.start(setup);
            }
            Task::Candidates { setup, try_number, direction, batch } => {
                self.tally.lateness.add(now.since(due));
                self.send_candidates(setup, try_number, direction, batch, due, now);
            }
            Task::GiveUp(setup) => self.give_up(setup),
            Task::Cut => self.cut_somebody(now),
            Task::Beat(client) => self.beat(client, now),
        }
        true
    }

    /// When to call `handle_timeout`.
    pub(crate) fn next_timeout(&self) -> Nanos {
        self.agenda.peek().map_or(Nanos::NEVER, |Reverse((at, _))| *at)
    }

    pub(crate) fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// How many clients are known to the server now.
    pub(crate) fn ready(&self) -> usize {
        self.ready
    }

    /// How many clients still hope to be.
    pub(crate) fn expected(&self) -> usize {
        self.persons.iter().filter(|person| !person.is_sent_away).count()
    }

    /// Whether every set-up was started, and none runs or has messages on their way.
    pub(crate) fn is_over(&self) -> bool {
        let is_all = self.plan.as_ref().is_none_or(|plan| self.setups.len() >= plan.setups);
        let is_quiet = |(number, setup): (usize, &Setup)| {
            setup.state != State::Running && self.ledger.is_settled(number_of(number))
        };
        is_all && self.setups.iter().enumerate().all(is_quiet)
    }

    /// The messages lost, doubled or reordered; lost is final once nothing can come any more.
    pub(crate) fn faults(&self) -> Faults {
        self.ledger.faults()
    }

    /// Moves what a line wants to have written to the actions.
    fn flush(&mut self, client: usize) {
        self.actions.extend(self.out.drain(..).map(|text| Action::Send(client, text)));
    }

    fn beat(&mut self, client: usize, now: Nanos) {
        let Some(ms) = self.settings.wire.heartbeat_ms().filter(|_| self.persons[client].is_ready) else {
            return;
        };
        self.persons[client].line.beat(&mut self.out);
        self.flush(client);
        self.agenda.push(Reverse((now.plus_ms(ms), Task::Beat(client))));
    }
}

fn number_of(index: usize) -> u32 {
    u32::try_from(index).expect("set-ups are counted in millions at most")
}
