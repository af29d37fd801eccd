//! Logins for the clients: `POST /v1/guests` for each, over some connections that are kept alive.
//!
//! Callbox has that route; the small servers it is measured beside have it too, so all clients prove who they are. The
//! server of `PeerJS` takes whatever a client calls itself.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::wire::{Login, Wire};

/// Enough for the server to write many guests with one commit.
const CONNECTIONS: usize = 64;
const HEAD_BYTES_MAX: usize = 16_384;
const BODY: &str = r#"{"age":"adult"}"#;

/// Logins for so many clients.
pub(crate) async fn make(addr: SocketAddr, wire: Wire, clients: usize) -> Result<Vec<Login>> {
    if !wire.has_guests() {
        let login = |number| Login { id: format!("client{number:06}"), token: format!("t{number:06}") };
        return Ok((0..clients).map(login).collect());
    }
    let mut makers = JoinSet::new();
    for maker in 0..CONNECTIONS {
        let count = clients / CONNECTIONS + usize::from(maker < clients % CONNECTIONS);
        makers.spawn_local(make_some(addr, count));
    }
    let mut logins = Vec::with_capacity(clients);
    while let Some(made) = makers.join_next().await {
        logins.extend(made.context("a maker of guests panicked")??);
    }
    Ok(logins)
}

async fn make_some(addr: SocketAddr, count: usize) -> Result<Vec<Login>> {
    let mut logins = Vec::with_capacity(count);
    if count == 0 {
        return Ok(logins);
    }
    let stream = TcpStream::connect(addr).await.with_context(|| format!("no server at {addr}"))?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let length = BODY.len();
    let request = format!(
        "POST /v1/guests HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{BODY}"
    );
    for _ in 0..count {
        stream.write_all(request.as_bytes()).await?;
        logins.push(parse(&read_answer(&mut stream).await?)?);
    }
    Ok(logins)
}

fn parse(body: &[u8]) -> Result<Login> {
    #[derive(Deserialize)]
    struct User {
        id: String,
    }
    #[derive(Deserialize)]
    struct Guest {
        user: User,
        token: Option<String>,
    }
    let guest: Guest = serde_json::from_slice(body).context("no guest in the answer")?;
    Ok(Login { id: guest.user.id, token: guest.token.context("the server set a cookie, not a token")? })
}

/// One answer of a connection that stays open: a head, and a body whose length it states.
async fn read_answer(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.context("the server hung up")?);
        ensure!(head.len() < HEAD_BYTES_MAX, "an endless head");
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.context("an answer without a length")?.trim().parse()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    if !head.starts_with("http/1.1 201") {
        bail!("no guest was made: {}", String::from_utf8_lossy(&body));
    }
    Ok(body)
}
