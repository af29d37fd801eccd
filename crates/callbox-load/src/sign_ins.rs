//! A storm of sign-ins beside the calls: so many a second, each with an address that nobody has.
//!
//! To the server that is as much work as a real one: it has to be, so that nobody learns who has an account. It checks as
//! many as it can and refuses the rest; the calls must not notice either.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::connection::Connection;

/// As many browsers ask at once at the most; one that waits for an answer asks no more.
const CONNECTIONS: u32 = 64;

/// The results of the sign-ins.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct SignIns {
    /// The password was looked at.
    pub(crate) checked: u64,
    /// There was no room.
    pub(crate) refused: u64,
}

/// A storm that is running.
pub(crate) struct Running {
    is_over: Rc<Cell<bool>>,
    askers: Vec<JoinHandle<Result<SignIns>>>,
}

impl Running {
    pub(crate) fn start(server: SocketAddr, rate: f64) -> Self {
        let is_over = Rc::<Cell<bool>>::default();
        let pause = Duration::from_secs_f64(f64::from(CONNECTIONS) / rate);
        let ask = |number| tokio::task::spawn_local(ask(server, number, pause, Rc::clone(&is_over)));
        let askers = (0..CONNECTIONS).map(ask).collect();
        Self { is_over, askers }
    }

    pub(crate) async fn stop(self) -> Result<SignIns> {
        self.is_over.set(true);
        let mut all = SignIns::default();
        for asker in self.askers {
            let SignIns { checked, refused } = asker.await.context("somebody who signed in panicked")??;
            all.checked += checked;
            all.refused += refused;
        }
        Ok(all)
    }
}

async fn ask(server: SocketAddr, number: u32, pause: Duration, is_over: Rc<Cell<bool>>) -> Result<SignIns> {
    let mut connection = Connection::open(server).await?;
    // Not all at the same instant.
    tokio::time::sleep(pause * number / CONNECTIONS).await;
    let mut turns = interval(pause);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counts = SignIns::default();
    for turn in 0_u64.. {
        turns.tick().await;
        if is_over.get() {
            break;
        }
        let body = format!(
            r#"{{"email":"nobody{number}.{turn}@example.org","password":"walks {number} {turn} dogs"}}"#
        );
        let answer = connection.ask("POST", "/v1/logins", None, &body).await?;
        match answer.status {
            403 => counts.checked += 1,
            429 => counts.refused += 1,
            status => bail!("a sign-in: {status} {}", answer.shown()),
        }
    }
    Ok(counts)
}
