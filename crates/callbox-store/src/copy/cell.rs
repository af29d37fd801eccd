//! One value on its way, the same whichever engine it comes from.

use rusqlite::types::ValueRef;
use sha2::{Digest as _, Sha256};

use crate::StoreError;
use crate::db::{IdBytes, Value};

/// What a column holds: the five types of our schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Bool,
    Text,
    Bytes,
    Id,
}

impl Kind {
    /// By `PostgreSQL`'s name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "bigint" => Self::Int,
            "boolean" => Self::Bool,
            "text" => Self::Text,
            "bytea" => Self::Bytes,
            "uuid" => Self::Id,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Int(Option<i64>),
    Bool(bool),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Id(Option<[u8; 16]>),
}

impl Cell {
    pub(super) fn of_sqlite(kind: Kind, value: ValueRef<'_>) -> Result<Self, StoreError> {
        let odd = || StoreError::Sqlite(rusqlite::Error::InvalidQuery);
        let is_null = value == ValueRef::Null;
        Ok(match kind {
            Kind::Int if is_null => Self::Int(None),
            Kind::Text if is_null => Self::Text(None),
            Kind::Bytes if is_null => Self::Bytes(None),
            Kind::Id if is_null => Self::Id(None),
            Kind::Int => Self::Int(Some(value.as_i64().map_err(|_| odd())?)),
            Kind::Bool => Self::Bool(value.as_i64().map_err(|_| odd())? != 0),
            Kind::Text => Self::Text(Some(value.as_str().map_err(|_| odd())?.to_owned())),
            Kind::Bytes => Self::Bytes(Some(value.as_blob().map_err(|_| odd())?.to_owned())),
            Kind::Id => {
                Self::Id(Some(value.as_blob().ok().and_then(|id| id.try_into().ok()).ok_or_else(odd)?))
            }
        })
    }

    pub(super) fn of_postgres(
        kind: Kind,
        row: &tokio_postgres::Row,
        column: usize,
    ) -> Result<Self, tokio_postgres::Error> {
        Ok(match kind {
            Kind::Int => Self::Int(row.try_get(column)?),
            Kind::Bool => Self::Bool(row.try_get(column)?),
            Kind::Text => Self::Text(row.try_get(column)?),
            Kind::Bytes => Self::Bytes(row.try_get(column)?),
            Kind::Id => Self::Id(row.try_get::<_, Option<IdBytes>>(column)?.map(|id| id.0)),
        })
    }

    /// For a parameter of a statement.
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Int(number) => Value::Int(*number),
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Text(text) => Value::Text(text.as_deref()),
            Self::Bytes(bytes) => Value::Bytes(bytes.as_deref()),
            Self::Id(id) => Value::Id(*id),
        }
    }

    /// A mark for nothing, or the length and the bytes, so that no two rows have one sequence.
    pub(super) fn hash(&self, hash: &mut Sha256) {
        let mut add = |bytes: Option<&[u8]>| match bytes {
            None => hash.update([0]),
            Some(bytes) => {
                hash.update([1]);
                hash.update((bytes.len() as u64).to_be_bytes());
                hash.update(bytes);
            }
        };
        match self {
            Self::Int(number) => add(number.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice)),
            Self::Bool(truth) => add(Some(&[u8::from(*truth)])),
            Self::Text(text) => add(text.as_ref().map(String::as_bytes)),
            Self::Bytes(bytes) => add(bytes.as_deref()),
            Self::Id(id) => add(id.as_ref().map(<[u8; 16]>::as_slice)),
        }
    }
}
