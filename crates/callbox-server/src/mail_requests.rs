//! Mails that anybody may ask for by naming an address: done after the answer, so that nobody learns whether there is an account.
//!
//! A request is accepted without any look-up; one task then asks the store, counts the mail for its mailbox, makes
//! the link and sends it. Bounds: `WAITING_MAX` wait, none of them longer than `PATIENCE_MS`; turns go around among
//! networks, and the one that asks most is refused first. Requests that wait when the process ends are lost: the user
//! asks again.

use callbox_core::address::Network;
use callbox_core::fair::{Action, FairQueue, Standing};
use callbox_identity::email::EmailAddress;
use callbox_identity::mail_text::{Mail, RESET_MS, SIGN_IN_MS};
use callbox_identity::mailboxes::{Asker, Wish};
use callbox_protocol::time::UnixMillis;
use callbox_store::{NewMailToken, Purpose, Store, hash_token, new_token};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::http::error::ApiError;
use crate::mail::Mails;
use crate::mailboxes::Mailboxes;
use crate::security_log::{Event, Link, SecurityLog};

/// As many as a database on a slow disk writes in ten seconds.
const WAITING_MAX: usize = 512;
const PATIENCE_MS: u64 = 60_000;

/// The kind of mail that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A link that signs in.
    SignIn,
    /// A link that sets a new password.
    Reset,
    /// Word that somebody guesses at the password.
    Guessed,
}

/// A mail that somebody asks for.
#[derive(Debug)]
pub struct MailRequest {
    /// The kind of mail.
    pub kind: Kind,
    /// The address, if there is such an account.
    pub email: EmailAddress,
    /// The keyed hash of the browser that asks.
    pub device: Option<[u8; 32]>,
    /// The log for a sent link, under the request's id.
    pub log: Option<SecurityLog>,
}

/// The requests that wait, and the task that serves them.
#[derive(Debug)]
pub struct MailRequests {
    clock: Clock,
    state: Mutex<State>,
    has_work: Notify,
}

#[derive(Debug)]
struct State {
    queue: FairQueue<Network, (u64, MailRequest)>,
    number: u64,
    started: Option<MailRequest>,
}

/// The tools of the task.
struct Tools {
    store: Arc<Store>,
    mails: Arc<Mails>,
    mailboxes: Arc<Mailboxes>,
    clock: Clock,
}

impl MailRequests {
    /// Starts the task, on the runtime that it is called in. It ends with the runtime.
    pub fn start(store: Arc<Store>, mails: Arc<Mails>, mailboxes: Arc<Mailboxes>, clock: Clock) -> Arc<Self> {
        let requests = Arc::new(Self::without_task(clock.clone()));
        let tools = Tools { store, mails, mailboxes, clock };
        tokio::spawn({
            let requests = Arc::clone(&requests);
            async move {
                loop {
                    let request = requests.next().await;
                    if let Err(error) = tools.carry_out(request).await {
                        tracing::warn!(%error, "a mail that somebody asked for could not be sent");
                    }
                }
            }
        });
        requests
    }

    fn without_task(clock: Clock) -> Self {
        let queue = FairQueue::new(WAITING_MAX, PATIENCE_MS);
        let state = Mutex::new(State { queue, number: 0, started: None });
        Self { clock, state, has_work: Notify::new() }
    }

    /// Takes a request, without a look at whether there is such an account.
    pub fn ask(&self, request: MailRequest, standing: Standing<Network>) -> Result<(), ApiError> {
        let mut state = self.lock();
        state.number += 1;
        let number = state.number;
        state.queue.handle_arrival((number, request), standing, self.clock.now());
        let refused = state.drain();
        drop(state);
        self.has_work.notify_one();
        if refused.contains(&number) { Err(ApiError::Unavailable) } else { Ok(()) }
    }

