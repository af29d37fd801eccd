//! How a login is made: the check of the caller, the way of the token to them, and the name by which people recognise
//! it.
//!
//! The token goes into an `HttpOnly` cookie for the page that we serve, and into the body for all other callers:
//! other origins, programs, and tabs on loopback, where each tab is a user of its own.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use callbox_identity::keyed_hashes::KeyedHashes;
use callbox_protocol::account::{LoginKind, SignedIn};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::User;
use callbox_store::{NewLogin, Store, Suspect, hash_token, new_token};
use cookie::{Cookie, SameSite};
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;

use super::error::ApiError;
use crate::app::App;
use crate::caller::{Caller, Page};
use crate::moderation::Moderation;
use crate::newcomers::Newcomers;
use crate::randomness::Randomness;
use crate::security_log::{Event, Link, SecurityLog};

/// A login ends after 30 days without use; browsers keep a cookie for 400 days at most. We renew neither here:
/// the store counts from the last use.
const COOKIE_DAYS: i64 = 365;

/// The caller who signs in: the page, the browser, the address.
pub(super) struct Entrance {
    store: Arc<Store>,
    moderation: Arc<Moderation>,
    keyed_hashes: Arc<KeyedHashes>,
    newcomers: Arc<Newcomers>,
    randomness: Randomness,
    caller: Caller,
    label: String,
    /// The log of sign-ins and of refusals.
    pub(super) log: SecurityLog,
}

impl FromRequestParts<App> for Entrance {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let label = label(agent.unwrap_or_default());
        let log = SecurityLog::from_request_parts(parts, app).await?;
        Ok(Self {
            store: Arc::clone(&app.store),
            moderation: Arc::clone(&app.moderation),
            keyed_hashes: Arc::clone(&app.keyed_hashes),
            newcomers: Arc::clone(&app.newcomers),
            randomness: app.randomness.clone(),
            caller,
            label,
            log,
        })
    }
}

impl Entrance {
    /// A login to be made, and its token; not for a browser or from an address that is banned.
    pub(super) async fn login(
        &self,
        kind: LoginKind,
        device: Option<&str>,
        now: UnixMillis,
    ) -> Result<(String, NewLogin), ApiError> {
        let device = device.and_then(|name| self.keyed_hashes.device(name));
        let address = self.keyed_hashes.address(self.caller.client);
        let suspect = Suspect { user: None, device: device.as_ref(), address: address.as_ref() };
        self.check(suspect, now).await?;
        if kind == LoginKind::Guest
            && let Some(address) = address
            && self.store.is_slow(&address, now).await?
        {
            self.newcomers.admit(address, now)?;
        }
        let (token, id) = (new_token(), LoginId::new(now, self.randomness.bytes()));
        let (token_hash, label) = (hash_token(&token), self.label.clone());
        Ok((token, NewLogin { id, token_hash, kind, label, device, address }))
    }

    /// The end of every sign-in whose login is there: nobody stays in who is banned, and the rest is written down.
    pub(super) async fn let_in(
        &self,
        kind: LoginKind,
        user: UserId,
        now: UnixMillis,
    ) -> Result<(), ApiError> {
        self.check_user(user, now).await?;
        self.log.write(Event::SignInDone(kind), user);
        Ok(())
    }

    /// The end and the answer of a sign-in by the link of a mail.
    pub(super) async fn let_in_by_link(
        &self,
        status: StatusCode,
        user: User,
        token: String,
        now: UnixMillis,
    ) -> Result<Response, ApiError> {
        self.let_in(LoginKind::Mail, user.id, now).await?;
        Ok(self.signed_in(status, user, token))
    }

    /// Lets nobody in who is banned: a login that was made by then ends again.
    pub(super) async fn check_user(&self, user: UserId, now: UnixMillis) -> Result<(), ApiError> {
        let checked = self.check(Suspect { user: Some(user), ..Suspect::default() }, now).await;
        if matches!(checked, Err(ApiError::Banned(_))) {
            self.store.end_all_logins(user).await?;
        }
        checked
    }

    async fn check(&self, suspect: Suspect<'_>, now: UnixMillis) -> Result<(), ApiError> {
        match self.moderation.notice(suspect, now).await? {
            Some(notice) => {
                self.log.write(Event::BannedRefused, suspect.user);
                Err(ApiError::Banned(Box::new(notice)))
            }
            None => Ok(()),
        }
    }

    /// The answer to a caller who signed in.
    pub(super) fn signed_in(&self, status: StatusCode, user: User, token: String) -> Response {
        token_answer(&self.caller, status, token, |token| SignedIn { user, token })
    }

    /// The answer that has a token, if it is not in the cookie.
    pub(super) fn answer<T: Serialize>(
        &self,
        token: String,
        body: impl FnOnce(Option<String>) -> T,
    ) -> Response {
        token_answer(&self.caller, StatusCode::CREATED, token, body)
    }
}

/// The error for a link that was used, has ended or never was.
pub(super) fn refuse_link(log: &SecurityLog, link: Link) -> ApiError {
    log.write(Event::LinkRefused(link), None);
    ApiError::TokenInvalid
}

fn token_answer<T: Serialize>(
    caller: &Caller,
    status: StatusCode,
    token: String,
    body: impl FnOnce(Option<String>) -> T,
) -> Response {
    if caller.page == Page::Own && !caller.is_local {
        let cookie = AppendHeaders([(header::SET_COOKIE, cookie(caller, token))]);
        return (status, cookie, Json(body(None))).into_response();
    }
    (status, Json(body(Some(token)))).into_response()
}

fn cookie(caller: &Caller, token: String) -> String {
    Cookie::build((caller.cookie_name(), token))
        .path("/")
        .http_only(true)
        .secure(caller.is_tls)
        // Strict: no other site's link or form carries it. The page's own requests do, even after such a link.
        .same_site(SameSite::Strict)
        .max_age(cookie::time::Duration::days(COOKIE_DAYS))
        .build()
        .to_string()
}

/// "Firefox on Linux". Browsers name each other in their headers, so the name that most of them use is last.
fn label(agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = find(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_recognise_their_browser() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5", "Another program"),
            ("", "Another program"),
        ] {
            assert_eq!(label(agent), expected, "{agent}");
        }
    }
}
