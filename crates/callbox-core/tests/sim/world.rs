//! The world: people, their connections, and a server that restarts and crashes. One event after another.
//!
//! Bytes on a connection arrive in order and late, or, once it is cut, not at all. The server writes as its socket's
//! task does: it takes frames only while the connection has room.

use callbox_core::exchange::{
    Action, Arrival, DuplicateLogin, Exchange, Incoming, Leave, Misuse, Settings, SocketId,
};
use callbox_core::grant::Grants;
use callbox_core::party::InviteKey;
use callbox_protocol::call::EndCause;
use callbox_protocol::id::{CallId, LoginId, SessionId, UserId};
use callbox_protocol::signal::{ClientFrame, ClientHello, LeaveAction, RelayPolicy};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::{AgeClass, User};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::client::{Broken, Client};
use crate::ledger::Ledger;
use crate::parked::ParkedBook;
use crate::random::{Chances as _, Random};
use crate::relay::RelayBook;
use crate::report::Report;

const START: UnixMillis = UnixMillis(1_790_000_000_000);
/// Frames on their way to one client before the server stops writing.
const ROOM: usize = 6;
/// Things that happen in one run, before everybody goes home.
const DEEDS: usize = 250;

enum Up {
    Hello(ClientHello),
    Text(String),
    Bye,
    /// The browser takes the page away.
    Gone,
    Lost,
}

enum Down {
    Frame(Value),
    Closed,
}

struct Connection {
    client: usize,
    up: VecDeque<(UnixMillis, Up)>,
    down: VecDeque<(UnixMillis, Down)>,
    handle: Option<(SessionId, SocketId)>,
    epoch: Option<String>,
    is_server_open: bool,
    is_client_open: bool,
    /// The client does not read until then.
    slow_until: UnixMillis,
    has_frames: bool,
    /// The network lost a frame in the middle, as no honest one does: either end may see a gap.
    holes: u64,
}

pub(crate) struct World {
    seed: u64,
    is_shown: bool,
    pub(crate) random: Random,
    pub(crate) now: UnixMillis,
    pub(crate) clients: Vec<Client>,
    pub(crate) ages: BTreeMap<UserId, Option<AgeClass>>,
    pub(crate) blocks: BTreeSet<(UserId, UserId)>,
    pub(crate) exchange: Exchange,
    pub(crate) relay: RelayBook,
    pub(crate) parked: ParkedBook,
    /// Sessions without a socket, and whether they wait.
    pub(crate) absent: BTreeMap<SessionId, bool>,
    is_server_up: bool,
    comes_up_at: UnixMillis,
    left_behind: Option<String>,
    epochs: u64,
    connections: BTreeMap<usize, Connection>,
    next_connection: usize,
    pub(crate) ledger: Ledger,
    /// Calls that are on record, and since when.
    recorded: HashMap<CallId, UnixMillis>,
    /// The logins that arrived in each epoch.
    greeted: HashSet<(LoginId, String)>,
    /// Fewer places than people.
    pub(crate) is_tight: bool,
    /// A sum over all that happened: one seed must give one.
    trace: u64,
    pub(crate) calls_seen: BTreeSet<CallId>,
    history: VecDeque<String>,
    pub(crate) report: Report,
}

fn grants() -> Grants {
    Grants::new(&[7; 32])
}

fn exchange(seed: u64, epoch: u64) -> Exchange {
    let duplicate_login =
        if seed.is_multiple_of(5) { DuplicateLogin::Refuse } else { DuplicateLogin::Newest };
    let numbered = seed;
    let seed = seed.wrapping_mul(31).wrapping_add(epoch);
    let sessions_max = if is_tight(numbered) { 3 } else { 100 };
    Exchange::new(Settings {
        sessions_max,
        duplicate_login,
        grants: grants(),
        epoch,
        seed,
        has_relay: false,
        announces: false,
    })
}

