//! The only way out of HTTP when something went wrong: `application/problem+json` (RFC 9457).
//!
//! The caller may see what is in the variant; all else is logged at the place that makes the variant. The request id
//! is added by `http.rs`, which knows it, when the response leaves.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callbox_identity::attributes::AttributesError;
use callbox_identity::password::ChoiceError;
use callbox_monitor::Counter;
use callbox_protocol::error::ErrorCode;
use callbox_protocol::http::Problem;
use callbox_protocol::notice::BanNotice;
use callbox_protocol::proof::Proof;
use callbox_store::StoreError;
use thiserror::Error;

use crate::counters;
use crate::mail::MailError;
use crate::oidc::OidcError;
use crate::password::{PasswordError, RETRY_MS};

/// The cause of a failed request. People read the text of a variant.
#[derive(Clone, Debug, Error)]
pub enum ApiError {
    /// The body or a part of the path is not as documented.
    #[error("{0}")]
    BadRequest(String),
    /// No valid login or operator token.
    #[error("This needs a valid token: as `Authorization: Bearer`, or as the page's own cookie.")]
    Unauthenticated,
    /// The page is not allowed.
    #[error("Pages of this origin may not use this server. Its operator can add it to `allowed_origins`.")]
    ForeignOrigin,
    /// The caller is known, but may not do this.
    #[error("This login, key or token may not do that.")]
    NotPermitted,
    /// There is nothing here.
    #[error("There is nothing at this address.")]
    NotFound,
    /// The path exists, but not with this method.
    #[error("This address does not support that method.")]
    MethodNotAllowed,
    /// It was decided before.
    #[error("{0}")]
    Conflict(&'static str),
    /// The body is too large.
    #[error("The body is larger than this route takes.")]
    TooLarge,
    /// The body is not JSON by its media type.
    #[error("The body must be JSON, with `Content-Type: application/json`.")]
    UnsupportedMediaType,
    /// Too many requests.
    #[error("{what}")]
    RateLimited {
        /// One sentence for people.
        what: &'static str,
        /// When to try again.
        retry_after_ms: u64,
    },
    /// The invite is not there any more.
    #[error("This invite is not valid, or not any more.")]
    InviteInvalid,
    /// No account has this address and password: the same for both, and in the same time.
    #[error("No account has this address and password.")]
    WrongCredentials,
    /// Too many passwords were tried for one account, or for an address that has none.
    #[error(
        "Too many passwords were tried for this account. Please wait, sign in where you were signed in before, or ask for a link by mail."
    )]
    SlowedDown {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// The user, the browser or the address is banned.
    #[error("You are banned from here.")]
    Banned(Box<BanNotice>),
    /// The link was used, has ended, or never was.
    #[error("This link was used before, or has ended. Please ask for a new one.")]
    TokenInvalid,
    /// The password is needed, or was wrong.
    #[error("This needs the password of the account.")]
    PasswordNeeded,
    /// The mailbox's yes is needed.
    #[error("This needs an approval by e-mail: please ask for the mail, and open its link first.")]
    MailboxNeeded,
    /// A sign-in of the last ten minutes is needed.
    #[error("This needs a sign-in of the last ten minutes: please sign in again first.")]
    SignInNeeded,
    /// The sign-in at an issuer was begun in another browser, was finished, or has ended.
    #[error(
        "This sign-in was begun in another browser, was used before, or took too long. Please begin again."
    )]
    OidcEnded,
    /// The issuer cannot be reached, or says nothing that we can use. The cause was logged.
    #[error(
        "The other service cannot be reached, or did not say who you are. Please try again, or sign in another way."
    )]
    OidcFailed,
    /// The issuer does not say that the address is the person's.
    #[error("The other service has not verified your e-mail address, so it cannot make an account here.")]
    OidcUnverified,
    /// The request took too long to arrive or to answer.
    #[error("The request took too long.")]
    Timeout,
    /// Our own fault; the cause was logged.
    #[error("Something broke on our side. It is in the log under the request id.")]
    Internal,
    /// The disk is full.
    #[error("The server's disk is full. Nothing was changed.")]
    StorageFull,
    /// Busy or going down.
    #[error("The server is busy. Please try again in a moment.")]
    Unavailable,
}

