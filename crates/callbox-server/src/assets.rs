//! The web files inside the binary, ready to be sent.
//!
//! Read once, at the start: release builds carry the files, debug builds read them from the source folder. One
//! hash over all of them names the assets' folder, so a new build is never mixed with an old one in a cache.
//! The SDK's package is packed here, so that it always is the version that this server speaks.

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

#[derive(RustEmbed)]
#[folder = "embedded/web"]
struct Web;

#[derive(RustEmbed)]
#[folder = "embedded/sdk"]
struct Sdk;

const HTML: &str = "text/html; charset=utf-8";
/// What a page writes where the content hash belongs.
const HASH_MARK: &str = "__HASH__";
/// Below this, compression saves less than its header and a decoder cost.
const GZIP_BYTES_MIN: usize = 512;

/// One file, ready to be sent.
#[derive(Debug)]
pub struct File {
    /// As it is.
    pub bytes: Bytes,
    /// Compressed, where that is smaller.
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
    /// Reads, hashes and compresses all files.
    pub fn load() -> Self {
        let mut raw: BTreeMap<String, Cow<'static, [u8]>> = read::<Web>();
        let mut all = Vec::new();
        for (path, bytes) in &raw {
            all.extend_from_slice(path.as_bytes());
            all.extend_from_slice(&callbox_store::sha256(bytes));
        }
        let hash = hex(&callbox_store::sha256(&all)[..8]);
        for (path, bytes) in &mut raw {
            if media_type(path) == HTML {
                let text = String::from_utf8_lossy(bytes).replace(HASH_MARK, &hash);
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
