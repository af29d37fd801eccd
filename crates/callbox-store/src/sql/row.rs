//! Rows of answers, and what their columns are read into.

use callbox_protocol::time::UnixMillis;
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::words::parse;

/// The columns of one row, as an engine has them: by their place, from 0. `None` is SQL's NULL.
pub(crate) trait Cells {
    fn int(&self, place: usize) -> Result<Option<i64>, StoreError>;
    fn bool(&self, place: usize) -> Result<Option<bool>, StoreError>;
    fn text(&self, place: usize) -> Result<Option<&str>, StoreError>;
    fn bytes(&self, place: usize) -> Result<Option<&[u8]>, StoreError>;
    fn id(&self, place: usize) -> Result<Option<[u8; 16]>, StoreError>;
}

/// What a column can be read into.
pub(crate) trait Column: Sized {
    /// The value in this place; `None` where there is none.
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError>;
}

impl Column for i64 {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        cells.int(place)
    }
}

impl Column for bool {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        cells.bool(place)
    }
}

impl Column for String {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        Ok(cells.text(place)?.map(str::to_owned))
    }
}

impl Column for Vec<u8> {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        Ok(cells.bytes(place)?.map(<[u8]>::to_vec))
    }
}

impl<T: Column> Column for Option<T> {
    fn read(cells: &dyn Cells, place: usize) -> Result<Option<Self>, StoreError> {
        T::read(cells, place).map(Some)
    }
}

/// One row of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a>(&'a dyn Cells);

impl<'a> Row<'a> {
    pub(crate) fn new(cells: &'a dyn Cells) -> Self {
        Self(cells)
    }

    /// The value of a column, from 0.
    pub(crate) fn get<T: Column>(&self, column: usize) -> Result<T, StoreError> {
        T::read(self.0, column)?.ok_or(StoreError::Null)
    }

    /// An id that is there.
    pub(crate) fn id<T: From<[u8; 16]>>(&self, column: usize) -> Result<T, StoreError> {
        self.id_or_none(column)?.ok_or(StoreError::Null)
    }

    /// An id that may be there.
    pub(crate) fn id_or_none<T: From<[u8; 16]>>(&self, column: usize) -> Result<Option<T>, StoreError> {
        Ok(self.0.id(column)?.map(T::from))
    }

    /// A time that is there.
    pub(crate) fn time(&self, column: usize) -> Result<UnixMillis, StoreError> {
        self.get::<i64>(column).map(time)
    }

    /// A time that may be there.
    pub(crate) fn time_or_none(&self, column: usize) -> Result<Option<UnixMillis>, StoreError> {
        self.get::<Option<i64>>(column).map(|found| found.map(time))
    }

    /// The enum that a word stands for; `None` where there is none, or one of another version.
    pub(crate) fn word<T: DeserializeOwned>(&self, column: usize) -> Result<Option<T>, StoreError> {
        Ok(self.0.text(column)?.and_then(parse))
    }

    /// A count, or anything that is never below zero and small.
    pub(crate) fn number(&self, column: usize) -> Result<u32, StoreError> {
        self.get::<i64>(column).map(number)
    }

    /// The same, where it may be missing.
    pub(crate) fn number_or_none(&self, column: usize) -> Result<Option<u32>, StoreError> {
        self.get::<Option<i64>>(column).map(|found| found.map(number))
    }
}

fn time(millis: i64) -> UnixMillis {
    UnixMillis(u64::try_from(millis).unwrap_or_default())
}

fn number(found: i64) -> u32 {
    u32::try_from(found.max(0)).unwrap_or(u32::MAX)
}