fn is_numbered(text: &[u8]) -> bool {
    // It is near one of the ends, and a frame may be long.
    let has = |part: &[u8]| part.windows(6).any(|six| six == br#""seq":"#);
    has(&text[..text.len().min(200)]) || has(&text[text.len().saturating_sub(60)..])
}

fn is_tight(seed: u64) -> bool {
    seed.is_multiple_of(25)
}

mod deeds;

impl World {
    pub(crate) fn new(seed: u64, is_shown: bool) -> Self {
        let mut random = Random::new(seed);
        let users = 4 + random.below(9);
        let (mut clients, mut ages) = (Vec::new(), BTreeMap::new());
        for number in 0..users {
            let user = UserId::from_bytes((1 + u128::from(number)).to_be_bytes());
            let age = match random.below(10) {
                0 => None,
                1..=3 => Some(AgeClass::Minor),
                _ => Some(AgeClass::Adult),
            };
            ages.insert(user, age);
            // A second device, a second tab of one login, or neither.
            let logins = match random.below(10) {
                0 => vec![0, 1],
                1 => vec![0, 0],
                _ => vec![0],
            };
            for login in logins {
                let login = LoginId::from_bytes((100 + u128::from(number) * 10 + login).to_be_bytes());
                let words = ["chess", "music", "films"];
                let interests = (0..random.below(3)).map(|_| words[random.index(3)].to_owned()).collect();
                clients.push(Client::new(clients.len(), user, login, interests));
            }
        }
        Self {
            seed,
            is_shown,
            random,
            now: START,
            clients,
            ages,
            blocks: BTreeSet::new(),
            exchange: exchange(seed, 1),
            relay: RelayBook::default(),
            parked: ParkedBook::default(),
            absent: BTreeMap::new(),
            is_server_up: true,
            comes_up_at: START,
            left_behind: None,
            epochs: 1,
            connections: BTreeMap::new(),
            next_connection: 0,
            ledger: Ledger::default(),
            recorded: HashMap::new(),
            greeted: HashSet::new(),
            is_tight: is_tight(seed),
            trace: 0,
            calls_seen: BTreeSet::new(),
            history: VecDeque::new(),
            report: Report::default(),
        }
    }

    pub(crate) fn run(mut self) -> Report {
        for deed in 1..=DEEDS {
            self.deed();
            let pause =
                if self.random.chance(10) { self.random.below(20_000) } else { self.random.below(600) };
            self.pass(pause);
            if deed % 50 == 0 {
                self.settle();
                self.check_at_rest();
            }
        }
        self.go_home();
        self.report.calls = self.recorded.len() as u64;
        self.report.lines = self.ledger.lines();
        self.report.offered = self.parked.offers();
        self.report.trace = self.trace;
        self.report
    }

    /// A broken promise: says what happened last, and how to see it again.
    pub(crate) fn fault(&self, what: &str) -> ! {
        let history: Vec<&str> = self.history.iter().map(String::as_str).collect();
        panic!(
            "seed {}, at {} ms: {what}\n{}\nsee `cargo xtask sim --seed {0}`",
            self.seed,
            self.now.since(START),
            history.join("\n")
        );
    }

    fn note(&mut self, text: &str) {
        let line = format!("{:>7} {text}", self.now.since(START));
        if self.is_shown {
            println!("{line}");
        }
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.history.push_back(line);
        if self.history.len() > 60 {
            self.history.pop_front();
        }
    }

    /// Lets time pass, with all that is due in it.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while let Some(at) = self.next_event().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.step();
            self.check();
        }
        self.now = end;
    }

    /// Everybody is connected, everything has arrived, nobody does anything new.
    fn settle(&mut self) {
        for connection in self.connections.values_mut() {
            connection.slow_until = self.now;
        }
        self.comes_up_at = self.comes_up_at.min(self.now);
        for client in &mut self.clients {
            client.comes_back_at = client.comes_back_at.map(|at| at.min(self.now));
        }
        // Longer than any patience: half-open sockets are found, back-offs have ended, matches are confirmed or not.
        self.pass(95_000);
    }

    fn go_home(&mut self) {
        self.settle();
        for index in 0..self.clients.len() {
            if let Some(id) = self.clients[index].connection {
                self.send_up(id, Up::Bye);
                self.connections.get_mut(&id).unwrap().is_client_open = false;
            }
            self.clients[index].lose();
            self.clients[index].forget();
        }
        self.pass(70_000);
        let stats = self.exchange.stats();
        if (stats.sessions, stats.waiting, stats.calls, stats.proposed) != (0, 0, 0, 0) {
            self.fault(&format!("everybody has gone home, and there are {stats:?}"));
        }
        // Chat is kept for a report, half an hour at most.
        self.pass(30 * 60_000);
        if self.exchange.next_timeout().is_some() {
            self.fault("an empty exchange waits for something");
        }
        if self.exchange.kept_bytes() != (0, 0) {
            self.fault("an empty exchange keeps something");
        }
        self.check_participants();
    }

    fn next_event(&self) -> Option<UnixMillis> {
        let mut next = (!self.is_server_up).then_some(self.comes_up_at);
        let mut consider = |at: Option<UnixMillis>| next = next.into_iter().chain(at).min();
        if self.is_server_up {
            consider(self.exchange.next_timeout());
        }
        for client in &self.clients {
            consider(client.comes_back_at);
        }
        for connection in self.connections.values() {
            consider(connection.up.front().map(|(at, _)| *at));
            consider(connection.down.front().map(|(at, _)| (*at).max(connection.slow_until)));
        }
        next
    }

    /// The one event that is due now.
    fn step(&mut self) {
        if !self.is_server_up && self.comes_up_at <= self.now {
            return self.come_up();
        }
        if let Some(index) =
            self.clients.iter().position(|one| one.comes_back_at.is_some_and(|at| at <= self.now))
        {
            self.clients[index].comes_back_at = None;
            return self.connect(index);
        }
        let due = |at: Option<UnixMillis>| at.is_some_and(|at| at <= self.now);
        let up = self.connections.iter().find(|(_, one)| due(one.up.front().map(|(at, _)| *at)));
        if let Some(id) = up.map(|(id, _)| *id) {
            let (_, up) = self.connections.get_mut(&id).unwrap().up.pop_front().unwrap();
            self.arrive_up(id, up);
            return self.forget_closed();
        }
        let down = self
            .connections
            .iter()
            .find(|(_, one)| one.slow_until <= self.now && due(one.down.front().map(|(at, _)| *at)));
        if let Some(id) = down.map(|(id, _)| *id) {
            let (_, down) = self.connections.get_mut(&id).unwrap().down.pop_front().unwrap();
            self.arrive_down(id, down);
            self.write(id);
            return self.forget_closed();
        }
        if self.is_server_up {
            self.exchange.handle_timeout(self.now);
            self.carry_out();
            if self.exchange.next_timeout().is_some_and(|at| at <= self.now) {
                self.fault("a timeout is due after it was handled");
            }
        }
    }

    fn forget_closed(&mut self) {
        self.connections.retain(|_, one| {
            one.is_client_open || one.is_server_open || !one.up.is_empty() || !one.down.is_empty()
        });
    }

    fn connect(&mut self, index: usize) {
        let id = self.next_connection;
        self.next_connection += 1;
        let hello = self.clients[index].hello();
        self.note(&format!("{index} opens {id}: {}", if hello.resume.is_some() { "resume" } else { "new" }));
        self.clients[index].connection = Some(id);
        self.connections.insert(
            id,
            Connection {
                client: index,
                up: VecDeque::new(),
                down: VecDeque::new(),
                handle: None,
                epoch: None,
                is_server_open: true,
                is_client_open: true,
                slow_until: START,
                has_frames: false,
                holes: 0,
            },
        );
        if self.is_server_up {
            self.send_up(id, Up::Hello(hello));
        } else {
            self.send_down(id, Down::Closed);
        }
    }

    fn send_up(&mut self, id: usize, up: Up) {
        let at = self.now.plus(1 + self.random.below(80));
        if let Some(connection) = self.connections.get_mut(&id) {
            let at = connection.up.back().map_or(at, |(last, _)| at.max(*last));
            connection.up.push_back((at, up));
        }
    }

    fn send_down(&mut self, id: usize, down: Down) {
        let at = self.now.plus(1 + self.random.below(80));
        if let Some(connection) = self.connections.get_mut(&id).filter(|one| one.is_client_open) {
            let at = connection.down.back().map_or(at, |(last, _)| at.max(*last));
            connection.down.push_back((at, down));
        }
    }

    fn arrive_up(&mut self, id: usize, up: Up) {
        let connection = &self.connections[&id];
        let (client, handle, is_open) = (connection.client, connection.handle, connection.is_server_open);
        if !is_open || !self.is_server_up {
            return;
        }
        match (up, handle) {
            (Up::Hello(hello), _) => self.greet(id, client, hello),
            (Up::Text(text), Some(handle)) => self.handle(id, handle, &text),
            (Up::Text(_), None) => {}
            (Up::Bye, handle) => {
                self.connections.get_mut(&id).unwrap().is_server_open = false;
                if let Some((session, socket)) = handle {
                    self.exchange.handle_session_closed(session, socket, self.now);
                }
            }
            (Up::Gone, handle) => {
                self.connections.get_mut(&id).unwrap().is_server_open = false;
                if let Some((session, socket)) = handle {
                    self.exchange.handle_page_gone(session, socket, self.now);
                }
            }
            (Up::Lost, handle) => {
                self.connections.get_mut(&id).unwrap().is_server_open = false;
                if let Some((session, socket)) = handle {
                    self.exchange.handle_socket_lost(session, socket, self.now);
                }
            }
        }
        self.carry_out();
    }

    fn greet(&mut self, id: usize, client: usize, hello: ClientHello) {
        let (user, login) = (self.clients[client].user, self.clients[client].login);
        let blocked = self.blocks.iter().filter(|(by, _)| *by == user).map(|(_, whom)| *whom).collect();
        let grant = hello.grant.and_then(|text| grants().open(&text, self.now));
        let grant = grant.filter(|grant| !self.recorded.contains_key(&grant.call));
        let has_grant = grant.is_some();
        let user = User { id: user, age: self.ages[&user] };
        let had_session = hello.resume.is_some();
        let met = self.clients[client].met.clone();
        match self.exchange.handle_hello(
            Arrival {
                user,
                login,
                blocked,
                relay_policy: RelayPolicy::Auto,
                is_held: false,
                observes: hello.observes,
                resume: hello.resume,
                grant,
            },
            self.now,
        ) {
            Ok(welcome) => {
                self.note(&format!(
                    "{client} on {id}: {:?} recovered {}",
                    welcome.snapshot, welcome.recovered
                ));
                self.report.recovered += u64::from(welcome.recovered);
                self.report.not_recovered += u64::from(had_session && !welcome.recovered);
                let is_in_call = matches!(welcome.snapshot, callbox_protocol::signal::Snapshot::Call { .. });
                self.report.restored += u64::from(!welcome.recovered && has_grant && is_in_call);
                let is_first = self.greeted.insert((login, welcome.epoch[..16].to_owned()));
                for call in met.into_iter().filter(|_| !welcome.recovered) {
                    if is_first {
                        self.ledger.excuse_floods_to(call, client);
                    } else {
                        self.ledger.excuse_to(call, client);
                    }
                }
                let connection = self.connections.get_mut(&id).unwrap();
                connection.handle = Some((welcome.session, welcome.socket));
                connection.epoch = Some(welcome.epoch.clone());
                let hello = json!({ "type": "hello", "session": welcome.session, "epoch": welcome.epoch,
                    "recovered": welcome.recovered, "ack": welcome.ack, "snapshot": welcome.snapshot });
                self.send_down(id, Down::Frame(hello));
                self.connections.get_mut(&id).unwrap().has_frames = true;
                self.carry_out();
                self.write(id);
            }
            Err(leave) => self.part(id, leave),
        }
    }

    fn handle(&mut self, id: usize, (session, socket): (SessionId, SocketId), text: &str) {
        let (numbers, frame) = ClientFrame::parse(text).unwrap();
        let heard = match &frame {
            ClientFrame::Join(join) => {
                Incoming::Join(Some(InviteKey([join.invite.parse().unwrap(); 32])), None)
            }
            frame => Incoming::Frame(frame),
        };
        match self.exchange.handle_frame(session, socket, numbers, text.len(), heard, self.now) {
            Ok(()) => {}
            Err(Misuse::Gap) if self.connections[&id].holes > 0 => {
                self.report.gaps += 1;
                self.note(&format!("{id} has a gap at the server"));
                self.connections.get_mut(&id).unwrap().is_server_open = false;
                self.exchange.handle_socket_lost(session, socket, self.now);
                self.send_down(id, Down::Closed);
            }
            Err(Misuse::Gap) => {
                self.fault(&format!("a gap before {numbers:?}, and nothing was lost on {id}"))
            }
            Err(Misuse::BadAck) => {
                self.fault(&format!("an honest client acknowledged too much: {numbers:?}"))
            }
            Err(Misuse::TooFast) => {
                self.connections.get_mut(&id).unwrap().is_server_open = false;
                self.exchange.handle_session_closed(session, socket, self.now);
                self.send_down(id, Down::Closed);
            }
        }
    }

    fn part(&mut self, id: usize, leave: Leave) {
        self.report.superseded += u64::from(leave.code == 4409);
        self.report.full += u64::from(leave.code == 1013);
        self.report.slow += u64::from(leave.code == 4430);
        self.note(&format!("connection {id} is closed: {leave:?}"));
        let Leave { action, after_ms, .. } = leave;
        self.connections.get_mut(&id).unwrap().is_server_open = false;
        let stays_away = action == LeaveAction::Disconnect;
        self.send_down(
            id,
            Down::Frame(json!({ "type": "leave", "stays_away": stays_away, "after_ms": after_ms })),
        );
        self.send_down(id, Down::Closed);
    }

    /// Carries out the exchange's actions. Sockets' tasks run after it, as behind the hub's lock.
    pub(crate) fn carry_out(&mut self) {
        let mut woken = Vec::new();
        while let Some(action) = self.exchange.next_action() {
            if let Some(fault) = self.relay.handle(&action) {
                self.fault(&fault);
            }
            match action {
                Action::Wake(socket) => {
                    if let Some(id) = self.connection_of(socket) {
                        self.connections.get_mut(&id).unwrap().has_frames = true;
                        woken.push(id);
                    }
                }
                Action::Close(socket, leave) => {
                    if let Some(id) = self.connection_of(socket) {
                        self.write(id);
                        self.part(id, leave);
                    }
                }
                Action::Record(record) => {
                    self.note(&format!(
                        "call {} ended: {:?} by {:?}",
                        record.call, record.cause, record.ended_by
                    ));
                    if record.cause == EndCause::Left {
                        self.report.left += 1;
                        self.check_left(record.call, record.ended_by);
                    }
                    // Candidates of a call that has ended may be evicted, and the client does not know of its end yet.
                    self.ledger.excuse(record.call);
                    if self.recorded.insert(record.call, self.now).is_some() {
                        self.fault(&format!("call {} ended twice", record.call));
                    }
                }
                Action::Attached(call, sessions) => {
                    let caller = self.connection_with(sessions[0]).and_then(|one| one.epoch.clone());
                    self.parked.attach(call, sessions, caller);
                }
                // The simulated clients have no media to speak of, and the relay's events are in its book.
                _ => {}
            }
        }
        for id in woken {
            self.write(id);
        }
    }

    fn connection_of(&self, socket: SocketId) -> Option<usize> {
        let of = |one: &Connection| one.is_server_open && one.handle.is_some_and(|(_, its)| its == socket);
        self.connections.iter().find(|(_, one)| of(one)).map(|(id, _)| *id)
    }

    fn connection_with(&self, session: SessionId) -> Option<&Connection> {
        let has = |one: &&Connection| one.is_server_open && one.handle.is_some_and(|(its, _)| its == session);
        self.connections.values().find(has)
    }

    /// Sessions that have a socket, as the server sees it.
    pub(crate) fn with_sockets(&self) -> BTreeSet<SessionId> {
        let open = self.connections.values().filter(|one| one.is_server_open);
        open.filter_map(|one| one.handle).map(|(session, _)| session).collect()
    }

    /// As a socket's task does: while there is room, all that waits.
    fn write(&mut self, id: usize) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let is_ready = connection.is_server_open && connection.has_frames && connection.down.len() < ROOM;
        let Some((session, socket)) = connection.handle.filter(|_| is_ready) else { return };
        connection.has_frames = false;
        let Some(taken) = self.exchange.take(session, socket) else { return };
        let hole = self.hole(taken.frames.iter().rposition(|text| is_numbered(text)));
        for (handle, frame) in taken.frames.into_iter().enumerate() {
            if hole == Some(handle) {
                self.connections.get_mut(&id).unwrap().holes += 1;
                continue;
            }
            let frame: Value = serde_json::from_slice(&frame).unwrap();
            if frame["type"] == "match" {
                if let Err(what) = self.parked.handle_match(session, &frame) {
                    self.fault(&what);
                }
                self.calls_seen.insert(frame["call"].as_str().unwrap().parse().unwrap());
            }
            self.send_down(id, Down::Frame(frame));
        }
    }

    fn arrive_down(&mut self, id: usize, down: Down) {
        let connection = &self.connections[&id];
        let (index, is_open) = (connection.client, connection.is_client_open);
        if !is_open || self.clients[index].connection != Some(id) {
            return;
        }
        match down {
            Down::Closed => {
                self.connections.get_mut(&id).unwrap().is_client_open = false;
                self.clients[index].lose();
                // Told to stay away, or not.
                if self.clients[index].session.is_some() || self.clients[index].wish.is_some() {
                    let wait = self.random.below(3_000);
                    let at = self.now.plus(wait);
                    let client = &mut self.clients[index];
                    client.comes_back_at = Some(client.comes_back_at.map_or(at, |told| told.max(self.now)));
                }
            }
            Down::Frame(frame) if frame["type"] == "leave" => {
                if frame["stays_away"] == true {
                    self.clients[index].forget();
                } else if let Some(ms) = frame["after_ms"].as_u64() {
                    let at = self.now.plus(ms);
                    self.clients[index].lose();
                    self.clients[index].comes_back_at = Some(at);
                    self.connections.get_mut(&id).unwrap().is_client_open = false;
                }
            }
            Down::Frame(frame) if frame["type"] == "hello" => {
                self.clients[index].welcome(&frame, &mut self.ledger, &mut self.random);
            }
            Down::Frame(frame) => {
                if self.is_shown {
                    let mut text = frame.to_string();
                    text.truncate(160);
                    self.note(&format!(
                        "{index} <- {text} as {:?} {:?}",
                        self.clients[index].doing, self.clients[index].wish
                    ));
                }
                let heard = self.clients[index].hear(&frame, &mut self.ledger, &mut self.random);
                match heard {
                    Ok(()) => {}
                    Err(Broken::Gap(_)) if self.connections[&id].holes > 0 => {
                        self.report.gaps += 1;
                        self.note(&format!("{index} on {id} has a gap"));
                        self.send_up(id, Up::Lost);
                        self.connections.get_mut(&id).unwrap().is_client_open = false;
                        self.clients[index].lose();
                        self.clients[index].comes_back_at = Some(self.now.plus(self.random.below(500)));
                    }
                    Err(Broken::Gap(what) | Broken::Promise(what)) => {
                        self.fault(&format!("{index} on {id}: {what}"));
                    }
                }
            }
        }
        self.flush(index);
    }

    /// The frame before the last numbered one that gets lost on its way, if one does: nobody would miss the last.
    fn hole(&mut self, last: Option<usize>) -> Option<usize> {
        let last = last.filter(|last| *last > 0)?;
        (self.seed.is_multiple_of(3) && self.random.chance(2)).then(|| self.random.index(last))
    }

    /// Puts a client's pending texts on its connection.
    fn flush(&mut self, index: usize) {
        let texts = std::mem::take(&mut self.clients[index].out);
        if let Some(id) = self.clients[index].connection {
            let hole = self.hole(texts.iter().rposition(|text| is_numbered(text.as_bytes())));
            for (handle, text) in texts.into_iter().enumerate() {
                if hole == Some(handle) {
                    self.connections.get_mut(&id).unwrap().holes += 1;
                    continue;
                }
                // A socket that is slow in one way may be slow in the other, or deliver a frame twice.
                let is_twice = self.random.chance(3);
                if self.is_shown {
                    let mut shown = text.clone();
                    shown.truncate(160);
                    self.note(&format!("{index} -> {shown}"));
                }
                self.send_up(id, Up::Text(text.clone()));
                if is_twice {
                    self.send_up(id, Up::Text(text));
                }
            }
        }
    }
}