    async fn next(&self) -> MailRequest {
        self.lock().handle_free(self.clock.now());
        loop {
            if let Some(request) = self.lock().started.take() {
                return request;
            }
            self.has_work.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn handle_free(&mut self, now: UnixMillis) {
        self.queue.handle_free(now);
        self.drain();
    }

    /// Takes the one whose turn it is; the numbers of those who are refused.
    fn drain(&mut self) -> Vec<u64> {
        let mut refused = Vec::new();
        while let Some(action) = self.queue.next_action() {
            match action {
                Action::Start((_, request)) => self.started = Some(request),
                Action::Refuse((number, _)) => refused.push(number),
            }
        }
        refused
    }
}

impl Tools {
    async fn carry_out(&self, request: MailRequest) -> Result<(), ApiError> {
        let MailRequest { kind, email, device, log } = request;
        let Some((found, is_known)) = self.store.credentials_in(email.key(), device.as_ref()).await? else {
            return Ok(());
        };
        let (purpose, wish, life_ms) = match kind {
            Kind::SignIn => (Purpose::SignIn, Wish::SignIn, SIGN_IN_MS),
            Kind::Reset => (Purpose::Reset, Wish::Reset, RESET_MS),
            Kind::Guessed => return Ok(self.mails.send_when_there_is_room(&email, &Mail::Guessed).await?),
        };
        let now = self.clock.now();
        let asker = device.filter(|_| is_known).map_or(Asker::Stranger, Asker::Browser);
        if self.mailboxes.count(wish, asker, email.key(), now).is_err() {
            tracing::debug!(?kind, "a mailbox has got enough mails");
            return Ok(());
        }
        let token = new_token();
        let link = NewMailToken {
            token_hash: hash_token(&token),
            purpose,
            user: found.user.id,
            login: None,
            email: email.key().to_owned(),
            password_hash: None,
            change: None,
            expires_at: now.plus(life_ms),
        };
        if self.store.create_mail_token(link, now).await? {
            let mail = if kind == Kind::SignIn { Mail::SignIn { token } } else { Mail::Reset { token } };
            self.mails.send_when_there_is_room(&email, &mail).await?;
            if let Some(log) = log {
                let link = if kind == Kind::SignIn { Link::SignIn } else { Link::Reset };
                log.write(Event::LinkSent(link), found.user.id);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_core::address::ClientAddr;
    use callbox_core::fair::Rank;

    fn request(email: &str) -> MailRequest {
        MailRequest { kind: Kind::SignIn, email: email.parse().unwrap(), device: None, log: None }
    }

    fn from(address: &str) -> Standing<Network> {
        ClientAddr(address.parse().unwrap()).standing(Rank::Stranger)
    }

    /// There is no store here that could be asked, and no task: so the answer depends on neither.
    #[tokio::test]
    async fn a_request_is_answered_before_anything_is_looked_up_and_then_done_in_its_turn() {
        let requests = MailRequests::without_task(Clock::manual(UnixMillis(1_790_000_000_000)));
        for email in ["somebody@example.org", "nobody@example.org"] {
            assert!(requests.ask(request(email), from("192.0.2.1")).is_ok());
        }
        assert!(requests.ask(request("ann@example.org"), from("198.51.100.1")).is_ok());
        let mut done = Vec::new();
        for _ in 0..3 {
            done.push(requests.next().await.email.key().to_owned());
        }
        assert_eq!(done, ["somebody@example.org", "ann@example.org", "nobody@example.org"]);
    }

    #[test]
    fn a_crowd_is_told_to_come_back_and_an_owner_is_not() {
        let requests = MailRequests::without_task(Clock::manual(UnixMillis(1_790_000_000_000)));
        let ask = |address| requests.ask(request("ann@example.org"), from(address));
        let taken = (0..600).filter(|_| ask("192.0.2.1").is_ok()).count();
        assert_eq!(taken, WAITING_MAX);
        assert!(ask("198.51.100.1").is_ok());
    }
}
