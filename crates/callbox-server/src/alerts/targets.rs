//! The targets of the settings, and how one is told: by a request, or by a mail.
//!
//! A signed webhook has the three headers of Standard Webhooks 1.0. What a target answers is not read, but for its status. No URL
//! is ever logged: it is as good as a password.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use callbox_identity::mail_text::Mail;
use callbox_identity::origin::Origin;
use callbox_monitor::alert::{
    Notice, alertmanager_body, discord_body, lines, ntfy_body, slack_body, title, webhook_body,
};
use callbox_protocol::time::UnixMillis;
use callbox_settings::alerts::{AlertTarget, AlertWay};
use ring::hmac;
use serde_json::Value;
use std::sync::Arc;
use thiserror::Error;

use crate::mail::Mails;
use crate::outbound::Outbound;

/// Shorter keys can be guessed; Standard Webhooks asks for 24.
const KEY_BYTES_MIN: usize = 16;

/// Why a target was not told.
#[derive(Debug, Error)]
pub enum TargetError {
    /// It was not asked, or did not answer.
    #[error("{0}")]
    Unanswered(String),
    /// It refused.
    #[error("it answered with {0}")]
    Status(u16),
    /// The secret is none.
    #[error("target `{0}`: its `secret` is not `whsec_` and 16 bytes or more in base64")]
    Secret(String),
    /// The settings have it no more.
    #[error("there is no such target")]
    Unknown,
}

/// Who is told.
pub struct Targets {
    all: Vec<(AlertTarget, Option<hmac::Key>)>,
    origin: Origin,
    outbound: Outbound,
    mails: Arc<Mails>,
}

impl std::fmt::Debug for Targets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all.iter().map(|(target, _)| target)).finish()
    }
}

impl Targets {
    /// Of the settings, for a site that is at `origin`.
    pub fn new(targets: &[AlertTarget], origin: Origin, mails: Arc<Mails>) -> Result<Self, TargetError> {
        let with_key = |target: &AlertTarget| {
            let key = match &target.way {
                AlertWay::Webhook { secret: Some(secret), .. } => {
                    Some(key(secret).ok_or_else(|| TargetError::Secret(target.name.clone()))?)
                }
                _ => None,
            };
            Ok((target.clone(), key))
        };
        let all = targets.iter().map(with_key).collect::<Result<_, _>>()?;
        Ok(Self { all, origin, outbound: Outbound::near(), mails })
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(target, _)| target.name.as_str())
    }

    /// Their names, and how each is told.
    pub fn list(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.all.iter().map(|(target, _)| (target.name.as_str(), target.way.word()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// The Alertmanagers among them: they must hear again and again of what fires.
    pub(super) fn alertmanagers(&self) -> impl Iterator<Item = &str> {
        let is_one = |(target, _): &&(AlertTarget, _)| matches!(target.way, AlertWay::Alertmanager { .. });
        self.all.iter().filter(is_one).map(|(target, _)| target.name.as_str())
    }

    /// Asks the outside to note that we are alive.
    pub(super) async fn ping(&self, url: &str) -> Result<(), TargetError> {
        let answer = self.outbound.get(url, &[]).await;
        done(answer.map(|answer| answer.status).map_err(|error| TargetError::Unanswered(error.to_string()))?)
    }

    /// Tells one of them. `id` is the same for the same words, so that a receiver who gets them twice can tell.
    pub async fn tell(
        &self,
        name: &str,
        id: &str,
        notices: &[Notice],
        now: UnixMillis,
    ) -> Result<(), TargetError> {
        let found = self.all.iter().find(|(target, _)| target.name == name);
        let (target, key) = found.ok_or(TargetError::Unknown)?;
        let (origin, host) = (self.origin.to_string(), self.origin.host());
        match &target.way {
            AlertWay::Webhook { url, .. } => {
                let body = webhook_body(notices, &origin).to_string();
                let seconds = (now.0 / 1_000).to_string();
                let signature = key.as_ref().map(|key| signature(key, id, &seconds, &body));
                let mut headers = vec![("webhook-id", id), ("webhook-timestamp", seconds.as_str())];
                headers.extend(signature.as_deref().map(|signature| ("webhook-signature", signature)));
                self.post(url, &headers, body).await
            }
            AlertWay::Alertmanager { url } => {
                let url = format!("{url}/api/v2/alerts");
                self.post_json(&url, &[], &alertmanager_body(notices, &origin)).await
            }
            AlertWay::Slack { url } => self.post_json(url, &[], &slack_body(notices, host)).await,
            AlertWay::Discord { url } => self.post_json(url, &[], &discord_body(notices, host)).await,
            AlertWay::Ntfy { url, topic, token } => {
                let bearer = token.as_ref().map(|token| format!("Bearer {token}"));
                let headers: Vec<_> =
                    bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
                self.post_json(url, &headers, &ntfy_body(notices, host, topic)).await
            }
            AlertWay::Mail { to } => {
                let mail = Mail::Alerts { title: title(notices, host), lines: lines(notices) };
                self.mails.send(to, &mail).map_err(|error| TargetError::Unanswered(error.to_string()))
            }
        }
    }

    async fn post_json(&self, url: &str, headers: &[(&str, &str)], body: &Value) -> Result<(), TargetError> {
        self.post(url, headers, body.to_string()).await
    }

    async fn post(&self, url: &str, headers: &[(&str, &str)], body: String) -> Result<(), TargetError> {
        let all: Vec<_> = [("content-type", "application/json"), ("user-agent", "callbox")]
            .into_iter()
            .chain(headers.iter().copied())
            .collect();
        let answer = self.outbound.post(url, &all, body).await;
        done(answer.map(|answer| answer.status).map_err(|error| TargetError::Unanswered(error.to_string()))?)
    }
}

fn done(status: u16) -> Result<(), TargetError> {
    if (200..300).contains(&status) { Ok(()) } else { Err(TargetError::Status(status)) }
}

fn key(secret: &str) -> Option<hmac::Key> {
    let bytes = BASE64_STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    (bytes.len() >= KEY_BYTES_MIN).then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn signature(key: &hmac::Key, id: &str, seconds: &str, body: &str) -> String {
    let tag = hmac::sign(key, format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        // The example of the reference libraries' tests.
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let made = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}");
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        for wrong in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", "whsec_c2hvcnQ="] {
            assert!(super::key(wrong).is_none(), "{wrong}");
        }
    }
}
