//! A server for each test, and small clients that can break the rules as a test needs.

use callbox_server::clock::Clock;
use callbox_server::config::Layers;
use callbox_server::environment::Environment;
use callbox_server::server::Server;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// Longer than anything a test waits for; a test that comes here has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(12);

/// A running server with a data folder of its own.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) addr: SocketAddr,
    /// Of its own, if it has one.
    _folder: Option<tempfile::TempDir>,
}

/// Starts a server on a free port, with these settings on top.
pub(crate) async fn start(settings: &[(&str, &str)]) -> Running {
    start_by(settings, Clock::system()).await
}

/// The same, going by this clock.
pub(crate) async fn start_by(settings: &[(&str, &str)], clock: Clock) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let running = start_in(folder.path().join("data").to_str().unwrap(), settings, clock).await;
    Running { _folder: Some(folder), ..running }
}

/// Starts a server on a free port over this data folder, which another test server may have left.
pub(crate) async fn start_in(data: &str, settings: &[(&str, &str)], clock: Clock) -> Running {
    let own = [("listen", "127.0.0.1:0"), ("data_dir", data)];
    let flags = own.iter().chain(settings).map(|(k, v)| (String::from("--set"), (*k).into(), (*v).into()));
    let config = Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap();
    let server = Server::start(config, Environment { clock, ..Environment::system() }).await.unwrap();
    Running { addr: server.addr, server, _folder: None }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One request on a connection of its own. `Host` is the address, unless a header says otherwise.
pub(crate) async fn request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    try_request(addr, method, path, headers, body).await.expect("no answer came")
}

/// As [`request`], if the server may be gone.
pub(crate) async fn try_request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    let mut head = vec![format!("{method} {path} HTTP/1.1")];
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        head.push("Connection: close".to_owned());
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push(format!("Host: {addr}"));
    }
    head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    head.push(format!("Content-Length: {}", body.len()));
    let text = format!("{}\r\n\r\n{body}", head.join("\r\n"));
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(text.as_bytes()).await?;
    tokio::time::timeout(PATIENCE, read_answer(&mut stream)).await?
}

/// Reads the head, then as many bytes as it announces: the connection may stay open.
async fn read_answer(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: Vec::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    answer.body.resize(length, 0);
    stream.read_exact(&mut answer.body).await?;
    Ok(answer)
}

pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A guest of this age class: its token.
pub(crate) async fn guest(addr: SocketAddr, age: Option<&str>) -> String {
    let answer = request(addr, "POST", "/v1/guests", &[JSON], &json!({ "age": age }).to_string()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Somebody who asks with a token, or without one.
pub(crate) struct Person<'a> {
    pub(crate) at: &'a Running,
    pub(crate) token: Option<String>,
}

impl<'a> Person<'a> {
    pub(crate) async fn guest(at: &'a Running) -> Self {
        Self { at, token: Some(guest(at.addr, Some("adult")).await) }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![JSON];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        request(self.at.addr, method, path, &headers, &body).await
    }

    pub(crate) async fn expect(&self, status: u16, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(method, path, &body).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// The first admin, by the link that the server printed.
    pub(crate) async fn admin(at: &'a Running) -> Self {
        let mut admin = Self { at, token: None };
        let token = at.server.setup_token.as_ref().unwrap();
        let body =
            json!({ "token": token, "email": "admin@example.org", "password": "a keeper of many keys" });
        let signed_in = admin.expect(201, "POST", "/v1/setup", body).await;
        admin.become_of(&signed_in);
        admin
    }

    /// A guest whom an admin made a moderator.
    pub(crate) async fn moderator(at: &'a Running, admin: &Self) -> Self {
        let moderator = Self::guest(at).await;
        let path = format!("/v1/users/{}/role", moderator.id().await);
        admin.expect(204, "PUT", &path, json!({ "role": "moderator" })).await;
        moderator
    }

    /// The user's id.
    pub(crate) async fn id(&self) -> String {
        self.expect(200, "GET", "/v1/me", Value::Null).await["id"].as_str().unwrap().to_owned()
    }

    /// A socket with its hello behind it.
    pub(crate) async fn socket(&self) -> Client {
        let mut socket = Client::connect(self.at.addr, &[]).await.unwrap();
        socket.send(&json!({ "type": "hello", "token": self.token })).await;
        socket.expect("hello").await;
        socket
    }

    /// Becomes the user that the answer names.
    pub(crate) fn become_of(&mut self, signed_in: &Value) {
        self.token = signed_in["token"].as_str().map(str::to_owned);
    }
}

/// One WebSocket.
pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
}

impl Client {
    /// Connects with these headers; an error is the status of a refusal.
    pub(crate) async fn connect(addr: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{addr}/v1/socket").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "callbox.v1".parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(addr).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("no connection: {error}"),
        }
    }

    /// A guest with an open session.
    pub(crate) async fn arrive(addr: SocketAddr, age: Option<&str>) -> Self {
        let token = guest(addr, age).await;
        let mut client = Self::connect(addr, &[]).await.unwrap();
        client.send(&json!({ "type": "hello", "token": token })).await;
        assert_eq!(client.next().await["type"], "hello");
        client
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Sends a message that a closed socket may already refuse.
    pub(crate) async fn try_send(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Drops the connection without a word, as a lost network does.
    pub(crate) async fn cut(&mut self) {
        // The server reads an end of the stream without a close frame.
        self.socket.get_mut().shutdown().await.unwrap();
    }

    /// Says goodbye with this code.
    pub(crate) async fn close(&mut self, code: Option<u16>) {
        use tokio_tungstenite::tungstenite::protocol::CloseFrame;
        let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
        self.socket.close(frame).await.unwrap();
    }

    /// The next frame but `ping`.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("no frame came");
            let Message::Text(text) = message.unwrap().unwrap() else { panic!("not a text frame") };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] != "ping" {
                return frame;
            }
        }
    }

    /// The next frame, which must be of this type.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        let frame = self.next().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Nothing but pings comes for this long.
    pub(crate) async fn expect_silence(&mut self, time: Duration) {
        if let Ok(frame) = tokio::time::timeout(time, self.next()).await {
            panic!("{frame} came");
        }
    }

    /// The code that the socket is closed with; frames before it are passed over.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("was not closed") {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    pub(crate) async fn seek(&mut self, interests: &[&str]) {
        self.send(&json!({ "type": "seek", "interests": interests })).await;
        self.expect("queued").await;
    }

    /// Waits for a match, confirms it, and gives it back.
    pub(crate) async fn confirm(&mut self) -> Value {
        let offered = self.expect("match").await;
        self.send(&json!({ "type": "confirm", "call": offered["call"] })).await;
        offered
    }

    pub(crate) async fn end(&mut self, call: &Value, cause: &str) {
        self.send(&json!({ "type": "end", "call": call, "cause": cause })).await;
    }
}

/// Asks again and again, until it is so.
pub(crate) async fn until(is_so: impl AsyncFn() -> bool) {
    let all = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("it never came to be so");
}

/// Lets time pass fifty times as fast until something is done: what a server does after a while is seen at once.
pub(crate) async fn hurry<T>(clock: &Clock, done: impl Future<Output = T>) -> T {
    let passing = async {
        loop {
            tokio::time::sleep(Duration::from_millis(2)).await;
            clock.advance(Duration::from_millis(100));
        }
    };
    tokio::select! {
        value = done => value,
        never = passing => never,
    }
}

/// Two guests in a call: the caller, the callee, and the call.
pub(crate) async fn call(addr: SocketAddr) -> (Client, Client, Value) {
    let mut callee = Client::arrive(addr, Some("adult")).await;
    let mut caller = Client::arrive(addr, Some("adult")).await;
    callee.seek(&[]).await;
    caller.seek(&[]).await;
    let call = callee.confirm().await["call"].clone();
    caller.confirm().await;
    callee.expect("begin").await;
    caller.expect("begin").await;
    (caller, callee, call)
}

/// The lines that were logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Records the log of this thread at INFO and above, until it is dropped.
    pub(crate) fn listen(&self) -> DefaultGuard {
        let lines = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(lines)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
