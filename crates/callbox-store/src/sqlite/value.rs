//! Our values and ids as SQLite takes and gives them.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

use crate::db::{IdBytes, Value};

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

impl FromSql for IdBytes {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(Self)
    }
}
