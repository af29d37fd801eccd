//! A run without sockets: texts go straight through a relay of ten lines, or are lost if a test wants it.

use super::*;
use crate::clock::Nanos;
use crate::plan::Plan;
use crate::tally::Counts;
use serde_json::Value;

const CLIENTS: usize = 40;

/// A script on the bare wire, and a server that passes on what `passes` lets through.
struct World<P> {
    script: Script,
    now: Nanos,
    passes: P,
    away: Vec<(Nanos, usize)>,
}

impl<P: FnMut(usize, &str) -> usize> World<P> {
    /// `passes` says how often a text of some client reaches its recipient.
    fn new(cuts: usize, passes: P) -> Self {
        let login = |number: usize| Login { id: number.to_string(), token: String::new() };
        let patience = Duration::from_secs(10);
        let settings = Settings { wire: Wire::Ws, cuts, warmup_setups: 0, patience, seed: 7 };
        let script = Script::new(settings, (0..CLIENTS).map(login).collect());
        let mut world = Self { script, now: Nanos(1), passes, away: Vec::new() };
        for client in 0..CLIENTS {
            world.arrive(client);
        }
        world
    }

    fn arrive(&mut self, client: usize) {
        self.script.handle_open(client, self.now);
        self.script.handle_text(client, r#"{"type":"welcome"}"#, self.now);
        self.carry_out();
    }

    fn play(mut self, setups: u64) -> Script {
        let plan = Plan::new(CLIENTS, 10.0, Duration::from_millis(setups * 100), 0.0).unwrap();
        self.script.play(plan.starting(self.now));
        let end = self.now.plus_ms(setups * 100 + 20_000);
        while self.now < end && !(self.script.is_over() && self.away.is_empty()) {
            let back = self.away.iter().map(|(at, _)| *at).min().unwrap_or(Nanos::NEVER);
            self.now = self.now.max(self.script.next_timeout().min(back));
            while let Some(index) = self.away.iter().position(|(at, _)| *at <= self.now) {
                let (_, client) = self.away.remove(index);
                self.arrive(client);
            }
            while self.script.handle_timeout(self.now) {
                self.carry_out();
            }
        }
        self.script
    }

    fn carry_out(&mut self) {
        while let Some(action) = self.script.next_action() {
            match action {
                Action::Send(client, text) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    let to: usize = message["to"].as_str().unwrap().parse().unwrap();
                    if self.away.iter().all(|(_, away)| *away != to) {
                        for _ in 0..(self.passes)(client, &text) {
                            self.script.handle_text(to, &text, self.now);
                        }
                    }
                }
                Action::Cut(client, _) => {
                    let back_at = self.script.handle_lost(client, self.now).unwrap();
                    self.away.push((back_at, client));
                }
                Action::Ready(_) => {}
            }
        }
    }
}

#[test]
fn through_a_server_that_passes_everything_on_all_set_ups_are_done() {
    let script = World::new(0, |_, _| 1).play(20);
    assert_eq!(script.tally.counts, Counts { setups: 20, done: 20, ..Counts::default() });
    assert_eq!(script.faults(), Faults::default());
    assert_eq!(script.tally.messages.summary().count, 20 * 22);
    assert_eq!(script.tally.setups.summary().count, 20);
}

#[test]
fn a_server_that_loses_or_doubles_a_message_is_found_out() {
    let mut number = 0;
    let script = World::new(0, |_, _| {
        number += 1;
        match number {
            40 => 0,
            45 => 2,
            _ => 1,
        }
    })
    .play(20);
    let Faults { lost, doubled, .. } = script.faults();
    assert_eq!((lost, doubled), (1, 1));
}

#[test]
fn a_server_that_loses_an_offer_leaves_a_set_up_unfinished() {
    let script = World::new(0, |_, text| usize::from(!text.contains("00000003-0-0-00"))).play(20);
    let Counts { done, unfinished, .. } = script.tally.counts;
    assert_eq!((done, unfinished), (19, 1));
}

#[test]
fn a_message_that_comes_to_somebody_else_is_found_out() {
    let mut script = World::new(0, |_, _| 1).play(20);
    let mark = script.ledger.send(2, 0, 1, Nanos(1));
    let text = script.payloads.text(mark);
    script.handle_text(17, &text, Nanos(2));
    assert_eq!(script.tally.counts.misdelivered, 1);
}

#[test]
fn clients_that_are_cut_come_back_and_what_a_server_without_sessions_loses_meanwhile_shows() {
    let script = World::new(60, |_, _| 1).play(60);
    let counts = script.tally.counts;
    assert_eq!(counts.cuts, 60);
    assert_eq!(counts.anew, 60);
    assert!(script.faults().lost > 0, "some were sent to people who were away");
    assert_eq!(script.ready(), CLIENTS);
}

#[test]
fn the_generators_own_lateness_is_measured() {
    let mut world = World::new(0, |_, _| 1);
    let plan = Plan::new(CLIENTS, 10.0, Duration::from_millis(100), 0.0).unwrap();
    world.script.play(plan.starting(world.now));
    assert!(world.script.handle_timeout(world.now.plus_ms(7)));
    assert!((world.script.tally.lateness.summary().max_ms - 7.0).abs() < 0.001);
}

#[test]
fn a_client_that_cannot_connect_tries_again_at_random_moments_that_lie_further_and_further_out() {
    let mut world = World::new(0, |_, _| 1);
    let mut waits = |times: usize| -> u64 {
        (0..times).map(|_| world.script.handle_refused(0, Nanos(0)).0 / 1_000_000).max().unwrap_or(0)
    };
    assert!(waits(1) <= 250);
    assert!((1_000..=4_000).contains(&waits(50)));
}
