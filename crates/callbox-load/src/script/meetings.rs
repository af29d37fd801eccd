//! Set-ups: started by the plan, played by both sides, checked message by message.

use std::cmp::Reverse;
use std::time::Duration;

use super::{Script, Setup, State, Task};
use crate::clock::Nanos;
use crate::ledger::Arrival;
use crate::plan::{Batch, CANDIDATE_MS, Meeting};

const FROM_CALLER: u8 = 0;
const FROM_CALLEE: u8 = 1;

impl Script {
    pub(super) fn start(&mut self, number: u32) {
        let plan = self.plan.as_ref().expect("set-ups are started by the plan");
        let Meeting { at, left, right, stays } = plan.meeting(number as usize);
        if (number as usize) + 1 < plan.setups {
            let next = plan.meeting(number as usize + 1).at;
            self.agenda.push(Reverse((next, Task::Start(number + 1))));
        }
        let pair = [left, right];
        let is_busy = pair.iter().any(|&client| self.state_of(client) == Some(State::Running));
        let is_touched = pair.iter().any(|&client| !self.persons[client].is_ready);
        let state = if is_busy { State::Over } else { State::Running };
        self.tally.counts.setups += 1;
        self.setups.push(Setup { state, at, left, right, caller: None, stays, is_touched, try_number: 0 });
        if is_busy {
            self.tally.counts.not_started += 1;
            return;
        }
        self.latest = number as usize;
        self.agenda.push(Reverse((at.plus(self.settings.patience), Task::GiveUp(number))));
        // The right one first: if the wire has no lobby, it must know whom the offer comes from.
        for (client, peer) in [(right, left), (left, right)] {
            self.leave_last(client);
            self.persons[client].setup = Some(number);
            let peer = self.persons[peer].id.clone();
            let may_offer = self.persons[client].line.start(number, &peer, &mut self.out);
            self.flush(client);
            if may_offer && client == left {
                self.handle_begin(left, true, at);
            }
        }
    }

    pub(super) fn handle_begin(&mut self, client: usize, is_caller: bool, due: Nanos) {
        let Some((number, setup)) = self.running(client) else { return };
        if !is_caller {
            return;
        }
        if setup.caller.is_some() {
            // A match that was not confirmed in time, and then another one.
            return self.begin_again(client, due);
        }
        setup.caller = Some(client);
        self.describe(number, FROM_CALLER, due);
    }

    pub(super) fn handle_relayed(&mut self, client: usize, text: &str, now: Nanos) {
        let marks: Vec<_> = self.payloads.marks(text).collect();
        let mut is_timed = false;
        for mark in marks {
            let Some(&setup) = self.setups.get(mark.setup as usize) else { continue };
            let sender = if mark.direction == FROM_CALLER { setup.caller } else { setup.callee() };
            if sender.map(|sender| setup.other(sender)) != Some(client) {
                self.tally.counts.misdelivered += 1;
                continue;
            }
            let Arrival::Fresh(latency) = self.ledger.see(mark, now) else { continue };
            // All candidates of a frame were due with it: one message, one duration.
            let is_measured = mark.setup as usize >= self.settings.warmup_setups;
            if is_measured && !std::mem::replace(&mut is_timed, true) {
                if setup.is_touched {
                    self.tally.messages_touched.add(latency);
                } else {
                    self.tally.messages.add(latency);
                }
            }
            if mark.sequence == 0 && setup.state == State::Running {
                if mark.direction == FROM_CALLER {
                    self.describe(mark.setup, FROM_CALLEE, now);
                } else if is_measured && !setup.is_touched {
                    self.tally.setups.add(now.since(setup.at));
                }
            }
            self.finish_if_done(mark.setup);
        }
    }

