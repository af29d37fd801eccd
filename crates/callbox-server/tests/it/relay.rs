//! The relay over real sockets: its users, their time, and the packets that it carries.

use crate::process::Serving;
use crate::support::{Client, JSON, PATIENCE, Person, Running, guest, request, start, until};
use crate::turn::{By, TurnClient, addr, channel_data};
use callbox_server::config::Layers;
use callbox_server::environment::Environment;
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Relayed ports apart from those that the system gives to the tests' peers, who are on the same address.
pub(crate) const SETTINGS: [(&str, &str); 3] = [
    ("relay_listen", "127.0.0.1:0"),
    ("relay_allowed_peers", "127.0.0.1,127.0.0.2"),
    ("relay_ports", "20000-29999"),
];

/// A guest with a session, and its hello.
pub(crate) async fn arrive(server: &Running) -> (Client, Value) {
    let token = guest(server.addr, Some("adult")).await;
    let mut client = Client::connect(server.addr, &[]).await.unwrap();
    client.send(&json!({ "type": "hello", "token": token })).await;
    let hello = client.expect("hello").await;
    (client, hello)
}

/// Two in a call, each with its hello.
pub(crate) async fn couple(server: &Running) -> ([(Client, Value); 2], Value) {
    let (mut one, mut other) = (arrive(server).await, arrive(server).await);
    for (client, _) in [&mut one, &mut other] {
        client.seek(&[]).await;
    }
    let call = one.0.confirm().await["call"].clone();
    other.0.confirm().await;
    for (client, _) in [&mut one, &mut other] {
        client.expect("begin").await;
    }
    ([one, other], call)
}

pub(crate) async fn relay_stats(server: &Running) -> Value {
    let token = format!("Bearer {}", server.server.operator_token);
    let answer = request(server.addr, "GET", "/v1/stats", &[JSON, ("Authorization", &token)], "").await;
    answer.json()["relay"].clone()
}

/// A peer on the network that says everything back.
fn echo() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

#[tokio::test]
async fn a_call_is_relayed_both_ways_and_when_it_ends_nothing_flows() {
    let server = start(&SETTINGS).await;
    let ([mut one, _other], call) = couple(&server).await;
    let turn = TurnClient::new(&one.1);
    let here = turn.allocate().unwrap();
    let peer = echo();
    assert_eq!(turn.bind(0x4001, peer.local_addr().unwrap()), 0);
    for payload in [&b"media"[..], &[7; 1_200]] {
        turn.send_on(0x4001, payload);
        let mut buffer = [0; 2_048];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (payload, here));
        peer.send_to(payload, here).unwrap();
        assert_eq!(turn.receive().unwrap(), channel_data(0x4001, payload));
    }
    one.0.end(&call, "hangup").await;
    one.0.expect("end").await;
    until(async || relay_stats(&server).await["call_bytes"]["count"] == 1).await;
    turn.send_on(0x4001, b"late");
    peer.send_to(b"late", here).unwrap();
    assert!(turn.is_left_alone());
    let stats = relay_stats(&server).await;
    assert_eq!(
        (&stats["out_packets"], &stats["in_packets"], &stats["call_bytes"]["p50"]),
        (&json!(2), &json!(2), &json!(2 * 1_205))
    );
    server.server.stop().await;
}

#[tokio::test]
async fn answers_and_relayed_packets_leave_from_the_address_that_was_asked() {
    // All of 127.0.0.0/8 is this machine's, and left to itself the system sends from 127.0.0.1.
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let own = [("relay_listen", listen), ("external_ip", "127.0.0.5,::1")];
        let server = start(&[&own[..], &SETTINGS[1..]].concat()).await;
        let ([one, _other], _) = couple(&server).await;
        let urls = one.1["ice_servers"][0]["urls"].as_array().unwrap();
        assert_eq!(
            urls.len(),
            if listen == "[::]:0" { 2 } else { 1 },
            "only where the relay listens: {urls:?}"
        );
        // It takes nothing that comes from elsewhere.
        let turn = TurnClient::new(&one.1);
        let here = turn.allocate().unwrap();
        assert_eq!(here.ip().to_string(), "127.0.0.5");
        let peer = echo();
        assert_eq!(turn.bind(0x4001, peer.local_addr().unwrap()), 0);
        turn.send_on(0x4001, b"media");
        let mut buffer = [0; 2_048];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&b"media"[..], here));
        peer.send_to(b"back", here).unwrap();
        assert_eq!(turn.receive().unwrap(), channel_data(0x4001, b"back"));
        server.server.stop().await;
    }
}

