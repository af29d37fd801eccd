//! A TURN client over a real socket of each transport, small enough to break the rules: it sends any bytes, and waits
//! for answers.

use crate::https::client_config;
use callbox_turn::framing::next_frame;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use serde_json::Value;
use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWrite as _, MessageWriteExt as _,
    MessageWriteVec, Method,
};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION};

pub(crate) struct TurnClient {
    link: Link,
    username: String,
    password: String,
    nonce: String,
}

/// An answer's error code, 0 if it is a success; and the answer.
pub(crate) type Answer = (u16, Vec<u8>);

impl TurnClient {
    /// By UDP, with the credentials of a hello.
    pub(crate) fn new(hello: &Value) -> Self {
        Self::by(hello, &By::Udp)
    }

    /// By the first way of this transport that a hello names.
    pub(crate) fn by(hello: &Value, by: &By<'_>) -> Self {
        Self::over(Link::connect(addr(hello, by), by), hello)
    }

    /// Over a connection that is there already.
    pub(crate) fn over(link: Link, hello: &Value) -> Self {
        let text = |name: &str| hello["ice_servers"][1][name].as_str().unwrap().to_owned();
        let (username, password) = (text("username"), text("credential"));
        let mut client = Self { link, username, password, nonce: String::new() };
        client.knock();
        client
    }

    /// Gets a nonce by a first 401, as every client does.
    fn knock(&mut self) {
        let mut message = Message::builder_request(ALLOCATE, MessageWriteVec::new());
        message.add_attribute(&RequestedTransport::new(17)).unwrap();
        self.send(&message.finish());
        let bytes = self.receive().expect("an answer");
        let message = Message::from_bytes(&bytes).unwrap();
        assert_eq!(message.attribute::<ErrorCode>().unwrap().code(), 401);
        message.attribute::<Nonce>().unwrap().nonce().clone_into(&mut self.nonce);
    }

    pub(crate) fn allocate(&self) -> Result<SocketAddr, u16> {
        let (code, bytes) = self.ask(ALLOCATE, &[&RequestedTransport::new(17)], None);
        if code != 0 {
            return Err(code);
        }
        let message = Message::from_bytes(&bytes).unwrap();
        Ok(message.attribute::<XorRelayedAddress>().unwrap().addr(message.transaction_id()))
    }

    /// The address that the relay knows it by.
    pub(crate) fn mapped(&self) -> SocketAddr {
        let (code, bytes) = self.ask(BINDING, &[], None);
        assert_eq!(code, 0);
        let message = Message::from_bytes(&bytes).unwrap();
        message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id())
    }

    /// Its own.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        match &self.link {
            Link::Udp(socket, _) => socket.local_addr().unwrap(),
            Link::Stream(stream) => stream.borrow().tcp.local_addr().unwrap(),
        }
    }

    pub(crate) fn permit(&self, peer: SocketAddr) -> u16 {
        self.ask(CREATE_PERMISSION, &[], Some(peer)).0
    }

    pub(crate) fn bind(&self, number: u16, peer: SocketAddr) -> u16 {
        self.ask(CHANNEL_BIND, &[&ChannelNumber::new(number)], Some(peer)).0
    }

    pub(crate) fn ask(
        &self,
        method: Method,
        attributes: &[&dyn AttributeWrite],
        peer: Option<SocketAddr>,
    ) -> Answer {
        let mut message = Message::builder_request(method, MessageWriteVec::new());
        let transaction = message.transaction_id();
        for attribute in attributes {
            message.add_attribute(*attribute).unwrap();
        }
        if let Some(peer) = peer {
            message.add_attribute(&XorPeerAddress::new(peer, transaction)).unwrap();
        }
        message.add_attribute(&Username::new(&self.username).unwrap()).unwrap();
        message.add_attribute(&Realm::new("callbox").unwrap()).unwrap();
        message.add_attribute(&Nonce::new(&self.nonce).unwrap()).unwrap();
        let key = LongTermKeyCredentials::new(self.username.clone(), self.password.clone(), "callbox".into());
        let key = key.make_key(IntegrityAlgorithm::Sha1);
        message.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1).unwrap();
        self.send(&message.finish());
        loop {
            let bytes = self.receive().expect("an answer");
            // Media may come between.
            let Ok(answer) = Message::from_bytes(&bytes) else { continue };
            if answer.transaction_id() == transaction {
                return (answer.attribute::<ErrorCode>().map_or(0, |error| error.code()), bytes);
            }
        }
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        self.link.send(bytes);
    }

    pub(crate) fn send_on(&self, number: u16, payload: &[u8]) {
        self.send(&channel_data(number, payload));
    }

    /// The next packet within the socket's patience.
    pub(crate) fn receive(&self) -> Option<Vec<u8>> {
        self.link.receive()
    }

    /// From now on, a packet that does not come at once does not come.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.link.wait_at_most(Duration::from_millis(200));
        let is_silent = self.receive().is_none();
        self.link.wait_at_most(TIMEOUT);
        is_silent
    }

    /// Waits until the other end closes the connection; bytes before that are thrown away.
    pub(crate) fn closes(&self) -> bool {
        let Link::Stream(stream) = &self.link else { panic!("UDP has no end") };
        let mut stream = stream.borrow_mut();
        let mut buffer = [0; 16_384];
        loop {
            match stream.io.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            }
        }
    }
}

