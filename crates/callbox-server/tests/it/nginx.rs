//! The recipe of docs/DEPLOY.md in which nginx owns the port of HTTPS, run by Debian's nginx: TURN over TLS and the page share it.

use crate::https;
use crate::relay::arrive;
use crate::relay_streams::start_with_tls_and;
use crate::support::until;
use crate::turn::{By, Link, TurnClient};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const DEPLOY: &str = include_str!("../../../../docs/DEPLOY.md");
const MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

/// Killed when it is dropped.
struct Nginx(Child);

impl Nginx {
    fn start(folder: &Path, config: &str) -> Self {
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("/usr/sbin/nginx")
            .args(["-p".as_ref(), folder, "-e".as_ref(), "stderr".as_ref(), "-c".as_ref(), file.as_path()])
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("nginx is missing: run `cargo xtask test --install`"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The recipe's part of nginx, with these ports for 443, 3478 and 8444.
fn recipe(ports: [u16; 3]) -> String {
    let start = DEPLOY.find("stream {").expect("the recipe is there");
    let text = &DEPLOY[start..];
    let text = &text[..text.find("```").expect("it ends")];
    let text = text.replace("    listen [::]:443;\n", "").replace("listen 443;", "listen 127.0.0.1:443;");
    ["443", "3478", "8444"].iter().zip(ports).fold(text, |text, (old, new)| {
        assert!(text.contains(&format!(":{old}")), "{old} in {text}");
        text.replace(&format!(":{old}"), &format!(":{new}"))
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nginx_has_the_port_of_https_turn_and_the_page_share_it() {
    let (server, trusted) = start_with_tls_and(&[("trusted_proxies", "127.0.0.1")]).await;
    let folder = tempfile::tempdir().unwrap();
    let [front, back, pages] = [free_port(), server.server.addr.port(), free_port()];
    let relay = server.server.app.relays.as_ref().unwrap().addr().port();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};\n", folder.path().join(kind).display()))
        .concat();
    let certificate = trusted.display();
    let config = format!(
        "load_module {MODULE};\ndaemon off;\nmaster_process off;\npid {pid};\nevents {{}}\n{recipe}\n\
         http {{\naccess_log off;\n{temporary}\
         server {{\nlisten 127.0.0.1:{pages} ssl proxy_protocol;\n\
         set_real_ip_from 127.0.0.1;\nreal_ip_header proxy_protocol;\n\
         ssl_certificate {certificate};\nssl_certificate_key {certificate};\n\
         location / {{ proxy_pass https://127.0.0.1:{back}; proxy_set_header Host $http_host; }}\n}}\n}}\n",
        pid = folder.path().join("pid").display(),
        recipe = recipe([front, relay, pages]),
    );
    let _nginx = Nginx::start(folder.path(), &config);
    let front = SocketAddr::from(([127, 0, 0, 1], front));
    until(async || TcpStream::connect(front).is_ok()).await;

    let (_client, hello) = arrive(&server).await;
    for protocol in [None, Some(&b"stun.turn"[..])] {
        let turn = TurnClient::over(Link::connect(front, &By::Tls(&trusted, protocol)), &hello);
        turn.allocate().unwrap();
        assert_eq!(turn.mapped(), turn.local_addr(), "the relay knows the client behind nginx");
    }
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {front}\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n"
    );
    // A client of HTTP that names no protocol comes by TURN's way, where it could write any address of its own.
    let mut hidden = https::connect_without_protocol(front, &[&trusted]).await;
    hidden.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = hidden.read_to_end(&mut answer).await;
    assert_eq!(String::from_utf8_lossy(&answer), "");

    let mut page = https::connect(front, &[&trusted], b"http/1.1").await;
    page.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = page.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&answer));
    server.server.stop().await;
}
