//! Backups of the embedded database: whether there are any, and how old the newest is.
//!
//! Those of PostgreSQL are made by its own tools, and are not judged.

use callbox_protocol::time::UnixMillis;

use super::Finding;
use crate::Config;

const CHECK: &str = "backups";

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// By the newest one that there is.
pub fn decide(config: &Config, newest: Option<UnixMillis>, is_running: bool, now: UnixMillis) -> Finding {
    if !config.database.is_embedded() {
        let found = "The operator of PostgreSQL backs it up.";
        return Finding::ok(CHECK, found);
    }
    if config.backups.hours == 0 {
        let fix = "Set `backup_hours`, or run `callbox backup` by a timer of your own.";
        return Finding::warn(CHECK, "`backup_hours` is 0: no backups are made.", fix);
    }
    let folder = config.backups.folder.display();
    let fix = "Look for \"a backup failed\" in the server's log, and run `callbox backup` once.";
    match newest.map(|at| now.since(at) / HOUR_MS) {
        None if is_running => Finding::warn(CHECK, format!("There is none in {folder} yet."), fix),
        None => Finding::ok(CHECK, format!("There is none in {folder} yet: a server makes the first.")),
        // Twice the time, and some: one may have been due while the server was down.
        Some(hours) if hours > 2 * config.backups.hours + 2 => {
            Finding::warn(CHECK, format!("The newest in {folder} is {hours} hours old."), fix)
        }
        Some(hours) => Finding::ok(CHECK, format!("The newest in {folder} is {hours} hours old.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::doctor::tests::config;

    #[test]
    fn an_old_backup_is_warned_of_and_a_server_that_is_new_is_not() {
        let config = config(&[]);
        let now = UnixMillis(1_000 * HOUR_MS);
        let ago = |hours: u64| Some(now.minus(hours * HOUR_MS));
        for (newest, is_running, state) in [
            (None, false, State::Ok),
            (None, true, State::Warn),
            (ago(30), true, State::Ok),
            (ago(51), true, State::Warn),
        ] {
            assert_eq!(decide(&config, newest, is_running, now).state, state, "{newest:?}");
        }
    }
}
