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
use callbox_protocol::time::UnixMillis;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::clock;
use crate::site::Site;

pub use folder::FILES_MAX;
pub use smtp::{SmtpUrl, SmtpUrlError};

use folder::Folder;
use smtp::{Refusal, Smtp};

/// Mails that wait to be sent: a minute's work of a slow mail server.
pub const QUEUE_MAX: usize = 256;
/// How long a mail whose asker was answered waits for room in the queue.
const ROOM_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the end of the process waits for mails in the queue.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why no mail can be sent.
#[derive(Debug, Error)]
pub enum MailError {
    /// Too many wait, or the server goes down.
    #[error("too many mails are waiting")]
    Busy,
    /// Links would have to name whatever a request says.
    #[error(
        "`smtp_url` needs `public_url`: links in mails must name an address that nobody can forge, such as https://call.example.org"
    )]
    NoPublicUrl,
    /// Nobody would be the sender.
    #[error("`smtp_url` needs `mail_from`, such as \"Example <no-reply@example.org>\"")]
    NoSender,
    /// The library does not take it.
    #[error("`smtp_url` cannot be used: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// How mails leave.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The mail server; without it mails are written to the folder.
    pub smtp_url: Option<SmtpUrl>,
    /// Their sender.
    pub from: Option<Mailbox>,
    /// Of mails that are written and not sent.
    pub folder: PathBuf,
}

/// The sender of mails.
#[derive(Debug)]
pub struct Mails {
    queue: mpsc::Sender<Order>,
    from: Mailbox,
    origin: Origin,
    reach_people: bool,
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

/// Finds a fault that would keep a server with these settings from starting.
pub fn check(settings: &MailSettings, site: &Site) -> Result<(), MailError> {
    if settings.smtp_url.is_none() {
        return Ok(());
    }
    if !site.has_address() {
        return Err(MailError::NoPublicUrl);
    }
    if settings.from.is_none() { Err(MailError::NoSender) } else { Ok(()) }
}

impl Mails {
    /// Starts the task, on the runtime that it is called in, for a site that listens already.
    pub fn start(settings: &MailSettings, site: &Site) -> Result<Self, MailError> {
        check(settings, site)?;
        let origin = site.origin();
        let way = match &settings.smtp_url {
            Some(url) => Way::Smtp(Smtp::new(url, origin.host())?),
            None => Way::Folder { folder: Folder::new(settings.folder.clone()), was_said: false },
        };
        let from = settings.from.clone().unwrap_or_else(|| {
            "Callbox <callbox@localhost>".parse().expect("it is a mailbox, as a test proves")
        });
        let (queue, orders) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(orders, way));
        Ok(Self { queue, from, origin, reach_people: settings.smtp_url.is_some() })
    }

    /// Whether mails reach people. One that is written to a folder reaches nobody by itself.
    pub fn reach_people(&self) -> bool {
        self.reach_people
    }

    /// Puts a mail into the queue.
    pub fn send(&self, to: &EmailAddress, mail: &Mail) -> Result<(), MailError> {
        let letter = Letter { kind: mail.kind(), message: self.message(to, mail, clock::wall()) };
        self.queue.try_send(Order::Send(Box::new(letter))).map_err(|_| MailError::Busy)
    }

