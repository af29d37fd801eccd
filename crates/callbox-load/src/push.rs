//! Pushes to thousands of sessions: how long after a commit the sessions that watch its data hear of it.
//!
//! Each client watches four answers of its own user: the account, the calls, the blocks, the logins. Meanwhile some
//! connections write attributes of users chosen at random, so many a second. Each write must reach its user's session by a
//! `put` that has it, or by a `stale` after it. The users are those of `callbox-store`'s example `seed`.

use anyhow::{Context, Result, ensure};
use callbox_protocol::signal::{SUBPROTOCOL, Watch, WatchItem};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::{JoinSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::clock::{Nanos, now};
use crate::connection::Connection;
use crate::data::token_of;
use crate::latencies::{Latencies, Summary};
use crate::options::Push;
use crate::process::{Memory, cpu_seconds};
use crate::socket::Socket;
use crate::wire::Upgrade;

const PATHS: [&str; 4] = ["/v1/me", "/v1/me/calls?limit=20", "/v1/me/blocks?limit=20", "/v1/me/logins"];
/// As many connect at a time.
const AT_ONCE: usize = 128;
/// As many writes are under way at a time.
const WRITERS: u32 = 64;
/// How long sessions may take to be told of everything, at the start and after the last write.
const PATIENCE: Duration = Duration::from_mins(1);

/// The results of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    clients: usize,
    writes: usize,
    per_second: f64,
    /// Writes whose session was told nothing.
    lost: usize,
    /// From a write's answer to the frame; 0 where the frame was first.
    from_commit: Summary,
    /// From a write's first byte to the frame: what the other bounds from above.
    from_write: Summary,
    /// CPU that the server spent on writes and pushes, as a share of one core.
    server_share: f64,
    /// Resident memory that four watches cost a session, in KB.
    watches_kb_per_session: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, writes, per_second, lost, from_commit, from_write, .. } = self;
        writeln!(
            f,
            "{writes} writes, {per_second:.0} a second, to {clients} sessions with {} watches; {lost} lost",
            PATHS.len()
        )?;
        let ms = |summary: &Summary| format!("p50 {:.1} ms, p99 {:.1} ms", summary.p50_ms, summary.p99_ms);
        writeln!(f, "frame after the answer: {}; after the request: {}", ms(from_commit), ms(from_write))?;
        let Self { server_share, watches_kb_per_session, .. } = self;
        write!(f, "the server's share of a core {server_share:.2}; {watches_kb_per_session:.2} KB a session")
    }
}

impl Report {
    /// Whether every write reached its session.
    pub(crate) fn is_good(&self) -> bool {
        self.lost == 0 && self.writes > 0
    }
}

/// What all tasks share.
struct State {
    clients: Vec<Client>,
    from_commit: Latencies,
    from_write: Latencies,
}

#[derive(Default)]
struct Client {
    /// Watches that were answered since they were added.
    answered: [bool; PATHS.len()],
    /// Writes that it was not told of yet.
    waits: Vec<Write>,
    /// The last frame about its account: a body, or none of `stale`; and when. It may come before the answer of its write.
    told: Option<(Option<String>, Nanos)>,
}

struct Write {
    /// A piece of the account's JSON that no other write has.
    piece: String,
    began: Nanos,
    answered: Nanos,
}

/// The members of the frames that are looked at.
#[derive(Deserialize)]
struct Incoming<'t> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'t, str>,
    #[serde(default)]
    ids: Vec<u32>,
    id: Option<u32>,
    #[serde(default)]
    all: bool,
    #[serde(borrow)]
    body: Option<&'t RawValue>,
    #[serde(borrow)]
    error: Option<Cow<'t, str>>,
}

