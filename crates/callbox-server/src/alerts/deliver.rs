//! Deliveries: each target in the order of its notices, again and again until it has them, and the ping of the living.
//!
//! Targets are told beside each other. What an Alertmanager believes ends by itself, so it hears each minute of all that
//! fires.

use futures_util::future::join_all;
use std::sync::Arc;
use tokio::time::timeout;

use super::{Alerting, RETRY_TICK};
use callbox_monitor::alert::Delivery;

impl Alerting {
    /// Delivers until it is dropped.
    pub(crate) async fn deliver(self: Arc<Self>) {
        loop {
            // Whatever comes first.
            let _ = timeout(RETRY_TICK, self.news.notified()).await;
            self.deliver_due().await;
        }
    }

    /// Delivers what is due now.
    pub(crate) async fn deliver_due(&self) {
        let _one = self.delivering.lock().await;
        loop {
            let due = self.lock().spool.due(self.clock.now());
            if due.is_empty() {
                return;
            }
            let told = join_all(due.iter().map(|delivery| self.tell(delivery))).await;
            let now = self.clock.now();
            {
                let mut state = self.lock();
                for (Delivery { id, target, .. }, result) in due.iter().zip(told) {
                    match result {
                        Ok(()) => state.spool.handle_done(*id),
                        Err(error) if state.spool.handle_failed(*id, now) => {
                            tracing::error!(target_name = target, %error, "notices were given up after a day");
                        }
                        Err(error) => {
                            tracing::warn!(target_name = target, %error, "notices were not delivered; this is tried again");
                        }
                    }
                }
                state.is_new = true;
            }
            self.keep(false).await;
        }
    }

    async fn tell(&self, delivery: &Delivery) -> Result<(), super::TargetError> {
        let Delivery { id, target, notices, .. } = delivery;
        self.targets.tell(target, &format!("msg_{id:016x}"), notices, self.clock.now()).await
    }

    /// Tells the outside that we live, and Alertmanagers what fires.
    pub(super) async fn speak(self: Arc<Self>) {
        if let Some(url) = &self.settings.ping_url
            && let Err(error) = self.targets.ping(&url.0).await
        {
            tracing::warn!(%error, "the ping of alerts did not arrive");
        }
        let (firing, now) = (self.lock().alerts.firing(self.clock.now()), self.clock.now());
        if firing.is_empty() {
            return;
        }
        for name in self.targets.alertmanagers() {
            if let Err(error) = self.targets.tell(name, "", &firing, now).await {
                tracing::warn!(target_name = name, %error, "an Alertmanager was not told what fires");
            }
        }
    }
}
