//! Values of parameters: five types, which both engines have.

use callbox_protocol::id::{ActId, ApiKeyId, BanId, BlockId, CallId, LoginId, ReportId, UserId};
use callbox_protocol::time::UnixMillis;

/// A value of a parameter. `None` is SQL's NULL, of a known type, so that PostgreSQL need not guess.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Bool(bool),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
    Id(Option<[u8; 16]>),
}

macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

impl From<UnixMillis> for Value<'_> {
    fn from(time: UnixMillis) -> Self {
        // The year 292 million is the end of time.
        Self::Int(Some(i64::try_from(time.0).unwrap_or(i64::MAX)))
    }
}

impl From<Option<UnixMillis>> for Value<'_> {
    fn from(time: Option<UnixMillis>) -> Self {
        time.map_or(Self::Int(None), Self::from)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::Text(text.as_deref())
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'a, const N: usize> From<&'a Option<[u8; N]>> for Value<'a> {
    fn from(bytes: &'a Option<[u8; N]>) -> Self {
        Self::Bytes(bytes.as_ref().map(<[u8; N]>::as_slice))
    }
}

macro_rules! value_from {
    ($($kind:ty => $value:ident => $made:expr),* $(,)?) => {$(
        impl<'a> From<$kind> for Value<'a> {
            fn from($value: $kind) -> Self {
                $made
            }
        }
    )*};
}

value_from! {
    i64 => number => Self::Int(Some(number)),
    u32 => number => Self::Int(Some(number.into())),
    u16 => number => Self::Int(Some(number.into())),
    u8 => number => Self::Int(Some(number.into())),
    Option<u32> => number => Self::Int(number.map(i64::from)),
    bool => truth => Self::Bool(truth),
    &'a str => text => Self::Text(Some(text)),
    Option<&'a str> => text => Self::Text(text),
    &'a [u8] => bytes => Self::Bytes(Some(bytes)),
    Option<&'a [u8]> => bytes => Self::Bytes(bytes),
    [u8; 16] => id => Self::Id(Some(id)),
    Option<[u8; 16]> => id => Self::Id(id),
    UserId => id => Self::Id(Some(*id.as_bytes())),
    Option<UserId> => id => Self::Id(id.map(|id| *id.as_bytes())),
    LoginId => id => Self::Id(Some(*id.as_bytes())),
    CallId => id => Self::Id(Some(*id.as_bytes())),
    BlockId => id => Self::Id(Some(*id.as_bytes())),
    ReportId => id => Self::Id(Some(*id.as_bytes())),
    BanId => id => Self::Id(Some(*id.as_bytes())),
    Option<BanId> => id => Self::Id(id.map(|id| *id.as_bytes())),
    Option<ReportId> => id => Self::Id(id.map(|id| *id.as_bytes())),
    ActId => id => Self::Id(Some(*id.as_bytes())),
    ApiKeyId => id => Self::Id(Some(*id.as_bytes())),
}
