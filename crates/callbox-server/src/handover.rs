//! The file in which one process leaves its sessions to the next: `handover.json` in the data folder.
//!
//! Read once and removed before it is used, since a session that is resumed from a copy would see frames twice. For
//! its owner alone, like the database. A file that cannot be read is dropped with a warning: clients then reconnect
//! with their calls' grants.

use anyhow::Context;
use callbox_core::exchange::Handover;
use std::fs::{self, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const FILE: &str = "handover.json";
/// 10,000 sessions that all keep 64 KB.
const BYTES_MAX: u64 = 1 << 30;

/// Leaves everything to the next process.
pub fn write(folder: &Path, handover: &Handover) -> anyhow::Result<()> {
    let path = folder.join(FILE);
    let half = folder.join("handover.json.part");
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
    let mut out = BufWriter::new(file);
    serde_json::to_writer(&mut out, handover)?;
    out.flush()?;
    // Not synced: after a crash of the machine it would be too old anyway.
    fs::rename(&half, &path).with_context(|| format!("cannot write {}", path.display()))
}

/// The file of the last process, if there is one.
pub fn take(folder: &Path) -> Option<Handover> {
    let path = folder.join(FILE);
    let file = match fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "the sessions of the last process cannot be read");
            return None;
        }
    };
    if let Err(error) = fs::remove_file(&path) {
        // Used twice it would do harm.
        tracing::warn!(%error, path = %path.display(), "the sessions of the last process cannot be removed");
        return None;
    }
    serde_json::from_reader(BufReader::new(file).take(BYTES_MAX))
        .inspect_err(|error| tracing::warn!(%error, "the sessions of the last process are not readable"))
        .ok()
}
