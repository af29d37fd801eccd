//! Mails as a mail server that is not ours gets them: Python's aiosmtpd, on loopback.

use crate::support::{Log, PATIENCE, hurry, until};
use callbox_identity::mail_text::Mail;
use callbox_server::clock::Clock;
use callbox_server::config::Layers;
use callbox_server::mail::Mails;
use callbox_server::randomness::Randomness;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const FROM: (&str, &str) = ("mail_from", "Call M\u{fc}ller <no-reply@example.org>");
const PUBLIC: (&str, &str) = ("public_url", "https://call.example.org");

/// A mail server that does not outlive its test.
pub(crate) struct Receiver {
    child: Child,
    pub(crate) port: u16,
    lines: mpsc::Receiver<Value>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Receiver {
    pub(crate) async fn start(port: u16, flags: &[&str]) -> Self {
        let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pypi");
        let mut child = Command::new("python3")
            .args(["-c", include_str!("mail/receiver.py"), &port.to_string()])
            .args(flags)
            .env("PYTHONPATH", packages)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is missing");
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, mut lines) = mpsc::channel(64);
        tokio::task::spawn_blocking(move || {
            for line in out.lines().map_while(Result::ok) {
                let value = match line.strip_prefix("port ") {
                    Some(port) => json!({ "port": port.parse::<u16>().unwrap() }),
                    None => serde_json::from_str(&line).unwrap(),
                };
                if sender.blocking_send(value).is_err() {
                    return;
                }
            }
        });
        let first = tokio::time::timeout(PATIENCE, lines.recv()).await.unwrap();
        let first = first.expect("aiosmtpd is missing: run `cargo xtask test --install`");
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        Self { child, port, lines }
    }

    pub(crate) async fn next(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.lines.recv()).await.expect("nothing came").unwrap()
    }
}

fn mails(settings: &[(&str, &str)]) -> Mails {
    mails_by(settings, Clock::system())
}

fn mails_by(settings: &[(&str, &str)], clock: Clock) -> Mails {
    let flags = settings.iter().map(|(k, v)| (String::from("--set"), (*k).into(), (*v).into()));
    let config = Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap();
    Mails::start(&config.mail, &config.site, clock, Randomness::system()).unwrap()
}

/// The plain and the HTML part as a mail program shows them: the lines joined again (RFC 2045, section 6.7).
fn readable(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=")
}

#[tokio::test]
async fn a_mail_arrives_with_its_link_in_both_parts() {
    let mut server = Receiver::start(0, &[]).await;
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let mails = mails(&[("smtp_url", &url), FROM, PUBLIC]);
    let to = "Ann.Example@Example.ORG".parse().unwrap();
    mails.send(&to, &Mail::Verify { token: "To-ken_1".to_owned() }).unwrap();
    let mail = server.next().await;
    assert_eq!(mail["mail_from"], "no-reply@example.org");
    assert_eq!(mail["to"], json!(["Ann.Example@example.org"]));
    assert_eq!(mail["hello"], "call.example.org");
    let text = readable(mail["text"].as_str().unwrap());
    assert!(text.contains("\r\nSubject: Your address at call.example.org\r\n"), "{text}");
    assert!(text.contains("\r\nhttps://call.example.org/verify#To-ken_1\r\n"), "{text}");
    assert!(text.contains("<a href=\"https://call.example.org/verify#To-ken_1\">"), "{text}");
    assert!(text.contains("multipart/alternative") && text.contains("24 hours"), "{text}");
}

#[tokio::test]
async fn a_mail_server_that_is_down_gets_the_mail_when_it_is_back() {
    // The first to connect is hung up on; then nobody listens until the server starts.
    let down = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = down.local_addr().unwrap();
    let clock = Clock::movable();
    let mails = mails_by(&[("smtp_url", &format!("smtp://{addr}")), FROM, PUBLIC], clock.clone());
    mails.send(&"ann@example.org".parse().unwrap(), &Mail::PasswordChanged).unwrap();
    let (stream, _) = tokio::time::timeout(PATIENCE, down.accept()).await.unwrap().unwrap();
    drop(down);
    drop(stream);
    let mut server = Receiver::start(addr.port(), &[]).await;
    let text = hurry(&clock, server.next()).await["text"].as_str().unwrap().to_owned();
    assert!(text.contains("Subject: Your password at call.example.org was changed\r\n"), "{text}");
}

