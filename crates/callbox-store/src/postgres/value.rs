//! Our values and rows as PostgreSQL takes and gives them. Each kind has one type: `bigint`, `boolean`, `text`, `bytea`
//! or `uuid`; the schema uses no other.

use std::error::Error;
use tokio_postgres::Row;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::StoreError;
use crate::sql::{Cells, Value};

impl Value<'_> {
    pub(crate) fn kind(&self) -> Type {
        match self {
            Self::Int(_) => Type::INT8,
            Self::Bool(_) => Type::BOOL,
            Self::Text(_) => Type::TEXT,
            Self::Bytes(_) => Type::BYTEA,
            Self::Id(_) => Type::UUID,
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Int(number) => number.to_sql(kind, out),
            Self::Bool(truth) => truth.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
            Self::Id(Some(id)) => {
                out.extend_from_slice(id);
                Ok(IsNull::No)
            }
            Self::Id(None) => Ok(IsNull::Yes),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::BOOL | Type::TEXT | Type::BYTEA | Type::UUID)
    }

    to_sql_checked!();
}

/// An id, which is a `uuid` here.
struct IdBytes([u8; 16]);

impl<'a> FromSql<'a> for IdBytes {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw.try_into()?))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::UUID
    }
}

impl Cells for Row {
    fn int(&self, place: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(place)?)
    }

    fn bool(&self, place: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.try_get(place)?)
    }

    fn text(&self, place: usize) -> Result<Option<&str>, StoreError> {
        Ok(self.try_get(place)?)
    }

    fn bytes(&self, place: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.try_get(place)?)
    }

    fn id(&self, place: usize) -> Result<Option<[u8; 16]>, StoreError> {
        Ok(self.try_get::<_, Option<IdBytes>>(place)?.map(|id| id.0))
    }
}
