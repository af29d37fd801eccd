//! Tags of statements: the rows that a cached answer is made of, and the rows that a write changes.
//!
//! By them a cache finds the answers that a write makes old. They are declared beside the text of a statement and not
//! read from it. Which kinds it must name follows from its tables and columns, and a test compares them
//! (`sqlite/tags.rs`); that the rows are the right ones is tested by every row that the contract's stories change
//! (`tests/contract/audit.rs`).

use callbox_core::cache::{Kind, Tag, Tags};

use super::row::Cells;
use super::value::Value;
use crate::StoreError;

/// The rows of one kind that a statement reads or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowTag {
    pub(crate) kind: Kind,
    pub(crate) key: RowKey,
}

/// Where the id of the row is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowKey {
    /// The value of this parameter, from 1.
    Value(usize),
    /// This column of each row of the answer; an answer of one column has no name for it.
    Column(&'static str),
    /// Nowhere: any row.
    Any,
}

/// `row_tags![Calls($1), User(row partner), Identities(row), Reports(any)]`.
macro_rules! row_tags {
    ($($kind:ident($($key:tt)*)),* $(,)?) => {
        &[$($crate::sql::RowTag {
            kind: callbox_core::cache::Kind::$kind,
            key: $crate::sql::row_tags!(@$($key)*),
        }),*]
    };
    (@any) => { $crate::sql::RowKey::Any };
    (@row) => { $crate::sql::RowKey::Column("") };
    (@row $column:ident) => { $crate::sql::RowKey::Column(stringify!($column)) };
    (@$dollar:tt $place:literal) => { $crate::sql::RowKey::Value($place) };
}
pub(crate) use row_tags;

impl RowTag {
    /// The tag of a statement with these values, if its rows are named by them or are any.
    pub(crate) fn of_values(self, values: &[Value<'_>]) -> Option<Tag> {
        match self.key {
            RowKey::Column(_) => None,
            RowKey::Any => Some(Tag::any(self.kind)),
            RowKey::Value(place) => Some(match values.get(place - 1) {
                Some(Value::Id(Some(id))) => Tag::of(self.kind, *id),
                // Whose it is, nobody says.
                _ => Tag::any(self.kind),
            }),
        }
    }

    /// Adds the tag of one row of an answer with these columns, if it is named there. NULL is no row.
    pub(crate) fn add_row(
        self,
        columns: &[&str],
        cells: &dyn Cells,
        tags: &mut Tags,
    ) -> Result<(), StoreError> {
        let RowKey::Column(name) = self.key else { return Ok(()) };
        let place = columns.iter().position(|column| *column == name).ok_or(StoreError::Null(name))?;
        tags.extend(cells.id(place)?.map(|id| Tag::of(self.kind, id)));
        Ok(())
    }
}
