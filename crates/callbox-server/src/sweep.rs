//! Deletes rows that are due, a little at a time: accounts that ended, and guests whom nobody used for long.
//!
//! A round each minute; while there is more than one round takes, another one a second later.

use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_monitor::Counter;
use callbox_protocol::time::UnixMillis;
use callbox_store::{Store, StoreError};
use std::time::Duration;

use crate::app::{App, AppParts};
use crate::{beacons, counters};

const PAUSE: Duration = Duration::from_mins(1);
/// How far the machine's clock may be moved without a word: more than any that is kept right drifts in a month.
const DRIFT_MS_MAX: u64 = 60 * 1_000;
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub(crate) async fn run(app: App) {
    let AppParts { store, answers, keyed_hashes: hashes, clock, .. } = &*app;
    let mut is_logged = false;
    loop {
        let drift_ms = clock.drift_ms();
        if drift_ms > DRIFT_MS_MAX && !std::mem::replace(&mut is_logged, true) {
            tracing::warn!(
                seconds = drift_ms / 1_000,
                "the machine's clock was set since the start, or it slept; records are dated by the old clock until the next start"
            );
        }
        let swept = round(store, hashes, clock.now()).await;
        answers.sweep(clock.now());
        store.sweep_kept(clock.now());
        counters::add(if swept.is_ok() { Counter::SweepsDone } else { Counter::SweepsFailed });
        let pause = match swept {
            Ok(0) => PAUSE,
            Ok(users) => {
                tracing::debug!(users, "deleted accounts were taken away, or a part of what hangs on them");
                SHORT_PAUSE
            }
            Err(error) => {
                tracing::warn!(%error, "the rows of deleted accounts could not be removed; this is tried again");
                PAUSE
            }
        };
        clock.sleep(pause).await;
    }
}

/// One round; how many users there were. What browsers told about a user goes before their last row does: a round that
/// is cut short is done again.
async fn round(store: &Store, hashes: &KeyedHashes, now: UnixMillis) -> Result<usize, StoreError> {
    store.mark_idle(now).await?;
    let ended = store.ended_users().await?;
    for user in &ended {
        beacons::forget(&store.monitoring(), hashes, *user, now).await?;
    }
    store.erase_users(&ended).await?;
    Ok(ended.len())
}
