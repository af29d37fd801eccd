//! Sockets that misbehave: each is closed with the right code, and nobody else notices.

use crate::support::{Client, call, guest, start};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_bad_frame_closes_its_own_socket_and_no_other() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call) = call(running.addr).await;
    let deep = format!("{{\"type\":\"offer\",\"call\":{call},\"payload\":{}", "[".repeat(60_000));
    let cases: Vec<(Message, u16)> = vec![
        (Message::text("not json"), 4400),
        (Message::text("{}"), 4400),
        (Message::text("[]"), 4400),
        (Message::text(r#"{"type":"nonsense"}"#), 4400),
        (Message::text(r#"{"type":"hello"}"#), 4400),
        (Message::text(r#"{"type":"confirm"}"#), 4400),
        (Message::text(r#"{"type":"confirm","call":"x"}"#), 4400),
        (Message::text(r#"{"type":"seek","interests":"x"}"#), 4400),
        (
            Message::text(
                r#"{"type":"end","call":"0199a1b2-0000-7000-8000-000000000001","cause":"blocked"}"#,
            ),
            4400,
        ),
        (Message::text(deep), 4400),
        (Message::text("x".repeat(65_537)), 1009),
        (Message::binary(b"{}".to_vec()), 1003),
    ];
    for (message, code) in cases {
        let mut rude = Client::arrive(running.addr, Some("adult")).await;
        let shown: String = message.to_string().chars().take(60).collect();
        rude.try_send(message).await;
        assert_eq!(rude.close_code().await, Some(code), "{shown}");
    }
    caller.send(&json!({ "type": "chat", "call": call, "text": "still here" })).await;
    callee.expect("chat").await;
}

#[tokio::test]
async fn the_first_frame_must_be_a_hello_with_a_valid_token() {
    let running = start(&[]).await;
    for (frame, code) in [
        (json!({ "type": "seek" }), 4400),
        (json!({ "type": "pong" }), 4400),
        (json!({ "type": "hello" }), 4401),
        (json!({ "type": "hello", "token": "wrong" }), 4401),
        (json!({ "type": "hello", "token": 7 }), 4400),
    ] {
        let mut client = Client::connect(running.addr, &[]).await.unwrap();
        client.send(&frame).await;
        assert_eq!(client.close_code().await, Some(code), "{frame}");
    }
}

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
async fn broken_framing_is_closed_with_its_own_code() {
    let running = start(&[]).await;
    let unmasked = [0x81, 0x02, b'{', b'}'];
    let reserved_bit = [0xC1, 0x80, 0, 0, 0, 0];
    let unknown_opcode = [0x83, 0x80, 0, 0, 0, 0];
    let lone_continuation = [0x80, 0x80, 0, 0, 0, 0];
    let bad_utf8 = [0x81, 0x81, 0, 0, 0, 0, 0xFF];
    let long_ping = [[0x89, 0xFE, 0, 200].as_slice(), &[0; 204]].concat();
    let cases: [(&[u8], u16); 6] = [
        (&unmasked, 1002),
        (&reserved_bit, 1002),
        (&unknown_opcode, 1002),
        (&lone_continuation, 1002),
        (&bad_utf8, 1007),
        (&long_ping, 1002),
    ];
    for (bytes, code) in cases {
        let mut stream = tokio::net::TcpStream::connect(running.addr).await.unwrap();
        let upgrade = format!(
            "GET /v1/socket HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: callbox.v1\r\n\r\n",
            running.addr
        );
        stream.write_all(upgrade.as_bytes()).await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        assert!(head[..length].starts_with(b"HTTP/1.1 101"));
        stream.write_all(bytes).await.unwrap();
        let mut frame = [0; 4];
        stream.read_exact(&mut frame).await.unwrap();
        assert_eq!((frame[0], u16::from_be_bytes([frame[2], frame[3]])), (0x88, code), "{bytes:?}");
    }
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
