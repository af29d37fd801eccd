//! Asks the holder of a port whether it is a callbox: by `/healthz`, by the redirect to HTTPS, by STUN.
//!
//! Only on this machine, and nothing secret is sent, so no certificate is verified: an operator looks into
//! `certificate.rs` for that. Bounds: 2 s to connect, 1 s a read, 16 reads, 4,096 bytes.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
    StreamOwned,
};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use crate::redirect;

const CONNECT: Duration = Duration::from_secs(2);
const READ: Duration = Duration::from_secs(1);
const READS_MAX: usize = 16;
const BYTES_MAX: usize = 4_096;

/// The address by which a listener there can be reached from this machine.
pub(crate) fn nearest(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// Whether `/healthz` is answered as we answer it.
pub(super) fn is_healthy(addr: SocketAddr, is_tls: bool) -> bool {
    is_answered(addr, is_tls, "/healthz", b"\r\n\r\nok\n")
}

/// Whether `/readyz` is: the server can do its work.
pub(crate) fn is_ready(addr: SocketAddr, is_tls: bool) -> bool {
    is_answered(addr, is_tls, "/readyz", b"\r\n\r\nready\n")
}

fn is_answered(addr: SocketAddr, is_tls: bool, path: &str, end: &[u8]) -> bool {
    let answer = connect(addr).and_then(|stream| {
        if is_tls { ask(tls(addr, stream)?, addr, path) } else { ask(stream, addr, path) }
    });
    answer.is_some_and(|answer| answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(end))
}

/// Whether a handshake is refused as we refuse it while there is no certificate.
pub(super) fn lacks_a_certificate(addr: SocketAddr) -> bool {
    let refusal = connect(addr).and_then(|stream| {
        let mut stream = tls(addr, stream)?;
        stream.conn.complete_io(&mut stream.sock).err()
    });
    let error = refusal.as_ref().and_then(|error| error.get_ref()?.downcast_ref::<Error>());
    error == Some(&Error::AlertReceived(AlertDescription::AccessDenied))
}

/// Whether browsers are sent over to HTTPS, or read that there is no certificate.
pub(super) fn sends_over(addr: SocketAddr) -> bool {
    let answer = connect(addr).and_then(|stream| ask(stream, addr, "/"));
    answer.is_some_and(|answer| {
        answer.starts_with(b"HTTP/1.1 308 ") || answer.ends_with(redirect::NO_CERTIFICATE.as_bytes())
    })
}

/// Whether `/metrics` is answered as we answer it.
pub(super) fn gives_figures(addr: SocketAddr) -> bool {
    let answer = connect(addr).and_then(|stream| ask(stream, addr, "/metrics"));
    let text = answer.map(|answer| String::from_utf8_lossy(&answer).into_owned()).unwrap_or_default();
    text.starts_with("HTTP/1.1 200 ") && text.contains("\r\n\r\n# HELP callbox_build_info ")
}

/// Whether a Binding request (RFC 8489, section 5) with this transaction id is answered.
pub(super) fn answers_stun(addr: SocketAddr, id: [u8; 12]) -> bool {
    let request = binding(id);
    let any: IpAddr =
        if addr.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let ask = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(addr)?;
        socket.set_read_timeout(Some(READ))?;
        socket.send(&request)?;
        let mut answer = [0; BYTES_MAX];
        let length = socket.recv(&mut answer)?;
        Ok(is_success(&answer[..length], &request))
    };
    ask().unwrap_or(false)
}

/// The same by TCP, or by TLS over it.
pub(super) fn answers_stun_over_tcp(addr: SocketAddr, is_tls: bool, id: [u8; 12]) -> bool {
    fn ask(mut stream: impl Read + Write, request: &[u8]) -> std::io::Result<bool> {
        stream.write_all(request)?;
        stream.flush()?;
        let mut answer = [0; STUN_HEADER_BYTES];
        stream.read_exact(&mut answer)?;
        Ok(is_success(&answer, request))
    }
    let request = binding(id);
    let Some(stream) = connect(addr) else { return false };
    if is_tls {
        tls(addr, stream).is_some_and(|stream| ask(stream, &request).unwrap_or(false))
    } else {
        ask(stream, &request).unwrap_or(false)
    }
}

const STUN_HEADER_BYTES: usize = 20;

fn binding(id: [u8; 12]) -> Vec<u8> {
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    request.extend(id);
    request
}

/// Whether it is a success response to this very request.
fn is_success(answer: &[u8], request: &[u8]) -> bool {
    answer.len() >= STUN_HEADER_BYTES && answer[..2] == [1, 1] && answer[4..STUN_HEADER_BYTES] == request[4..]
}

fn connect(addr: SocketAddr) -> Option<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, CONNECT).ok()?;
    stream.set_read_timeout(Some(READ)).ok()?;
    stream.set_write_timeout(Some(READ)).ok()?;
    Some(stream)
}

fn tls(addr: SocketAddr, stream: TcpStream) -> Option<StreamOwned<ClientConnection, TcpStream>> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), ServerName::from(addr.ip())).ok()?;
    Some(StreamOwned::new(connection, stream))
}

/// The bytes of the answer, up to the bounds; whether the end was announced does not matter.
fn ask(mut stream: impl Read + Write, addr: SocketAddr, path: &str) -> Option<Vec<u8>> {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").ok()?;
    stream.flush().ok()?;
    let mut answer = Vec::new();
    let mut part = [0; BYTES_MAX];
    for _ in 0..READS_MAX {
        match stream.read(&mut part) {
            Ok(length) if length > 0 && answer.len() + length <= BYTES_MAX => {
                answer.extend_from_slice(&part[..length]);
            }
            _ => break,
        }
    }
    Some(answer)
}

/// Takes every certificate.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Answers every request with the same given bytes.
    struct Canned(Cursor<Vec<u8>>);

    impl Read for Canned {
        fn read(&mut self, part: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(part)
        }
    }

    impl Write for Canned {
        fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
            Ok(part.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_no_further_than_the_bound() {
        let addr = "127.0.0.1:1".parse().unwrap();
        let told = |text: Vec<u8>| ask(Canned(Cursor::new(text)), addr, "/").unwrap();
        assert_eq!(told(b"HTTP/1.1 200 OK".to_vec()), b"HTTP/1.1 200 OK");
        assert!(told(vec![b'x'; 3 * BYTES_MAX]).len() <= BYTES_MAX);
    }

    #[test]
    fn nobody_who_is_silent_or_away_is_a_callbox() {
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(!answers_stun(silent.local_addr().unwrap(), [7; 12]));
        let addr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!is_healthy(addr, false) && !is_healthy(addr, true) && !sends_over(addr));
    }

    #[test]
    fn whoever_listens_everywhere_is_reached_on_loopback() {
        for (addr, near) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")]
        {
            assert_eq!(nearest(addr.parse().unwrap()), near.parse().unwrap());
        }
    }
}
