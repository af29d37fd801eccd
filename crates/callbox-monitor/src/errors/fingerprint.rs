//! Which errors are one: fingerprint 1.
//!
//! Two errors are one if kind, type, the innermost frame of the app's own code, and the message's template are the
//! same. Lines and columns do not count, since each release moves them. The version is a part of the fingerprint: a
//! better rule makes new groups and leaves the old ones as they are.

use callbox_protocol::beacon::ErrorKind;

use super::message::message_template;
use super::stack::Frame;

/// The version of the rule.
pub const FINGERPRINT_VERSION: u8 = 1;
/// A shorter name was made by a minifier, and is another one in the next release.
const NAME_CHARS_MIN: usize = 3;

/// The group of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Names it: equal for errors that are one.
    pub fingerprint: [u8; 16],
    /// The message's template.
    pub message: String,
    /// Why these errors are one, for people.
    pub why: String,
}

/// The group of an error with these frames, the innermost one first.
pub fn group(kind: ErrorKind, name: &str, message: &str, frames: &[Frame]) -> Group {
    let template = message_template(message);
    let top = frames.iter().find(|frame| frame.is_in_app).or(frames.first());
    let function = top.map_or("", |frame| frame.function.as_str());
    let function = if function.chars().count() < NAME_CHARS_MIN { "" } else { function };
    let file = top.map(|frame| stable_file(&frame.file)).unwrap_or_default();
    let word = kind_word(kind);
    let parts = [&FINGERPRINT_VERSION.to_string(), word, name, function, &file, &template];
    let place = match (function.is_empty(), file.is_empty()) {
        (false, false) => format!("the frame `{function}` in `{file}`"),
        (true, false) => format!("the frame in `{file}`"),
        (false, true) => format!("the frame `{function}`"),
        (true, true) => "no frame".to_owned(),
    };
    let name = if name.is_empty() { "none" } else { name };
    let why = format!(
        "The same kind ({word}), the same type ({name}), {place}, and the same message without what differs."
    );
    Group { fingerprint: hash(&parts), message: template, why }
}

/// The word of a kind, as it is kept.
pub const fn kind_word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Error => "error",
        ErrorKind::Rejection => "rejection",
        ErrorKind::Resource => "resource",
        ErrorKind::Sdk => "sdk",
        ErrorKind::Media => "media",
        ErrorKind::Other => "other",
    }
}

/// The name of a file without what a bundler adds to it for caches: `call-9fA3kQ2x.js` is `call.js`.
fn stable_file(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_hash = |piece: &str| {
        piece.len() >= 6
            && piece.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && piece.contains(|c: char| c.is_ascii_digit())
    };
    let pieces: Vec<_> = stem.split(['-', '.']).filter(|piece| !is_hash(piece)).collect();
    format!("{}.{extension}", pieces.join("-"))
}

/// FNV-1a of 128 bits: the same in every release of ours, which the standard library's hasher does not promise. It need
/// not resist anybody: whoever makes two errors one has made one of their own errors.
fn hash(parts: &[&str]) -> [u8; 16] {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash.to_be_bytes()
}

#[cfg(test)]
mod tests;
