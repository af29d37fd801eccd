//! Durable inserts: 256 in flight, which share commits, beside one transaction each. Prints a row for `cargo xtask bench data`.
//!
//! Both make the same guests with the same statements on the same disk, and wait for it. They take turns; medians count.
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock; that is what it is for")]

use callbox_protocol::account::LoginKind;
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_store::{NewGuest, NewLogin, Store, hash_token};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const TURNS: usize = 5;
const TIME: Duration = Duration::from_secs(3);
const IN_FLIGHT: usize = 256;
const TARGET: f64 = 12.0;

fn guest(number: u64) -> NewGuest {
    let mut random = [7; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let now = UnixMillis(1_790_000_000_000 + number);
    let login = NewLogin {
        id: LoginId::new(now, random),
        token_hash: hash_token(&number.to_string()),
        kind: LoginKind::Guest,
        label: "Firefox on Linux".to_owned(),
        device: None,
        address: None,
    };
    NewGuest { user: UserId::new(now, random), age: None, login, now }
}

/// Inserts a second, so many at once.
async fn rate(store: &Arc<Store>, next: &Arc<AtomicU64>, in_flight: usize) -> anyhow::Result<f64> {
    let (start, before) = (Instant::now(), next.load(Ordering::SeqCst));
    let mut jobs = Vec::new();
    for _ in 0..in_flight {
        let (store, next) = (Arc::clone(store), Arc::clone(next));
        jobs.push(tokio::spawn(async move {
            while start.elapsed() < TIME {
                store.create_guest(guest(next.fetch_add(1, Ordering::SeqCst))).await?;
            }
            anyhow::Ok(())
        }));
    }
    for job in jobs {
        job.await??;
    }
    let count = u32::try_from(next.load(Ordering::SeqCst) - before)?;
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = Path::new("target/bench-data/inserts");
    let _ = std::fs::remove_dir_all(folder);
    let (store, next) = (Arc::new(Store::open(folder)?), Arc::new(AtomicU64::new(0)));
    let (mut many, mut one) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        many.push(rate(&store, &next, IN_FLIGHT).await?);
        // Alone, each is a transaction of its own, and waits for the disk.
        one.push(rate(&store, &next, 1).await?);
    }
    store.close().await;
    std::fs::remove_dir_all(folder)?;
    let (many, one) = (median(many), median(one));
    let ratio = many / one;
    let ok = if ratio >= TARGET { "ok" } else { "missed" };
    writeln!(
        std::io::stdout(),
        "durable inserts/s, 256 in flight (peer: one transaction each)|{many:.0}|{one:.0}|{ratio:.2}|>= 12x|{ok}"
    )?;
    Ok(())
}
