//! The users of the relay: for Callbox the sessions of calls that run, for others a user of their settings.
//!
//! A session lives as long as its socket is read, so each has a task that outlives the media.

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use std::net::SocketAddr;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::guests;
use crate::options::{RelayOptions, Transport};
use crate::socket::Socket;
use crate::wire::{Event, Login, Wire};

/// Calls that are set up at a time.
const AT_ONCE: usize = 32;

/// The credentials that a TURN server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) server: SocketAddr,
    pub(super) username: String,
    pub(super) password: String,
}

/// The two participants of each call.
pub(super) async fn take(options: &RelayOptions) -> Result<Vec<[Credentials; 2]>> {
    if let Some(server) = options.turn {
        let user = options.user.as_deref().context("`--turn` needs `--user NAME:PASSWORD`")?;
        let (username, password) = user.split_once(':').context("a user is NAME:PASSWORD")?;
        let participant =
            Credentials { server, username: username.to_owned(), password: password.to_owned() };
        return Ok(vec![[participant.clone(), participant]; options.calls]);
    }
    let server = options.server.context("`--server` or `--turn` must say who relays")?;
    let mut logins = guests::make(server, Wire::Callbox, options.calls * 2).await?;
    let mut participants = Vec::with_capacity(options.calls);
    let (sender, mut received) = channel(AT_ONCE * 2);
    while !logins.is_empty() {
        let some = logins.split_off(logins.len().saturating_sub(AT_ONCE * 2));
        participants.extend(meet((server, options.transport), some, &sender, &mut received).await?);
    }
    Ok(participants)
}

/// A session, and the call that it plays in; or why it does not.
type Received = Result<(u32, Credentials)>;

/// Brings these together, two by two.
async fn meet(
    (server, transport): (SocketAddr, Transport),
    logins: Vec<Login>,
    sender: &Sender<Received>,
    received: &mut Receiver<Received>,
) -> Result<Vec<[Credentials; 2]>> {
    let (count, mut participants) = (logins.len(), Vec::new());
    for (number, login) in (0..).zip(logins) {
        let sender = sender.clone();
        tokio::task::spawn_local(async move {
            let Err(error) = live((server, transport), login, number / 2, &sender).await;
            // Nobody listens once the media flow: then what is lost shows in the counts.
            let _ = sender.try_send(Err(error));
        });
    }
    for _ in 0..count {
        participants.push(received.recv().await.context("the sessions are gone")??);
    }
    participants.sort_by_key(|(number, _)| *number);
    let pairs = participants.chunks_exact(2).map(|two| [two[0].1.clone(), two[1].1.clone()]);
    Ok(pairs.collect())
}

/// Connects, meets the other of this number, sends the credentials of its session, and stays.
async fn live(
    (server, transport): (SocketAddr, Transport),
    login: Login,
    number: u32,
    sender: &Sender<Received>,
) -> Result<std::convert::Infallible> {
    let mut line = Wire::Callbox.line(login);
    let socket = Socket::open(server, &line.upgrade()).await?;
    let (mut out, mut credentials) = (Vec::new(), None);
    line.handle_open(&mut out);
    loop {
        out.drain(..).for_each(|text| socket.write(text));
        socket.flush();
        ensure!(socket.ready().await?, "the socket was cut");
        while let Some(text) = socket.read().map_err(|_| anyhow!("the server closed a socket"))? {
            match line.handle_text(&text, &mut out) {
                Event::Ready(_) => {
                    credentials = Some(of_hello(&text, transport)?);
                    line.start(number, "", &mut out);
                }
                Event::Begin { .. } => {
                    let credentials = credentials.take().context("a second match")?;
                    sender.send(Ok((number, credentials))).await?;
                }
                Event::Nothing | Event::Relayed => {}
                other => bail!("a call did not last: {other:?}"),
            }
        }
    }
}

/// The first TURN server by this transport that a hello names.
fn of_hello(text: &str, transport: Transport) -> Result<Credentials> {
    #[derive(Deserialize)]
    struct Hello {
        ice_servers: Vec<IceServer>,
    }
    #[derive(Deserialize)]
    struct IceServer {
        urls: Vec<String>,
        username: Option<String>,
        credential: Option<String>,
    }
    let hello: Hello = serde_json::from_str(text).context("no hello of Callbox")?;
    for server in hello.ice_servers {
        let (Some(username), Some(password)) = (server.username, server.credential) else { continue };
        let (scheme, rest) = match transport {
            Transport::Udp => ("turn:", "?transport=udp"),
            // The relay's port takes TLS as well as TCP in the clear, and a page without TLS has none to name.
            Transport::Tcp | Transport::Tls => ("turn:", "?transport=tcp"),
        };
        let addr = |url: &String| url.strip_prefix(scheme)?.strip_suffix(rest)?.parse().ok();
        if let Some(server) = server.urls.iter().find_map(addr) {
            return Ok(Credentials { server, username, password });
        }
    }
    bail!("the server has no relay: start it with `--set relay_listen=127.0.0.1:0`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_of_a_hello_is_found_and_where_there_is_none_it_says_so() {
        let hello = r#"{ "type": "hello", "ice_servers": [{ "urls": ["stun:127.0.0.1:9"] },
            { "urls": ["turn:127.0.0.1:7?transport=udp"], "username": "1:a", "credential": "b" }] }"#;
        let found = of_hello(hello, Transport::Udp).unwrap();
        assert_eq!((found.server.port(), &found.username[..], &found.password[..]), (7, "1:a", "b"));
        assert!(
            of_hello(r#"{ "ice_servers": [] }"#, Transport::Tls)
                .unwrap_err()
                .to_string()
                .contains("relay_listen")
        );
    }
}
