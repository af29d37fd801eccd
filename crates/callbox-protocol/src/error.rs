//! Error codes: the stable names by which programs distinguish our errors.
//!
//! One list for HTTP problems (RFC 9457, member `code`) and for the socket's `error` frame, so that the SDK
//! has one union to switch over. The sentences for people are made where the error happens.

use serde::{Deserialize, Serialize};

/// Why a request or a frame was refused. Codes are never renamed; a new cause gets a new code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ErrorCode {
    /// The body or frame is not as documented.
    BadRequest,
    /// No valid token or cookie came with the request.
    Unauthenticated,
    /// The page that asks is not on the list of allowed origins, or the caller may not do this.
    Forbidden,
    /// There is no such page, call or invite, or not any more.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// It was answered or decided before and cannot be changed.
    Conflict,
    /// The body or frame is larger than its documented bound.
    TooLarge,
    /// The body's media type is not JSON.
    UnsupportedMediaType,
    /// Too many requests: `retry_after_ms` says when to try again.
    RateLimited,
    /// Random matching needs the answer to the age question first.
    AgeUnanswered,
    /// The session is already waiting or in a call.
    Busy,
    /// The frame names a call that this session is not in.
    NotInCall,
    /// The invite is unknown, expired, or two people are in it already.
    InviteInvalid,
    /// No account has this address and password.
    WrongCredentials,
    /// Too many passwords were tried for this account: `retry_after_ms` says when to try again. A link in a mail lets in at once.
    SlowedDown,
    /// The user, the browser or the address is banned.
    Banned,
    /// Several people have reported this person, who meets no strangers until a moderator has looked.
    OnHold,
    /// The link was used, has ended, or never was.
    TokenInvalid,
    /// This needs the password too.
    PasswordNeeded,
    /// The change needs a proof that this login's owner asks for it: `proof` of `GET /v1/me` says which.
    ProofRequired,
    /// The sign-in at an issuer was begun in another browser, was finished, or has ended.
    OidcEnded,
    /// The issuer cannot be reached, or does not say who it is.
    OidcFailed,
    /// The issuer has not verified the person's address, so it makes no account.
    OidcUnverified,
    /// The disk is full; nothing was changed.
    StorageFull,
    /// Something broke on our side; the log has it under the request id.
    Internal,
    /// The server is full or going down: `retry_after_ms` says when to try again.
    Unavailable,
}

impl ErrorCode {
    /// The code as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RateLimited => "rate_limited",
            Self::AgeUnanswered => "age_unanswered",
            Self::Busy => "busy",
            Self::NotInCall => "not_in_call",
            Self::InviteInvalid => "invite_invalid",
            Self::WrongCredentials => "wrong_credentials",
            Self::SlowedDown => "slowed_down",
            Self::Banned => "banned",
            Self::OnHold => "on_hold",
            Self::TokenInvalid => "token_invalid",
            Self::PasswordNeeded => "password_needed",
            Self::ProofRequired => "proof_required",
            Self::OidcEnded => "oidc_ended",
            Self::OidcFailed => "oidc_failed",
            Self::OidcUnverified => "oidc_unverified",
            Self::StorageFull => "storage_full",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }
}
