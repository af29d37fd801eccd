//! The one language of the store: statements, values and rows, as both engines understand them.
//!
//! The lowest floor: it knows neither engine, and both know it. The type of a statement says whether it only reads, so that
//! no other is run outside a transaction. Refuses to be a query builder: SQL is text, in the family that asks it, and a
//! test prepares every statement on both engines.

mod row;
mod value;

use std::marker::PhantomData;
use std::pin::Pin;

use crate::StoreError;
pub(crate) use row::{Cells, Row};
pub(crate) use value::{Value, values};

/// What a use case promises to do.
pub(crate) type Work<'d, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'd>>;

/// The text of a statement, with its parameters as `$1`, `$2`, ... in the order of their first use.
#[derive(Debug)]
pub(crate) struct Sql {
    /// As it stands in its family: for messages of tests.
    #[cfg(test)]
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    /// Whether logins that are known must be asked for again.
    pub(crate) ends_logins: bool,
    /// Asked so often that a test forbids it to read whole tables.
    #[cfg(test)]
    pub(crate) is_hot: bool,
    /// Whether it only reads: a test compares it with what the engines say.
    #[cfg(test)]
    pub(crate) only_reads: bool,
}

/// A statement of one kind: [`Reads`] or [`Writes`].
#[derive(Debug)]
pub(crate) struct Statement<K> {
    pub(crate) sql: Sql,
    pub(crate) kind: PhantomData<K>,
}

/// The kind of a statement that changes nothing and locks nothing.
#[derive(Debug)]
pub(crate) enum Reads {}

/// The kind of a statement that changes something, or locks what it reads: it needs a transaction.
#[derive(Debug)]
pub(crate) enum Writes {}

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
/// `read` or `write` is the statement's kind. `hot read NAME = "..."` must be answered from an index. Two texts are for SQLite
/// and PostgreSQL, where they cannot be the same.
macro_rules! statements {
    ($($(#[$doc:meta])* $heat:ident $kind:ident $name:ident = $text:expr $(, $postgres:expr)?;)*) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: $crate::sql::Statement<statements!(@kind $kind)> = {
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
                    ends_logins: $crate::login_cache::ends_logins(TEXT),
                    #[cfg(test)]
                    is_hot: statements!(@is_hot $heat),
                    #[cfg(test)]
                    only_reads: statements!(@only_reads $kind),
                };
                $crate::sql::Statement { sql, kind: std::marker::PhantomData }
            };
        )*
        /// Every statement of this family.
        #[cfg(test)]
        pub(crate) const ALL: &[&$crate::sql::Sql] = &[$(&$name.sql),*];
    };
    (@is_hot hot) => { true };
    (@is_hot some) => { false };
    (@kind read) => { $crate::sql::Reads };
    (@kind write) => { $crate::sql::Writes };
    (@only_reads read) => { true };
    (@only_reads write) => { false };
}
pub(crate) use statements;