impl ApiError {
    fn status_and_code(&self) -> (StatusCode, ErrorCode) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, ErrorCode::BadRequest),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated),
            Self::ForeignOrigin | Self::NotPermitted => (StatusCode::FORBIDDEN, ErrorCode::Forbidden),
            Self::NotFound => (StatusCode::NOT_FOUND, ErrorCode::NotFound),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed),
            Self::Conflict(_) => (StatusCode::CONFLICT, ErrorCode::Conflict),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::UnsupportedMediaType)
            }
            Self::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited),
            Self::InviteInvalid => (StatusCode::NOT_FOUND, ErrorCode::InviteInvalid),
            Self::WrongCredentials => (StatusCode::FORBIDDEN, ErrorCode::WrongCredentials),
            Self::SlowedDown { .. } => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::SlowedDown),
            Self::Banned(_) => (StatusCode::FORBIDDEN, ErrorCode::Banned),
            Self::TokenInvalid => (StatusCode::NOT_FOUND, ErrorCode::TokenInvalid),
            Self::PasswordNeeded => (StatusCode::FORBIDDEN, ErrorCode::PasswordNeeded),
            Self::MailboxNeeded | Self::SignInNeeded => (StatusCode::FORBIDDEN, ErrorCode::ProofRequired),
            Self::OidcEnded => (StatusCode::NOT_FOUND, ErrorCode::OidcEnded),
            Self::OidcFailed => (StatusCode::BAD_GATEWAY, ErrorCode::OidcFailed),
            Self::OidcUnverified => (StatusCode::FORBIDDEN, ErrorCode::OidcUnverified),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, ErrorCode::Unavailable),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal),
            Self::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, ErrorCode::StorageFull),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable),
        }
    }

    fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_ms, .. } | Self::SlowedDown { retry_after_ms } => {
                Some(*retry_after_ms)
            }
            Self::Unavailable => Some(1_000),
            _ => None,
        }
    }

    /// Which error it is, for programs.
    pub(crate) fn code(&self) -> ErrorCode {
        self.status_and_code().1
    }

    /// The problem document.
    pub fn problem(&self, request_id: &str) -> Problem {
        let (status, code) = self.status_and_code();
        Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            code,
            request_id: request_id.to_owned(),
            retry_after_ms: self.retry_after_ms(),
            ban: match self {
                Self::Banned(notice) => Some(BanNotice::clone(notice)),
                _ => None,
            },
        }
    }

    /// The whole response, once the request's id is known.
    pub fn render(&self, request_id: &str) -> Response {
        let mut response = (self.status_and_code().0, Json(self.problem(request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(ms) = self.retry_after_ms() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000)));
        }
        if matches!(self, Self::Unauthenticated) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    /// Only marks the response: `http.rs` renders it.
    fn into_response(self) -> Response {
        let mut response = self.status_and_code().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            // The store's own thread says once a group who holds the lock.
            StoreError::Busy | StoreError::Locked | StoreError::Lost => {
                counters::add(Counter::StoreBusy);
                Self::Unavailable
            }
            StoreError::Taken => {
                Self::Conflict("Somebody else has this already, since a moment ago. Please look again.")
            }
            StoreError::Gone => Self::NotFound,
            StoreError::Unavailable(reason) => {
                counters::add(Counter::StoreUnavailable);
                tracing::warn!(reason, "the database cannot be used now");
                Self::Unavailable
            }
            StoreError::Full => {
                counters::add(Counter::StoreFull);
                tracing::error!("the disk is full: nothing can be written");
                Self::StorageFull
            }
            other => {
                counters::add(Counter::StoreFault);
                tracing::error!(error = %other, "the store failed");
                Self::Internal
            }
        }
    }
}

impl From<MailError> for ApiError {
    fn from(error: MailError) -> Self {
        if matches!(error, MailError::Busy) {
            return Self::Unavailable;
        }
        tracing::error!(%error, "a mail could not be made");
        Self::Internal
    }
}

impl From<AttributesError> for ApiError {
    fn from(error: AttributesError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl From<OidcError> for ApiError {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::Ended => Self::OidcEnded,
            OidcError::Busy => Self::Unavailable,
            _ => Self::OidcFailed,
        }
    }
}

impl From<ChoiceError> for ApiError {
    fn from(error: ChoiceError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::RateLimited {
                what: "Many people are signing in at the moment. Please try again in a second.",
                retry_after_ms: RETRY_MS,
            },
            PasswordError::Broken => {
                tracing::error!(%error, "a password could not be checked");
                Self::Internal
            }
        }
    }
}

impl From<Proof> for ApiError {
    fn from(needed: Proof) -> Self {
        match needed {
            Proof::Password => Self::PasswordNeeded,
            Proof::Mailbox => Self::MailboxNeeded,
            Proof::SignIn | Proof::Nothing => Self::SignInNeeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_does_not_do_its_work_is_busy_and_says_when_to_come_back() {
        let useless = [
            StoreError::Busy,
            StoreError::Locked,
            StoreError::Unavailable("cannot execute INSERT in a read-only transaction".to_owned()),
        ];
        for error in useless {
            let answer = ApiError::from(error).render("a-request");
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
        }
    }
}
