//! The machine's clock: whether it shows a time before things that already happened, and whether it is kept right.
//!
//! Only systemd-timesyncd leaves a file that shows it; of others nothing is known, and the finding says so.

use callbox_protocol::time::UnixMillis;
use std::path::PathBuf;

use super::{Finding, duration};

/// A file copied from a machine whose clock is a little ahead proves nothing.
const SLACK_MS: u64 = 10 * 60 * 1_000;

/// Whether somebody keeps the clock right.
#[derive(Clone, Copy, Debug)]
pub enum Sync {
    /// A time server answered.
    Done,
    /// None has since the start.
    Pending,
    /// Nothing shows it.
    Unknown,
}

/// By the newest file that was written here.
pub fn decide(now: UnixMillis, newest: Option<(UnixMillis, PathBuf)>, sync: Sync) -> Finding {
    let check = "clock";
    if let Some((written_at, path)) = newest
        && now.plus(SLACK_MS) < written_at
    {
        let behind = duration(i64::try_from(written_at.since(now) / 1_000).unwrap_or(i64::MAX));
        return Finding::warn(
            check,
            format!("It shows a time {behind} before {} was written, so it is behind.", path.display()),
            "Set it: `timedatectl set-ntp true`, or by hand with `timedatectl set-time`; then restart the server.",
        );
    }
    match sync {
        Sync::Done => Finding::ok(check, "It is plausible, and systemd-timesyncd keeps it right."),
        Sync::Pending => Finding::warn(
            check,
            "It is plausible, yet systemd-timesyncd has had no answer of a time server since the start.",
            "`timedatectl timesync-status` shows why; the firewall must let UDP port 123 out.",
        ),
        Sync::Unknown => Finding::ok(check, "It is plausible; whether anything keeps it right is not known."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_clock_behind_what_was_written_is_warned_of() {
        let written = |at: u64| Some((UnixMillis(at), PathBuf::from("/x/callbox.db")));
        let now = UnixMillis(SLACK_MS);
        assert_eq!(decide(now, written(2 * SLACK_MS), Sync::Unknown).state, State::Ok);
        let behind = decide(now, written(2 * SLACK_MS + 1), Sync::Done);
        assert!(
            behind.state == State::Warn && behind.found.contains("less than an hour before /x/callbox.db")
        );
        assert_eq!(decide(now, None, Sync::Done).state, State::Ok);
        assert_eq!(decide(now, None, Sync::Pending).state, State::Warn);
        assert!(decide(now, None, Sync::Unknown).found.contains("is not known"));
    }
}
