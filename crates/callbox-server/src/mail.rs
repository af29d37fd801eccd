//! Mails to users: made from a few words, sent by one task, by SMTP or into a folder.
//!
//! [`QUEUE_MAX`] mails wait at most; nobody waits for one to be sent, so an answer takes the same time whether there
//! is a mail or not. A mail that is refused for now is tried three times more. Mails that wait for that are lost when
//! the process ends: the user asks again. Links name the address in the settings, never a request's Host header,
//! which anybody may forge. An address is logged at DEBUG at most; a token never.

mod folder;
pub(crate) mod smtp;

use callbox_core::retries::Retries;
use callbox_identity::email::EmailAddress;
use callbox_identity::mail_text::Mail;
use callbox_identity::origin::Origin;
use callbox_monitor::Counter;
use callbox_protocol::time::UnixMillis;
use callbox_settings::mail::{MailFault, MailSettings};
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use std::time::{Duration, UNIX_EPOCH};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::clock::Clock;
use crate::counters;
use crate::randomness::Randomness;
use callbox_settings::site::Site;

pub use folder::FILES_MAX;

use folder::Folder;
use smtp::{Refusal, Smtp};

/// Mails that wait to be sent: a minute's work of a slow mail server.
pub const QUEUE_MAX: usize = 256;
/// How long a mail whose asker was answered waits for room in the queue.
const ROOM_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the end of the process waits for mails in the queue.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The sender of mails that are written and not sent.
const NOBODY: &str = "Callbox <callbox@localhost>";

/// Why no mail can be sent.
#[derive(Debug, Error)]
pub enum MailError {
    /// Too many wait, or the server goes down.
    #[error("too many mails are waiting")]
    Busy,
    /// The settings do not go together.
    #[error(transparent)]
    Settings(#[from] MailFault),
    /// The library does not take it.
    #[error("`smtp_url` cannot be used: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// The sender of mails.
#[derive(Debug)]
pub struct Mails {
    queue: mpsc::Sender<Order>,
    from: Mailbox,
    origin: Origin,
    reach_people: bool,
    clock: Clock,
    randomness: Randomness,
}

#[derive(Debug)]
enum Order {
    Send(Box<Letter>),
    Close(oneshot::Sender<()>),
}

/// A mail with all its headers.
#[derive(Clone, Debug)]
struct Letter {
    kind: &'static str,
    message: Message,
}

#[derive(Debug)]
enum Way {
    Smtp(Smtp),
    Folder { folder: Folder, was_said: bool },
}

/// Whether a text is a name that people see, and an address that every server takes.
pub fn check_sender(text: &str) -> Result<(), String> {
    let mailbox = text.parse::<Mailbox>().ok();
    let address = mailbox.and_then(|mailbox| mailbox.email.to_string().parse::<EmailAddress>().ok());
    address
        .map(|_| ())
        .ok_or_else(|| format!("`{text}` is not a sender such as Example <no-reply@example.org>"))
}

impl Mails {
    /// Starts the task, on the runtime that it is called in, for a site that listens already.
    pub fn start(
        settings: &MailSettings,
        site: &Site,
        clock: Clock,
        randomness: Randomness,
    ) -> Result<Self, MailError> {
        settings.check(site)?;
        let origin = site.origin();
        let way = match &settings.smtp_url {
            Some(url) => Way::Smtp(Smtp::new(url, origin.host())?),
            None => Way::Folder { folder: Folder::new(settings.folder.clone()), was_said: false },
        };
        let from = settings.from.as_deref().unwrap_or(NOBODY);
        let from = from.parse().expect("the settings' sender was checked, and a test proves ours");
        let (queue, orders) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(orders, way, clock.clone()));
        Ok(Self { queue, from, origin, reach_people: settings.smtp_url.is_some(), clock, randomness })
    }

    /// Whether mails reach people. One that is written to a folder reaches nobody by itself.
    pub fn reach_people(&self) -> bool {
        self.reach_people
    }

    /// Puts a mail into the queue.
    pub fn send(&self, to: &EmailAddress, mail: &Mail) -> Result<(), MailError> {
        let letter = Letter { kind: mail.kind(), message: self.message(to, mail, self.clock.wall()) };
        self.queue.try_send(Order::Send(Box::new(letter))).map_err(|_| MailError::Busy)
    }

    /// As [`Mails::send`], if the caller can wait for room in the queue, but not for long.
    pub async fn send_when_there_is_room(&self, to: &EmailAddress, mail: &Mail) -> Result<(), MailError> {
        let letter = Letter { kind: mail.kind(), message: self.message(to, mail, self.clock.now()) };
        let sent = timeout(ROOM_TIMEOUT, self.queue.send(Order::Send(Box::new(letter)))).await;
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(MailError::Busy) }
    }

