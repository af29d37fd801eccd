//! One run of the HTTP interface: people who read and change what is theirs, over connections that are kept alive.
//!
//! In a hundred requests 50 read oneself, 25 one's calls and 15 one's blocks; 4 change the profile, 3 the attributes, 3 rate a
//! call; or all read oneself alone, or ask whether that has changed. Each carries a login. Each answer is looked at: its status, whose it is, and whether what was written is read
//! again. The users are those that `callbox-store`'s example `seed` makes, whose tokens are their numbers.

use anyhow::{Context, Result, ensure};
use callbox_protocol::http::Stats;
use serde::Serialize;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::clock::now;
use crate::connection::{Answer, Connection};
use crate::latencies::{Latencies, Summary};
use crate::options::{Asks, Data};
use crate::process::{core_cpu_seconds, cpu_seconds, machine_cpu_seconds};

/// The token of a seeded user, as `callbox-store`'s example `seed` makes it.
pub(crate) fn token_of(user: usize) -> String {
    format!("bench-token-{user:031}")
}

/// The results of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    requests: usize,
    per_second: f64,
    /// CPU that the server's core spent, for all that is pinned to it.
    cpu_ms_per_1000: f64,
    server_core_share: f64,
    own_cpu_share: f64,
    others_cpu_share: f64,
    /// Of the requests to routes whose answers are kept, those that read nothing in the database.
    unread_share: Option<f64>,
    latency: Summary,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, per_second, cpu_ms_per_1000, latency, .. } = self;
        let Summary { p50_ms, p99_ms, .. } = latency;
        writeln!(f, "{requests} requests, {per_second:.0} a second, each answered as it should be")?;
        writeln!(f, "{cpu_ms_per_1000:.1} ms of CPU for 1,000; p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms")?;
        let [server, own, others] =
            [self.server_core_share, self.own_cpu_share, self.others_cpu_share].map(|share| share * 100.0);
        write!(f, "of a core: the server's {server:.0} %, this process {own:.0} %, others {others:.0} %")
    }
}

/// Plays everything that the options ask for.
pub(crate) async fn run(options: &Data) -> Result<Report> {
    ensure!(options.users >= options.connections, "each connection needs a user of its own");
    let state =
        Rc::new(RefCell::new(State { counted: Latencies::default(), is_counting: false, is_over: false }));
    let mut tasks = Vec::new();
    for number in 0..options.connections {
        let users = (number..options.users).step_by(options.connections).collect();
        let person = Person::arrive(options, users, number).await?;
        tasks.push(tokio::task::spawn_local(person.go_on(Rc::clone(&state))));
    }
    tokio::time::sleep(options.warmup).await;
    state.borrow_mut().is_counting = true;
    let costs = || -> Result<_> {
        Ok((now(), core_cpu_seconds(options.core)?, cpu_seconds(std::process::id())?, machine_cpu_seconds()?))
    };
    let operator = options.operator_token.as_deref().map(std::fs::read_to_string).transpose()?;
    let mut stats = Connection::open(options.server).await?;
    let before = reads(&mut stats, operator.as_deref()).await?;
    let (start, core, own, machine) = costs()?;
    tokio::time::sleep(options.duration).await;
    let (end, core_after, own_after, machine_after) = costs()?;
    let after = reads(&mut stats, operator.as_deref()).await?;
    state.borrow_mut().is_over = true;
    for task in tasks {
        task.await.context("somebody panicked")??;
    }
    let latency = state.borrow().counted.summary();
    let (seconds, core, own) = (end.since(start).as_secs_f64(), core_after - core, own_after - own);
    let others = (machine_after - machine - core - own).max(0.0);
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let requests = latency.count as f64;
    Ok(Report {
        requests: latency.count,
        per_second: requests / seconds,
        cpu_ms_per_1000: core * 1e6 / requests,
        server_core_share: core / seconds,
        own_cpu_share: own / seconds,
        others_cpu_share: others / seconds,
        unread_share: before.zip(after).map(|(before, after)| after.unread_since(&before)),
        latency,
    })
}

/// The server's own count of requests to routes whose answers are kept.
struct Reads {
    all: u64,
    unread: u64,
}

impl Reads {
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    fn unread_since(&self, before: &Self) -> f64 {
        (self.unread - before.unread) as f64 / (self.all - before.all).max(1) as f64
    }
}

/// `None` without the operator's token.
async fn reads(connection: &mut Connection, operator: Option<&str>) -> Result<Option<Reads>> {
    let Some(token) = operator else { return Ok(None) };
    let answer = connection.ask("GET", "/v1/stats", Some(token.trim()), "").await?;
    ensure!(answer.status == 200, "/v1/stats: {} {}", answer.status, answer.shown());
    let stats: Stats = serde_json::from_slice(answer.body).context("/v1/stats")?;
    let routes = stats.cache.routes.iter();
    let (mut all, mut unread) = (0, 0);
    for route in routes {
        all += route.hits + route.misses;
        unread += route.hits + route.shared;
    }
    Ok(Some(Reads { all, unread }))
}

struct State {
    counted: Latencies,
    is_counting: bool,
    is_over: bool,
}

/// One connection, and the users that nobody else is.
struct Person {
    connection: Connection,
    users: Vec<User>,
    rng: fastrand::Rng,
    asks: Asks,
    is_checked: bool,
}