/// Plays everything that the options ask for.
pub(crate) async fn run(options: &Push) -> Result<Report> {
    let clients = (0..options.clients).map(|_| Client::default()).collect();
    let state = Rc::new(RefCell::new(State {
        clients,
        from_commit: Latencies::default(),
        from_write: Latencies::default(),
    }));
    let sockets = connect(options, &state).await?;
    sleep(options.settle).await;
    let before = Memory::of(options.pid)?;
    for (number, socket) in sockets.iter().enumerate() {
        watch(socket)?;
        // Not faster than people come.
        if number % AT_ONCE == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    }
    let all_answered = || state.borrow().clients.iter().all(|client| client.answered.iter().all(|is| *is));
    until("the first answer of each watch", all_answered).await?;
    sleep(options.settle).await;
    let after = Memory::of(options.pid)?;
    let (start, cpu) = (now(), cpu_seconds(options.pid)?);
    let writes = write_all(options, &state).await?;
    let (seconds, cpu) = (now().since(start).as_secs_f64(), cpu_seconds(options.pid)? - cpu);
    let _ = until("the last frames", || state.borrow().clients.iter().all(|client| client.waits.is_empty()))
        .await;
    let state = state.borrow();
    let lost = state.clients.iter().map(|client| client.waits.len()).sum();
    #[expect(clippy::cast_precision_loss, reason = "some millions of KB")]
    let (kb, count) = (after.rss_kb.saturating_sub(before.rss_kb) as f64, options.clients as f64);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let per_second = writes as f64 / seconds;
    Ok(Report {
        clients: options.clients,
        writes,
        per_second,
        lost,
        from_commit: state.from_commit.summary(),
        from_write: state.from_write.summary(),
        server_share: cpu / seconds,
        watches_kb_per_session: kb / count,
    })
}

async fn until(what: &str, is_so: impl Fn() -> bool) -> Result<()> {
    let wait = async {
        while !is_so() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, wait).await.with_context(|| format!("{what} did not come in a minute"))
}

/// Opens all sockets, each greeted, each with a task that reads it.
async fn connect(options: &Push, state: &Rc<RefCell<State>>) -> Result<Vec<Rc<Socket>>> {
    let mut sockets = Vec::with_capacity(options.clients);
    let numbers: Vec<usize> = (0..options.clients).collect();
    for some in numbers.chunks(AT_ONCE) {
        let mut opening = JoinSet::new();
        for number in some.iter().copied() {
            let server = options.server;
            opening.spawn_local(async move { (number, greeted(server, number).await) });
        }
        while let Some(opened) = opening.join_next().await {
            let (number, socket) = opened.context("somebody who connects panicked")?;
            let socket = Rc::new(socket?);
            spawn_local(read(number, Rc::clone(&socket), Rc::clone(state)));
            sockets.push(socket);
        }
    }
    Ok(sockets)
}

