//! A TURN client over a real socket, small enough to be rude: it sends what it is told, and waits for what comes.

use serde_json::Value;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWrite as _, MessageWriteExt as _,
    MessageWriteVec, Method,
};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION};

pub(crate) struct TurnClient {
    pub(crate) socket: UdpSocket,
    server: SocketAddr,
    username: String,
    password: String,
    nonce: String,
}

/// An answer's error code, 0 where it is a success; and the answer.
pub(crate) type Answer = (u16, Vec<u8>);

impl TurnClient {
    /// With the credentials of a hello.
    pub(crate) fn new(hello: &Value) -> Self {
        let server = &hello["ice_servers"][1];
        let url = server["urls"][0].as_str().unwrap();
        let addr = url.strip_prefix("turn:").unwrap().strip_suffix("?transport=udp").unwrap();
        let text = |name: &str| server[name].as_str().unwrap().to_owned();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let (username, password) = (text("username"), text("credential"));
        let mut client =
            Self { socket, server: addr.parse().unwrap(), username, password, nonce: String::new() };
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
        self.socket.send_to(bytes, self.server).unwrap();
    }

    pub(crate) fn send_on(&self, number: u16, payload: &[u8]) {
        self.send(&channel_data(number, payload));
    }

    /// What comes within the socket's patience.
    pub(crate) fn receive(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2_048];
        let (length, from) = self.socket.recv_from(&mut buffer).ok()?;
        assert_eq!(from, self.server);
        Some(buffer[..length].to_vec())
    }

    /// From now on, what does not come at once does not come.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let is_silent = self.receive().is_none();
        self.socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        is_silent
    }
}

pub(crate) fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&number.to_be_bytes()[..], &length.to_be_bytes(), payload].concat()
}
