//! The actions of people, and the events that hit them and the server.

use crate::random::Chances as _;
use callbox_core::exchange::Handover;
use callbox_protocol::id::CallId;
use callbox_protocol::user::AgeClass;

use super::{Down, Up, World, exchange};
use crate::client::{Client, Doing, Wish};
use crate::relay::RelayBook;

impl World {
    /// Somebody does something, or something happens to somebody.
    pub(super) fn deed(&mut self) {
        let index = self.random.index(self.clients.len());
        match self.random.below(100) {
            0..=1 => return self.go_down(),
            2..=3 => return self.crash(),
            4..=5 if self.random.chance(20) => return self.answer_age(index),
            4..=5 => return self.block(),
            26..=28 => return self.ping(index),
            6..=17 => return self.cut(index),
            18..=19 => return self.close_page(index),
            20 => return self.reload_page(index),
            21..=25 => {
                let until = self.now.plus(self.random.below(30_000));
                if let Some(id) = self.clients[index].connection {
                    self.note(&format!("{index} does not read {id} for a while"));
                    self.connections.get_mut(&id).unwrap().slow_until = until;
                }
                return;
            }
            _ => {}
        }
        let client = &mut self.clients[index];
        if client.connection.is_none() && client.comes_back_at.is_none() {
            client.comes_back_at = Some(self.now);
            return;
        }
        self.act(index);
        self.flush(index);
    }

    fn act(&mut self, index: usize) {
        let (random, client) = (&mut self.random, &mut self.clients[index]);
        if client.session.is_none() {
            return;
        }
        let deed = match client.doing {
            Doing::Nothing if client.wish.is_none() => {
                client.wish = Some(if random.chance(75) {
                    Wish::Stranger
                } else {
                    Wish::Invite(u8::from(random.chance(50)))
                });
                client.ask();
                "asks"
            }
            Doing::Waiting(_) if random.chance(15) => {
                client.cancel();
                "cancels"
            }
            Doing::Waiting(_) => {
                client.park(random);
                "parks an offer"
            }
            Doing::Calling(call) => match random.below(20) {
                0 => {
                    client.end(call);
                    "hangs up"
                }
                5 => {
                    client.say_left(call);
                    "says that the other left"
                }
                1 => {
                    client.next(call);
                    "wants the next"
                }
                2 => {
                    for _ in 0..8 {
                        client.say(call, 50_000, &mut self.ledger);
                    }
                    "says more than fits"
                }
                3..=4 => {
                    let size = 2_000 + random.index(56_000);
                    for _ in 0..=random.below(5) {
                        client.say(call, size, &mut self.ledger);
                    }
                    "says much"
                }
                _ => {
                    for _ in 0..=random.below(4) {
                        client.say(call, random.index(200), &mut self.ledger);
                    }
                    "talks"
                }
            },
            _ => return,
        };
        self.note(&format!("{index} {deed} ({:?})", self.clients[index].doing));
    }

    fn cut(&mut self, index: usize) {
        let Some(id) = self.clients[index].connection else { return };
        self.report.cuts += 1;
        self.note(&format!("{index} loses {id}"));
        let connection = self.connections.get_mut(&id).unwrap();
        connection.is_client_open = false;
        connection.down.clear();
        // Some of what is under way arrives; then the server finds out at once, or by its patience.
        let arrives = self.random.index(connection.up.len() + 1);
        connection.up.truncate(arrives);
        let found_out =
            if self.random.chance(50) { self.random.below(100) } else { self.random.below(25_000) };
        let at = connection.up.back().map_or(self.now, |(at, _)| *at).plus(found_out);
        connection.up.push_back((at, Up::Lost));
        self.clients[index].lose();
        let wait = if self.random.chance(85) { self.random.below(5_000) } else { self.random.below(90_000) };
        self.clients[index].comes_back_at = Some(self.now.plus(wait));
    }

    fn close_page(&mut self, index: usize) {
        self.note(&format!("{index} closes its page"));
        // By our client's own word, or by the browser's.
        let up = if self.random.chance(50) { Up::Bye } else { Up::Gone };
        self.take_page(index, up);
        self.clients[index].forget();
    }

