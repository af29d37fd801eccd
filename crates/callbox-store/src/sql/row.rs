//! Rows of answers: the types that a statement's columns are read into, by their names.
//!
//! A family declares the row of a statement beside it, field by field as the columns are selected. They are read in
//! that order, which costs nothing, and a test compares their names with those of both engines.

use callbox_protocol::id::{ActId, ApiKeyId, BanId, BlockId, CallId, LoginId, ReportId, UserId};
use callbox_protocol::time::UnixMillis;
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::words::{from_json, parse};

/// The columns of one row, as an engine has them: by their place, from 0. `None` is SQL's NULL.
pub(crate) trait Cells {
    fn int(&self, place: usize) -> Result<Option<i64>, StoreError>;
    fn bool(&self, place: usize) -> Result<Option<bool>, StoreError>;
    fn text(&self, place: usize) -> Result<Option<&str>, StoreError>;
    fn bytes(&self, place: usize) -> Result<Option<&[u8]>, StoreError>;
    fn id(&self, place: usize) -> Result<Option<[u8; 16]>, StoreError>;
}

/// Looks at each row of an answer before it is read.
pub(crate) type See<'s> = dyn FnMut(&dyn Cells) -> Result<(), StoreError> + Send + 's;

/// The type of a row: one that [`rows!`] declares, a single column, or nothing.
pub(crate) trait FromRow: Sized {
    /// The names of its columns, in their order. That of a single column is empty: it needs none.
    const COLUMNS: &'static [&'static str];

    fn read(cells: &dyn Cells) -> Result<Self, StoreError>;
}

/// Declares rows of statements: their columns, in the order in which they are selected.
macro_rules! rows {
    ($($(#[$doc:meta])* struct $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        pub(crate) struct $name {
            $(pub(crate) $field: $kind),*
        }

        impl $crate::sql::FromRow for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn read(cells: &dyn $crate::sql::Cells) -> Result<Self, $crate::StoreError> {
                let mut places = 0..;
                // Fields are made in the order in which they are written here.
                Ok(Self { $($field: $crate::sql::column(cells, &mut places, Self::COLUMNS)?),* })
            }
        }
    )*};
}
pub(crate) use rows;

/// The next column of a row.
pub(crate) fn column<T: Column>(
    cells: &dyn Cells,
    places: &mut std::ops::RangeFrom<usize>,
    names: &[&'static str],
) -> Result<T, StoreError> {
    let place = places.start;
    places.start += 1;
    T::read(cells, place)?.ok_or(StoreError::Null(names[place]))
}

/// For statements whose answer nobody reads.
impl FromRow for () {
    const COLUMNS: &'static [&'static str] = &[];

    fn read(_: &dyn Cells) -> Result<Self, StoreError> {
        Ok(())
    }
}

impl<T: Column> FromRow for T {
    const COLUMNS: &'static [&'static str] = &[""];

    fn read(cells: &dyn Cells) -> Result<Self, StoreError> {
        T::read(cells, 0)?.ok_or(StoreError::Null("its only column"))
    }
}

/// The type of a column.
pub(crate) trait Column: Sized {
    /// The value at this index; `None` if there is none.
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError>;
}

/// The enum of a word; `None` if there is none, or one of another version.
#[derive(Debug)]
pub(crate) struct Word<T>(pub(crate) Option<T>);

/// A value in its JSON; empty if a later version wrote something else.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A value that may be missing. The columns of an outer join are.
impl<T: Column> Column for Option<T> {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        T::read(cells, place).map(Some)
    }
}

macro_rules! columns {
    ($($kind:ty => |$cells:ident, $place:ident| $read:expr),* $(,)?) => {$(
        impl Column for $kind {
            fn read($cells: &dyn Cells, $place: usize) -> Result<Option<Self>, StoreError> {
                $read
            }
        }
    )*};
}

columns! {
    i64 => |cells, place| cells.int(place),
    // A count, or anything that is never below zero and small.
    u32 => |cells, place| Ok(cells.int(place)?.map(|found| Self::try_from(found.max(0)).unwrap_or(Self::MAX))),
    bool => |cells, place| cells.bool(place),
    String => |cells, place| Ok(cells.text(place)?.map(str::to_owned)),
    Vec<u8> => |cells, place| Ok(cells.bytes(place)?.map(<[u8]>::to_vec)),
    UnixMillis => |cells, place| Ok(cells.int(place)?.map(|millis| Self(u64::try_from(millis).unwrap_or_default()))),
    ActId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
    ApiKeyId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
    BanId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
    BlockId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
    CallId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
    LoginId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
    ReportId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
    UserId => |cells, place| Ok(cells.id(place)?.map(Self::from_bytes)),
}

impl<T: DeserializeOwned> Column for Word<T> {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        Ok(Some(Self(cells.text(place)?.and_then(parse))))
    }
}

impl<T: DeserializeOwned + Default> Column for Json<T> {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        Ok(cells.text(place)?.map(|text| Self(from_json(text))))
    }
}
