//! Bytes below the level of messages (RFC 6455, section 5): masks, opcodes, fragments, lengths, closes.

use super::Bystanders;
use crate::support::{PATIENCE, guest};
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const FIN: u8 = 0x80;
const PONG_FRAME: &[u8] = br#"{"type":"pong"}"#;

/// One frame as a client must send it: masked, here with a key of zeros, so that the bytes stay readable.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..=125) => bytes.push(0x80 | u8::try_from(length).unwrap()),
        Ok(length) => {
            bytes.push(0x80 | 0x7E);
            bytes.extend(length.to_be_bytes());
        }
        Err(_) => {
            bytes.push(0x80 | 0x7F);
            bytes.extend(u64::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// A socket whose hello is done, as raw bytes.
async fn arrive(addr: SocketAddr) -> TcpStream {
    let token = guest(addr, None).await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let upgrade = format!(
        "GET /v1/socket HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: callbox.v1\r\n\r\n"
    );
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    let hello = json!({ "type": "hello", "token": token }).to_string();
    stream.write_all(&frame(FIN | TEXT, hello.as_bytes())).await.unwrap();
    let (first, _) = read_frame(&mut stream).await.unwrap();
    assert_eq!(first, FIN | TEXT, "the hello is answered");
    stream
}

/// The next frame of the server: its first byte and its payload; `None` at the end of the connection.
async fn read_frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let first = stream.read_u8().await.ok()?;
    let length = match stream.read_u8().await.ok()? {
        126 => u64::from(stream.read_u16().await.ok()?),
        127 => stream.read_u64().await.ok()?,
        length => u64::from(length),
    };
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.ok()?;
    Some((first, payload))
}

/// The code of the close that the server sends, past other frames.
async fn close_code(stream: &mut TcpStream) -> Option<u16> {
    let read = async {
        loop {
            let (first, payload) = read_frame(stream).await?;
            if first == FIN | CLOSE {
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("was not closed")
}

/// A name, the bytes that are sent after the hello, and the close code that answers them.
pub(super) fn cases() -> Vec<(String, Vec<u8>, u16)> {
    let mut cases: Vec<(String, Vec<u8>, u16)> = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>, code: u16| cases.push((name, bytes, code));
    for opcode in [TEXT, BINARY, PING, PONG, CLOSE, CONTINUATION] {
        add(format!("opcode {opcode} without a mask"), vec![FIN | opcode, 0], 1002);
    }
    for bit in [0x40, 0x20, 0x10] {
        for opcode in [TEXT, BINARY, PING, PONG, CLOSE] {
            add(format!("reserved bit {bit:#x} on opcode {opcode}"), frame(FIN | bit | opcode, b""), 1002);
        }
    }
    for opcode in (0x3..=0x7).chain(0xB..=0xF) {
        add(format!("unknown opcode {opcode}"), frame(FIN | opcode, b""), 1002);
        add(format!("unknown opcode {opcode} in a fragment"), frame(opcode, b"x"), 1002);
    }
    for opcode in [PING, PONG, CLOSE] {
        add(format!("control opcode {opcode} in fragments"), frame(opcode, b""), 1002);
        add(format!("control opcode {opcode} of 126 bytes"), frame(FIN | opcode, &[b'x'; 126]), 1002);
        add(
            format!("control opcode {opcode} of 65,536 bytes"),
            frame(FIN | opcode, &vec![b'x'; 65_536]),
            1002,
        );
    }
    for first in [FIN | CONTINUATION, CONTINUATION] {
        add(format!("continuation {first} of nothing"), frame(first, b"x"), 1002);
    }
    for second in [FIN | TEXT, TEXT, FIN | BINARY, BINARY] {
        let bytes = [frame(TEXT, b"{"), frame(second, b"}")].concat();
        add(format!("message {second} inside another"), bytes, 1002);
    }
    for text in
        [&b"\xFF"[..], b"\xC0\x80", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xE2\x82", b"{\"type\":\"\x80\"}"]
    {
        add(format!("text {text:?} that is not UTF-8"), frame(FIN | TEXT, text), 1007);
        let halves = [frame(TEXT, b"{"), frame(FIN | CONTINUATION, text)].concat();
        add(format!("text {text:?} that is not UTF-8, in fragments"), halves, 1007);
    }
    for size in [65_537, 70_000, 200_000] {
        add(format!("a text of {size} bytes"), frame(FIN | TEXT, &vec![b'x'; size]), 1009);
        let part = frame(CONTINUATION, &vec![b'x'; size / 2]);
        let bytes = [frame(TEXT, b"x"), part.clone(), part].concat();
        add(format!("a text of {size} bytes in fragments"), bytes, 1009);
    }
    let endless = [vec![FIN | TEXT, 0xFF], vec![0x7F; 8], vec![0; 4]].concat();
    add("a text of 2^63 bytes that never comes".to_owned(), endless, 1009);
    add("binary".to_owned(), frame(FIN | BINARY, PONG_FRAME), 1003);
    add("binary of nothing".to_owned(), frame(FIN | BINARY, b""), 1003);
    add("an empty text".to_owned(), frame(FIN | TEXT, b""), 4400);
    add("a close of one byte".to_owned(), frame(FIN | CLOSE, b"\x03"), 1002);
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        add(format!("a close with code {code}"), frame(FIN | CLOSE, &code.to_be_bytes()), 1002);
    }
    add("a close whose reason is not UTF-8".to_owned(), frame(FIN | CLOSE, b"\x03\xE8\xFF"), 1007);
    cases
}

#[tokio::test]
async fn broken_framing_is_closed_with_the_code_of_its_fault_and_touches_nobody_else() {
    let mut bystanders = Bystanders::start().await;
    for (name, bytes, code) in cases() {
        let mut rude = arrive(bystanders.running.addr).await;
        // The server may have closed before the last byte is out.
        let _ = rude.write_all(&bytes).await;
        assert_eq!(close_code(&mut rude).await, Some(code), "{name}");
    }
    bystanders.are_untouched().await;
}

#[tokio::test]
async fn good_frames_may_come_in_fragments_with_pings_between() {
    let bystanders = Bystanders::start().await;
    let seek = br#"{"type":"seek","interests":[]}"#;
    for parts in 2..=seek.len() {
        let mut polite = arrive(bystanders.running.addr).await;
        let size = seek.len().div_ceil(parts);
        let mut chunks = seek.chunks(size).peekable();
        let mut first = TEXT;
        while let Some(chunk) = chunks.next() {
            let fin = if chunks.peek().is_none() { FIN } else { 0 };
            polite.write_all(&frame(fin | first, chunk)).await.unwrap();
            polite.write_all(&frame(FIN | PING, b"?")).await.unwrap();
            first = CONTINUATION;
        }
        let answer = loop {
            let (first, payload) = read_frame(&mut polite).await.unwrap();
            if first != FIN | PONG {
                break String::from_utf8(payload).unwrap();
            }
        };
        assert!(answer.contains("age_unanswered"), "{parts} parts: {answer}");
    }
}
