//! Copies all data from the embedded database to `PostgreSQL`, or the other way.
//!
//! `PostgreSQL` itself says which tables, columns and keys there are, so nothing can be forgotten. Rows are copied in
//! the order of their keys, 2,000 at a time; a copy that was cut short continues behind the last row that arrived. At
//! the end both sides are read whole, counted and compared by SHA-256. The monitor's tables are copied too, and take the place of
//! what is in the target's: a server that has run there once has figures of itself. The source is only read, and nobody
//! may write to either meanwhile.

mod cell;
mod end;

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use thiserror::Error;

use crate::StoreError;
use cell::{Cell, Kind};
use end::{End, Postgres, Sqlite};

/// Rows that are under way at once. With the widest table, some 500 KB.
const ROWS: usize = 2_000;

/// One of the two databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataLocation {
    /// The data folder of the embedded one.
    Folder(PathBuf),
    /// A `postgres://` URL.
    Url(String),
}

impl DataLocation {
    /// Reads a URL or a folder's path.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Url(text.to_owned())
        } else {
            Self::Folder(text.into())
        }
    }
}

/// Why nothing, or not all, was copied.
#[derive(Debug, Error)]
pub enum CopyError {
    /// Two of the same kind.
    #[error("one of the two is a data folder, the other a postgres:// URL")]
    SameKind,
    /// There is nothing to copy.
    #[error("there is no database in {0}")]
    NoSource(PathBuf),
    /// The target is in use.
    #[error("the target has data of its own: copy into an empty one")]
    NotEmpty,
    /// The two sides differ after all was copied.
    #[error(
        "`{0}` differs between the two: something wrote to one of them meanwhile; empty the target and copy again"
    )]
    Differs(String),
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<tokio_postgres::Error> for CopyError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<rusqlite::Error> for CopyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Figures that the target had of itself are deleted, since the source's take their place.
    Replaced,
    /// Rows are copied.
    Copied,
    /// Both sides are compared.
    Checked,
}

/// A table and its columns, those of the primary key first in their order.
#[derive(Clone, Debug)]
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
    keys: usize,
}

impl Table {
    /// Whether it is one of the monitor's.
    fn is_monitors(&self) -> bool {
        self.name.starts_with("callbox_monitor.")
    }

    /// Whether its rows are made by others' triggers, and so are in the target before they are copied.
    fn is_counted(&self) -> bool {
        self.name == "outcomes"
    }
}

/// Copies everything, and compares. `tell` is called for each batch: the table, the step, how many rows of how many.
/// Returns how many rows there are.
pub async fn copy_data(
    from: &DataLocation,
    to: &DataLocation,
    mut tell: impl FnMut(&str, Step, u64, u64),
) -> Result<u64, CopyError> {
    let (mut source, mut target, tables) = match (from, to) {
        (DataLocation::Folder(folder), DataLocation::Url(url)) => {
            let target = Postgres::target(url).await?;
            let tables = target.tables().await?;
            (End::Sqlite(Sqlite::source(folder)?), End::Postgres(target), tables)
        }
        (DataLocation::Url(url), DataLocation::Folder(folder)) => {
            let source = Postgres::source(url).await?;
            let tables = source.tables().await?;
            (End::Postgres(source), End::Sqlite(Sqlite::target(folder).await?), tables)
        }
        _ => return Err(CopyError::SameKind),
    };
    let is_new = target.begin().await?;
    // A folder of an older version has no figures.
    let tables: Vec<_> = tables.into_iter().filter(|table| source.has(table)).collect();
    for table in tables.iter().filter(|table| is_new && table.is_monitors()) {
        let count = target.count(table).await?;
        if count > 0 {
            target.clear(table).await?;
            tell(&table.name, Step::Replaced, count, count);
        }
    }
    let mut rows = 0;
    for table in &tables {
        rows += copy_table(&mut source, &mut target, table, &mut tell).await?;
    }
    for table in &tables {
        let told = |count| tell(&table.name, Step::Checked, count, rows);
        let one = digest(&mut source, table, told).await?;
        if digest(&mut target, table, |_| ()).await? != one {
            return Err(CopyError::Differs(table.name.clone()));
        }
    }
    target.end().await?;
    Ok(rows)
}

async fn copy_table(
    source: &mut End,
    target: &mut End,
    table: &Table,
    tell: &mut impl FnMut(&str, Step, u64, u64),
) -> Result<u64, CopyError> {
    let all = source.count(table).await?;
    if table.is_counted() {
        target.clear(table).await?;
    }
    let mut done = target.count(table).await?;
    let mut last = target.last_key(table).await?;
    loop {
        let rows = source.rows_after(table, last.as_deref(), ROWS).await?;
        let Some(row) = rows.last() else { break };
        last = Some(row[..table.keys].to_vec());
        done += rows.len() as u64;
        target.insert(table, &rows).await?;
        tell(&table.name, Step::Copied, done, all);
    }
    Ok(all)
}

/// How many rows, and the hash of all in the order of their keys.
async fn digest(
    end: &mut End,
    table: &Table,
    mut tell: impl FnMut(u64),
) -> Result<(u64, [u8; 32]), CopyError> {
    let (mut hash, mut count, mut last) = (Sha256::new(), 0, None);
    loop {
        let rows: Vec<Vec<Cell>> = end.rows_after(table, last.as_deref(), ROWS).await?;
        let Some(row) = rows.last() else { break };
        last = Some(row[..table.keys].to_vec());
        count += rows.len() as u64;
        for cell in rows.iter().flatten() {
            cell.hash(&mut hash);
        }
        tell(count);
    }
    Ok((count, hash.finalize().into()))
}

/// A folder that has a database.
fn database_in(folder: &Path) -> Result<PathBuf, CopyError> {
    let path = folder.join(crate::backup::DATABASE);
    if path.exists() { Ok(path) } else { Err(CopyError::NoSource(folder.to_owned())) }
}
