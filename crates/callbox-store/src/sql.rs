//! The one language of the store: statements, values and rows, as both engines understand them.
//!
//! The bottom layer: it knows neither engine, and both know it. The type of a statement says whether it only reads,
//! so that no other is run outside a transaction. Refuses to be a query builder: SQL is text, in the family that asks
//! it, and a test prepares every statement on both engines.

mod row;
mod tags;
mod value;

use std::marker::PhantomData;
use std::pin::Pin;

use crate::StoreError;
pub(crate) use row::{Cells, FromRow, Json, Word, column, rows};
pub(crate) use tags::{Table, Touch, touches};
pub(crate) use value::{Value, values};

/// The future of a use case.
pub(crate) type Work<'d, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'd>>;

/// The text of a statement, with its parameters as `$1`, `$2`, ... in the order of their first use.
#[derive(Debug)]
pub(crate) struct Sql {
    /// Its name in its family: for messages of tests.
    #[cfg(test)]
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    /// The changes that it makes.
    pub(crate) touches: &'static [Touch],
    /// The tables that its answer is made of, if it only reads: no answer of a statement that writes is cached.
    #[cfg(test)]
    pub(crate) reads: &'static [Table],
    /// Asked so often that a test forbids it to read whole tables.
    #[cfg(test)]
    pub(crate) is_hot: bool,
    /// Whether it only reads: a test compares it with SQLite's own answer.
    #[cfg(test)]
    pub(crate) only_reads: bool,
    /// The columns that its row is read from: see [`FromRow::COLUMNS`].
    #[cfg(test)]
    pub(crate) columns: &'static [&'static str],
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

#[cfg(test)]
impl Sql {
    /// Whether an engine's names of the columns are those that the row is read from.
    pub(crate) fn is_read_from<'a>(&self, found: impl ExactSizeIterator<Item = &'a str>) -> bool {
        let is_unread = self.columns.is_empty();
        let is_same = |(found, read): (&str, &&str)| read.is_empty() || found == *read;
        is_unread || found.len() == self.columns.len() && found.zip(self.columns).all(is_same)
    }
}

/// The text with `?1` for `$1`: to SQLite `$1` is a name, and would be numbered by its place.
pub(crate) const fn question_marks<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut place = 0;
    while place < N {
        let byte = text.as_bytes()[place];
        bytes[place] = if byte == b'$' { b'?' } else { byte };
        place += 1;
    }
    bytes
}

/// Declares the statements of a family, and the list of them all, so that none escapes the test that prepares them.
///
/// `some NAME reads [users, bans] -> Row = "..."` names the tables that the answer is made of, and
/// `touches [insert calls, update users (age, role)]` the changes, by triggers and cascades too: the word is the
/// statement's kind, and a test compares the tags with SQLite's own list. `hot` instead of `some` must be answered from
/// an index. Two texts are for SQLite and PostgreSQL, if they cannot be the same.
macro_rules! statements {
    ($($(#[$doc:meta])* $heat:ident $name:ident $kind:ident [$($tags:tt)*] $(-> $row:ty)? =
        $text:expr $(, $postgres:expr)?;)*) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: $crate::sql::Statement<statements!(@kind $kind), statements!(@row $($row)?)> = {
                const TEXT: &str = $text;
                const BYTES: &[u8] = &$crate::sql::question_marks::<{ TEXT.len() }>(TEXT);
                const SQLITE: &str = match std::str::from_utf8(BYTES) {
                    Ok(text) => text,
                    Err(_) => panic!("SQL is UTF-8"),
                };
                #[allow(unused_mut, unused_assignments, reason = "where both have one text")]
                const POSTGRES: &str = { let mut text = TEXT; $(text = $postgres;)? text };
                let sql = $crate::sql::Sql {
                    #[cfg(test)]
                    name: concat!(module_path!(), "::", stringify!($name)),
                    sqlite: SQLITE,
                    postgres: POSTGRES,
                    touches: statements!(@touches $kind $($tags)*),
                    #[cfg(test)]
                    reads: statements!(@reads $kind $($tags)*),
                    #[cfg(test)]
                    is_hot: statements!(@is_hot $heat),
                    #[cfg(test)]
                    only_reads: statements!(@only_reads $kind),
                    #[cfg(test)]
                    columns: <statements!(@row $($row)?) as $crate::sql::FromRow>::COLUMNS,
                };
                $crate::sql::Statement { sql, types: std::marker::PhantomData }
            };
        )*
        /// Every statement of this family.
        #[cfg(test)]
        pub(crate) const ALL: &[&$crate::sql::Sql] = &[$(&$name.sql),*];
    };
    (@is_hot hot) => { true };
    (@is_hot some) => { false };
    (@kind reads) => { $crate::sql::Reads };
    (@kind touches) => { $crate::sql::Writes };
    (@reads reads $($table:ident),*) => { &[$($crate::sql::Table::$table),*] };
    (@reads touches $($tags:tt)*) => { &[] };
    (@touches reads $($tags:tt)*) => { &[] };
    (@touches touches $($tags:tt)*) => { $crate::sql::touches![$($tags)*] };
    (@row) => { () };
    (@row $row:ty) => { $row };
    (@only_reads reads) => { true };
    (@only_reads touches) => { false };
}
pub(crate) use statements;