struct User {
    token: String,
    /// As the server says it.
    id: Option<Vec<u8>>,
    /// Of their account.
    etag: Option<String>,
    /// The last name that was written.
    name: Option<String>,
    /// A call of theirs, for a rating.
    call: Option<String>,
    written: u32,
}

impl Person {
    async fn arrive(options: &Data, users: Vec<usize>, number: usize) -> Result<Self> {
        let user = |number| User {
            token: token_of(number),
            id: None,
            etag: None,
            name: None,
            call: None,
            written: 0,
        };
        Ok(Self {
            connection: Connection::open(options.server).await?,
            users: users.into_iter().map(user).collect(),
            rng: fastrand::Rng::with_seed(options.seed ^ number as u64),
            asks: options.asks,
            is_checked: !options.unchecked,
        })
    }

    async fn go_on(mut self, state: Rc<RefCell<State>>) -> Result<()> {
        while !state.borrow().is_over {
            let start = now();
            self.ask().await?;
            let mut state = state.borrow_mut();
            if state.is_counting && !state.is_over {
                state.counted.add(Duration::from_micros(u64::try_from(now().since(start).as_micros())?));
            }
        }
        Ok(())
    }

    async fn ask(&mut self) -> Result<()> {
        let user = self.rng.usize(..self.users.len());
        let user = &mut self.users[user];
        let connection = &mut self.connection;
        match self.asks {
            Asks::Mix => {}
            Asks::Profile => return user.read(connection, self.is_checked).await,
            Asks::Unchanged => return user.read_unless(connection, self.is_checked).await,
        }
        match self.rng.u8(..100) {
            0..50 => user.read(connection, self.is_checked).await,
            50..75 => user.list(connection, "/v1/me/calls?limit=20").await,
            75..90 => user.list(connection, "/v1/me/blocks?limit=20").await,
            90..94 => user.rename(connection).await,
            94..97 => user.set_attributes(connection).await,
            _ => user.rate(connection).await,
        }
    }
}

impl User {
    async fn read(&mut self, connection: &mut Connection, is_checked: bool) -> Result<()> {
        let answer = self.ask(connection, "GET", "/v1/me", "", 200).await?;
        let id = answer.text("id").context("somebody without an id")?;
        if !is_checked {
            return Ok(());
        }
        let first = self.id.get_or_insert_with(|| id.to_vec());
        ensure!(first == id, "somebody else's account was answered");
        if let Some(name) = &self.name {
            ensure!(answer.text("name") == Some(name.as_bytes()), "what was written was not read again");
        }
        Ok(())
    }

    /// A server without entity tags gives the whole answer each time.
    async fn read_unless(&mut self, connection: &mut Connection, is_checked: bool) -> Result<()> {
        let Some(etag) = &self.etag else {
            let answer = self.ask(connection, "GET", "/v1/me", "", 200).await?;
            self.etag = answer.etag().map(str::to_owned);
            ensure!(self.etag.is_some() || !is_checked, "an account without an entity tag");
            return Ok(());
        };
        let answer = connection.ask_unless("/v1/me", &self.token, etag).await?;
        ensure!(answer.status == 304, "{} instead of 304: {}", answer.status, answer.shown());
        Ok(())
    }

    async fn list(&mut self, connection: &mut Connection, path: &str) -> Result<()> {
        let answer = self.ask(connection, "GET", path, "", 200).await?;
        ensure!(answer.has("\"items\""), "no list");
        if path.starts_with("/v1/me/calls") {
            let call = answer.text("id").context("a seeded user without calls")?;
            self.call = Some(String::from_utf8(call.to_vec())?);
        }
        Ok(())
    }

    async fn rename(&mut self, connection: &mut Connection) -> Result<()> {
        self.written += 1;
        let name = format!("Ann {}", self.written);
        let body = format!(
            r#"{{"name":"{name}","bio":"I like long walks and short calls.","interests":["chess","music"],"languages":["en","de"],"country":"AT"}}"#
        );
        self.ask(connection, "PUT", "/v1/me/profile", &body, 200).await?;
        self.name = Some(name);
        Ok(())
    }

    async fn set_attributes(&mut self, connection: &mut Connection) -> Result<()> {
        self.written += 1;
        let body =
            format!(r#"{{"public":{{"level":{},"badges":["early","kind"],"theme":"dark"}}}}"#, self.written);
        let answer = self.ask(connection, "PUT", "/v1/me/attributes", &body, 200).await?;
        ensure!(answer.has("\"badges\""), "attributes were not kept");
        Ok(())
    }

    async fn rate(&mut self, connection: &mut Connection) -> Result<()> {
        let Some(call) = &self.call else { return self.list(connection, "/v1/me/calls?limit=20").await };
        let path = format!("/v1/calls/{call}/rating");
        self.ask(connection, "PUT", &path, r#"{"stars":4}"#, 204).await.map(|_| ())
    }

    async fn ask<'c>(
        &self,
        connection: &'c mut Connection,
        method: &str,
        path: &str,
        body: &str,
        status: u16,
    ) -> Result<Answer<'c>> {
        let answer = connection.ask(method, path, Some(&self.token), body).await?;
        ensure!(answer.status == status, "{method} {path}: {} {}", answer.status, answer.shown());
        Ok(answer)
    }
}
