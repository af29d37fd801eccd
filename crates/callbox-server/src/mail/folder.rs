//! Mails as files, if there is no mail server: for a first try, and for tests that read them.
//!
//! One `.eml` each in a folder for its owner alone, at most [`FILES_MAX`]; the oldest is deleted. A name begins with
//! the time, so that names sort as the mails came. A file appears whole or not at all.

use callbox_protocol::time::UnixMillis;
use std::collections::VecDeque;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A few megabytes; an operator with more users than that has a mail server.
pub const FILES_MAX: usize = 1_000;
const END: &str = ".eml";

/// The folder, and its files.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The oldest first; `None` until somebody looked.
    names: Option<VecDeque<String>>,
    written: u64,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, names: None, written: 0 }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one, and removes the oldest if there are too many.
    pub(super) fn write(&mut self, kind: &str, mail: &[u8], now: UnixMillis) -> io::Result<()> {
        if self.names.is_none() {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        }
        let names = match self.names.take() {
            Some(names) => names,
            None => list(&self.path)?,
        };
        let names = self.names.insert(names);
        // Two may come in one millisecond, and after a restart the count begins anew.
        let name = format!("{:014}-{:06}-{kind}{END}", now.0, self.written % 1_000_000);
        self.written += 1;
        let hidden = self.path.join(format!(".{name}"));
        let written = write_whole(&hidden, mail).and_then(|()| fs::rename(&hidden, self.path.join(&name)));
        if let Err(error) = written {
            let _ = fs::remove_file(&hidden);
            return Err(error);
        }
        names.push_back(name);
        while names.len() > FILES_MAX {
            let oldest = names.pop_front().expect("there are too many");
            match fs::remove_file(self.path.join(oldest)) {
                // Somebody tidied up.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn write_whole(path: &Path, mail: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(mail)
}

/// The names of the mails, sorted. What a crash left half written goes.
fn list(folder: &Path) -> io::Result<VecDeque<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        match name.strip_suffix(END) {
            Some(begin) if begin.starts_with('.') => fs::remove_file(folder.join(name))?,
            Some(_) => names.push(name),
            None => {}
        }
    }
    names.sort_unstable();
    Ok(names.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_mail_is_a_file_for_its_owner_alone() {
        let data = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(data.path().join("mail"));
        folder.write("verify", b"Subject: x\r\n\r\nhello\r\n", UnixMillis(1_700_000_000_000)).unwrap();
        let names = list(folder.path()).unwrap();
        assert_eq!(names, ["01700000000000-000000-verify.eml"]);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let file = folder.path().join(&names[0]);
        assert_eq!((mode(folder.path()), mode(&file)), (0o700, 0o600));
        assert_eq!(fs::read(file).unwrap(), b"Subject: x\r\n\r\nhello\r\n");
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_also_after_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("mail");
        let mut folder = Folder::new(path.clone());
        for at in 0..FILES_MAX as u64 {
            folder.write("reset", b"", UnixMillis(at)).unwrap();
        }
        fs::write(path.join(".00000000000009-000000-half.eml"), "Subj").unwrap();
        fs::write(path.join("notes.txt"), "not ours").unwrap();
        let mut folder = Folder::new(path.clone());
        folder.write("reset", b"", UnixMillis(5_000)).unwrap();
        folder.write("reset", b"", UnixMillis(5_000)).unwrap();
        let names = list(&path).unwrap();
        assert_eq!(names.len(), FILES_MAX);
        assert!(names[0].starts_with("00000000000002-"), "{}", names[0]);
        assert_eq!(names[FILES_MAX - 1], "00000000005000-000001-reset.eml");
        assert_eq!(fs::read_dir(path).unwrap().count(), FILES_MAX + 1);
    }
}
