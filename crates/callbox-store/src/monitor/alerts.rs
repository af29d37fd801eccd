//! The state of alerts: one text, which the caller writes and reads whole.
//!
//! What is in it is the caller's. Bound: one row for each node.

use callbox_protocol::time::UnixMillis;

use super::{Monitoring, NODE};
use crate::StoreError;
use crate::sql::{statements, values};

statements! {
    hot STATE reads [alert_state] -> String = "SELECT state FROM callbox_monitor.alert_state WHERE node = $1";
    hot KEEP touches [insert alert_state, update alert_state (state, at)] =
        "INSERT INTO callbox_monitor.alert_state (node, state, at) VALUES ($1, $2, $3) \
        ON CONFLICT (node) DO UPDATE SET state = excluded.state, at = excluded.at";
}

impl Monitoring {
    /// The state that was kept last; `None` if there is none.
    pub async fn alert_state(&self) -> Result<Option<String>, StoreError> {
        self.reader().await?.first(&STATE, values![NODE]).await
    }

    /// Keeps a state in place of the one before.
    pub async fn keep_alert_state(&self, state: String, now: UnixMillis) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move { db.execute(&KEEP, values![NODE, &state, now]).await.map(|_| ()) })
        })
        .await
    }
}
