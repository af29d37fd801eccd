//! The one language of the store: statements, values and rows, as both engines understand them.
//!
//! The bottom layer: it knows neither engine, and both know it. The type of a statement says whether it only reads,
//! so that no other is run outside a transaction. Refuses to be a query builder: SQL is text, in the family that asks
//! it, and a test prepares every statement on both engines.

mod row;
mod tags;
#[cfg(test)]
mod touches;
mod value;

use callbox_core::cache::{Kind, Tag, Tags};
use std::marker::PhantomData;
use std::pin::Pin;

use crate::StoreError;
use crate::cost::Cost;
pub(crate) use row::{Cells, FromRow, Json, See, Word, column, rows};
pub(crate) use tags::{RowKey, RowTag, row_tags};
#[cfg(test)]
pub(crate) use touches::{Table, Touch, touches};
pub(crate) use value::{Value, values};

/// The future of a use case.
pub(crate) type Work<'d, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'd>>;

/// The text of a statement, with its parameters as `$1`, `$2`, ... in the order of their first use.
#[derive(Debug)]
pub(crate) struct Sql {
    /// Its family and its name in it.
    pub(crate) name: &'static str,
    /// What it has cost so far.
    pub(crate) cost: Cost,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    /// Whether it only reads: a test compares it with SQLite's own answer.
    pub(crate) only_reads: bool,
    /// The rows that its answer is made of, or that it changes; `None` if no cached answer is made of it.
    pub(crate) rows: Option<&'static [RowTag]>,
    /// The columns that its row is read from: see [`FromRow::COLUMNS`].
    pub(crate) columns: &'static [&'static str],
    /// The changes that it makes.
    #[cfg(test)]
    pub(crate) touches: &'static [Touch],
    /// The tables that its answer is made of, if it only reads: no answer of a statement that writes is cached.
    #[cfg(test)]
    pub(crate) reads: &'static [Table],
    /// Asked so often that a test forbids it to read whole tables.
    #[cfg(test)]
    pub(crate) is_hot: bool,
}

/// A statement of one kind, [`Reads`] or [`Writes`], and the type that a row of its answer is read into.
#[derive(Debug)]
pub(crate) struct Statement<K, R = ()> {
    pub(crate) sql: Sql,
    pub(crate) types: PhantomData<fn() -> (K, R)>,
}

/// The kind of a statement that changes nothing and locks nothing.
#[derive(Debug)]
pub(crate) enum Reads {}

/// The kind of a statement that changes something, or locks what it reads: it needs a transaction.
#[derive(Debug)]
pub(crate) enum Writes {}

impl Sql {
    /// The rows that it names, as tags of these values.
    pub(crate) fn tags_of_values(&self, values: &[Value<'_>]) -> impl Iterator<Item = Tag> {
        self.row_tags().iter().filter_map(|tag| tag.of_values(values))
    }

    /// Adds the rows that a row of its answer names.
    pub(crate) fn add_row(&self, cells: &dyn Cells, tags: &mut Tags) -> Result<(), StoreError> {
        self.row_tags().iter().try_for_each(|tag| tag.add_row(self.columns, cells, tags))
    }

    /// The kinds of which it names rows by columns of its answer.
    pub(crate) fn kinds_of_columns(&self) -> impl Iterator<Item = Kind> {
        let by_column = self.row_tags().iter().filter(|tag| matches!(tag.key, RowKey::Column(_)));
        by_column.map(|tag| tag.kind)
    }

    fn row_tags(&self) -> &'static [RowTag] {
        self.rows.unwrap_or_default()
    }
}

#[cfg(test)]
impl Sql {
    /// Whether an engine's names of the columns are those that the row is read from.
    pub(crate) fn is_read_from<'a>(&self, found: impl ExactSizeIterator<Item = &'a str>) -> bool {
        let is_unread = self.columns.is_empty();
        let is_same = |(found, read): (&str, &&str)| read.is_empty() || found == *read;
        is_unread || found.len() == self.columns.len() && found.zip(self.columns).all(is_same)
    }
}

/// The schema of the monitor's tables in PostgreSQL. With SQLite they have a file of their own.
const MONITOR_SCHEMA: &[u8] = b"callbox_monitor.";

