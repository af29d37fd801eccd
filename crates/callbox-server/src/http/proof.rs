//! The proof that a change of credentials needs: gathered here, judged by the store in the transaction that changes.
//!
//! Refuses to say which proof is needed: that is one rule, and the store's. A wrong password is refused before anything else
//! is looked at, so that a mailbox's yes is not spent on a guess.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use callbox_protocol::proof::Proof;
use callbox_store::{LoginFound, Shown, Store};
use std::convert::Infallible;
use std::sync::Arc;

use super::error::ApiError;
use crate::app::App;
use crate::password::{Passwords, Verdict};

/// Whoever asks for proofs.
pub(super) struct Prover {
    store: Arc<Store>,
    passwords: Arc<Passwords>,
    has_mail: bool,
}

impl FromRequestParts<App> for Prover {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let (store, passwords) = (Arc::clone(&app.store), Arc::clone(&app.passwords));
        Ok(Self { store, passwords, has_mail: app.config.has_mail() })
    }
}

impl Prover {
    /// What this login shows, with the password that was given, if one was.
    pub(super) async fn shown(&self, me: &LoginFound, given: Option<&str>) -> Result<Shown, ApiError> {
        let (_, hash) = self.store.password(me.user.id).await?;
        let hash = hash.filter(|_| given.is_some());
        prove(&self.passwords, given, hash.as_deref()).await?;
        Ok(Shown { login: me.login, password_hash: hash, has_mail: self.has_mail })
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

/// The password in force, where there is one.
async fn prove(passwords: &Passwords, given: Option<&str>, hash: Option<&str>) -> Result<(), ApiError> {
    let Some(hash) = hash else { return Ok(()) };
    let given = given.ok_or(ApiError::PasswordNeeded)?;
    match passwords.verify(given, hash).await? {
        Verdict::Wrong => Err(ApiError::PasswordNeeded),
        Verdict::Right | Verdict::RightButOld => Ok(()),
    }
}
