//! Open files: each session is one, and most systems grant a process 1,024 of them unless it asks for more.

use callbox_settings::limits::OTHER_FILES;
use rustix::fs::stat;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many connections there may be at once, so that the database and the rest still get theirs.
pub(crate) fn for_connections() -> usize {
    let files =
        getrlimit(Resource::Nofile).current.map_or(u64::MAX, |files| files.saturating_sub(OTHER_FILES));
    usize::try_from(files.max(OTHER_FILES)).unwrap_or(usize::MAX)
}

/// How many this process has open. The kernel counts them since 6.2; before, that is not known, since going through
/// twenty thousand of them takes too long.
pub(crate) fn open() -> Option<u64> {
    let size = stat("/proc/self/fd").ok()?.st_size;
    u64::try_from(size).ok().filter(|files| *files > 0)
}

/// How many it may have open.
pub(crate) fn open_max() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Takes as many as the system gives, and logs it if that is less than the settings promise.
pub fn raise_limit(sessions_max: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let needed = u64::try_from(sessions_max).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    match getrlimit(Resource::Nofile).current {
        Some(files) if files < needed => {
            tracing::warn!(
                files,
                needed,
                "open files run out before `sessions_max`: raise `LimitNOFILE` or `ulimit -n`"
            );
        }
        _ => {}
    }
}