    /// As [`Mails::send`], if the caller can wait for room in the queue, but not for long.
    pub async fn send_when_there_is_room(&self, to: &EmailAddress, mail: &Mail) -> Result<(), MailError> {
        let letter = Letter { kind: mail.kind(), message: self.message(to, mail, clock::now()) };
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
        let id = u128::from_be_bytes(clock::random());
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

async fn run(mut orders: mpsc::Receiver<Order>, mut way: Way) {
    let mut retries = Retries::new(QUEUE_MAX);
    loop {
        let pause = retries.next_in_ms(clock::now());
        let order = tokio::select! {
            order = orders.recv() => order,
            () = sleep(Duration::from_millis(pause.unwrap_or(0))), if pause.is_some() => {
                if let Some((letter, number)) = retries.take_due(clock::now()) {
                    deliver(&mut way, &mut retries, letter, number).await;
                }
                continue;
            }
        };
        match order {
            Some(Order::Send(letter)) => deliver(&mut way, &mut retries, letter, 0).await,
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

async fn deliver(way: &mut Way, retries: &mut Retries<Box<Letter>>, letter: Box<Letter>, number: usize) {
    let kind = letter.kind;
    match way {
        Way::Folder { folder, was_said } => {
            if !*was_said {
                let folder = folder.path().display();
                tracing::warn!(%folder, "there is no `smtp_url`: mails are written to this folder, and sent to nobody");
                *was_said = true;
            }
            // Less than a millisecond, and no task of anybody else's is behind this one.
            if let Err(error) = folder.write(kind, &letter.message.formatted(), clock::now()) {
                tracing::error!(kind, %error, "a mail could not be written");
            }
        }
        Way::Smtp(smtp) => match smtp.send(letter.message.clone()).await {
            Ok(()) => tracing::debug!(kind, "a mail was sent"),
            Err(Refusal::ForGood(reason)) => tracing::warn!(kind, reason, "a mail was refused"),
            Err(Refusal::ForNow(reason)) => {
                if retries.put(letter, number, clock::now()).is_ok() {
                    tracing::info!(kind, reason, "a mail was refused for now, and will be tried again");
                } else {
                    tracing::error!(kind, reason, "a mail was refused for now too often, and is lost");
                }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn settings(is_sent: bool, has_sender: bool) -> MailSettings {
        MailSettings {
            smtp_url: is_sent.then(|| "smtp://127.0.0.1:2525".parse().unwrap()),
            from: has_sender.then(|| "M\u{fc}ller <no-reply@example.org>".parse().unwrap()),
            folder: PathBuf::new(),
        }
    }

    fn site(listen: &str, is_public: bool) -> Site {
        let public_url = is_public.then(|| "https://call.example.org".parse().unwrap());
        Site { listen: listen.parse().unwrap(), is_tls: false, public_url }
    }

    const LOCAL: &str = "127.0.0.1:8080";
    const OPEN: &str = "0.0.0.0:8080";

    #[tokio::test]
    async fn a_server_that_mails_the_world_names_itself_and_its_sender() {
        let start = |settings: MailSettings, site: Site| Mails::start(&settings, &site);
        assert!(matches!(start(settings(true, true), site(OPEN, false)), Err(MailError::NoPublicUrl)));
        assert!(matches!(start(settings(true, false), site(OPEN, true)), Err(MailError::NoSender)));
        assert!(start(settings(true, true), site(OPEN, true)).is_ok());
        assert!(start(settings(true, true), site(LOCAL, false)).is_ok(), "on loopback, for a try");
        let unsent = start(settings(false, false), site(OPEN, false)).unwrap();
        assert!(!unsent.reach_people(), "nothing is sent");
    }

    #[test]
    fn the_library_takes_each_address_that_we_take() {
        let letters: Vec<char> =
            "aZ09.-_+!'`~@@[]:\"\\ ,;<>()\t\0\u{e4}\u{df}\u{2024}\u{ff0e}xn-".chars().collect();
        let mut random = fastrand::Rng::with_seed(1);
        let mut taken = 0;
        for _ in 0..100_000 {
            let mut part =
                |most| (0..random.usize(1..=most)).map(|_| letters[random.usize(..letters.len())]).collect();
            let [local, domain]: [String; 2] = [part(4), part(6)];
            if let Ok(address) = format!("{local}@{domain}.example").parse::<EmailAddress>() {
                assert_eq!(mailbox(&address).email.to_string(), address.as_str());
                taken += 1;
            }
        }
        assert!(taken > 200, "{taken}");
    }

    #[tokio::test]
    async fn a_mail_has_the_headers_that_servers_look_for_and_no_others() {
        let mails = Mails::start(&settings(true, true), &site(LOCAL, true)).unwrap();
        let to = "Ann@Example.org".parse().unwrap();
        let mail = Mail::ConfirmLink {
            token: "T".to_owned(),
            provider: "Caf\u{e9}\r\nBcc: bob@example.org".to_owned(),
        };
        let text = mails.message(&to, &mail, UnixMillis(1_700_000_000_000)).formatted();
        let text = String::from_utf8(text).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with(' '))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        let expected =
            ["From", "To", "Date", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert_eq!(names, expected, "{head}");
        assert!(head.is_ascii() && head.contains("To: Ann@example.org\r\n"), "{head}");
        assert!(head.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), "{head}");
        let id = head.lines().find(|line| line.starts_with("Message-ID: <")).unwrap();
        assert!(id.ends_with("@example.org>"), "{id}");
    }

    #[tokio::test]
    async fn one_mail_more_than_may_wait_is_refused_and_after_the_end_each_is() {
        let folder = tempfile::tempdir().unwrap();
        let mail = MailSettings { folder: folder.path().join("mail"), ..settings(false, false) };
        let mails = Mails::start(&mail, &site(LOCAL, false)).unwrap();
        let to = "ann@example.org".parse().unwrap();
        // The task does not run while this one does not wait.
        for _ in 0..QUEUE_MAX {
            mails.send(&to, &Mail::AlreadyThere).unwrap();
        }
        assert!(matches!(mails.send(&to, &Mail::AlreadyThere), Err(MailError::Busy)));
        mails.close().await;
        assert!(matches!(mails.send(&to, &Mail::AlreadyThere), Err(MailError::Busy)));
        assert_eq!(std::fs::read_dir(folder.path().join("mail")).unwrap().count(), QUEUE_MAX);
    }
}
