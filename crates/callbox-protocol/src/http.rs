//! Bodies of the HTTP interface, `/v1`.
//!
//! Shapes only; which route takes which is in the server's `http/`. Unknown members are ignored, so that an
//! older server understands a newer client.

use serde::{Deserialize, Serialize};

use crate::error::ErrorCode;
use crate::id::UserId;
use crate::time::UnixMillis;

/// The answer to the age question, asked once. A hard partition of random matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum AgeClass {
    /// 18 or over.
    Adult,
    /// Under 18.
    Minor,
}

/// The caller's own user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct User {
    /// Who this is.
    pub id: UserId,
    /// The answer to the age question; `null` until it is given.
    pub age: Option<AgeClass>,
}

/// `POST /v1/guests`: make a user and a login with one click.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CreateGuest {
    /// The answer to the age question, if the page has asked it already.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub age: Option<AgeClass>,
}

/// The answer to `POST /v1/guests`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GuestCreated {
    /// The new user.
    pub user: User,
    /// The login's token: 256 bits, base64url. `null` where an `HttpOnly` cookie was set instead, which is so for
    /// the page's own origin unless the server runs on loopback, where each tab is a guest of its own.
    pub token: Option<String>,
}

/// `PUT /v1/me/age`: answer the age question. A second, different answer is a conflict.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetAge {
    /// The answer.
    pub age: AgeClass,
}

/// The answer to `POST /v1/invites`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Invite {
    /// 128 bits, base64url: whoever has it may take the second seat.
    pub code: String,
    /// The page that opens the invite: `<origin>/i/<code>`.
    pub url: String,
    /// When it stops working.
    pub expires_at: UnixMillis,
}

/// An error, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// Always `about:blank`: `code` says what happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// One sentence for people.
    pub detail: String,
    /// Which error it is, for programs.
    pub code: ErrorCode,
    /// What to name when you ask the operator about it.
    pub request_id: String,
    /// When to try again, with `rate_limited` and `unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub retry_after_ms: Option<u64>,
}

/// `GET /v1/stats`, for the operator: what happens now, and what became of the calls since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Stats {
    /// Signaling sessions that are open now.
    pub sessions: u32,
    /// Sessions that wait for a partner now.
    pub waiting: u32,
    /// Matches that wait for both confirmations now.
    pub proposed: u32,
    /// Calls that run now.
    pub calls: u32,
    /// Calls on record, by outcome.
    pub outcomes: Outcomes,
}

/// Calls on record, counted by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Outcomes {
    /// Both sides decoded a frame within 10 s of the match.
    pub success: u64,
    /// Both stayed for 10 s, or the connection failed, and at least one saw nothing.
    pub failure: u64,
    /// Somebody left before the 10 s were over and before both saw a frame.
    pub left: u64,
    /// Somebody's browser or person denied camera and microphone.
    pub denied: u64,
}
