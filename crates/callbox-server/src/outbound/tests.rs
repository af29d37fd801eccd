//! Tests of `outbound.rs`.

use super::*;
use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Serves these routes on loopback, by TLS for `localhost` or in the clear.
async fn serve(router: Router, is_tls: bool) -> (u16, RootCertStore) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut roots = RootCertStore::empty();
    if !is_tls {
        tokio::spawn(async move { axum::serve(listener, router).await });
        return (port, roots);
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    roots.add(certificate.der().clone()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = hyper_util::service::TowerToHyperService::new(router);
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (port, roots)
}

#[tokio::test]
async fn what_is_posted_by_https_arrives_with_its_headers_and_is_answered() {
    let echo = |headers: HeaderMap, body: String| async move {
        ([("cache-control", "max-age=9")], format!("{} {body}", headers["authorization"].to_str().unwrap()))
    };
    let (port, roots) = serve(Router::new().route("/a", post(echo)), true).await;
    let url = format!("https://localhost:{port}/a?b=c");
    let asked =
        Outbound::trusting(roots).post(&url, &[("authorization", "Bearer x")], "hello").await.unwrap();
    assert_eq!((asked.status, &asked.body[..]), (200, &b"Bearer x hello"[..]));
    assert_eq!(asked.headers["cache-control"], "max-age=9");
}

#[tokio::test]
async fn whoever_is_not_certified_is_not_asked() {
    let (port, roots) = serve(Router::new().route("/", get(|| async { "secret" })), true).await;
    let refused = Outbound::default().get(&format!("https://localhost:{port}/"), &[]).await;
    assert!(matches!(refused, Err(OutboundError::Connect { .. })), "{refused:?}");
    // Its certificate is for another name.
    let refused = Outbound::trusting(roots).get(&format!("https://127.0.0.1:{port}/"), &[]).await;
    assert!(matches!(refused, Err(OutboundError::Connect { .. })), "{refused:?}");
}

#[tokio::test]
async fn redirects_are_answers_and_what_never_ends_is_cut_off() {
    let endless = || async { vec![0_u8; ANSWER_BYTES_MAX + 1] };
    let routes = Router::new()
        .route("/away", get(|| async { Redirect::to("http://169.254.169.254/") }))
        .route("/endless", get(endless));
    let (port, _) = serve(routes, false).await;
    let (outbound, at) = (Outbound::default(), |path: &str| format!("http://127.0.0.1:{port}{path}"));
    assert_eq!(outbound.get(&at("/away"), &[]).await.unwrap().status, 303);
    assert!(matches!(outbound.get(&at("/endless"), &[]).await, Err(OutboundError::TooLarge)));
}

#[tokio::test]
async fn nobody_is_asked_in_the_clear_over_a_network() {
    for url in
        ["http://example.org/", "ftp://localhost/", "/v1", "https://a:b@example.org/", "http://10.0.0.1/"]
    {
        let refused = Outbound::default().get(url, &[]).await;
        assert!(matches!(refused, Err(OutboundError::Url(_))), "{url}: {refused:?}");
    }
}
