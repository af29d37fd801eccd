//! How a client sends to its relay: by UDP, by TCP, or by TLS over it.
//!
//! A stream's frames are put one behind the other and found again by their lengths; what the system does not take at once waits.
//! TLS is not asked who it is: nothing secret is sent, and a server under test has a certificate of its own making.

use anyhow::{Context, Result, bail};
use rustix::net::{RecvFlags, recv};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use socket2::{Domain, Socket, Type};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use crate::options::Transport;

const READ_BYTES: usize = 64 * 1_024;
/// A server that has just been started needs some time.
const TRIES: usize = 20;
const CHANNEL_HEADER_BYTES: usize = 4;
const STUN_HEADER_BYTES: usize = 20;

pub(super) enum Link {
    Udp(UdpSocket),
    Stream(Box<Stream>),
}

pub(super) struct Stream {
    tcp: TcpStream,
    tls: Option<ClientConnection>,
    /// Bytes that wait to be sent.
    output: Vec<u8>,
    /// Bytes that came; those before `start` were read.
    input: Vec<u8>,
    start: usize,
}

impl Link {
    /// Goes there from an address, and waits at most so long for each answer.
    pub(super) fn connect(
        transport: Transport,
        from: IpAddr,
        to: SocketAddr,
        patience: Duration,
    ) -> Result<Self> {
        if transport == Transport::Udp {
            let socket = UdpSocket::bind((from, 0))?;
            socket.connect(to)?;
            socket.set_read_timeout(Some(patience))?;
            return Ok(Self::Udp(socket));
        }
        let mut tcp =
            (0..TRIES).find_map(|_| connect(from, to).or_else(pause).ok()).context("nobody listens there")?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(patience))?;
        let tls = match transport {
            Transport::Tls => Some(handshake(&mut tcp, to)?),
            _ => None,
        };
        Ok(Self::Stream(Box::new(Stream { tcp, tls, output: Vec::new(), input: Vec::new(), start: 0 })))
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Udp(socket) => socket.local_addr(),
            Self::Stream(stream) => stream.tcp.local_addr(),
        }
    }

    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.set_nonblocking(true),
            Self::Stream(stream) => stream.tcp.set_nonblocking(true),
        }
    }

    /// Sends one message.
    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(message).map(|_| ()),
            Self::Stream(stream) => {
                stream.push(message);
                stream.flush()
            }
        }
    }

    /// The next datagram or frame; how long it is.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Udp(socket) => socket.recv(buffer),
            Self::Stream(stream) => stream.receive(buffer),
        }
    }

    /// The same, where nothing ever waits.
    pub(super) fn receive_at_once(&mut self, buffer: &mut [u8]) -> Option<usize> {
        match self {
            Self::Udp(socket) => recv(socket, buffer, RecvFlags::DONTWAIT).ok().map(|(length, _)| length),
            Self::Stream(stream) => stream.receive(buffer).ok(),
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Udp(socket) => socket.as_fd(),
            Self::Stream(stream) => stream.tcp.as_fd(),
        }
    }
}

impl Stream {
    /// Puts a frame behind those that wait, padded (RFC 8656, section 12.5).
    pub(super) fn push(&mut self, frame: &[u8]) {
        self.output.extend_from_slice(frame);
        self.output.resize(self.output.len() + frame.len().next_multiple_of(4) - frame.len(), 0);
    }

    /// Sends what the system takes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Self { tcp, tls, output, .. } = self;
        loop {
            let sent = match tls {
                None if output.is_empty() => return Ok(()),
                None => tcp.write(output).map(|sent| drop(output.drain(..sent))),
                Some(tls) if tls.wants_write() => tls.write_tls(tcp).map(|_| ()),
                Some(_) if output.is_empty() => return Ok(()),
                Some(tls) => tls.writer().write(output).map(|sent| drop(output.drain(..sent))),
            };
            match sent {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let waiting = &self.input[self.start..];
            if let Some(length) = frame_bytes(waiting).filter(|length| *length <= waiting.len()) {
                let frame = waiting.get(..length.min(buffer.len())).unwrap_or_default();
                buffer[..frame.len()].copy_from_slice(frame);
                let length = frame.len();
                self.start += length;
                return Ok(length);
            }
            self.input.drain(..self.start);
            self.start = 0;
            let filled = self.input.len();
            self.input.resize(filled + READ_BYTES, 0);
            let read = read(&mut self.tcp, self.tls.as_mut(), &mut self.input[filled..]);
            self.input.truncate(filled + *read.as_ref().unwrap_or(&0));
            if read? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn read(tcp: &mut TcpStream, tls: Option<&mut ClientConnection>, room: &mut [u8]) -> io::Result<usize> {
    let Some(tls) = tls else { return tcp.read(room) };
    loop {
        match tls.reader().read(room) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return read,
        }
        if tls.read_tls(tcp)? == 0 {
            return Ok(0);
        }
        tls.process_new_packets().map_err(io::Error::other)?;
    }
}

/// Of the first frame, with its padding, once its length is there.
fn frame_bytes(stream: &[u8]) -> Option<usize> {
    let &[first, _, high, low, ..] = stream else { return None };
    let stated = usize::from(u16::from_be_bytes([high, low]));
    let is_channel_data = first >= 0x40;
    Some(if is_channel_data { CHANNEL_HEADER_BYTES } else { STUN_HEADER_BYTES } + stated.next_multiple_of(4))
}

fn connect(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

#[expect(clippy::disallowed_methods, reason = "the server is being started, and says nothing when it is")]
fn pause(error: io::Error) -> io::Result<TcpStream> {
    std::thread::sleep(Duration::from_millis(500));
    Err(error)
}

fn handshake(tcp: &mut TcpStream, to: SocketAddr) -> Result<ClientConnection> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
    let mut tls = ClientConnection::new(Arc::new(config.with_no_client_auth()), ServerName::from(to.ip()))?;
    while tls.is_handshaking() {
        tls.complete_io(tcp).context("TLS")?;
    }
    if tls.protocol_version().is_none() {
        bail!("no TLS");
    }
    Ok(tls)
}

/// Takes any certificate; signatures are looked at, for they cost what they cost everybody.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn frames_come_out_of_a_stream_one_by_one_with_their_padding() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let mut link =
            Link::connect(Transport::Tcp, [127, 0, 0, 1].into(), to, Duration::from_secs(5)).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        link.send(&[0x40, 0, 0, 1, 7]).unwrap();
        let mut got = [0; 8];
        server.read_exact(&mut got).unwrap();
        assert_eq!(got, [0x40, 0, 0, 1, 7, 0, 0, 0]);
        let stun = [&[1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[5; 12]].concat();
        server.write_all(&[&got[..], &stun, &got].concat()).unwrap();
        let mut buffer = [0; 100];
        let lengths = [(); 3].map(|()| link.receive(&mut buffer).unwrap());
        assert_eq!(lengths, [8, 20, 8]);
    }
}
