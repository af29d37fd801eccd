//! The rows of a source, one user at a time: a CSV file with another one beside it, or PostgreSQL.

use anyhow::{Context as _, bail};
use callbox_identity::import::{Mapping, Row, Table};
use callbox_protocol::account::Members;
use callbox_store::{SourceRow, SourceTable, SourceUsers};
use csv::{ByteRecord, Position, Reader};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A row of CSV that is longer is none of a profile's.
const ROW_BYTES_MAX: usize = 1024 * 1024;
const PROFILES_MAX: usize = 10_000_000;

/// A source that is open.
pub(super) enum Rows {
    Csv(Box<CsvRows>),
    Postgres(SourceUsers),
}

/// A user's row and that of their profile.
pub(super) struct Pair(SourceRow);

impl Pair {
    pub(super) fn as_row(&self) -> Row<'_> {
        Row { user: &self.0.user, profile: self.0.profile.as_ref() }
    }
}

impl Rows {
    pub(super) async fn open(from: &str, mapping: &Mapping) -> anyhow::Result<Self> {
        if !from.starts_with("postgres://") && !from.starts_with("postgresql://") {
            return Ok(Self::Csv(Box::new(CsvRows::open(Path::new(from), mapping)?)));
        }
        let table = |name: &str, key: &str, table| SourceTable {
            name: name.to_owned(),
            key: key.to_owned(),
            columns: mapping.columns(table).into_iter().map(str::to_owned).collect(),
        };
        let users = table(&mapping.users.from, &mapping.users.id, Table::Users);
        let profiles =
            mapping.profiles.as_ref().map(|named| table(&named.from, &named.user, Table::Profiles));
        let rows = SourceUsers::open(from, &users, profiles.as_ref()).await;
        Ok(Self::Postgres(rows.context("cannot read the users of the other database")?))
    }

    /// How many users there are, if that is known.
    pub(super) fn all(&self) -> Option<u64> {
        match self {
            Self::Csv(_) => None,
            Self::Postgres(rows) => Some(rows.all),
        }
    }

    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Pair>> {
        match self {
            Self::Csv(rows) => rows.next(),
            Self::Postgres(rows) => {
                Ok(rows.next().await.context("cannot read on in the other database")?.map(Pair))
            }
        }
    }
}

pub(super) struct CsvRows {
    users: CsvFile,
    id: usize,
    profiles: Option<CsvProfiles>,
}

/// Profiles by their user, wherever they stand in the file.
struct CsvProfiles {
    file: CsvFile,
    places: HashMap<String, Position>,
}

struct CsvFile {
    path: PathBuf,
    reader: Reader<File>,
    names: Vec<String>,
    record: ByteRecord,
}

impl CsvFile {
    /// Opens a file that has all of these columns.
    fn open(path: &Path, columns: impl IntoIterator<Item = impl AsRef<str>>) -> anyhow::Result<Self> {
        let mut reader =
            Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
        let headers = reader.byte_headers().with_context(|| format!("cannot read {}", path.display()))?;
        let name = |name: &[u8]| {
            String::from_utf8_lossy(name.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(name)).trim().to_owned()
        };
        let names: Vec<String> = headers.iter().map(name).collect();
        let missing: Vec<_> = columns
            .into_iter()
            .filter(|column| !names.iter().any(|name| name == column.as_ref()))
            .map(|column| format!("`{}`", column.as_ref()))
            .collect();
        if !missing.is_empty() {
            bail!(
                "{} has no column {} in its first line: name its own columns in a mapping (--mapping FILE; `\"\"` for one that there is not)",
                path.display(),
                missing.join(", ")
            );
        }
        Ok(Self { path: path.to_owned(), reader, names, record: ByteRecord::new() })
    }

    fn column(&self, name: &str) -> usize {
        self.names.iter().position(|one| one == name).expect("it was looked for at the opening")
    }

    /// Reads the next row; `false` behind the last.
    fn advance(&mut self) -> anyhow::Result<bool> {
        let is_there = self
            .reader
            .read_byte_record(&mut self.record)
            .with_context(|| format!("{}", self.path.display()))?;
        if self.record.as_slice().len() > ROW_BYTES_MAX {
            let line = self.record.position().map_or(0, Position::line);
            bail!("{}: the row in line {line} is longer than 1 MiB", self.path.display());
        }
        Ok(is_there)
    }

    fn text(&self, column: usize) -> String {
        String::from_utf8_lossy(self.record.get(column).unwrap_or_default()).into_owned()
    }

    fn members(&self) -> Members {
        let columns = self.names.iter().enumerate();
        columns.map(|(index, name)| (name.clone(), Value::String(self.text(index)))).collect()
    }
}

impl CsvRows {
    fn open(path: &Path, mapping: &Mapping) -> anyhow::Result<Self> {
        let users = CsvFile::open(path, mapping.columns(Table::Users))?;
        let profiles = match &mapping.profiles {
            Some(named) => {
                let path = path.with_file_name(&named.from);
                Some(CsvProfiles::open(&path, &named.user, mapping)?)
            }
            None => None,
        };
        Ok(Self { id: users.column(&mapping.users.id), users, profiles })
    }

    fn next(&mut self) -> anyhow::Result<Option<Pair>> {
        if !self.users.advance()? {
            return Ok(None);
        }
        let id = self.users.text(self.id);
        let profile = match &mut self.profiles {
            Some(profiles) => profiles.find(&id)?,
            None => None,
        };
        Ok(Some(Pair(SourceRow { user: self.users.members(), profile })))
    }
}

impl CsvProfiles {
    fn open(path: &Path, user: &str, mapping: &Mapping) -> anyhow::Result<Self> {
        let mut file = CsvFile::open(path, mapping.columns(Table::Profiles))?;
        let (column, mut places) = (file.column(user), HashMap::new());
        while file.advance()? {
            let Some(place) = file.record.position().cloned() else { continue };
            // The first of two counts.
            places.entry(key(&file.text(column))).or_insert(place);
            if places.len() > PROFILES_MAX {
                bail!("{} has more than {PROFILES_MAX} profiles: import them in parts", path.display());
            }
        }
        Ok(Self { file, places })
    }

    fn find(&mut self, user: &str) -> anyhow::Result<Option<Members>> {
        let Some(place) = self.places.get(&key(user)) else { return Ok(None) };
        self.file.reader.seek(place.clone())?;
        self.file.advance()?;
        Ok(Some(self.file.members()))
    }
}

/// One form for the ids of both files.
fn key(id: &str) -> String {
    id.trim().to_ascii_lowercase()
}