    /// Waits for the queue, but not for a server that is down.
    pub async fn close(&self) {
        let (done, is_done) = oneshot::channel();
        let end = async {
            if self.queue.send(Order::Close(done)).await.is_ok() {
                let _ = is_done.await;
            }
        };
        if timeout(CLOSE_TIMEOUT, end).await.is_err() {
            tracing::warn!("some mails could not be sent in time and are lost");
        }
    }

    fn message(&self, to: &EmailAddress, mail: &Mail, now: UnixMillis) -> Message {
        let words = mail.words(&self.origin);
        let id = u128::from_be_bytes(self.randomness.bytes());
        Message::builder()
            .from(self.from.clone())
            .to(mailbox(to))
            .date(UNIX_EPOCH + Duration::from_millis(now.0))
            .message_id(Some(format!("<{id:032x}@{}>", self.from.email.domain())))
            .subject(words.subject.clone())
            // RFC 3834, section 5: no automatic reply is sent back.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(words.plain(), words.html()))
            .expect("it has a sender and a recipient")
    }
}

fn mailbox(address: &EmailAddress) -> Mailbox {
    Mailbox::new(None, address.as_str().parse().expect("our grammar is the stricter one, as a test shows"))
}

async fn run(mut orders: mpsc::Receiver<Order>, mut way: Way, clock: Clock) {
    let mut retries = Retries::new(QUEUE_MAX);
    loop {
        let pause = retries.next_in_ms(clock.now());
        let order = tokio::select! {
            order = orders.recv() => order,
            () = clock.sleep(Duration::from_millis(pause.unwrap_or(0))), if pause.is_some() => {
                if let Some((letter, number)) = retries.take_due(clock.now()) {
                    deliver(&mut way, &mut retries, letter, number, &clock).await;
                }
                continue;
            }
        };
        match order {
            Some(Order::Send(letter)) => deliver(&mut way, &mut retries, letter, 0, &clock).await,
            Some(Order::Close(done)) => {
                let lost = retries.waiting();
                if lost > 0 {
                    tracing::warn!(lost, "mails that the mail server had refused for now are lost");
                }
                let _ = done.send(());
                return;
            }
            None => return,
        }
    }
}

async fn deliver(
    way: &mut Way,
    retries: &mut Retries<Box<Letter>>,
    letter: Box<Letter>,
    number: usize,
    clock: &Clock,
) {
    let kind = letter.kind;
    match way {
        Way::Folder { folder, was_said } => {
            if !*was_said {
                let folder = folder.path().display();
                tracing::warn!(%folder, "there is no `smtp_url`: mails are written to this folder, and sent to nobody");
                *was_said = true;
            }
            // Less than a millisecond, and no task of anybody else's is behind this one.
            match folder.write(kind, &letter.message.formatted(), clock.now()) {
                Ok(()) => counters::add(Counter::MailsWritten),
                Err(error) => {
                    counters::add(Counter::MailsLost);
                    tracing::error!(kind, %error, "a mail could not be written");
                }
            }
        }
        Way::Smtp(smtp) => match smtp.send(letter.message.clone()).await {
            Ok(()) => {
                counters::add(Counter::MailsSent);
                tracing::debug!(kind, "a mail was sent");
            }
            Err(Refusal::ForGood(reason)) => {
                counters::add(Counter::MailsRefused);
                tracing::warn!(kind, reason, "a mail was refused");
            }
            Err(Refusal::ForNow(reason)) => {
                if retries.put(letter, number, clock.now()).is_ok() {
                    counters::add(Counter::MailsDeferred);
                    tracing::info!(kind, reason, "a mail was refused for now, and will be tried again");
                } else {
                    counters::add(Counter::MailsLost);
                    tracing::error!(kind, reason, "a mail was refused for now too often, and is lost");
                }
            }
        },
    }
}

#[cfg(test)]
mod tests;