    /// The page goes, and comes again before or after the server has noticed.
    fn reload_page(&mut self, index: usize) {
        self.note(&format!("{index} reloads its page ({:?})", self.clients[index].doing));
        let up = if self.random.chance(70) { Up::Gone } else { Up::Lost };
        self.take_page(index, up);
        self.clients[index].reload();
        self.report.reloaded += u64::from(self.clients[index].call().is_some());
        let wait = if self.random.chance(80) { self.random.below(3_000) } else { self.random.below(90_000) };
        self.clients[index].comes_back_at = Some(self.now.plus(wait));
    }

    fn take_page(&mut self, index: usize, up: Up) {
        if let Some(id) = self.clients[index].connection {
            self.send_up(id, up);
            self.connections.get_mut(&id).unwrap().is_client_open = false;
        }
        self.clients[index].lose();
    }

    /// Somebody answers the age question.
    fn answer_age(&mut self, index: usize) {
        let user = self.clients[index].user;
        if self.ages[&user].is_none() && self.is_server_up {
            let age = if self.random.chance(30) { AgeClass::Minor } else { AgeClass::Adult };
            self.note(&format!("the user of {index} is {age:?}"));
            self.ages.insert(user, Some(age));
            self.exchange.handle_age(user, age);
            self.carry_out();
        }
    }

    /// The server asks for a sign of life.
    fn ping(&mut self, index: usize) {
        let Some(id) = self.clients[index].connection else { return };
        let connection = &self.connections[&id];
        let Some((session, _)) = connection.handle.filter(|_| connection.is_server_open) else { return };
        if let Some(ping) = self.exchange.ping(session).filter(|_| self.is_server_up) {
            self.send_down(id, Down::Frame(serde_json::from_slice(&ping).unwrap()));
        }
    }

    fn block(&mut self) {
        let (one, other) = (self.random.index(self.clients.len()), self.random.index(self.clients.len()));
        let (blocker, blocked) = (self.clients[one].user, self.clients[other].user);
        if blocker != blocked && self.is_server_up && self.random.chance(30) {
            self.note(&format!("the user of {one} blocks that of {other}"));
            self.blocks.insert((blocker, blocked));
            self.exchange.handle_block(blocker, blocked, self.now);
            self.carry_out();
        }
    }

    fn go_down(&mut self) {
        if !self.is_server_up {
            return;
        }
        self.note("the server goes down");
        self.report.restarts += 1;
        let handover = self.exchange.handle_shutdown(self.now);
        self.carry_out();
        self.left_behind = Some(serde_json::to_string(&handover).unwrap());
        self.stop();
    }

    fn crash(&mut self) {
        if !self.is_server_up {
            return;
        }
        self.note("the server crashes");
        self.report.crashes += 1;
        self.left_behind = None;
        // Records go to the store's queue, and the last of them may never have reached the disk.
        if self.random.chance(50) {
            let lost_since = self.now.minus(self.random.below(1_000));
            self.recorded.retain(|_, at| *at <= lost_since);
        }
        self.stop();
    }

    fn stop(&mut self) {
        self.is_server_up = false;
        // A relay ends with its process.
        self.relay = RelayBook::default();
        self.absent.clear();
        let wait = if self.random.chance(90) { self.random.below(8_000) } else { self.random.below(120_000) };
        self.comes_up_at = self.now.plus(wait);
        for id in self.connections.keys().copied().collect::<Vec<_>>() {
            let connection = self.connections.get_mut(&id).unwrap();
            connection.up.clear();
            connection.handle = None;
            if std::mem::take(&mut connection.is_server_open) {
                self.send_down(id, Down::Closed);
            }
        }
    }

    pub(super) fn come_up(&mut self) {
        self.epochs += 1;
        self.is_server_up = true;
        self.exchange = exchange(self.seed, self.epochs);
        let left: Option<Handover> = self.left_behind.take().map(|text| serde_json::from_str(&text).unwrap());
        let took_over = left.is_some_and(|handover| self.exchange.take_over(handover, self.now));
        self.note(&format!("the server is up again, took over: {took_over}"));
        // Calls that were forgotten may be brought back; lines that were under way in them may be lost.
        if !took_over {
            let calls: Vec<CallId> = self.clients.iter().filter_map(Client::call).collect();
            for call in calls {
                self.ledger.excuse(call);
            }
        }
        self.carry_out();
    }
}
