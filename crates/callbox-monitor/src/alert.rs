//! Alerts: rules over the figures, and what is told to whom when one fires or clears.
//!
//! Pure: figures come in with `now` ([`Alerts::handle_interval`]), notices go out ([`Alerts::next_notices`]). Missing data is
//! never a recovery. What has to survive a restart is one JSON text, so a new process tells nothing twice.
//! Bounds: 100 rules, 100 silences, 100 deploy marks, three days of counts for each rule (1,226 numbers), 200 deliveries that wait.

mod bound;
mod condition;
mod interval;
mod kept;
mod life;
mod message;
mod replay;
mod rule;
mod rules;
mod set;
mod span;
mod spool;
mod window;

pub use interval::Interval;
pub use kept::{Deploy, Kept as KeptAlerts, KeptError as KeptAlertsError, Silence};
pub use message::{
    alertmanager_body, discord_body, lines, ntfy_body, slack_body, time_text, title, webhook_body,
};
pub use replay::Replay;
pub use rule::{Parts, Rule, Severity};
pub use rules::{RuleError, Rules, SHIPPED, rules_text};
pub use set::{Alerts, Notice, SilenceError, View};
pub use spool::{Delivery, Spool};

#[cfg(test)]
mod simulation;
