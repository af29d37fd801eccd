//! The whole life of a certificate by ACME, against a real ACME server: issued, kept, renewed, refused, rate-limited, expired.
//!
//! Each test has a network namespace of its own (`acme/lab.rs`), where Callbox runs as in a deployment: `serve --domain`.

mod lab;

use callbox_protocol::time::UnixMillis;
use callbox_server::clock::Clock;
use lab::{Lab, NAME, PEBBLE_PORT, POLL, plain, try_connect};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const HOUR: u32 = 3_600;
const PROXY_PORT: u16 = 14_001;
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// The words of doctor about the certificate.
fn doctor(lab: &Lab) -> String {
    let output = lab.callbox("doctor", PEBBLE_PORT).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let at = text.find("certificate: ").unwrap_or_else(|| panic!("{text}"));
    assert!(!text.contains("no callbox answers there"), "{text}");
    text[at - 6..].to_owned()
}

#[test]
fn a_domain_is_all_that_a_deployment_needs_and_a_restart_orders_nothing() {
    let Some(lab) = Lab::lay(HOUR) else { return };
    assert!(doctor(&lab).starts_with("ok    certificate: The server will order one for call.example.org"));
    lab.enter(|| async {
        let roots = lab.root().await;
        let first = lab.serve(PEBBLE_PORT);
        let shown = lab.page(&roots).await;
        let over = plain("/i/abc").await;
        assert_eq!((over.status, over.header("location")), (308, Some("https://call.example.org/i/abc")));
        for file in ["acme-account.json", "acme-certificate.pem", "acme-failures.json"] {
            let mode = lab.data().join(file).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        assert!(
            doctor(&lab).starts_with("ok    certificate: It is for call.example.org"),
            "{}",
            doctor(&lab)
        );
        // A client that asks for the challenge's protocol gets nothing without a challenge.
        assert!(try_connect(443, NAME, roots.clone(), b"acme-tls/1").await.is_err());
        // Another process is not let into the data folder, so it orders nothing either.
        assert!(!lab.serve(PEBBLE_PORT).wait());
        first.terminate();

        let second = lab.serve(PEBBLE_PORT);
        assert_eq!(lab.page(&roots).await, shown, "the kept certificate is used");
        second.terminate();
        assert_eq!(lab.orders(), 1, "{}", lab.pebble_log());
    });
}

#[test]
fn a_certificate_is_renewed_when_a_third_of_it_is_left_and_nobody_is_disconnected() {
    let Some(lab) = Lab::lay(20) else { return };
    lab.enter(|| async {
        let roots = lab.root().await;
        let serving = lab.serve(PEBBLE_PORT);
        let first = lab.page(&roots).await;
        let mut open = try_connect(443, NAME, roots.clone(), b"http/1.1").await.unwrap();
        loop {
            // The same connection is used before, while and after.
            open.write_all(b"GET /healthz HTTP/1.1\r\nHost: call.example.org\r\n\r\n").await.unwrap();
            let mut answer = Vec::new();
            while !answer.ends_with(b"\r\n\r\nok\n") {
                answer.push(open.read_u8().await.expect("the connection goes on"));
            }
            if lab.page(&roots).await != first {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        serving.terminate();
        assert!(!lab.log().contains("ERROR"), "{}", lab.log());
    });
}

#[test]
fn an_expired_certificate_is_replaced_first_thing() {
    let Some(lab) = Lab::lay(HOUR) else { return };
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2020, 4, 1);
    let key = KeyPair::generate().unwrap();
    let old = params.self_signed(&key).unwrap();
    std::fs::create_dir_all(lab.data()).unwrap();
    let note = format!("Callbox got this for {NAME} from https://acme.example.org:{PEBBLE_PORT}/dir\n");
    let text = format!("{note}{}{}", old.pem(), key.serialize_pem());
    std::fs::write(lab.data().join("acme-certificate.pem"), text).unwrap();
    assert!(doctor(&lab).starts_with("FAIL  certificate: It expired"), "{}", doctor(&lab));
    lab.enter(|| async {
        let roots = lab.root().await;
        let serving = lab.serve(PEBBLE_PORT);
        assert_ne!(lab.page(&roots).await, *old.der());
        serving.terminate();
        assert_eq!(lab.orders(), 1);
        let log = lab.log();
        assert!(log.contains("ERROR") && log.contains("the certificate has expired"), "{log}");
    });
}

#[test]
fn a_clock_past_the_end_of_every_certificate_orders_one_and_then_waits() {
    let Some(lab) = Lab::lay(HOUR) else { return };
    if !Path::new(FAKETIME).exists() {
        assert!(std::env::var_os("CI").is_none(), "CI has libfaketime");
        return;
    }
    lab.enter(|| async {
        let roots = lab.root().await;
        let first = lab.serve(PEBBLE_PORT);
        let shown = lab.page(&roots).await;
        first.terminate();
        let late = lab.serve_at("+2h");
        lab.logged("the certificate has expired").await;
        lab.logged("is the clock of this machine right?").await;
        late.terminate();
        assert_eq!(lab.orders(), 2, "{}", lab.log());
        // Nothing was lost: under the right clock the old one is good.
        let last = lab.serve(PEBBLE_PORT);
        assert_eq!(lab.page(&roots).await, shown);
        last.terminate();
        assert_eq!(lab.orders(), 2);
    });
}

#[test]
fn a_name_that_leads_elsewhere_is_refused_in_a_sentence_and_tried_again_when_asked() {
    // An address for documents, to which no way leads from here.
    const ELSEWHERE: &str = "192.0.2.1";
    let Some(lab) = Lab::lay(HOUR) else { return };
    lab.point(NAME, ELSEWHERE);
    lab.enter(|| async {
        let roots = lab.root().await;
        let serving = lab.serve(PEBBLE_PORT);
        lab.logged("there is no certificate yet, so nobody can connect").await;
        lab.logged("could not verify that call.example.org is this server").await;
        lab.logged("next_try=in 6").await;
        let refused = try_connect(443, NAME, roots.clone(), b"http/1.1").await.unwrap_err();
        assert!(refused.to_string().contains("AccessDenied"), "{refused}");
        let plain = plain("/").await;
        assert_eq!(plain.status, 503);
        assert!(String::from_utf8_lossy(&plain.body).contains("no valid certificate"));
        let found = doctor(&lab);
        assert!(found.starts_with("FAIL  certificate: There is none for call.example.org yet"), "{found}");
        assert!(found.contains("could not verify") && found.contains(ELSEWHERE), "{found}");
        // It waits: nothing but a failure was written down meanwhile.
        assert_eq!(lab.orders(), 1);

        lab.take(ELSEWHERE);
        serving.signal("HUP");
        lab.page(&roots).await;
        serving.terminate();
        assert_eq!(lab.orders(), 2);
        assert!(doctor(&lab).starts_with("ok    certificate: "), "{}", doctor(&lab));
    });
}

#[test]
fn a_rate_limit_is_waited_out_as_long_as_the_server_asks_for() {
    const SECONDS: u64 = 5;
    let Some(lab) = Lab::lay(HOUR) else { return };
    lab.enter(|| async {
        let asked = RefCell::new(Vec::new());
        let listener = TcpListener::bind(("127.0.0.1", PROXY_PORT)).await.unwrap();
        let roots = lab.root().await;
        let test = async {
            let serving = lab.serve(PROXY_PORT);
            lab.logged("too many orders").await;
            // A restart and a request do not shorten it.
            serving.terminate();
            let serving = lab.serve(PROXY_PORT);
            lab.logged_times("there is no certificate yet", 2).await;
            serving.signal("HUP");
            lab.page(&roots).await;
            serving.terminate();
        };
        tokio::select! {
            () = proxy(&lab, &listener, SECONDS, &asked) => {}
            () = test => {}
        }
        let asked = asked.take();
        // The ACME server refuses some requests for their nonce, by intent; they are sent again at once.
        let [first, later @ ..] = &asked[..] else { panic!("no order: {}", lab.log()) };
        let has_waited = later.iter().all(|at| at.since(*first) >= SECONDS * 1_000);
        assert!(has_waited && (1..5).contains(&later.len()), "{asked:?}");
    });
}

/// Stands before the ACME server, and answers the first order with 429. Notes when it was asked for orders.
async fn proxy(lab: &Lab, listener: &TcpListener, seconds: u64, asked: &RefCell<Vec<UnixMillis>>) {
    let acceptor = TlsAcceptor::from(lab.server());
    let problem =
        r#"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many orders","status":429}"#;
    let refusal = format!(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/problem+json\r\nRetry-After: {seconds}\r\n\
         Content-Length: {}\r\n\r\n{problem}",
        problem.len()
    );
    // One after the other, as the client asks.
    while let Ok((stream, _)) = listener.accept().await {
        let Ok(mut client) = acceptor.accept(stream).await else { continue };
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = client.read_u8().await else { break };
            head.push(byte);
        }
        if head.starts_with(b"POST /order-plz ") {
            asked.borrow_mut().push(Clock::system().now());
            if asked.borrow().len() == 1 {
                let _ = client.write_all(refusal.as_bytes()).await;
                let _ = client.shutdown().await;
                continue;
            }
        }
        let mut server = lab.to_acme(PEBBLE_PORT).await.unwrap();
        server.write_all(&head).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    }
}
