//! Deletes rows that are due, a little at a time: accounts that ended, and guests whom nobody used for long.
//!
//! A round each minute; while there is more than one round takes, another one a second later.

use callbox_store::Store;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;

const PAUSE: Duration = Duration::from_mins(1);
/// How far the machine's clock may be moved without a word: more than any that is kept right drifts in a month.
const DRIFT_MS_MAX: u64 = 60 * 1_000;
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub(crate) async fn run(store: Arc<Store>) {
    let mut is_logged = false;
    loop {
        let drift_ms = clock::drift_ms();
        if drift_ms > DRIFT_MS_MAX && !std::mem::replace(&mut is_logged, true) {
            tracing::warn!(
                seconds = drift_ms / 1_000,
                "the machine's clock was set since the start, or it slept; records are dated by the old clock until the next start"
            );
        }
        let pause = match store.sweep(clock::now()).await {
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
        tokio::time::sleep(pause).await;
    }
}
