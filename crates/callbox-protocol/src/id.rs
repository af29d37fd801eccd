//! Ids: one newtype each, so that a user is never taken for a call.
//!
//! All are `UUIDv7` (RFC 9562, section 5.7): unguessable enough to be public, ordered by creation so that
//! database pages fill from one end. They are names, never secrets: a secret is a token.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::{Builder, Uuid};

use crate::time::UnixMillis;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = "uuid"))]
        pub struct $name(Uuid);

        impl $name {
            /// An id made at `now`; `randomness` comes from the operating system's random source.
            pub fn new(now: UnixMillis, random: [u8; 10]) -> Self {
                Self(Builder::from_unix_timestamp_millis(now.0, &random).into_uuid())
            }

            /// The 16 bytes that a database keeps.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// An id read back from the 16 bytes that a database kept.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl From<$name> for [u8; 16] {
            fn from(id: $name) -> Self {
                *id.as_bytes()
            }
        }

        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A person, as far as we know one: a guest today, perhaps an account tomorrow.
    UserId
);
id!(
    /// One proof of a user's identity: a token in one browser (or in one tab).
    LoginId
);
id!(
    /// One signaling connection, from its hello to its end.
    SessionId
);
id!(
    /// One attempt of two people to talk, from the match to its end.
    CallId
);
id!(
    /// One block: names it to the user who made it, without naming the other person.
    BlockId
);
id!(
    /// One report.
    ReportId
);
id!(
    /// One ban.
    BanId
);
id!(
    /// One action of a moderator.
    ActId
);
id!(
    /// One key of an app's own backend.
    ApiKeyId
);
id!(
    /// One visit of a browser, for monitoring; the browser makes it.
    VisitId
);
id!(
    /// One view of a page in a visit; the browser makes it.
    ViewId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = UserId::new(UnixMillis(1), [255; 10]);
        let late = UserId::new(UnixMillis(2), [0; 10]);
        assert!(early < late);
    }

    #[test]
    fn an_id_survives_text_and_bytes() {
        let id = CallId::new(UnixMillis(1_790_000_000_000), [7; 10]);
        assert_eq!(id.to_string().parse::<CallId>().unwrap(), id);
        assert_eq!(CallId::from_bytes(*id.as_bytes()), id);
    }
}
