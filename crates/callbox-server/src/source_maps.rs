//! Source maps that the operator has uploaded: kept in the data folder, read to resolve stacks, served to nobody.
//!
//! A release is a folder, and a map is named by its built file: `sourcemaps/1.4.0/call.js.map`. Bounds: 16 MiB a map,
//! 1,000 maps and 256 MiB a release, 20 releases (the oldest goes); in memory the last map and 1,000 places.

use callbox_monitor::{Frame, MAP_BYTES_MAX, Original, SourceMap};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;

const FOLDER: &str = "sourcemaps";
const RELEASES_MAX: usize = 20;
const MAPS_MAX: usize = 1_000;
const RELEASE_BYTES_MAX: u64 = 256 * 1024 * 1024;
const PLACES_MAX: usize = 1_000;
/// Folders below the one that is uploaded.
const DEPTH_MAX: usize = 8;

/// The reason for which maps cannot be uploaded.
#[derive(Debug, Error)]
pub enum UploadError {
    /// The name of the release is none.
    #[error(
        "a release is 1 to 40 letters, digits, `.`, `_`, `+`, `-` and `@`, and begins with a letter or a digit"
    )]
    Release,
    /// There is nothing to upload.
    #[error("there is no file that ends in `.map` in {0}")]
    Nothing(PathBuf),
    /// A map cannot be used.
    #[error("{0}: {1}")]
    Map(PathBuf, String),
    /// There are too many, or they are too large.
    #[error("a release has at most 1,000 maps and 256 MiB of them")]
    TooMuch,
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
}

/// The maps of a data folder.
#[derive(Debug)]
pub struct SourceMaps {
    folder: PathBuf,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// The one that was read last; `None` in it if there is none, or it cannot be read.
    last: Option<(PathBuf, Option<Arc<SourceMap>>)>,
    places: HashMap<(PathBuf, u32, u32), Option<Original>>,
}

impl SourceMaps {
    /// Of this data folder.
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER), memory: Mutex::default() }
    }

    /// The place of a frame in its source, if this release has a map of its file.
    pub fn original(&self, release: &str, frame: &Frame) -> Option<Original> {
        let name = Path::new(&frame.file).file_name()?.to_str()?;
        if !is_release(release) || frame.line == 0 || !name.ends_with("js") {
            return None;
        }
        let path = self.folder.join(release).join(format!("{name}.map"));
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (path.clone(), frame.line, frame.column);
        if let Some(known) = memory.places.get(&key) {
            return known.clone();
        }
        let map = match &memory.last {
            Some((last, map)) if *last == path => map.clone(),
            _ => read(&path).map(Arc::new),
        };
        let found = map.as_ref().and_then(|map| map.find(frame.line, frame.column));
        memory.last = Some((path, map));
        // A new upload of the same release is seen when the places are forgotten.
        if memory.places.len() >= PLACES_MAX {
            memory.places.clear();
        }
        memory.places.insert(key, found.clone());
        found
    }
}

/// Copies the maps below `from` into the data folder; how many there were. The maps of an earlier upload of the same release stay.
pub fn upload(data: &Path, release: &str, from: &Path) -> Result<usize, UploadError> {
    if !is_release(release) {
        return Err(UploadError::Release);
    }
    let mut found = Vec::new();
    collect(from, 0, &mut found)?;
    if found.is_empty() {
        return Err(UploadError::Nothing(from.to_owned()));
    }
    let folder = data.join(FOLDER).join(release);
    make(&folder).map_err(|error| UploadError::File(folder.clone(), error))?;
    let mut bytes = 0;
    for path in &found {
        let failed = |error| UploadError::File(path.clone(), error);
        bytes += fs::metadata(path).map_err(failed)?.len();
        if found.len() > MAPS_MAX || bytes > RELEASE_BYTES_MAX {
            return Err(UploadError::TooMuch);
        }
        let text = text_of(path).map_err(failed)?;
        SourceMap::parse(&text).map_err(|error| UploadError::Map(path.clone(), error.to_string()))?;
        let target = folder.join(path.file_name().expect("it ends in .map"));
        fs::write(&target, text).map_err(|error| UploadError::File(target.clone(), error))?;
    }
    thin_out(&data.join(FOLDER)).map_err(|error| UploadError::File(data.join(FOLDER), error))?;
    Ok(found.len())
}

