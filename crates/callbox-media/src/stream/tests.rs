//! Connections over real sockets, in the clear and by TLS: other ends that read nothing, and frames that come in pieces.

use super::*;
use callbox_turn::framing::next_frame;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};
use std::net::TcpListener;
use std::sync::Arc;

const NOW: Millis = Millis(1_790_000_000_000);
const TIMEOUT: Duration = Duration::from_secs(10);

trait ReadWrite: io::Read + io::Write + Send {}
impl<T: io::Read + io::Write + Send> ReadWrite for T {}

/// A client's end; few unread bytes fill it.
struct Client {
    tcp: TcpStream,
    io: Box<dyn ReadWrite>,
}

/// A connection's two ends, ours as the relay gets it.
pub(crate) fn connected(has_tls: bool) -> (Connection, impl io::Write + Send) {
    let (connection, client) = pair(has_tls, Vec::new());
    (connection, client.io)
}

fn pair(has_tls: bool, read: Vec<u8>) -> (Connection, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    client.set_recv_buffer_size(8_192).unwrap();
    client.connect(&listener.local_addr().unwrap().into()).unwrap();
    let (mut tcp, addr) = listener.accept().unwrap();
    let client = TcpStream::from(client);
    client.set_read_timeout(Some(TIMEOUT)).unwrap();
    let io = client.try_clone().unwrap();
    if !has_tls {
        let connection = Connection { tcp, client: addr, tls: None, read, held: Box::new(()) };
        return (connection, Client { tcp: client, io: Box::new(io) });
    }
    let (server, config) = configs();
    let handshake = std::thread::spawn(move || {
        let tls = ClientConnection::new(config, ServerName::try_from("relay.test").unwrap()).unwrap();
        let mut io = StreamOwned::new(tls, io);
        io.conn.complete_io(&mut io.sock).unwrap();
        io
    });
    let mut tls = ServerConnection::new(server).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).unwrap();
    }
    let connection = Connection { tcp, client: addr, tls: Some(Box::new(tls)), read, held: Box::new(()) };
    (connection, Client { tcp: client, io: Box::new(handshake.join().unwrap()) })
}

fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["relay.test".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let client = client.with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    (Arc::new(server), Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
}

fn stream(has_tls: bool) -> (Stream, Client) {
    let (connection, client) = pair(has_tls, Vec::new());
    (Stream::new(connection, ConnectionKey(7), NOW).unwrap(), client)
}

/// `ChannelData` that says which one it is.
fn frame(number: u32) -> Vec<u8> {
    let mut frame = vec![0xee; 1_204];
    frame[..4].copy_from_slice(&[0x40, 0, 0x04, 0xb0]);
    frame[4..8].copy_from_slice(&number.to_be_bytes());
    frame
}

/// A success of a Binding, without attributes.
fn answer() -> Vec<u8> {
    [&[1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[5; 12]].concat()
}

/// Reads frames until an answer is there, while the server's side sends its waiting bytes.
fn frames_until_answer(stream: &mut Stream, client: &mut Client) -> Vec<Vec<u8>> {
    let (mut frames, mut rest, mut buffer) = (Vec::new(), Vec::new(), [0; 4_096]);
    loop {
        stream.flush(NOW).unwrap();
        let length = client.io.read(&mut buffer).expect("more to come");
        rest.extend_from_slice(&buffer[..length]);
        while let Some(length) = next_frame(&rest).expect("whole frames, one behind the other") {
            let frame: Vec<u8> = rest.drain(..length).collect();
            if frame == answer() {
                return frames;
            }
            frames.push(frame);
        }
    }
}

#[test]
fn for_one_that_reads_nothing_media_are_dropped_as_whole_frames_and_answers_are_kept() {
    for has_tls in [false, true] {
        let (mut stream, mut client) = stream(has_tls);
        let mut taken = Vec::new();
        for number in 0..20_000 {
            if stream.push(&frame(number), Kind::Media) {
                taken.push(frame(number));
            }
            stream.flush(NOW).unwrap();
            assert!(stream.output.len() <= 2 * MEDIA_BYTES_MAX, "{} bytes wait", stream.output.len());
        }
        assert!(taken.len() < 19_000, "{} frames were taken for nobody", taken.len());
        assert!(stream.push(&answer(), Kind::Answer) && stream.is_blocked());
        assert_eq!(stream.blocked_since(), Some(NOW));
        assert!(frames_until_answer(&mut stream, &mut client) == taken, "TLS: {has_tls}");
        stream.flush(NOW).unwrap();
        assert_eq!((stream.is_blocked(), stream.blocked_since()), (false, None));
        stream.shrink();
        assert!(stream.output.capacity() <= OUTPUT_BYTES_KEPT);
    }
}

#[test]
fn answers_that_nobody_reads_have_a_bound_too() {
    let (mut stream, _client) = stream(false);
    let taken = (0..1_000_000).take_while(|_| stream.push(&answer(), Kind::Answer)).count();
    assert_eq!(taken, ANSWERS_BYTES_MAX / answer().len());
}

#[test]
fn how_long_somebody_has_read_nothing_counts_from_the_last_byte_taken() {
    let (mut stream, mut client) = stream(false);
    let fill = |stream: &mut Stream, now| {
        while stream.push(&frame(1), Kind::Media) {
            stream.flush(now).unwrap();
        }
        stream.flush(now).unwrap();
    };
    fill(&mut stream, NOW);
    let later = NOW.plus_seconds(5);
    stream.flush(later).unwrap();
    assert_eq!(stream.blocked_since(), Some(NOW), "nothing went on meanwhile");
    let mut buffer = vec![0; 512 * 1_024];
    while stream.blocked_since() == Some(NOW) {
        assert!(client.io.read(&mut buffer).unwrap() > 0);
        stream.flush(later).unwrap();
    }
    assert_eq!(stream.blocked_since().unwrap_or(later), later);
}

#[test]
fn what_was_read_before_comes_before_what_is_read_and_a_frame_in_pieces_is_kept() {
    for has_tls in [false, true] {
        let whole = frame(1);
        let (connection, mut client) = pair(has_tls, whole[..1].to_vec());
        let mut stream = Stream::new(connection, ConnectionKey(7), NOW).unwrap();
        let (mut wire, mut input) = (vec![0; READ_BYTES_MAX], vec![0; INPUT_BYTES]);
        let mut send = |part: &[u8]| client.io.write_all(part).and_then(|()| client.io.flush()).unwrap();
        send(&whole[1..5]);
        while stream.rest.len() < 5 {
            let (filled, is_over) = stream.read(&mut wire, &mut input);
            assert_eq!((next_frame(&input[..filled]), is_over), (Ok(None), false));
            stream.keep(&input[..filled]);
        }
        send(&whole[5..]);
        while stream.rest.len() < whole.len() {
            let (filled, _) = stream.read(&mut wire, &mut input);
            stream.keep(&input[..filled]);
        }
        assert_eq!(stream.rest, whole, "TLS: {has_tls}");
        stream.rest.clear();
        drop(client);
        while !stream.read(&mut wire, &mut input).1 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_connection_is_set_up_so_that_nothing_waits_in_the_kernel() {
    let (stream, client) = stream(false);
    let socket = SockRef::from(&stream.tcp);
    assert!(stream.tcp.nodelay().unwrap());
    assert_eq!(socket.tcp_notsent_lowat().unwrap(), UNSENT_BYTES_MAX);
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED_MAX));
    assert_eq!(stream.client.client.0, client.tcp.local_addr().unwrap());
    assert_eq!(stream.client.server, client.tcp.peer_addr().unwrap());
    assert_eq!(stream.client.transport, Transport::Stream(ConnectionKey(7)));
}
