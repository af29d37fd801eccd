//! Tests of `batch.rs`.

use super::*;
use std::net::UdpSocket;
use std::os::fd::AsFd as _;
use std::time::Duration;

fn socket(addr: &str) -> UdpSocket {
    let socket = UdpSocket::bind(addr).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

fn packets(sizes: &[usize]) -> Vec<Vec<u8>> {
    let number = |place: usize| u8::try_from(place + 1).unwrap();
    sizes.iter().enumerate().map(|(place, size)| vec![number(place); *size]).collect()
}

fn packet(to: SocketAddr, bytes: &[u8]) -> Packet<'_> {
    Packet { to, local: None, bytes }
}

fn send(writer: &mut Writer, from: &UdpSocket, to: SocketAddr, packets: &[Vec<u8>]) -> usize {
    writer.send(from.as_fd(), packets.iter().map(|bytes| packet(to, bytes)))
}

fn one(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 65_536];
    let length = socket.recv(&mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// Sizes of a frame's packets and of speech between them, and every edge of a message that is cut.
const MIXED: [usize; 14] = [1_200, 1_200, 1_200, 400, 90, 90, 91, 1_400, 1_401, 1_401, 0, 0, 7, 20_000];

#[test]
fn packets_of_mixed_sizes_arrive_whole_and_in_order() {
    for addr in ["127.0.0.1:0", "[::1]:0"] {
        let (from, to) = (socket(addr), socket(addr));
        let sent = packets(&MIXED);
        let failed = send(&mut Writer::new(), &from, to.local_addr().unwrap(), &sent);
        assert_eq!(failed, 0, "{addr}");
        assert!(sent.iter().all(|packet| one(&to) == *packet), "{addr}");
    }
}

#[test]
fn of_equal_packets_for_one_address_one_message_is_made() {
    let [one, other] = ["127.0.0.1:1", "127.0.0.1:2"].map(|addr| addr.parse().unwrap());
    let all = packets(&[1_000, 1_000, 10, 10, 1_000, 1_000]);
    let to = [one, one, one, one, one, other];
    let mut writer = Writer::new();
    let count = writer.write_messages(to.into_iter().zip(&all).map(|(to, bytes)| packet(to, bytes)));
    assert_eq!((0..count).map(|place| writer.rows.len(place)).collect::<Vec<_>>(), [3, 1, 1, 1]);
}

#[test]
fn a_message_stays_below_what_a_datagram_can_hold() {
    let all = packets(&[1_400; PACKETS_MAX]);
    let to = "127.0.0.1:1".parse().unwrap();
    let mut writer = Writer::new();
    let count = writer.write_messages(all.iter().map(|bytes| packet(to, bytes)));
    assert_eq!((0..count).map(|place| writer.rows.len(place)).collect::<Vec<_>>(), [46, 18]);
}

#[test]
fn what_is_there_is_taken_at_once_with_who_sent_it_and_then_nothing_is() {
    let (to, senders) = (socket("127.0.0.1:0"), [socket("127.0.0.1:0"), socket("127.0.0.1:0")]);
    for (size, sender) in [(5, 0), (0, 1), (1_200, 1)] {
        senders[sender].send_to(&vec![7; size], to.local_addr().unwrap()).unwrap();
    }
    let (mut reader, mut buffer) = (Reader::new(), vec![0; 4 * 2_000]);
    let count = reader.receive(to.as_fd(), buffer.chunks_mut(2_000)).unwrap();
    let from = senders.map(|sender| sender.local_addr().unwrap());
    let received: Vec<_> = (0..count).map(|place| reader.received(place).unwrap()).collect();
    let told = |length, from| Received { length, from, local: None };
    assert_eq!(received, [told(5, from[0]), told(0, from[1]), told(1_200, from[1])]);
    assert!(buffer[4_000..5_200].iter().all(|byte| *byte == 7) && buffer[5_200] == 0);
    let error = reader.receive(to.as_fd(), buffer.chunks_mut(2_000)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn no_more_is_taken_than_there_is_room() {
    let (from, to) = (socket("127.0.0.1:0"), socket("127.0.0.1:0"));
    let mut writer = Writer::new();
    assert_eq!(send(&mut writer, &from, to.local_addr().unwrap(), &packets(&[10; 5])), 0);
    let (mut reader, mut buffer) = (Reader::new(), [0; 30]);
    assert_eq!(reader.receive(to.as_fd(), buffer.chunks_mut(10)).unwrap(), 3);
    assert_eq!(reader.receive(to.as_fd(), buffer.chunks_mut(10)).unwrap(), 2);
}

#[test]
fn a_packet_that_cannot_go_keeps_none_of_the_others() {
    let (from, to) = (socket("127.0.0.1:0"), socket("127.0.0.1:0"));
    let (good, nowhere) = (to.local_addr().unwrap(), SocketAddr::from(([127, 0, 0, 1], 0)));
    let all = packets(&[10, 20, 20, 30]);
    let way = [good, nowhere, nowhere, good].into_iter().zip(&all).map(|(to, bytes)| packet(to, bytes));
    assert_eq!(Writer::new().send(from.as_fd(), way), 2);
    assert_eq!((one(&to), one(&to)), (all[0].clone(), all[3].clone()));
}

#[test]
fn where_the_system_does_not_cut_each_packet_goes_by_itself() {
    let (from, to) = (socket("127.0.0.1:0"), socket("127.0.0.1:0"));
    let yes: libc::c_int = 1;
    let length = libc::socklen_t::try_from(size_of_val(&yes)).unwrap();
    // SAFETY: the value is an integer of that length, which outlives the call. A socket that sums up nothing
    // (`SO_NO_CHECK`) refuses to cut.
    let result = unsafe {
        let value = (&raw const yes).cast();
        libc::setsockopt(from.as_raw_fd(), libc::SOL_SOCKET, libc::SO_NO_CHECK, value, length)
    };
    assert_eq!(result, 0);
    let sent = packets(&MIXED);
    let mut writer = Writer::new();
    assert_eq!(send(&mut writer, &from, to.local_addr().unwrap(), &sent), 0);
    assert!(sent.iter().all(|packet| one(&to) == *packet));
    assert!(writer.can_segment, "another way may be wider");
}

#[test]
fn a_device_that_cannot_cut_is_not_asked_again() {
    let after = |code, is_segmented| Next::after(&io::Error::from_raw_os_error(code), is_segmented);
    assert_eq!(after(libc::EIO, true), Next::Apart { for_good: true });
    assert_eq!(after(libc::EINVAL, true), Next::Apart { for_good: false });
    assert_eq!(after(libc::EIO, false), Next::Drop);
    assert_eq!(after(libc::EAGAIN, true), Next::DropAll);
    assert_eq!(after(libc::EINTR, false), Next::Again);
    let mut writer = Writer::new();
    writer.can_segment = false;
    let (all, to) = (packets(&[9; 3]), "127.0.0.1:1".parse().unwrap());
    assert_eq!(writer.write_messages(all.iter().map(|bytes| packet(to, bytes))), 3);
}

#[test]
fn what_is_sent_back_leaves_from_the_address_that_was_asked() {
    // Linux has all of 127.0.0.0/8 on loopback. A socket of both families sees IPv4 addresses inside IPv6 ones.
    for (listen, asked, client) in [
        ("0.0.0.0:0", "127.0.0.5", "127.0.0.1:0"),
        ("[::]:0", "127.0.0.6", "127.0.0.1:0"),
        ("[::]:0", "::1", "[::1]:0"),
    ] {
        let (listener, client) = (socket(listen), socket(client));
        let is_v6 = listener.local_addr().unwrap().is_ipv6();
        tell_local(listener.as_fd(), is_v6).unwrap();
        let asked: IpAddr = asked.parse().unwrap();
        let way = SocketAddr::new(asked, listener.local_addr().unwrap().port());
        client.send_to(b"hello", way).unwrap();
        let (mut reader, mut writer) = (Reader::new(), Writer::new());
        let mut buffer = vec![0; 2_000];
        while reader.receive(listener.as_fd(), buffer.chunks_mut(2_000)).is_err() {
            std::thread::yield_now();
        }
        let Received { from, local, .. } = reader.received(0).unwrap();
        assert_eq!(local, Some(asked), "{asked} by {from}");
        // One by one, and as one message that is cut up.
        let all = packets(&[9, 1_200, 1_200, 1_200]);
        let back = all.iter().map(|bytes| Packet { to: from, local, bytes });
        assert_eq!(writer.send(listener.as_fd(), back), 0, "{asked}");
        for packet in &all {
            let mut buffer = vec![0; 65_536];
            let (length, from) = client.recv_from(&mut buffer).unwrap();
            assert_eq!((&buffer[..length], from), (&packet[..], way));
        }
    }
}

#[test]
fn packets_that_leave_from_two_addresses_are_two_messages() {
    let (all, to) = (packets(&[100; 4]), "127.0.0.1:1".parse().unwrap());
    let locals = ["127.0.0.5", "127.0.0.5", "127.0.0.6", "127.0.0.6"].map(|ip| ip.parse().ok());
    let mut writer = Writer::new();
    let count =
        writer.write_messages(all.iter().zip(locals).map(|(bytes, local)| Packet { to, local, bytes }));
    assert_eq!((0..count).map(|place| writer.rows.len(place)).collect::<Vec<_>>(), [2, 2]);
}