#[tokio::test]
async fn the_hello_names_no_relay_that_would_not_hear() {
    let server = start(&[("relay_listen", "127.0.0.1:0"), ("external_ip", "::1")]).await;
    let (_client, hello) = arrive(&server).await;
    assert_eq!(hello["ice_servers"], json!([]), "not a server without a URL, which no browser takes");
    server.server.stop().await;
}

#[tokio::test]
async fn outside_a_call_a_session_may_allocate_and_reach_nobody() {
    let server = start(&SETTINGS).await;
    let (_client, hello) = arrive(&server).await;
    let turn = TurnClient::new(&hello);
    turn.allocate().unwrap();
    let peer = echo().local_addr().unwrap();
    assert_eq!((turn.permit(peer), turn.bind(0x4000, peer)), (403, 403));
    server.server.stop().await;
}

#[tokio::test]
async fn a_moment_after_its_session_a_credential_is_worth_nothing() {
    let server = start(&SETTINGS).await;
    let ([mut one, _other], _) = couple(&server).await;
    let turn = TurnClient::new(&one.1);
    let here = turn.allocate().unwrap();
    let peer = echo();
    turn.bind(0x4000, peer.local_addr().unwrap());
    one.0.close(Some(1_000)).await;
    until(async || relay_stats(&server).await["allocations"] == 0).await;
    peer.send_to(b"x", here).unwrap();
    turn.send_on(0x4000, b"x");
    assert!(turn.is_left_alone());
    assert_eq!(turn.allocate(), Err(401));
    // Nor in anybody else's hands.
    assert_eq!(TurnClient::new(&one.1).allocate(), Err(401));
    server.server.stop().await;
}

#[tokio::test]
async fn a_credential_ends_within_a_second_of_a_sign_out_and_of_a_ban() {
    let server = start(&SETTINGS).await;
    let admin = Person::admin(&server).await;
    for is_banned in [false, true] {
        let person = Person::guest(&server).await;
        let mut socket = Client::connect(server.addr, &[]).await.unwrap();
        socket.send(&json!({ "type": "hello", "token": person.token })).await;
        let turn = TurnClient::new(&socket.expect("hello").await);
        turn.allocate().unwrap();
        let me = person.expect(200, "GET", "/v1/me", Value::Null).await;
        if is_banned {
            let path = format!("/v1/users/{}/ban", me["id"].as_str().unwrap());
            admin.expect(201, "POST", &path, json!({ "scopes": ["user"] })).await;
        } else {
            let path = format!("/v1/me/logins/{}", me["login"].as_str().unwrap());
            person.expect(204, "DELETE", &path, Value::Null).await;
        }
        let gone = until(async || relay_stats(&server).await["allocations"] == 0);
        tokio::time::timeout(Duration::from_secs(1), gone).await.expect("within a second");
        assert_eq!(turn.allocate(), Err(401));
    }
    server.server.stop().await;
}

#[tokio::test]
async fn both_sides_relayed_reach_each_other_whichever_threads_they_are_on() {
    let server = start(&SETTINGS).await;
    let ([one, other], _) = couple(&server).await;
    // The system spreads clients over the threads by their ports: of eight pairs some are on one, some on two.
    for number in 0..4_u16 {
        let (left, right) = (TurnClient::new(&one.1), TurnClient::new(&other.1));
        let (here, there) = (left.allocate().unwrap(), right.allocate().unwrap());
        assert_eq!((left.bind(0x4001, there), right.bind(0x4002, here)), (0, 0));
        let payload = [&[9; 900][..], &number.to_be_bytes()].concat();
        left.send_on(0x4001, &payload);
        assert_eq!(right.receive().unwrap(), channel_data(0x4002, &payload));
        right.send_on(0x4002, &payload);
        assert_eq!(left.receive().unwrap(), channel_data(0x4001, &payload));
    }
    // A third person's call is none of theirs.
    let ([third, _fourth], _) = couple(&server).await;
    let (victim, stranger) = (TurnClient::new(&one.1), TurnClient::new(&third.1));
    let target = victim.allocate().unwrap();
    stranger.allocate().unwrap();
    assert_eq!(stranger.bind(0x4000, target), 403);
    server.server.stop().await;
}

