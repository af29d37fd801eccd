//! Bodies for moderators, for admins and for an app's own backend: reports, bans, users, API keys, tokens.
//!
//! Here people are named by their ids. Times are milliseconds since the epoch.

use serde::{Deserialize, Serialize};

use crate::account::{Attributes, Role};
use crate::call::Side;
use crate::http::{ReportLine, ReportReason};
use crate::id::{ActId, ApiKeyId, BanId, CallId, LoginId, ReportId, UserId};
use crate::time::UnixMillis;
use crate::user::AgeClass;

/// The most characters of a ban's reason.
pub const BAN_REASON_CHARS_MAX: usize = 500;
/// The most days of a ban that ends.
pub const BAN_DAYS_MAX: u32 = 3_650;
/// The most characters of a plan.
pub const PLAN_CHARS_MAX: usize = 64;
/// The most characters of an API key's name.
pub const KEY_NAME_CHARS_MAX: usize = 64;

/// The state of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ReportStatus {
    /// Nobody has decided.
    #[default]
    Open,
    /// A moderator found nothing in it.
    Dismissed,
    /// The person that it is about was banned.
    Banned,
}

/// One of the two people of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Party {
    /// Their id.
    pub user: UserId,
    /// Their name; empty if there is none.
    pub name: String,
    /// Their rights; `null` if the user is deleted.
    pub role: Option<Role>,
    /// How many people have reported them.
    pub reports: u32,
    /// Whether they are banned now.
    pub is_banned: bool,
    /// Whether they are kept from strangers until a moderator has decided on what is said about them.
    pub is_held: bool,
    /// Since when they are here.
    pub created_at: Option<UnixMillis>,
}

/// A report, with its context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportItem {
    /// Its name.
    pub id: ReportId,
    /// The call that it is about.
    pub call: CallId,
    /// When it was made.
    pub at: UnixMillis,
    /// Its state.
    pub status: ReportStatus,
    /// The reason of the complaint.
    pub reason: ReportReason,
    /// In the reporter's own words.
    pub note: String,
    /// The chat's last lines, if the reporter sent them.
    pub lines: Vec<ReportLine>,
    /// Which of the call's sides the reporter was, for the lines; `null` while the call is not over.
    pub reporter_side: Option<Side>,
    /// The person who complains.
    pub reporter: Party,
    /// The person whom the complaint is about.
    pub reported: Party,
}

/// The target of a ban.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BanScope {
    /// The user.
    User,
    /// The browsers that the user used lately.
    Device,
    /// The addresses that the user came from lately: everybody behind them.
    Address,
}

/// `POST /v1/moderation/reports/{report}/ban` and `POST /v1/users/{user}/ban`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateBan {
    /// The targets, one at least.
    pub scopes: Vec<BanScope>,
    /// The number of days; for ever if it is left out.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub days: Option<u32>,
    /// The reason, for other moderators. 500 characters at most.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub reason: String,
    /// The reason, for the person: they read it when they return. 500 characters at most.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub told: String,
}

/// A ban that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BanItem {
    /// Its name.
    pub id: BanId,
    /// Its target.
    pub scope: BanScope,
    /// The user that it was meant for.
    pub user: Option<UserId>,
    /// Their name when they were banned.
    pub name: String,
    /// The reason, for moderators.
    pub reason: String,
    /// The reason, as the person reads it.
    pub told: String,
    /// Since when.
    pub created_at: UnixMillis,
    /// Until when; `null` is for ever.
    pub expires_at: Option<UnixMillis>,
}

/// A kind of moderator's action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Act {
    /// Banned somebody.
    Banned,
    /// Lifted a ban.
    Lifted,
    /// Found nothing in a report.
    Dismissed,
    /// Returned a report to the queue.
    Reopened,
}

/// One action of a moderator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActItem {
    /// Its name.
    pub id: ActId,
    /// Its kind.
    pub act: Act,
    /// The moderator who did it.
    pub moderator: UserId,
    /// Their name now; empty if there is none.
    pub moderator_name: String,
    /// The user that it was about.
    pub user: Option<UserId>,
    /// Their name now; empty if there is none.
    pub user_name: String,
    /// A ban's reason.
    pub detail: String,
    /// When.
    pub at: UnixMillis,
}

/// A person that a moderator's search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonItem {
    /// Their id.
    pub user: UserId,
    /// Their name; empty if there is none.
    pub name: String,
    /// Their rights.
    pub role: Role,
    /// Since when they are here.
    pub created_at: UnixMillis,
    /// The verified address, for admins; `null` for moderators.
    pub email: Option<String>,
    /// How many people have reported them.
    pub reports: u32,
    /// Whether they are banned now.
    pub is_banned: bool,
    /// Whether they are kept from strangers until a moderator has decided on what is said about them.
    pub is_held: bool,
}

/// `GET /v1/moderation/people`: 50 at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct People {
    /// The newest first.
    pub items: Vec<PersonItem>,
}

/// Bans that were just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bans {
    /// One a scope and device or address.
    pub items: Vec<BanItem>,
}

/// A user, for an admin or an app's own backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserItem {
    /// Their id.
    pub id: UserId,
    /// Their name; empty if there is none.
    pub name: String,
    /// The verified address.
    pub email: Option<String>,
    /// Their rights.
    pub role: Role,
    /// In the app's own words.
    pub plan: Option<String>,
    /// The answer to the age question.
    pub age: Option<AgeClass>,
    /// Since when they are here.
    pub created_at: UnixMillis,
    /// Whether they are banned now.
    pub is_banned: bool,
    /// The app's own data.
    pub attributes: Attributes,
}

/// `PUT /v1/users/{user}/role`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetRole {
    /// The new one.
    pub role: Role,
}

/// `PUT /v1/users/{user}/plan`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetPlan {
    /// In the app's own words, 64 characters at most; `null` is none.
    pub plan: Option<String>,
}

/// `POST /v1/api-keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateApiKey {
    /// Its purpose, 64 characters at most.
    pub name: String,
}

/// A key of an app's own backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeyItem {
    /// Its name in paths.
    pub id: ApiKeyId,
    /// Its purpose.
    pub name: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// The time of its last use, to the hour; `null` if it was not used yet.
    pub last_used_at: Option<UnixMillis>,
}

/// `GET /v1/api-keys`: 100 at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeys {
    /// The newest first.
    pub items: Vec<ApiKeyItem>,
}

/// The answer to `POST /v1/api-keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeyCreated {
    /// As in the list.
    pub item: ApiKeyItem,
    /// The key itself, `cbk_` and 43 letters. It is shown once, and kept as its hash.
    pub key: String,
}

/// `POST /v1/introspect`: asks whose token this is. After RFC 7662, in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Introspect {
    /// A login's token, as a browser sent it to the app's own backend.
    pub token: String,
}

/// The answer. All members but `active` are there only if that is true.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Introspected {
    /// Whether it is a login's token now, and nobody banned its user.
    pub active: bool,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub user: Option<UserItem>,
    /// The login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub login: Option<LoginId>,
}
