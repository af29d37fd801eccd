//! Deletes what is to be deleted, a little at a time: accounts that ended, and guests whom nobody used for long.
//!
//! A round each minute; while there is more than one round takes, another one a second later.

use callbox_store::Store;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;

const PAUSE: Duration = Duration::from_mins(1);
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub(crate) async fn run(store: Arc<Store>) {
    loop {
        let pause = match store.sweep(clock::now()).await {
            Ok(0) => PAUSE,
            Ok(users) => {
                tracing::debug!(users, "deleted accounts were taken away, or a part of what hangs on them");
                SHORT_PAUSE
            }
            Err(error) => {
                tracing::warn!(%error, "deleted accounts could not be taken away; it is tried again");
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}