#[tokio::test]
async fn a_refused_recipient_is_given_up_and_one_refused_for_now_is_tried_again() {
    let log = Log::default();
    // The task of the mails runs on this thread too.
    let _guard = log.listen();
    let mut server = Receiver::start(0, &[]).await;
    let clock = Clock::movable();
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let mails = mails_by(&[("smtp_url", &url), FROM, PUBLIC], clock.clone());
    for to in ["refused@example.org", "later@example.org", "ann@example.org"] {
        mails.send(&to.parse().unwrap(), &Mail::SignIn { token: "T".to_owned() }).unwrap();
    }
    assert_eq!(server.next().await, json!({ "refused": "refused@example.org" }));
    assert_eq!(server.next().await, json!({ "later": "later@example.org" }));
    // Nobody waits for the one that is tried again.
    assert_eq!(server.next().await["to"], json!(["ann@example.org"]));
    assert_eq!(hurry(&clock, server.next()).await["to"], json!(["later@example.org"]));
    // Had the first been tried again, it would have been before that.
    mails.close().await;
    assert!(server.lines.try_recv().is_err());
    // The server's own words name the recipient, and an operator's log may not.
    let log = log.text();
    assert!(log.contains("a mail was refused kind=\"sign-in\"") && log.contains("550"), "{log}");
    assert!(log.contains("tried again") && log.contains("451") && !log.contains('@'), "{log}");
}

#[tokio::test]
async fn the_password_of_the_setting_signs_in() {
    let mut server = Receiver::start(0, &["auth"]).await;
    let url = format!("smtp://ann%40example.org:p%40ss%3Aword@127.0.0.1:{}", server.port);
    let mails = mails(&[("smtp_url", &url), FROM, PUBLIC]);
    mails.send(&"ann@example.org".parse().unwrap(), &Mail::AlreadyThere).unwrap();
    assert_eq!(server.next().await, json!({ "login": "ann@example.org", "password": "p@ss:word" }));
    assert_eq!(server.next().await["to"], json!(["ann@example.org"]));
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_where_tls_is_required() {
    let mut server = Receiver::start(0, &[]).await;
    // As it is for every host that is not loopback. This server has no STARTTLS.
    let url = format!("smtp://127.0.0.1:{}?tls=required", server.port);
    let strict = mails(&[("smtp_url", &url), FROM, PUBLIC]);
    strict.send(&"ann@example.org".parse().unwrap(), &Mail::AlreadyThere).unwrap();
    // It goes when the first was given up or put off.
    strict.close().await;
    let plain = mails(&[("smtp_url", &format!("smtp://127.0.0.1:{}", server.port)), FROM, PUBLIC]);
    plain.send(&"bob@example.org".parse().unwrap(), &Mail::AlreadyThere).unwrap();
    assert_eq!(server.next().await["to"], json!(["bob@example.org"]));
}

#[tokio::test]
async fn without_a_mail_server_each_mail_is_a_file_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = tempfile::tempdir().unwrap();
    let mails = mails(&[("data_dir", data.path().to_str().unwrap())]);
    mails.send(&"ann@example.org".parse().unwrap(), &Mail::Reset { token: "T".to_owned() }).unwrap();
    let folder = data.path().join("mail");
    let files = || {
        let all = std::fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect::<Vec<_>>()
    };
    until(async || !files().is_empty()).await;
    let file = files().remove(0);
    assert!(file.to_str().unwrap().ends_with("-reset.eml"), "{}", file.display());
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("To: ann@example.org\r\n"), "{text}");
    assert!(readable(&text).contains("http://127.0.0.1:8080/reset#T\r\n"), "{text}");
}
