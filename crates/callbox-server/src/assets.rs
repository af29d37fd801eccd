//! The web files inside the binary, ready to be sent.
//!
//! Read once, at the start: release builds contain the files, debug builds read them from the source folder. One hash
//! over all of them names the assets' folder, so a new build is never mixed with an old one in a cache. The SDK's
//! package is packed here, so that it always is the version that this server speaks.

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

#[derive(RustEmbed)]
#[folder = "embedded/web"]
struct Web;

#[derive(RustEmbed)]
#[folder = "embedded/sdk"]
struct Sdk;

const HTML: &str = "text/html; charset=utf-8";
/// The text in a page, and in the monitor's script, that the content hash replaces.
const HASH_MARK: &str = "__HASH__";
/// The monitor's script, whose second half has the hash in its address.
pub const MONITOR: &str = "assets/monitor.js";
/// Around the words that an operator may replace.
const WORDS_BEGIN: &str = "<div class=\"operator-text\">";
const WORDS_END: &str = "</div></article>";
const WORDS_BYTES_MAX: usize = 256 * 1024;
/// Below this, compression saves less than its header and a decoder cost.
const GZIP_BYTES_MIN: usize = 512;

/// One file, ready to be sent.
#[derive(Debug)]
pub struct File {
    /// As it is.
    pub bytes: Bytes,
    /// Compressed, if that is smaller.
    pub gzip: Option<Bytes>,
    /// Its hash in quotes, weak: the compressed and the plain form share it.
    pub etag: String,
    /// For `Content-Type`.
    pub media_type: &'static str,
}

/// All files.
#[derive(Debug)]
pub struct Assets {
    files: BTreeMap<String, File>,
    sdk: File,
    hash: String,
}

impl Assets {
    /// Reads, hashes and compresses all files. The data folder may have the operator's own words: `safety.txt` and
    /// `terms.txt`.
    pub fn load(data_dir: &Path) -> Self {
        let mut raw: BTreeMap<String, Cow<'static, [u8]>> = read::<Web>();
        let mut all = Vec::new();
        for (path, bytes) in &raw {
            all.extend_from_slice(path.as_bytes());
            all.extend_from_slice(&callbox_store::sha256(bytes));
        }
        let hash = hex(&callbox_store::sha256(&all)[..8]);
        for (path, bytes) in &mut raw {
            if media_type(path) == HTML || path == MONITOR {
                let mut text = String::from_utf8_lossy(bytes).replace(HASH_MARK, &hash);
                if let Some(words) = operator_words(data_dir, path) {
                    text = with_words(&text, &words);
                }
                *bytes = Cow::Owned(text.into_bytes());
            }
        }
        let files = raw.into_iter().map(|(path, bytes)| {
            let file = File::new(bytes.into_owned(), media_type(&path), true);
            (path, file)
        });
        Self { files: files.collect(), sdk: File::new(package(), "application/gzip", false), hash }
    }

    /// A file by its path below the web folder.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// The SDK's package, as npm installs it.
    pub fn sdk(&self) -> &File {
        &self.sdk
    }

    /// The hash over all web files: 16 hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// The operator's own text for this page, if there is one.
fn operator_words(data_dir: &Path, page: &str) -> Option<String> {
    let name = page.strip_suffix(".html").filter(|name| ["safety", "terms"].contains(name))?;
    let path = data_dir.join(format!("{name}.txt"));
    match std::fs::read_to_string(&path) {
        Ok(words) if words.len() <= WORDS_BYTES_MAX => Some(words),
        Ok(_) => {
            tracing::warn!(path = %path.display(), "longer than 256 KB: the built-in text is used");
            None
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "cannot be read: the built-in text is used");
            None
        }
    }
}

/// Puts plain text into a page: a blank line ends a paragraph, `# ` begins a heading. Nothing in it is markup.
fn with_words(page: &str, words: &str) -> String {
    let Some((before, rest)) = page.split_once(WORDS_BEGIN) else { return page.to_owned() };
    let Some((_, after)) = rest.split_once(WORDS_END) else { return page.to_owned() };
    let mut html = String::new();
    for block in words.replace("\r\n", "\n").split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let escaped = block.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (tag, text) = match escaped.strip_prefix("# ") {
            Some(heading) => ("h2", heading),
            None => ("p", escaped.as_str()),
        };
        let _ = write!(html, "<{tag}>{text}</{tag}>");
    }
    format!("{before}{WORDS_BEGIN}{html}{WORDS_END}{after}")
}

impl File {
    fn new(bytes: Vec<u8>, media_type: &'static str, is_compressible: bool) -> Self {
        let gzip = (is_compressible && bytes.len() >= GZIP_BYTES_MIN).then(|| gzip(&bytes));
        Self {
            etag: format!("W/\"{}\"", hex(&callbox_store::sha256(&bytes)[..16])),
            gzip: gzip.filter(|gzip| gzip.len() < bytes.len()).map(Bytes::from),
            bytes: Bytes::from(bytes),
            media_type,
        }
    }
}

fn read<E: RustEmbed>() -> BTreeMap<String, Cow<'static, [u8]>> {
    let file = |path: Cow<'static, str>| {
        let EmbeddedFile { data, .. } = E::get(&path)?;
        Some((path.into_owned(), data))
    };
    E::iter().filter_map(file).collect()
}

/// The package as npm expects it: a gzipped tar with everything under `package/`. All times are zero, so the
/// same files always make the same bytes.
fn package() -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for (path, bytes) in read::<Sdk>() {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("package/{path}"), bytes.as_ref())
            .expect("a vector takes all, and our paths are short");
    }
    let done = tar.into_inner().and_then(GzEncoder::finish);
    done.expect("a vector takes all")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a vector takes all")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes all");
        out
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => HTML,
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_words_stand_in_the_page_and_nothing_in_them_is_markup() {
        let page = format!("<h1>Terms</h1>{WORDS_BEGIN}<p>ours</p>{WORDS_END}<p>foot</p>");
        let words = "# Who we are\n\nA & B,\r\n<b>two</b> people\r\n\r\n\n\nBye";
        let expected = format!(
            "<h1>Terms</h1>{WORDS_BEGIN}<h2>Who we are</h2><p>A &amp; B,\n&lt;b&gt;two&lt;/b&gt; people</p><p>Bye</p>\
             {WORDS_END}<p>foot</p>"
        );
        assert_eq!(with_words(&page, words), expected);
    }

    #[test]
    fn the_pages_that_may_be_filled_in_have_the_place_for_it() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["safety", "terms"] {
            std::fs::write(folder.path().join(format!("{name}.txt")), "words of our own").unwrap();
        }
        let assets = Assets::load(folder.path());
        for name in ["safety.html", "terms.html"] {
            let html = String::from_utf8(assets.get(name).unwrap().bytes.to_vec()).unwrap();
            assert!(html.contains("<p>words of our own</p>"), "{name}");
        }
    }
}
