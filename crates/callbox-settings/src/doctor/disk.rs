//! The data folder: whether it exists or can be made, for its owner alone, with room left.
//!
//! A folder that is missing is made by the server, with all its parents, so the nearest one that exists decides.

use std::path::{Path, PathBuf};

use super::Finding;

/// The subject.
pub const CHECK: &str = "data folder";

/// The database of a busy server grows by some megabytes a day.
const FREE_BYTES_GOOD: u64 = 1 << 30;

/// A restart leaves sessions in a file, and `SQLite` needs room to commit.
const FREE_BYTES_MIN: u64 = 100 << 20;

/// The facts about a folder.
#[derive(Debug)]
pub struct Folder {
    /// The one of the settings.
    pub path: PathBuf,
    /// The folder itself or the nearest one above that exists.
    pub nearest: PathBuf,
    /// Whether that is a folder, and no file.
    pub is_folder: bool,
    /// Its permissions.
    pub mode: u32,
    /// Whether this user may use it.
    pub is_writable: bool,
}

/// Whether the server can use the folder, or make it.
pub fn decide(folder: &Folder, is_in_use: Option<bool>) -> Finding {
    let Folder { path, nearest, is_folder, mode, is_writable } = folder;
    let is_there = path == nearest;
    let (path, nearest) = (path.display(), nearest.display());
    if !is_folder {
        return Finding::fail(
            CHECK,
            format!("{nearest} is a file, and no folder."),
            "Move it away, or choose another folder with --data-dir.",
        );
    }
    match (is_there, is_writable) {
        (true, false) => Finding::fail(
            CHECK,
            format!("{path} may not be read and written by this user."),
            format!(
                "Run doctor as the user that the server runs as, or `chown -R USER {path}` with that user."
            ),
        ),
        (false, false) => Finding::fail(
            CHECK,
            format!("{path} is missing, and this user may not make it in {nearest}."),
            format!(
                "`install -d -m 700 -o USER {path}` with the server's user, or another folder by --data-dir."
            ),
        ),
        (false, true) => Finding::ok(CHECK, format!("{path} is missing; the first start makes it.")),
        (true, true) if mode & 0o077 != 0 => Finding::warn(
            CHECK,
            format!("{path} is open to other users of this machine (mode {mode:03o})."),
            format!("`chmod 700 {path}`"),
        ),
        (true, true) => {
            let user = if is_in_use == Some(true) { "; a callbox runs on it" } else { "" };
            Finding::ok(CHECK, format!("{path} is there, for its owner alone{user}."))
        }
    }
}

/// Whether there is room, as far as it is known.
pub fn decide_free(folder: &Path, free: Option<u64>) -> Finding {
    let check = "disk space";
    let Some(free) = free else {
        return Finding::ok(check, format!("How much is free at {} is not known.", folder.display()));
    };
    let found = format!("{} MiB are free at {}.", free >> 20, folder.display());
    let fix = format!(
        "`df -h {0}` and `du -sh {0}` show what takes it; make room, or choose another --data-dir.",
        folder.display()
    );
    match free {
        0..FREE_BYTES_MIN => Finding::fail(check, found, fix),
        FREE_BYTES_MIN..FREE_BYTES_GOOD => Finding::warn(check, found, fix),
        _ => Finding::ok(check, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_folder_is_judged_by_who_may_use_it() {
        let at = |nearest: &str, is_folder, mode, is_writable| Folder {
            path: "/srv/data".into(),
            nearest: nearest.into(),
            is_folder,
            mode,
            is_writable,
        };
        for (folder, state, words) in [
            (at("/srv/data", true, 0o700, true), State::Ok, "for its owner alone"),
            (at("/srv/data", true, 0o750, true), State::Warn, "chmod 700 /srv/data"),
            (at("/srv/data", true, 0o701, true), State::Warn, "mode 701"),
            (at("/srv/data", true, 0o700, false), State::Fail, "chown -R USER /srv/data"),
            (at("/srv/data", false, 0o600, true), State::Fail, "is a file"),
            (at("/srv", true, 0o755, true), State::Ok, "first start makes it"),
            (at("/srv", true, 0o755, false), State::Fail, "install -d -m 700"),
            (at("/srv", false, 0o755, true), State::Fail, "/srv is a file"),
        ] {
            let finding = decide(&folder, Some(false));
            let text = format!("{} {}", finding.found, finding.fix.as_deref().unwrap_or_default());
            assert!(finding.state == state && text.contains(words), "{finding:?}");
        }
        assert!(decide(&at("/srv/data", true, 0o700, true), Some(true)).found.contains("runs on it"));
    }

    #[test]
    fn a_full_disk_fails_and_one_nearly_full_is_warned_of() {
        for (free, state) in [
            (None, State::Ok),
            (Some(FREE_BYTES_GOOD), State::Ok),
            (Some(FREE_BYTES_GOOD - 1), State::Warn),
            (Some(FREE_BYTES_MIN), State::Warn),
            (Some(FREE_BYTES_MIN - 1), State::Fail),
        ] {
            assert_eq!(decide_free(Path::new("/"), free).state, state, "{free:?}");
        }
    }
}
