//! The machine's clock, beside the times of files that were written here.
//!
//! No time server is asked: systemd-timesyncd leaves a file that shows whether one answered.

use callbox_protocol::time::UnixMillis;
use callbox_settings::doctor::clock::{Sync, decide};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::Finding;
use crate::config::Config;

/// systemd-timesyncd's folder; `synchronized` in it appears with the first answer of a time server.
const TIMESYNC: &str = "/run/systemd/timesync";

pub(super) fn check(config: &Config, now: UnixMillis) -> Finding {
    let files = std::env::current_exe()
        .into_iter()
        .chain(["callbox.db", "callbox.db-wal"].map(|name| config.database.folder.join(name)));
    let newest = files.filter_map(|path| Some((written_at(&path)?, path))).max();
    decide(now, newest, sync(Path::new(TIMESYNC)))
}

fn written_at(path: &Path) -> Option<UnixMillis> {
    let since_epoch = path.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(UnixMillis(u64::try_from(since_epoch.as_millis()).ok()?))
}

fn sync(folder: &Path) -> Sync {
    match (folder.join("synchronized").exists(), folder.exists()) {
        (true, _) => Sync::Done,
        (false, true) => Sync::Pending,
        (false, false) => Sync::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_timesyncd_left_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timesync");
        assert!(matches!(sync(&path), Sync::Unknown));
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(sync(&path), Sync::Pending));
        std::fs::write(path.join("synchronized"), "").unwrap();
        assert!(matches!(sync(&path), Sync::Done));
    }
}