/// The text with `?1` for `$1`: to SQLite `$1` is a name, and would be numbered by its place. Spaces stand for the
/// name of the monitor's schema.
pub(crate) const fn question_marks<const N: usize>(text: &str) -> [u8; N] {
    let (text, mut bytes) = (text.as_bytes(), [0; N]);
    let mut place = 0;
    while place < N {
        if names_schema(text, place) {
            let end = place + MONITOR_SCHEMA.len();
            while place < end {
                bytes[place] = b' ';
                place += 1;
            }
        } else {
            bytes[place] = if text[place] == b'$' { b'?' } else { text[place] };
            place += 1;
        }
    }
    bytes
}

/// Whether the name of the monitor's schema stands here.
const fn names_schema(text: &[u8], start: usize) -> bool {
    let mut place = 0;
    while place < MONITOR_SCHEMA.len() {
        if start + place >= text.len() || text[start + place] != MONITOR_SCHEMA[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// Declares the statements of a family, and the list of them all, so that none escapes the test that prepares them.
///
/// `some NAME reads [users, bans] -> Row = "..."` names the tables that the answer is made of, and
/// `touches [insert calls, update users (age, role)]` the changes, by triggers and cascades too: the word is the
/// statement's kind, and a test compares the tags with SQLite's own list. `tags [Calls($1), User(row partner)]` after it
/// names the rows that caches go by: see [`RowTag`]. `hot` instead of `some` must be answered from
/// an index. Two texts are for SQLite and PostgreSQL, if they cannot be the same.
macro_rules! statements {
    ($($(#[$doc:meta])* $heat:ident $name:ident $kind:ident [$($tags:tt)*] $(tags [$($rows:tt)*])? $(-> $row:ty)? =
        $text:expr $(, $postgres:expr)?;)*) => {
        $(
            $(#[$doc])*
            pub(crate) static $name: $crate::sql::Statement<statements!(@kind $kind), statements!(@row $($row)?)> = {
                const TEXT: &str = $text;
                const BYTES: &[u8] = &$crate::sql::question_marks::<{ TEXT.len() }>(TEXT);
                const SQLITE: &str = match std::str::from_utf8(BYTES) {
                    Ok(text) => text,
                    Err(_) => panic!("SQL is UTF-8"),
                };
                #[allow(unused_mut, unused_assignments, reason = "where both have one text")]
                const POSTGRES: &str = { let mut text = TEXT; $(text = $postgres;)? text };
                let sql = $crate::sql::Sql {
                    name: concat!(module_path!(), "::", stringify!($name)),
                    cost: $crate::cost::Cost::new(),
                    sqlite: SQLITE,
                    postgres: POSTGRES,
                    only_reads: statements!(@only_reads $kind),
                    rows: statements!(@rows $([$($rows)*])?),
                    columns: <statements!(@row $($row)?) as $crate::sql::FromRow>::COLUMNS,
                    #[cfg(test)]
                    touches: statements!(@touches $kind $($tags)*),
                    #[cfg(test)]
                    reads: statements!(@reads $kind $($tags)*),
                    #[cfg(test)]
                    is_hot: statements!(@is_hot $heat),
                };
                $crate::sql::Statement { sql, types: std::marker::PhantomData }
            };
        )*
        /// Every statement of this family.
        pub(crate) static ALL: &[&$crate::sql::Sql] = &[$(&$name.sql),*];
    };
    (@is_hot hot) => { true };
    (@is_hot some) => { false };
    (@kind reads) => { $crate::sql::Reads };
    (@kind touches) => { $crate::sql::Writes };
    (@reads reads $($table:ident),*) => { &[$($crate::sql::Table::$table),*] };
    (@reads touches $($tags:tt)*) => { &[] };
    (@touches reads $($tags:tt)*) => { &[] };
    (@touches touches $($tags:tt)*) => { $crate::sql::touches![$($tags)*] };
    (@rows) => { None };
    (@rows [$($rows:tt)*]) => { Some($crate::sql::row_tags![$($rows)*]) };
    (@row) => { () };
    (@row $row:ty) => { $row };
    (@only_reads reads) => { true };
    (@only_reads touches) => { false };
}
pub(crate) use statements;
