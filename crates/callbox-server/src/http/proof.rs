//! The proof that a change of credentials needs: gathered here, judged by the store in the transaction that changes.
//!
//! Refuses to say which proof is needed: that is one rule, and the store's. A wrong password is refused before
//! anything else is looked at, so that a mailbox's approval is not used up by a guess.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use callbox_core::address::Network;
use callbox_core::fair::{Rank, Standing};
use callbox_store::{LoginFound, Shown};
use std::convert::Infallible;

use super::error::ApiError;
use super::logins::tell_owner;
use crate::app::App;
use crate::caller::Caller;
use crate::guessing::Begun;
use crate::password::Verdict;
use crate::security_log::{Event, SecurityLog};

/// The parts of a route that asks for proofs.
pub(super) struct Prover {
    app: App,
    standing: Standing<Network>,
    log: SecurityLog,
}

impl FromRequestParts<App> for Prover {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let standing = Caller::from_request_parts(parts, app).await?.client.standing(Rank::Known);
        let log = SecurityLog::from_request_parts(parts, app).await?;
        Ok(Self { app: app.clone(), standing, log })
    }
}

impl Prover {
    /// The evidence of this login, with the password that was given, if one was.
    pub(super) async fn shown(&self, me: &LoginFound, given: Option<&str>) -> Result<Shown, ApiError> {
        let (email, hash) = self.app.store.password(me.user.id).await?;
        let hash = hash.filter(|_| given.is_some());
        if let (Some(given), Some(hash)) = (given, &hash) {
            self.prove(me, email.as_deref(), given, hash).await?;
        }
        Ok(Shown { login: me.login, password_hash: hash, has_mail: self.app.mails.reach_people() })
    }

    /// Whether it is the current password. Who took a login guesses as slowly as a stranger.
    async fn prove(
        &self,
        me: &LoginFound,
        email: Option<&str>,
        given: &str,
        hash: &str,
    ) -> Result<(), ApiError> {
        let Self { app, standing, log } = self;
        let Begun { attempt, is_notice_due } = app.guessing.begin_at(me.login, app.clock.now());
        if is_notice_due {
            log.write(Event::GuessesSlowed, me.user.id);
            if let Some(Ok(email)) = email.map(str::parse) {
                tell_owner(app, email, *standing);
            }
        }
        let attempt = attempt?;
        let verdict = app.passwords.verify(given, hash, *standing).await;
        if !matches!(verdict, Ok(Verdict::Wrong)) {
            app.guessing.forgive(&attempt);
        }
        match verdict? {
            Verdict::Wrong => {
                log.write(Event::ProofFailed, me.user.id);
                Err(ApiError::PasswordNeeded)
            }
            Verdict::Right | Verdict::RightButOld => Ok(()),
        }
    }
}
