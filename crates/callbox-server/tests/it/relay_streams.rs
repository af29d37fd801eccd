//! The relay by TCP and TLS: every way that the hello names, between all of them, and how connections end.

use crate::https;
use crate::process::Serving;
use crate::relay::{SETTINGS, arrive, couple, debians_client_loses_nothing, relay_stats};
use crate::resume::calling;
use crate::support::{Running, request, start, until};
use crate::turn::{By, Link, TurnClient, addr, channel_data};
use callbox_identity::mail_text::Mail;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::Duration;

async fn start_with_tls() -> (Running, PathBuf) {
    start_with_tls_and(&[]).await
}

/// With these settings besides.
pub(crate) async fn start_with_tls_and(more: &[(&str, &str)]) -> (Running, PathBuf) {
    let mut server = start(&[&SETTINGS[..], &[("tls", "self-signed")], more].concat()).await;
    let trusted = server.server.config.database.folder.join("tls-self-signed.pem");
    server.addr = in_the_clear(server.addr, &trusted).await;
    (server, trusted)
}

/// A proxy by which the tests' clients of HTTP, which know no TLS, reach a server that speaks it.
async fn in_the_clear(server: SocketAddr, trusted: &Path) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let trusted = trusted.to_owned();
    tokio::spawn(async move {
        while let Ok((mut plain, _)) = listener.accept().await {
            let mut tls = https::connect(server, &[&trusted], b"http/1.1").await;
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut plain, &mut tls).await });
        }
    });
    addr
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hello_names_every_way_in_the_order_in_which_browsers_should_try() {
    let (server, _) = start_with_tls().await;
    let (_client, hello) = arrive(&server).await;
    let relay = server.server.app.relays.as_ref().unwrap().addr().port();
    let page = server.server.addr.port();
    assert_eq!(hello["ice_servers"][0]["urls"], json!([format!("stun:127.0.0.1:{relay}")]));
    assert_eq!(
        hello["ice_servers"][1]["urls"],
        json!([
            format!("turn:127.0.0.1:{relay}?transport=udp"),
            format!("turn:127.0.0.1:{page}?transport=udp"),
            format!("turn:127.0.0.1:{relay}?transport=tcp"),
            format!("turns:127.0.0.1:{page}?transport=tcp"),
        ])
    );
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_has_the_relays_port_of_tcp_browsers_get_its_other_ways() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = other.local_addr().unwrap();
    let (server, _) = start_with_tls_and(&[("relay_listen", &relay.to_string())]).await;
    let by_tcp = json!(format!("turn:{relay}?transport=tcp"));
    let (_client, hello) = arrive(&server).await;
    let urls = hello["ice_servers"][1]["urls"].as_array().unwrap();
    assert!(urls.len() == 3 && !urls.contains(&by_tcp), "{urls:?}");
    assert!(TurnClient::new(&hello).allocate().is_ok());
    drop(other);
    until(async || {
        let (_client, hello) = arrive(&server).await;
        hello["ice_servers"][1]["urls"].as_array().unwrap().contains(&by_tcp)
    })
    .await;
    let (_client, hello) = arrive(&server).await;
    assert!(TurnClient::by(&hello, &By::Tcp).allocate().is_ok());
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relayed_sides_reach_each_other_whatever_their_transports() {
    let (server, trusted) = start_with_tls().await;
    let ([one, other], _) = couple(&server).await;
    let ways = [By::Udp, By::Tcp, By::Tls(&trusted, None), By::Tls(&trusted, Some(b"stun.turn"))];
    for left_by in &ways {
        for right_by in &ways {
            let (left, right) = (TurnClient::by(&one.1, left_by), TurnClient::by(&other.1, right_by));
            let (here, there) = (left.allocate().unwrap(), right.allocate().unwrap());
            assert_eq!(
                (left.bind(0x4001, there), right.bind(0x4002, here)),
                (0, 0),
                "{left_by:?} {right_by:?}"
            );
            for size in [0, 1, 2, 3, 4, 1_201] {
                let payload = vec![9; size];
                left.send_on(0x4001, &payload);
                assert_eq!(
                    right.receive().unwrap(),
                    channel_data(0x4002, &payload),
                    "{left_by:?} {right_by:?}"
                );
                right.send_on(0x4002, &payload);
                assert_eq!(
                    left.receive().unwrap(),
                    channel_data(0x4001, &payload),
                    "{left_by:?} {right_by:?}"
                );
            }
        }
    }
    until(async || relay_stats(&server).await["direct_packets"] == 16 * 12).await;
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_on_the_network_is_reached_over_udp_by_every_transport() {
    let (server, trusted) = start_with_tls().await;
    let ([one, _other], _) = couple(&server).await;
    for by in [By::Udp, By::Tcp, By::Tls(&trusted, None)] {
        let turn = TurnClient::by(&one.1, &by);
        let here = turn.allocate().unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
        assert_eq!(turn.bind(0x4001, peer.local_addr().unwrap()), 0);
        turn.send_on(0x4001, &[7; 1_001]);
        let mut buffer = [0; 2_048];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&[7; 1_001][..], here), "{by:?}");
        peer.send_to(b"back", here).unwrap();
        assert_eq!(turn.receive().unwrap(), channel_data(0x4001, b"back"));
    }
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_closes_takes_its_allocation_with_it() {
    let (server, trusted) = start_with_tls().await;
    let (_client, hello) = arrive(&server).await;
    let by_udp = TurnClient::new(&hello);
    by_udp.allocate().unwrap();
    for by in [By::Tcp, By::Tls(&trusted, None)] {
        let turn = TurnClient::by(&hello, &by);
        turn.allocate().unwrap();
        until(async || relay_stats(&server).await["allocations"] == 2).await;
        drop(turn);
        until(async || relay_stats(&server).await["allocations"] == 1).await;
    }
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_takes_the_allocations_of_its_connections_with_it() {
    let (server, trusted) = start_with_tls().await;
    let (mut client, hello) = arrive(&server).await;
    let [by_tcp, by_tls] = [By::Tcp, By::Tls(&trusted, None)].map(|by| TurnClient::by(&hello, &by));
    assert!(by_tcp.allocate().is_ok() && by_tls.allocate().is_ok());
    client.close(Some(1_000)).await;
    until(async || relay_stats(&server).await["allocations"] == 0).await;
    assert_eq!((by_tcp.allocate(), by_tls.allocate()), (Err(401), Err(401)));
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_turn_share_a_port_in_the_clear_too_and_the_relays_port_serves_no_page() {
    let server = start(&SETTINGS).await;
    let (_client, hello) = arrive(&server).await;
    let turn = TurnClient::over(Link::connect(server.addr, &By::Tcp), &hello);
    turn.allocate().unwrap();
    assert_eq!(request(server.addr, "GET", "/", &[], "").await.status, 200);
    let mut page = TcpStream::connect(addr(&hello, &By::Tcp)).unwrap();
    page.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    page.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    // Closed with the request unread, so perhaps by a reset.
    let mut nothing = Vec::new();
    let timed_out =
        page.read_to_end(&mut nothing).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(nothing.is_empty() && !timed_out);
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_something_else_is_closed_at_once() {
    let server = start(&SETTINGS).await;
    let (_client, hello) = arrive(&server).await;
    let turn = TurnClient::by(&hello, &By::Tcp);
    turn.allocate().unwrap();
    turn.send(b"GET / HTTP/1.1\r\n\r\n");
    assert!(turn.closes());
    until(async || relay_stats(&server).await["allocations"] == 0).await;
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_servers_end_connections_close_so_that_clients_look_for_the_next() {
    let (server, trusted) = start_with_tls().await;
    let (_client, hello) = arrive(&server).await;
    let clients = [By::Tcp, By::Tls(&trusted, None)].map(|by| TurnClient::by(&hello, &by));
    for turn in &clients {
        assert!(turn.allocate().is_ok());
    }
    server.server.stop().await;
    assert!(clients.iter().all(TurnClient::closes));
}

#[tokio::test(flavor = "multi_thread")]
async fn relayed_calls_find_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let flags: Vec<String> = SETTINGS.iter().map(|(key, value)| format!("--set={key}={value}")).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut first = Serving::start_with(folder.path(), &flags);
    let (mut caller, mut callee, call, _) = calling(first.addr()).await;
    let here = first.addr();
    let hellos = [caller.come_back(here, None).await, callee.come_back(here, None).await];
    let old = linked([&hellos[0], &hellos[1]], [&By::Tcp, &By::Udp]);
    assert!(exchange(&old[0], &old[1], 20).0 <= 2);
    let ended = tokio::task::spawn_blocking(move || first.terminate());
    assert!(ended.await.unwrap().success());
    assert!(old[0].closes(), "its browser needs no time to notice");

    let second = Serving::start_with(folder.path(), &flags);
    let there = second.addr();
    let hellos = [caller.come_back(there, None).await, callee.come_back(there, None).await];
    for hello in &hellos {
        assert_eq!((&hello["recovered"], &hello["snapshot"]["call"]), (&json!(true), &call));
    }
    for ways in [[&By::Tcp, &By::Udp], [&By::Udp, &By::Tcp]] {
        let [left, right] = linked([&hellos[0], &hellos[1]], ways);
        assert!(exchange(&left, &right, 20).0 <= 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn media_flow_until_a_server_that_stops_has_done_all_else() {
    // A mail server that takes connections and says nothing, for which the end waits some seconds.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let more = [
        ("smtp_url", &*url),
        ("mail_from", "Callbox <call@example.org>"),
        ("public_url", "http://127.0.0.1:1"),
    ];
    let server = start(&[&SETTINGS[..], &more].concat()).await;
    let ([one, other], _) = couple(&server).await;
    let [left, right] = linked([&one.1, &other.1], [&By::Tcp, &By::Udp]);
    server.server.app.mails.send(&"ann@example.org".parse().unwrap(), &Mail::PasswordChanged).unwrap();
    let (addr, running) = (server.addr, server.server);
    let ended = tokio::spawn(running.stop());
    until(async || TcpStream::connect(addr).is_err()).await;
    drop((one, other));
    let (lost, all) = exchange(&left, &right, 50);
    assert!(lost <= 2, "{lost} of {all}");
    drop(silent);
    ended.await.unwrap();
    assert!(left.closes());
}

#[tokio::test(flavor = "multi_thread")]
async fn debians_turn_client_loses_nothing_by_tcp_and_by_tls() {
    let (server, trusted) = start_with_tls().await;
    let ([one, _other], _) = couple(&server).await;
    debians_client_loses_nothing(&one.1, &By::Tcp, &["-t"]).await;
    debians_client_loses_nothing(&one.1, &By::Tls(&trusted, None), &["-t", "-S"]).await;
    server.server.stop().await;
}

/// Two sides send each other packets, some both ways at a time; how many of how many were lost.
///
/// A session may relay 2,000 packets and 1.25 MB at once (`callbox_turn::Limits`): a test that sends more must take its time.
fn exchange(left: &TurnClient, right: &TurnClient, rounds: usize) -> (usize, usize) {
    const PACKETS: usize = 5;
    let payload = [7; 501];
    let mut lost = 0;
    for _ in 0..rounds {
        (0..PACKETS).for_each(|_| left.send_on(0x4001, &payload));
        (0..PACKETS).for_each(|_| right.send_on(0x4002, &payload));
        lost += (0..PACKETS).filter(|_| right.receive() != Some(channel_data(0x4002, &payload))).count();
        lost += (0..PACKETS).filter(|_| left.receive() != Some(channel_data(0x4001, &payload))).count();
    }
    (lost, rounds * 2 * PACKETS)
}

/// Both sides of a call, each by its way, with a channel to the other.
fn linked(hellos: [&Value; 2], ways: [&By<'_>; 2]) -> [TurnClient; 2] {
    let [left, right] = std::array::from_fn(|side| TurnClient::by(hellos[side], ways[side]));
    let (here, there) = (left.allocate().unwrap(), right.allocate().unwrap());
    assert_eq!((left.bind(0x4001, there), right.bind(0x4002, here)), (0, 0));
    [left, right]
}

/// Work that is done again and again on threads of its own, until it is stopped.
struct Flood {
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<usize>>,
}

impl Flood {
    fn start(threads: usize, one: impl Fn() + Clone + Send + 'static) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let thread = |_| {
            let (ends, one) = (Arc::clone(&ends), one.clone());
            std::thread::spawn(move || {
                let mut count = 0;
                while !ends.load(Ordering::Relaxed) {
                    one();
                    count += 1;
                }
                count
            })
        };
        let threads = (0..threads).map(thread).collect();
        Self { ends, threads }
    }

    /// How often it was done.
    fn stop(self) -> usize {
        self.ends.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_handshakes_slow_drips_and_a_peer_that_never_reads_hurt_no_other_call() {
    let (server, trusted) = start_with_tls().await;
    let ([one, other], _) = couple(&server).await;
    let ([rude, victim], _) = couple(&server).await;
    let page = server.server.addr;
    // The beginning of a handshake, and then nothing.
    let dripping: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut tcp = TcpStream::connect(page).unwrap();
            tcp.write_all(&[0x16, 3, 1]).unwrap();
            tcp
        })
        .collect();
    let flood = Flood::start(2, move || {
        let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 501]].concat();
        // Refused or cut: both are well.
        let _ = TcpStream::connect(page).and_then(|mut tcp| tcp.write_all(&hello));
    });
    let [silent, sender] = linked([&rude.1, &victim.1], [&By::Tcp, &By::Udp]);
    let [left, right] = linked([&one.1, &other.1], [&By::Tls(&trusted, None), &By::Tcp]);
    let mut lost = 0;
    for _ in 0..50 {
        // Five megabytes for one that reads nothing.
        (0..100).for_each(|_| sender.send_on(0x4002, &[1; 1_000]));
        lost += exchange(&left, &right, 3).0;
    }
    assert!(flood.stop() > 10);
    // Media between two threads are dropped if one of them gets no time, as on any network: a thousandth may be.
    assert!(lost <= 2, "{lost} of 1,500 packets were lost");
    // The frames that waited for it are whole: it can continue.
    let mut frames = 0;
    while silent.receive().is_some_and(|frame| frame == channel_data(0x4001, &[1; 1_000])) {
        frames += 1;
        if frames == 20 {
            break;
        }
    }
    assert_eq!(frames, 20);
    drop(dripping);
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full: half a minute of a flood"]
async fn fifty_relayed_streams_lose_less_than_a_thousandth_beside_a_flood_of_allocates_over_tcp() {
    let (server, trusted) = start_with_tls().await;
    let mut calls = Vec::new();
    for _ in 0..25 {
        calls.push(couple(&server).await.0);
    }
    let relay = addr(&calls[0][0].1, &By::Tcp);
    // The calls connect first: all come from one address here, whose answers to strangers the flood uses up.
    let ready = Arc::new(Barrier::new(calls.len() + 1));
    let threads: Vec<_> = calls
        .iter()
        .map(|[one, other]| {
            let ready = Arc::clone(&ready);
            let (hellos, trusted) = ([one.1.clone(), other.1.clone()], trusted.clone());
            std::thread::spawn(move || {
                let [left, right] = linked([&hellos[0], &hellos[1]], [&By::Tcp, &By::Tls(&trusted, None)]);
                // Once before the flood begins, and once after.
                ready.wait();
                ready.wait();
                exchange(&left, &right, 200)
            })
        })
        .collect();
    ready.wait();
    let flood = Flood::start(2, move || {
        let allocate =
            [&[0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42][..], &[5; 12], &[0, 0x19, 0, 4, 17, 0, 0, 0]].concat();
        let Ok(mut tcp) = TcpStream::connect(relay) else { return };
        let all: Vec<u8> = (0..50).flat_map(|_| allocate.clone()).collect();
        // Over its budget it gets no answer, and does not wait for one.
        tcp.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let _ = tcp.write_all(&all).and_then(|()| tcp.read(&mut [0; 1_024]));
    });
    ready.wait();
    let counts = threads.into_iter().map(|thread| thread.join().unwrap());
    let (lost, sent) = counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let floods = flood.stop();
    assert!(floods > 100, "{floods}");
    assert!(sent == 50_000 && lost * 1_000 < sent, "{lost} of {sent} were lost beside {floods} connections");
    server.server.stop().await;
}
