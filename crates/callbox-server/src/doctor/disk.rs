//! The data folder as it is found: its mode, its owner, and the room in its file system.
//!
//! Nothing in it is opened but the lock, which says whether a server runs. A folder that is missing is made by the
//! server, with all its parents, so the nearest one that exists decides.

use callbox_settings::doctor::disk::{CHECK, Folder, decide, decide_free};
use rustix::fs::{Access, access};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Finding;
use crate::config::Config;
use crate::disk::free_bytes;

/// The folder, and the room in its file system.
pub(super) fn check(config: &Config, is_in_use: Option<bool>) -> Vec<Finding> {
    match look(&config.database.folder) {
        Ok(folder) => {
            let free = free_bytes(&folder.nearest);
            vec![decide(&folder, is_in_use), decide_free(&folder.nearest, free)]
        }
        Err(error) => vec![Finding::fail(
            CHECK,
            format!("{} cannot be looked at: {error}.", config.database.folder.display()),
            "Run doctor as the user that the server runs as, or choose another folder with --data-dir.",
        )],
    }
}

fn look(path: &Path) -> io::Result<Folder> {
    let whole = std::path::absolute(path)?;
    for nearest in whole.ancestors() {
        match nearest.metadata() {
            Ok(found) => {
                return Ok(Folder {
                    path: whole.clone(),
                    nearest: nearest.to_owned(),
                    is_folder: found.is_dir(),
                    mode: found.permissions().mode() & 0o777,
                    is_writable: access(nearest, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)
                        .is_ok(),
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folder_is_found_and_none_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        let found = look(&missing).unwrap();
        assert!(found.nearest == folder.path() && found.is_folder && found.is_writable && !missing.exists());
        std::fs::write(folder.path().join("a"), "").unwrap();
        // A file in the path is reported in the system's words.
        assert!(look(&missing).is_err());
    }
}
