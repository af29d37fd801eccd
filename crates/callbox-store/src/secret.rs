//! Tokens: how they are made and how they are kept.
//!
//! A token has 256 bits, so a plain SHA-256 of it is as good as any slow hash, and 400,000 times faster: there is
//! nothing to guess. The token itself is never kept, but for the operator's and the key of call grants,
//! which are files.

use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The 64 letters of base64url (RFC 4648, section 5).
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A new token: 43 letters of 6 random bits each, 258 bits.
pub fn new_token() -> String {
    letters::<43>()
}

/// A new invite code: 22 letters, 132 bits: short enough to be read out, long enough not to be found.
pub fn new_code() -> String {
    letters::<22>()
}

fn letters<const N: usize>() -> String {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    // 256 is a multiple of 64, so every letter is equally likely.
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect()
}

/// A name that no other process has, as far as anybody can tell.
pub(crate) fn random_number() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    u64::from_ne_bytes(bytes)
}

/// The hash by which a token or a code is kept.
pub fn hash_token(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The operator's token, from its file in the folder, and whether it was made just now.
pub fn operator_token(folder: &Path) -> io::Result<(String, bool)> {
    token_file(&folder.join("operator-token"))
}

/// The key that call grants are sealed with, from its file in the folder; made there if it is missing. Another one makes all
/// grants void: calls then do not survive the next crash. [`crate::Store::check_keys`] notices.
pub fn call_grant_key(folder: &Path) -> io::Result<[u8; 32]> {
    let (token, _) = token_file(&folder.join("call-grant-key"))?;
    Ok(sha256(token.as_bytes()))
}

/// The key that devices and addresses are hashed with, from its file in the folder; made there if it is missing.
/// Another one lifts all bans of either. [`crate::Store::check_keys`] notices.
pub fn mark_key(folder: &Path) -> io::Result<[u8; 32]> {
    let (token, _) = token_file(&folder.join("mark-key"))?;
    Ok(sha256(token.as_bytes()))
}

fn token_file(path: &Path) -> io::Result<(String, bool)> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let token = new_token();
            writeln!(file, "{token}")?;
            file.sync_all()?;
            Ok((token, true))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mut text = String::new();
            // A token is 43 letters; whatever is much longer is no token file of ours.
            std::fs::File::open(path)?.take(1_024).read_to_string(&mut text)?;
            let token = text.trim();
            if token.len() < 32 {
                let message = format!("{} holds no token: delete it to get a new one", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            Ok((token.to_owned(), false))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let token = new_token();
        assert_eq!(token.len(), 43);
        assert!(token.bytes().all(|byte| LETTERS.contains(&byte)));
        assert_ne!(token, new_token());
        assert_eq!(new_code().len(), 22);
    }

    #[test]
    fn the_operator_token_is_made_once_and_kept_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (token, is_new) = operator_token(folder.path()).unwrap();
        assert!(is_new);
        assert_eq!(operator_token(folder.path()).unwrap(), (token, false));
        let path = folder.path().join("operator-token");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "").unwrap();
        assert!(operator_token(folder.path()).is_err());
    }

    #[test]
    fn the_key_of_call_grants_is_the_same_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let key = call_grant_key(folder.path()).unwrap();
        assert_eq!(call_grant_key(folder.path()).unwrap(), key);
        assert_ne!(call_grant_key(tempfile::tempdir().unwrap().path()).unwrap(), key);
    }
}
