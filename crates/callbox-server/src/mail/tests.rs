//! Tests of `mail.rs`.

use super::*;
use std::path::PathBuf;

fn settings(is_sent: bool, has_sender: bool) -> MailSettings {
    MailSettings {
        smtp_url: is_sent.then(|| "smtp://127.0.0.1:2525".parse().unwrap()),
        from: has_sender.then(|| "M\u{fc}ller <no-reply@example.org>".to_owned()),
        folder: PathBuf::new(),
    }
}

fn site(listen: &str, is_public: bool) -> Site {
    let public_url = is_public.then(|| "https://call.example.org".parse().unwrap());
    Site { listen: listen.parse().unwrap(), is_tls: false, public_url }
}

fn start(settings: &MailSettings, site: &Site) -> Result<Mails, MailError> {
    Mails::start(settings, site, Clock::manual(UnixMillis(1_790_000_000_000)), Randomness::seeded(1))
}

const LOCAL: &str = "127.0.0.1:8080";
const OPEN: &str = "0.0.0.0:8080";

#[tokio::test]
async fn a_server_that_mails_the_world_names_itself_and_its_sender() {
    let start = |settings: MailSettings, site: Site| start(&settings, &site);
    assert!(matches!(
        start(settings(true, true), site(OPEN, false)),
        Err(MailError::Settings(MailFault::NoPublicUrl))
    ));
    assert!(matches!(
        start(settings(true, false), site(OPEN, true)),
        Err(MailError::Settings(MailFault::NoSender))
    ));
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
    let mails = start(&settings(true, true), &site(LOCAL, true)).unwrap();
    let to = "Ann@Example.org".parse().unwrap();
    let mail =
        Mail::ConfirmLink { token: "T".to_owned(), provider: "Caf\u{e9}\r\nBcc: bob@example.org".to_owned() };
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
    let mails = start(&mail, &site(LOCAL, false)).unwrap();
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
