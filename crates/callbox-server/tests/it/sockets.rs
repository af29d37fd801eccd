//! Sockets that take their time or too much of ours: each bound is kept, with the right code.
//!
//! Bytes and frames that are wrong in themselves are in `bad_input.rs`.

use crate::support::{Client, guest, hurry, start, start_by, until};
use callbox_server::clock::Clock;
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_socket_without_a_hello_is_closed_after_five_seconds() {
    let clock = Clock::movable();
    let running = start_by(&[], clock.clone()).await;
    let begun = clock.now();
    let mut silent = Client::connect(running.addr, &[]).await.unwrap();
    assert_eq!(hurry(&clock, silent.close_code()).await, Some(4408));
    assert!(clock.now().since(begun) >= 5_000);
}

#[tokio::test]
async fn a_flood_of_frames_is_closed() {
    let running = start(&[]).await;
    let mut flood = Client::arrive(running.addr, Some("adult")).await;
    for _ in 0..200 {
        flood.try_send(Message::text(r#"{"type":"pong"}"#)).await;
    }
    assert_eq!(flood.close_code().await, Some(4429));
}

#[tokio::test]
async fn a_full_server_asks_to_come_back_later() {
    let running = start(&[("sessions_max", "1")]).await;
    let _first = Client::arrive(running.addr, None).await;
    let token = guest(running.addr, None).await;
    let mut second = Client::connect(running.addr, &[]).await.unwrap();
    second.send(&json!({ "type": "hello", "token": token })).await;
    let leave = second.expect("leave").await;
    assert_eq!((&leave["reason"], &leave["action"]), (&json!("full"), &json!("reconnect")));
    assert!(leave["after_ms"].as_u64().unwrap() >= 5_000);
    assert_eq!(second.close_code().await, Some(1013));
}

/// Whether a connection from there is kept and answered.
async fn is_served(from: &str, addr: SocketAddr) -> bool {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    let Ok(mut stream) = socket.connect(addr).await else { return false };
    let mut answer = [0; 12];
    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").await;
    asked.is_ok() && stream.read_exact(&mut answer).await.is_ok() && answer == *b"HTTP/1.1 200"
}

#[tokio::test]
async fn one_address_cannot_take_all_connections_and_a_socket_is_one_of_them() {
    let settings = [("rate_limits", "everyone"), ("sockets_per_address_max", "4")];
    let running = start(&settings).await;
    let (mut held, mut socket) = (Vec::new(), Client::connect(running.addr, &[]).await.unwrap());
    for _ in 1..68 {
        held.push(TcpStream::connect(running.addr).await.unwrap());
    }
    // They are accepted in their order, so all of them have their places by then.
    assert!(!is_served("127.0.0.1", running.addr).await, "a quarter more than sockets, or 64");
    assert!(is_served("127.0.0.2", running.addr).await, "others are not touched");
    socket.cut().await;
    drop(socket);
    until(async || is_served("127.0.0.1", running.addr).await).await;
}
