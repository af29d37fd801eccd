//! Users as they know themselves: the id, and whether they are of age.

use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// The answer to the age question, asked once. A hard partition of random matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AgeClass {
    /// 18 or over.
    Adult,
    /// Under 18.
    Minor,
}

/// The caller's own user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The answer to the age question; `null` until it is given.
    pub age: Option<AgeClass>,
}
