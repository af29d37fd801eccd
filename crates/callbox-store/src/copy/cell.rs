//! One value in a copy, the same from either engine.

use sha2::{Digest as _, Sha256};

use crate::StoreError;
use crate::sql::{Cells, Value};

/// The type of a column: the five types of our schema.
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
    /// The value in this place of a row, which our schema lets be such a one.
    pub(super) fn read(kind: Kind, row: &dyn Cells, place: usize) -> Result<Self, StoreError> {
        Ok(match kind {
            Kind::Int => Self::Int(row.int(place)?),
            Kind::Bool => Self::Bool(row.bool(place)?.ok_or(StoreError::Null("a truth"))?),
            Kind::Text => Self::Text(row.text(place)?.map(str::to_owned)),
            Kind::Bytes => Self::Bytes(row.bytes(place)?.map(<[u8]>::to_vec)),
            Kind::Id => Self::Id(row.id(place)?),
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