async fn greeted(server: std::net::SocketAddr, number: usize) -> Result<Socket> {
    let upgrade = Upgrade { path: "/v1/socket".to_owned(), subprotocol: Some(SUBPROTOCOL) };
    let socket = Socket::open(server, &upgrade).await?;
    socket.write(format!(r#"{{"type":"hello","token":"{}"}}"#, token_of(number)));
    socket.flush();
    let greeting = async {
        loop {
            ensure!(socket.ready().await?, "it was cut");
            match socket.read() {
                Ok(Some(text)) if text.contains(r#""type":"hello""#) => return Ok(()),
                Ok(Some(text)) => anyhow::bail!("instead of a hello came {}", text.as_str()),
                Ok(None) => {}
                Err(_) => anyhow::bail!("the server closed a socket"),
            }
        }
    };
    timeout(PATIENCE, greeting).await.context("no hello came")??;
    Ok(socket)
}

fn watch(socket: &Socket) -> Result<()> {
    let items = (1..).zip(PATHS);
    let add = items.map(|(id, path)| WatchItem { id, path: path.into(), commit: None }).collect();
    let frame = serde_json::to_string(&Watch { add, drop: Vec::new() })?;
    // Its number, and its kind.
    socket.write(format!(r#"{{"type":"watch","seq":1,{}"#, &frame[1..]));
    socket.flush();
    Ok(())
}

async fn read(number: usize, socket: Rc<Socket>, state: Rc<RefCell<State>>) -> Result<()> {
    while socket.ready().await? {
        while let Ok(Some(text)) = socket.read() {
            let frame: Incoming<'_> = serde_json::from_str(&text).context("a frame that is no JSON")?;
            if frame.kind == "ping" {
                socket.write(r#"{"type":"pong"}"#.to_owned());
            }
            state.borrow_mut().handle(number, &frame, now());
        }
        socket.flush();
    }
    Ok(())
}

impl State {
    fn handle(&mut self, number: usize, frame: &Incoming<'_>, at: Nanos) {
        let Self { clients, from_commit, from_write } = self;
        let client = &mut clients[number];
        let is_of = |id: u32| frame.all || frame.ids.contains(&id) || frame.id == Some(id);
        match &*frame.kind {
            "put" | "stale" => {}
            "unwatched" => {
                assert_ne!(frame.error.as_deref(), Some("unavailable"), "the server pushes nothing");
                panic!("a watch was refused: {:?}", frame.error);
            }
            _ => return,
        }
        for (id, answered) in (1..).zip(&mut client.answered) {
            *answered |= is_of(id);
        }
        if !is_of(1) {
            return;
        }
        let body = frame.body.map(RawValue::get);
        client.waits.retain(|write| {
            let is_told = write.is_in(body);
            if is_told {
                from_commit.add(at.since(write.answered));
                from_write.add(at.since(write.began));
            }
            !is_told
        });
        client.told = Some((body.map(str::to_owned), at));
    }

    fn written(&mut self, user: usize, write: Write) {
        let client = &mut self.clients[user];
        match &client.told {
            // The frame was before the answer.
            Some((body, at)) if *at > write.began && write.is_in(body.as_deref()) => {
                self.from_commit.add(Duration::ZERO);
                self.from_write.add(at.since(write.began));
            }
            _ => client.waits.push(write),
        }
    }
}

impl Write {
    /// Whether a frame tells of it: a body with it, or that the account is stale.
    fn is_in(&self, body: Option<&str>) -> bool {
        body.is_none_or(|body| body.contains(&self.piece))
    }
}

/// Writes at the rate, and returns how often.
async fn write_all(options: &Push, state: &Rc<RefCell<State>>) -> Result<usize> {
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let (server, clients, rate) = (options.server, options.clients, options.rate);
        let (duration, seed, state) = (options.duration, options.seed, Rc::clone(state));
        writers.spawn_local(async move {
            let mut connection = Connection::open(server).await?;
            let pause = Duration::from_secs_f64(f64::from(WRITERS) / rate);
            sleep(pause * number / WRITERS).await;
            let mut random = fastrand::Rng::with_seed(seed ^ u64::from(number));
            let mut turns = interval(pause);
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let (mut writes, start) = (0, now());
            while now().since(start) < duration {
                turns.tick().await;
                let user = random.usize(..clients);
                let piece = format!(r#""level":{}"#, random.u32(..));
                let body = format!(r#"{{"public":{{{piece}}}}}"#);
                let began = now();
                let token = token_of(user);
                let answer = connection.ask("PUT", "/v1/me/attributes", Some(&token), &body).await?;
                ensure!(answer.status == 200, "a write: {} {}", answer.status, answer.shown());
                state.borrow_mut().written(user, Write { piece, began, answered: now() });
                writes += 1;
            }
            Ok::<usize, anyhow::Error>(writes)
        });
    }
    let mut writes = 0;
    while let Some(written) = writers.join_next().await {
        writes += written.context("a writer panicked")??;
    }
    Ok(writes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_told_by_an_answer_that_has_it_or_by_a_stale_after_it() {
        let mut state = State {
            clients: vec![Client::default()],
            from_commit: Latencies::default(),
            from_write: Latencies::default(),
        };
        let at = |ms| Nanos(0).plus_ms(ms);
        let write = |level: u32, ms| Write {
            piece: format!(r#""level":{level}"#),
            began: at(ms),
            answered: at(ms + 2),
        };
        let frame = |text| serde_json::from_str::<Incoming<'_>>(text).unwrap();
        state.written(0, write(7, 10));
        state.handle(0, &frame(r#"{"type":"stale","ids":[2],"commit":"a.9"}"#), at(20));
        state.handle(0, &frame(r#"{"type":"put","id":1,"body":{"level":6},"commit":"a.6"}"#), at(21));
        assert_eq!(state.clients[0].waits.len(), 1, "another watch, and an earlier answer");
        state.handle(0, &frame(r#"{"type":"put","id":1,"body":{"level":7},"commit":"a.8"}"#), at(30));
        assert_eq!((state.clients[0].waits.len(), state.from_commit.summary().max_ms), (0, 18.0));
        state.handle(0, &frame(r#"{"type":"stale","ids":[1],"commit":"a.9"}"#), at(40));
        state.written(0, write(8, 39));
        state.written(0, write(9, 40));
        assert_eq!((state.clients[0].waits.len(), state.from_write.summary().count), (1, 2), "it was first");
        assert_eq!(state.clients[0].answered, [true, true, false, false]);
    }
}