#[tokio::test]
async fn a_session_gets_its_quota_and_no_more() {
    let server = start(&SETTINGS).await;
    let (_client, hello) = arrive(&server).await;
    let all: Vec<TurnClient> = (0..49).map(|_| TurnClient::new(&hello)).collect();
    let codes: Vec<_> = all.iter().map(|turn| turn.allocate().err()).collect();
    assert_eq!(codes[..48], [None; 48]);
    assert_eq!(codes[48], Some(486));
    until(async || relay_stats(&server).await["refused"]["quota"] == 1).await;
    server.server.stop().await;
}

#[tokio::test]
async fn the_hello_names_no_relay_where_there_is_none() {
    let server = start(&[]).await;
    let (_client, hello) = arrive(&server).await;
    assert_eq!(hello["ice_servers"], json!([]), "on loopback nobody needs one");
    assert_eq!(relay_stats(&server).await, Value::Null);
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn debians_turn_client_loses_nothing() {
    let server = start(&SETTINGS).await;
    let ([one, _other], _) = couple(&server).await;
    debians_client_loses_nothing(&one.1, &By::Udp, &[]).await;
    server.server.stop().await;
}

/// Debian's, so that not only our own reading of the RFC agrees with itself.
pub(crate) async fn debians_client_loses_nothing(hello: &Value, by: &By<'_>, flags: &[&str]) {
    let turn = &hello["ice_servers"][1];
    let relay = addr(hello, by).port().to_string();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let missing = "turnutils_uclient is missing: run `cargo xtask test --install`";
    let mut peer = Command::new("turnutils_peer")
        .args(["-L", "127.0.0.1", "-p", &port])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect(missing);
    let (user, password) = (turn["username"].as_str().unwrap(), turn["credential"].as_str().unwrap());
    let mut client = Command::new("turnutils_uclient");
    client.args(flags);
    // One client, no RTCP pair, 500 messages of 200 bytes both ways.
    client.args([
        "-u",
        user,
        "-w",
        password,
        "-p",
        &relay,
        "-e",
        "127.0.0.1",
        "-r",
        &port,
        "-L",
        "127.0.0.1",
    ]);
    client.args(["-c", "-n", "500", "-l", "200", "-m", "1", "127.0.0.1"]);
    let output = tokio::task::spawn_blocking(move || client.output().expect(missing)).await.unwrap();
    peer.kill().unwrap();
    peer.wait().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last =
        |name: &str| text.lines().rev().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{text}"));
    assert!(last("tot_send_msgs").contains("tot_send_msgs=500, tot_recv_msgs=500"), "{text}");
    assert!(last("lost packets").contains("Total lost packets 0 (0.0"), "{text}");
}

#[test]
fn a_million_spoofed_allocates_cost_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start_lines(folder.path(), &["--set", "relay_listen=127.0.0.1:0"], 4);
    let relay = serving.line("relay (STUN and TURN, UDP): ").parse::<std::net::SocketAddr>().unwrap();
    let mut request = vec![0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42];
    request.extend([5; 12]);
    request.extend([0, 0x19, 0, 4, 17, 0, 0, 0]);
    // A thousand addresses, each from a port of its own.
    let sockets: Vec<UdpSocket> = (0..1_000_u16)
        .map(|number| {
            let [a, b] = number.to_be_bytes();
            let socket = UdpSocket::bind(std::net::SocketAddr::from(([127, 9, a, b.max(1)], 0))).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        })
        .collect();
    let flood = |rounds: usize| {
        let (mut sent, mut bytes_back) = (0_u64, 0_u64);
        let mut buffer = [0; 256];
        for _ in 0..rounds {
            for socket in &sockets {
                sent += u64::from(socket.send_to(&request, relay).is_ok());
                while let Ok(length) = socket.recv(&mut buffer) {
                    bytes_back += length as u64 + 28;
                }
            }
        }
        (sent, bytes_back)
    };
    flood(20);
    let before = serving.resident_kb();
    let (sent, bytes_back) = flood(1_000);
    assert!(sent > 990_000, "{sent} were sent");
    let grown = serving.resident_kb().saturating_sub(before);
    assert!(grown <= 1_024, "{grown} KiB more");
    let bytes_sent = sent * (request.len() as u64 + 28);
    assert!(bytes_back <= bytes_sent, "{bytes_back} bytes for {bytes_sent}");
}