/// A release names a folder: nothing in it leads out of there.
fn is_release(release: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "._+-@".contains(c);
    (1..=40).contains(&release.len())
        && release.starts_with(|c: char| c.is_ascii_alphanumeric())
        && release.chars().all(is_word)
}

fn read(path: &Path) -> Option<SourceMap> {
    let text = text_of(path).ok()?;
    SourceMap::parse(&text).ok()
}

fn text_of(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let length = fs::File::open(path)?.take(MAP_BYTES_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length > MAP_BYTES_MAX) {
        return Err(io::Error::other("a map has at most 16 MiB"));
    }
    Ok(text)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), UploadError> {
    let failed = |error| UploadError::File(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if kind.is_dir() && depth < DEPTH_MAX {
            collect(&path, depth + 1, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "map") {
            found.push(path);
        }
        if found.len() > MAPS_MAX {
            return Err(UploadError::TooMuch);
        }
    }
    Ok(())
}

fn make(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Keeps the newest releases.
fn thin_out(folder: &Path) -> io::Result<()> {
    let mut releases = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        releases.push((entry.metadata()?.modified()?, entry.path()));
    }
    releases.sort();
    let surplus = releases.len().saturating_sub(RELEASES_MAX);
    for (_, path) in releases.into_iter().take(surplus) {
        fs::remove_dir_all(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str =
        r#"{"version":3,"sources":["../greet.ts"],"mappings":"AAAO,gBAAS,MAAMA,EAAgB","names":["person"]}"#;

    fn frame(file: &str, column: u32) -> Frame {
        Frame { file: file.to_owned(), line: 1, column, is_in_app: true, ..Frame::default() }
    }

    #[test]
    fn a_map_that_was_uploaded_resolves_frames_of_its_release_alone() {
        let (data, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(built.path().join("assets")).unwrap();
        fs::write(built.path().join("assets/greet.js.map"), MAP).unwrap();
        assert_eq!(upload(data.path(), "app@1.0", built.path()).unwrap(), 1);
        let maps = SourceMaps::new(data.path());
        let found = maps.original("app@1.0", &frame("/assets/greet.js", 23)).unwrap();
        assert_eq!(
            (found.source.as_str(), found.line, found.name.as_deref()),
            ("greet.ts", 1, Some("person"))
        );
        assert_eq!(maps.original("app@1.0", &frame("/assets/greet.js", 23)), Some(found));
        assert_eq!(maps.original("1.1", &frame("/assets/greet.js", 23)), None);
        assert_eq!(maps.original("../sourcemaps/app@1.0", &frame("/assets/greet.js", 23)), None);
        assert_eq!(maps.original("app@1.0", &frame("/etc/passwd", 23)), None);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_the_reason() {
        let (data, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for release in ["", ".", "..", "../x", "a/b", "-x", &"x".repeat(41)] {
            assert!(
                matches!(upload(data.path(), release, built.path()), Err(UploadError::Release)),
                "{release}"
            );
        }
        assert!(matches!(upload(data.path(), "1", built.path()), Err(UploadError::Nothing(_))));
        fs::write(built.path().join("x.js.map"), "no map").unwrap();
        assert!(matches!(upload(data.path(), "1", built.path()), Err(UploadError::Map(..))));
        fs::write(built.path().join("x.js.map"), MAP).unwrap();
        for release in 0..=RELEASES_MAX {
            upload(data.path(), &format!("r{release}"), built.path()).unwrap();
        }
        assert_eq!(fs::read_dir(data.path().join(FOLDER)).unwrap().count(), RELEASES_MAX);
    }
}