    pub(super) fn send_candidates(
        &mut self,
        number: u32,
        try_number: u32,
        direction: u8,
        batch: usize,
        due: Nanos,
        now: Nanos,
    ) {
        let setup = self.setups[number as usize];
        let sender = if direction == FROM_CALLER { setup.caller } else { setup.callee() };
        let (State::Running, Some(sender)) = (setup.state, sender) else { return };
        if setup.try_number != try_number {
            return;
        }
        let batch = self.batches[batch];
        let mut payloads = Vec::with_capacity(batch.to - batch.from);
        for (index, &made_ms) in CANDIDATE_MS.iter().enumerate().take(batch.to).skip(batch.from) {
            let mark = self.ledger.send(number, direction, 1 + index, due);
            payloads.push(self.payloads.text(mark));
            if number as usize >= self.settings.warmup_setups {
                self.tally.batching.add(now.since(due) + Duration::from_millis(batch.sent_ms - made_ms));
            }
        }
        self.persons[sender].line.send_candidates(&payloads, &mut self.out);
        self.flush(sender);
        self.finish_if_done(number);
    }

    /// The call has ended without anybody of ours having left it.
    pub(super) fn handle_ended(&mut self, client: usize) {
        let Some(number) = self.persons[client].setup else { return };
        let setup = &mut self.setups[number as usize];
        if setup.state != State::Over {
            setup.state = State::Over;
            self.tally.counts.ended_early += 1;
        }
    }

    pub(super) fn give_up(&mut self, number: u32) {
        let setup = &mut self.setups[number as usize];
        if setup.state == State::Running {
            setup.state = State::Over;
            self.tally.counts.unfinished += 1;
            for client in [setup.left, setup.right] {
                self.persons[client].line.abandon(&mut self.out);
                self.flush(client);
            }
        }
    }

    /// The server has forgotten what was on its way, and has the call still: the caller offers anew.
    pub(super) fn begin_again(&mut self, client: usize, now: Nanos) {
        let Some((number, setup)) = self.running(client) else { return };
        setup.caller = Some(client);
        setup.is_touched = true;
        setup.try_number += 1;
        self.ledger.begin_again(number);
        self.tally.counts.begun_again += 1;
        self.describe(number, FROM_CALLER, now);
    }

    /// The client's set-up, while it runs.
    pub(super) fn running(&mut self, client: usize) -> Option<(u32, &mut Setup)> {
        let number = self.persons[client].setup?;
        let setup = &mut self.setups[number as usize];
        (setup.state == State::Running).then_some((number, setup))
    }

    fn state_of(&self, client: usize) -> Option<State> {
        self.persons[client].setup.map(|number| self.setups[number as usize].state)
    }

    /// A client that stayed in a call leaves it by starting the next set-up.
    fn leave_last(&mut self, client: usize) {
        if let Some(number) = self.persons[client].setup {
            self.setups[number as usize].state = State::Over;
        }
    }

    fn describe(&mut self, number: u32, direction: u8, due: Nanos) {
        let setup = self.setups[number as usize];
        let sender = if direction == FROM_CALLER { setup.caller } else { setup.callee() };
        let Some(sender) = sender else { return };
        let mark = self.ledger.send(number, direction, 0, due);
        let payload = self.payloads.text(mark);
        self.persons[sender].line.describe(direction == FROM_CALLER, &payload, &mut self.out);
        self.flush(sender);
        for (batch, &Batch { sent_ms, .. }) in self.batches.iter().enumerate() {
            let task = Task::Candidates { setup: number, try_number: setup.try_number, direction, batch };
            self.agenda.push(Reverse((due.plus_ms(sent_ms), task)));
        }
    }

    fn finish_if_done(&mut self, number: u32) {
        let setup = &mut self.setups[number as usize];
        if setup.state != State::Running || !self.ledger.is_done(number, FROM_CALLER) {
            return;
        }
        self.tally.counts.done += 1;
        if setup.stays {
            setup.state = State::Staying;
        } else {
            setup.state = State::Over;
            if let Some(caller) = setup.caller {
                self.persons[caller].line.end(&mut self.out);
                self.flush(caller);
            }
        }
    }
}
