//! Sockets that take their time or too much of ours: each bound is kept, with the right code.
//!
//! Bytes and frames that are wrong in themselves are in `bad_input.rs`.

use crate::support::{Client, guest, start};
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_socket_without_a_hello_is_closed_after_five_seconds() {
    let running = start(&[]).await;
    let mut silent = Client::connect(running.addr, &[]).await.unwrap();
    assert_eq!(silent.close_code().await, Some(4408));
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
async fn headers_that_trickle_are_cut_off() {
    let running = start(&[]).await;
    let mut stream = tokio::net::TcpStream::connect(running.addr).await.unwrap();
    let trickle = async {
        for byte in b"GET / HTTP/1.1\r\nX-Slow: ".iter().chain(std::iter::repeat_n(&b'a', 100)) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        panic!("40 s of headers were taken");
    };
    tokio::time::timeout(Duration::from_secs(30), trickle).await.expect("the server cuts it off in 10 s");
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
