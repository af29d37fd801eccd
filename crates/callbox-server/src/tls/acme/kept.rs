//! The files of ACME in the data folder: the account, the certificate with its key, and the tries that failed.
//!
//! Files for their owner alone, each written whole under another name and then renamed. They are written by the one
//! process that has the data folder. Each has the name and the ACME server that it is for, and one for others is
//! ignored. Bound: 1 MiB is read of each.

use callbox_identity::renewal::Failures;
use rustls::sign::CertifiedKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::tls::{TlsError, parse};

const ACCOUNT: &str = "acme-account.json";
const CERTIFICATE: &str = "acme-certificate.pem";
const FAILURES: &str = "acme-failures.json";
const BYTES_MAX: u64 = 1 << 20;

/// The files for one name and one ACME server.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    name: String,
    directory: String,
}

/// The account as it is kept; the library's credentials are opaque.
#[derive(Serialize, Deserialize)]
pub(super) struct Account {
    directory: String,
    /// The mail address that the ACME server was given.
    pub(super) email: Option<String>,
    pub(super) credentials: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct KeptFailures {
    name: String,
    directory: String,
    failures: Failures,
}

impl Kept {
    pub(crate) fn new(folder: &Path, name: &str, directory: &str) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned(), directory: directory.to_owned() }
    }

    /// The path of the certificate.
    pub(crate) fn certificate_path(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// The certificate, its chain and its key in PEM; `None` if there is none for this name by this server.
    fn certificate(&self) -> io::Result<Option<String>> {
        let text = read(&self.certificate_path())?;
        Ok(text.filter(|text| text.starts_with(&self.note())))
    }

    /// The certificate, once its key was proven to fit.
    pub(crate) fn certified(&self) -> Result<Option<CertifiedKey>, TlsError> {
        let path = self.certificate_path();
        let text = self.certificate().map_err(|source| TlsError::Read { path: path.clone(), source })?;
        text.map(|text| parse(&text, &path, &text, &path)).transpose()
    }

    pub(super) fn keep_certificate(&self, chain: &str, key: &str) -> io::Result<()> {
        // Readers of PEM skip the text before the blocks.
        write(&self.certificate_path(), format!("{}{chain}{key}", self.note()).as_bytes())
    }

    /// The account at this server.
    pub(super) fn account(&self) -> Option<Account> {
        self.json(ACCOUNT).filter(|account: &Account| account.directory == self.directory)
    }

    pub(super) fn keep_account(&self, email: Option<&str>, credentials: serde_json::Value) -> io::Result<()> {
        let email = email.map(ToOwned::to_owned);
        let account = Account { directory: self.directory.clone(), email, credentials };
        write(&self.folder.join(ACCOUNT), &serde_json::to_vec(&account)?)
    }

    /// The tries for this name at this server.
    pub(crate) fn failures(&self) -> Failures {
        let kept: Option<KeptFailures> = self.json(FAILURES);
        let kept = kept.filter(|kept| kept.name == self.name && kept.directory == self.directory);
        kept.map(|kept| kept.failures).unwrap_or_default()
    }

    pub(super) fn keep_failures(&self, failures: Failures) -> io::Result<()> {
        let kept = KeptFailures { name: self.name.clone(), directory: self.directory.clone(), failures };
        write(&self.folder.join(FAILURES), &serde_json::to_vec(&kept)?)
    }

    fn note(&self) -> String {
        format!("Callbox got this for {} from {}\n", self.name, self.directory)
    }

    /// A file that cannot be read is ignored, with a warning: its contents can be made anew.
    fn json<T: DeserializeOwned>(&self, file: &str) -> Option<T> {
        let path = self.folder.join(file);
        let read =
            read(&path).and_then(|text| Ok(text.map(|text| serde_json::from_str(&text)).transpose()?));
        read.unwrap_or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "a file of ACME cannot be read; it is made anew");
            None
        })
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// The file is there whole or as it was, also after a crash of the machine.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half = path.with_extension("part");
    match fs::remove_file(&half) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // A new file: the rights of one that was left there would stay.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&half, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_protocol::time::UnixMillis;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_kept_is_for_its_owner_and_for_one_name_at_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path(), "a.example", "https://acme.example/dir");
        assert!(kept.certificate().unwrap().is_none() && kept.account().is_none());
        kept.keep_certificate("CHAIN\n", "KEY\n").unwrap();
        kept.keep_account(Some("me@a.example"), serde_json::json!({ "id": "x" })).unwrap();
        let mut schedule = callbox_identity::renewal::Schedule::default();
        schedule.handle_failure(UnixMillis(1), "no", None, 0);
        kept.keep_failures(schedule.failures().clone()).unwrap();

        assert!(kept.certificate().unwrap().unwrap().ends_with("CHAIN\nKEY\n"));
        assert_eq!(kept.account().unwrap().email.as_deref(), Some("me@a.example"));
        assert_eq!(kept.failures().last(), Some((UnixMillis(1), "no")));
        for file in fs::read_dir(folder.path()).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        for other in [
            Kept::new(folder.path(), "b.example", "https://acme.example/dir"),
            Kept::new(folder.path(), "a.example", "https://acme.example/other"),
        ] {
            assert!(other.certificate().unwrap().is_none());
            assert_eq!(other.failures().last(), None);
        }
        assert!(Kept::new(folder.path(), "b.example", "https://acme.example/dir").account().is_some());
        assert!(Kept::new(folder.path(), "a.example", "https://acme.example/other").account().is_none());
    }

    #[test]
    fn a_file_that_is_broken_or_half_written_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path(), "a.example", "https://acme.example/dir");
        fs::write(folder.path().join(ACCOUNT), "{ half").unwrap();
        fs::write(folder.path().join("acme-account.part"), "left by a crash").unwrap();
        assert!(kept.account().is_none());
        kept.keep_account(None, serde_json::json!({})).unwrap();
        assert!(kept.account().is_some());
        assert!(!folder.path().join("acme-account.part").exists());
    }
}