#[tokio::test]
async fn a_policy_that_needs_a_relay_is_refused_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap().to_owned();
    let start = async |more: &[(&str, &str)]| {
        let own = [("listen", "127.0.0.1:0"), ("data_dir", data.as_str()), ("relay_policy", "always")];
        let flags =
            own.iter().chain(more).map(|(k, v)| ("--set".to_owned(), (*k).to_owned(), (*v).to_owned()));
        let config = Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap();
        callbox_server::server::Server::start(config, Environment::system()).await
    };
    let error = start(&[]).await.err().unwrap().to_string();
    assert!(error.contains("relay_listen") && error.contains("ice_servers"), "{error}");
    for more in
        [("relay_listen", "127.0.0.1:0"), ("ice_servers", r#"[{ urls = ["turn:turn.example.org"] }]"#)]
    {
        start(&[more]).await.unwrap().stop().await;
    }
}

#[tokio::test]
async fn in_strict_mode_only_what_the_other_side_named_can_be_reached() {
    let server = start(&[SETTINGS[0], SETTINGS[1], SETTINGS[2], ("relay_strict", "true")]).await;
    let ([one, mut other], call) = couple(&server).await;
    let turn = TurnClient::new(&one.1);
    turn.allocate().unwrap();
    let peer = UdpSocket::bind("127.0.0.2:0").unwrap().local_addr().unwrap();
    assert_eq!(turn.permit(peer), 403);
    let payload =
        json!([{ "candidate": format!("candidate:1 1 udp 1 {} 5 typ host", peer.ip()), "sdpMid": "0" }]);
    other.0.send(&json!({ "type": "candidates", "call": call, "payload": payload })).await;
    until(async || turn.permit(peer) == 0).await;
    server.server.stop().await;
}

#[tokio::test]
async fn a_page_and_a_person_may_hide_more_than_the_server_does_and_no_foreign_address_gets_through() {
    let policies = [("relay_policies", r#"{ "http://localhost:5173" = "until-both-stay" }"#)];
    let server = start(&[&SETTINGS[..], &policies].concat()).await;
    let offer = json!({ "type": "offer", "sdp": "v=0\r\na=candidate:1 1 udp 1 192.168.7.7 5 typ host\r\n" });
    let cases = [
        (None, None, "auto"),
        (Some("http://localhost:5173"), None, "until-both-stay"),
        (Some("http://localhost:5173"), Some("always"), "always"),
        (None, Some("always"), "always"),
    ];
    for (origin, relay, expected) in cases {
        let headers: Vec<_> = origin.map(|origin| ("Origin", origin)).into_iter().collect();
        let token = guest(server.addr, Some("adult")).await;
        let mut one = Client::connect(server.addr, &headers).await.unwrap();
        one.send(&json!({ "type": "hello", "token": token })).await;
        let of_page = if origin.is_some() { "until-both-stay" } else { "auto" };
        assert_eq!(one.expect("hello").await["relay_policy"], of_page);
        let (mut other, _) = arrive(&server).await;
        other.seek(&[]).await;
        let seek = json!({ "type": "seek", "relay": relay });
        one.send(&seek).await;
        one.expect("queued").await;
        let offered = one.expect("match").await;
        assert_eq!(offered["relay_policy"], expected);
        assert_eq!(other.expect("match").await["relay_policy"], expected);
        let call = &offered["call"];
        for client in [&mut one, &mut other] {
            client.send(&json!({ "type": "confirm", "call": call })).await;
        }
        for client in [&mut one, &mut other] {
            client.expect("begin").await;
        }
        one.send(&json!({ "type": "offer", "call": call, "payload": offer })).await;
        let told = other.expect("offer").await.to_string();
        assert_eq!(told.contains("192.168.7.7"), expected == "auto", "{told}");
        one.send(&json!({ "type": "end", "call": call, "cause": "hangup" })).await;
        other.expect("end").await;
    }
}
