//! Our values and rows as SQLite takes and gives them.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};

use crate::StoreError;
use crate::sql::{Cells, Value};

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(Some(number)) => number.to_sql(),
            Self::Bool(truth) => truth.to_sql(),
            Self::Text(Some(text)) => text.to_sql(),
            Self::Bytes(Some(bytes)) => bytes.to_sql(),
            Self::Id(Some(id)) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(id))),
            Self::Int(None) | Self::Text(None) | Self::Bytes(None) | Self::Id(None) => {
                Ok(ToSqlOutput::Borrowed(ValueRef::Null))
            }
        }
    }
}

impl Cells for Row<'_> {
    fn int(&self, place: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.get(place)?)
    }

    fn bool(&self, place: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.get(place)?)
    }

    fn text(&self, place: usize) -> Result<Option<&str>, StoreError> {
        Ok(self.get_ref(place)?.as_str_or_null().map_err(rusqlite::Error::from)?)
    }

    fn bytes(&self, place: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.get_ref(place)?.as_blob_or_null().map_err(rusqlite::Error::from)?)
    }

    fn id(&self, place: usize) -> Result<Option<[u8; 16]>, StoreError> {
        Ok(self.get(place)?)
    }
}
