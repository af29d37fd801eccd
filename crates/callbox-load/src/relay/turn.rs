//! A client of TURN (RFC 8656): one allocation, one channel, then its link is the media's.

use anyhow::{Context, Result, bail, ensure};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWrite as _, MessageWriteExt as _,
    MessageWriteVec, Method,
};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND};

use super::link::Link;
use super::participants::Credentials;
use crate::options::Transport;

/// IANA's number of UDP.
const UDP: u8 = 17;
/// For each try; a server that has just been started needs some.
const PATIENCE: Duration = Duration::from_millis(500);
const TRIES: usize = 20;
const UNAUTHENTICATED: u16 = 401;

pub(super) struct Client {
    /// Connected to the server.
    pub(super) link: Link,
    /// The address at which peers reach it.
    pub(super) relayed: SocketAddr,
    credentials: Credentials,
    realm: String,
    nonce: String,
}

impl Client {
    /// Gets an allocation, from a socket at this address.
    pub(super) fn allocate(credentials: &Credentials, transport: Transport, ip: IpAddr) -> Result<Self> {
        let link = Link::connect(transport, ip, credentials.server, PATIENCE)?;
        let (relayed, credentials) = (link.local_addr()?, credentials.clone());
        let mut client = Self { link, relayed, credentials, realm: String::new(), nonce: String::new() };
        // The first answer of every server is where the realm and a nonce are.
        let wish: &[&dyn AttributeWrite] = &[&RequestedTransport::new(UDP)];
        let bytes = client.ask(ALLOCATE, wish, None)?;
        let refusal = Message::from_bytes(&bytes)?;
        let code = refusal.attribute::<ErrorCode>().map_or(0, |error| error.code());
        ensure!(code == UNAUTHENTICATED, "the first Allocate was answered by {code}");
        refusal.attribute::<Realm>()?.realm().clone_into(&mut client.realm);
        refusal.attribute::<Nonce>()?.nonce().clone_into(&mut client.nonce);
        let bytes = client.ask(ALLOCATE, wish, None)?;
        let answer = success(&bytes).context("Allocate")?;
        client.relayed = answer.attribute::<XorRelayedAddress>()?.addr(answer.transaction_id());
        Ok(client)
    }

    /// Binds a channel to a peer, and with it comes a permission.
    pub(super) fn bind(&mut self, number: u16, peer: SocketAddr) -> Result<()> {
        let bytes = self.ask(CHANNEL_BIND, &[&ChannelNumber::new(number)], Some(peer))?;
        success(&bytes).context("ChannelBind")?;
        Ok(())
    }

    /// Sends a request, until it is answered.
    fn ask(
        &mut self,
        method: Method,
        attributes: &[&dyn AttributeWrite],
        peer: Option<SocketAddr>,
    ) -> Result<Vec<u8>> {
        let mut message = Message::builder_request(method, MessageWriteVec::new());
        let transaction = message.transaction_id();
        for attribute in attributes {
            message.add_attribute(*attribute)?;
        }
        if let Some(peer) = peer {
            message.add_attribute(&XorPeerAddress::new(peer, transaction))?;
        }
        if !self.nonce.is_empty() {
            let Credentials { username, password, .. } = self.credentials.clone();
            message.add_attribute(&Username::new(&username)?)?;
            message.add_attribute(&Realm::new(&self.realm)?)?;
            message.add_attribute(&Nonce::new(&self.nonce)?)?;
            let key = LongTermKeyCredentials::new(username, password, self.realm.clone());
            let key = key.make_key(IntegrityAlgorithm::Sha1);
            message.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)?;
        }
        let request = message.finish();
        let mut buffer = [0; 2_048];
        for _ in 0..TRIES {
            // It fails if the last try was answered by "nobody listens here".
            let _ = self.link.send(&request);
            match self.link.receive(&mut buffer) {
                Ok(length) => {
                    let answer = Message::from_bytes(&buffer[..length]);
                    if answer.is_ok_and(|answer| answer.transaction_id() == transaction) {
                        return Ok(buffer[..length].to_vec());
                    }
                }
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => pause(),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error.into()),
            }
        }
        bail!("{} does not answer", self.credentials.server)
    }
}

#[expect(clippy::disallowed_methods, reason = "the server is being started, and says nothing when it is")]
fn pause() {
    std::thread::sleep(PATIENCE);
}

fn success(bytes: &[u8]) -> Result<Message<'_>> {
    let answer = Message::from_bytes(bytes)?;
    if let Ok(error) = answer.attribute::<ErrorCode>() {
        bail!("refused by {} {}", error.code(), error.reason());
    }
    Ok(answer)
}
