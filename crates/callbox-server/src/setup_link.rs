//! The file with the link that makes the first admin, for a server that prints into a log instead of a terminal.
//!
//! It is in the data folder, for its owner alone, and is gone when there is an admin. A start without one makes another link.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Writes it, and returns its path.
pub fn write(folder: &Path, link: &str) -> io::Result<PathBuf> {
    remove(folder);
    let path = path(folder);
    // A new file: the rights of one that somebody else left there would stay.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    writeln!(file, "{link}")?;
    Ok(path)
}

/// Takes it away, if it is there.
pub fn remove(folder: &Path) {
    match std::fs::remove_file(path(folder)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "the file of a used link could not be removed");
        }
        _ => {}
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("setup-link")
}