const TIMEOUT: Duration = Duration::from_secs(5);

/// How a client comes; by TLS, with the certificates that it trusts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    Udp,
    Tcp,
    /// With a protocol of ALPN, if it names one.
    Tls(&'a Path, Option<&'static [u8]>),
}

/// The address that a hello names for this transport.
pub(crate) fn addr(hello: &Value, by: &By<'_>) -> SocketAddr {
    let (scheme, transport) = match by {
        By::Udp => ("turn:", "?transport=udp"),
        By::Tcp => ("turn:", "?transport=tcp"),
        By::Tls(..) => ("turns:", "?transport=tcp"),
    };
    let urls = hello["ice_servers"][1]["urls"].as_array().unwrap();
    let mut of_kind =
        urls.iter().filter_map(|url| url.as_str()?.strip_prefix(scheme)?.strip_suffix(transport));
    of_kind.next().unwrap_or_else(|| panic!("no {scheme}{transport} in {urls:?}")).parse().unwrap()
}

/// A socket of one of the transports.
pub(crate) enum Link {
    Udp(UdpSocket, SocketAddr),
    Stream(RefCell<Stream>),
}

pub(crate) struct Stream {
    pub(crate) tcp: TcpStream,
    pub(crate) io: Box<dyn ReadWrite>,
    /// The beginning of a frame.
    rest: Vec<u8>,
}

pub(crate) trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

impl Link {
    pub(crate) fn connect(to: SocketAddr, by: &By<'_>) -> Self {
        let link = match by {
            By::Udp => Self::Udp(UdpSocket::bind("127.0.0.1:0").unwrap(), to),
            By::Tcp => {
                let tcp = TcpStream::connect(to).unwrap();
                let io = Box::new(tcp.try_clone().unwrap());
                Self::Stream(RefCell::new(Stream { tcp, io, rest: Vec::new() }))
            }
            By::Tls(trusted, protocol) => {
                let protocols = protocol.iter().map(|protocol| protocol.to_vec()).collect();
                let config = client_config(&[trusted], protocols);
                let tls = ClientConnection::new(config, ServerName::from(to.ip())).unwrap();
                let tcp = TcpStream::connect(to).unwrap();
                let io = Box::new(StreamOwned::new(tls, tcp.try_clone().unwrap()));
                Self::Stream(RefCell::new(Stream { tcp, io, rest: Vec::new() }))
            }
        };
        link.wait_at_most(TIMEOUT);
        link
    }

    fn wait_at_most(&self, timeout: Duration) {
        match self {
            Self::Udp(socket, _) => socket.set_read_timeout(Some(timeout)).unwrap(),
            Self::Stream(stream) => stream.borrow().tcp.set_read_timeout(Some(timeout)).unwrap(),
        }
    }

    fn send(&self, bytes: &[u8]) {
        match self {
            Self::Udp(socket, server) => assert!(socket.send_to(bytes, server).is_ok()),
            Self::Stream(stream) => {
                let mut padded = bytes.to_vec();
                padded.resize(bytes.len().next_multiple_of(4), 0);
                stream.borrow_mut().io.write_all(&padded).unwrap();
            }
        }
    }

    /// A datagram, or a frame without its padding; `None` if nothing comes in time.
    fn receive(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2_048];
        match self {
            Self::Udp(socket, server) => {
                let (length, from) = socket.recv_from(&mut buffer).ok()?;
                assert_eq!(from, *server);
                Some(buffer[..length].to_vec())
            }
            Self::Stream(stream) => {
                let Stream { io, rest, .. } = &mut *stream.borrow_mut();
                loop {
                    if let Some(length) = next_frame(rest).unwrap() {
                        let mut frame: Vec<u8> = rest.drain(..length).collect();
                        if let [0x40..=0x7f, _, high, low, ..] = frame[..] {
                            frame.truncate(4 + usize::from(u16::from_be_bytes([high, low])));
                        }
                        return Some(frame);
                    }
                    match io.read(&mut buffer) {
                        Ok(bytes @ 1..) => rest.extend_from_slice(&buffer[..bytes]),
                        Ok(_) | Err(_) => return None,
                    }
                }
            }
        }
    }
}

pub(crate) fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&number.to_be_bytes()[..], &length.to_be_bytes(), payload].concat()
}
