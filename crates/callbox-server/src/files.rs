//! Open files: each session is one, and most systems grant a process 1,024 of them unless it asks for more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The database, the log and the listener, with room for requests while every session is taken.
pub(crate) const OTHERS: u64 = 512;

/// How many connections there may be at once, so that the database and the rest still get theirs.
pub(crate) fn for_connections() -> usize {
    let files = getrlimit(Resource::Nofile).current.map_or(u64::MAX, |files| files.saturating_sub(OTHERS));
    usize::try_from(files.max(OTHERS)).unwrap_or(usize::MAX)
}

/// Takes as many as the system gives, and logs it if that is less than the settings promise.
pub fn raise_limit(sessions_max: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let needed = u64::try_from(sessions_max).unwrap_or(u64::MAX).saturating_add(OTHERS);
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
