//! The beginning of a connection behind a trusted proxy: the header by which it names its client, if it writes one.
//!
//! Reads no byte of anybody else before its time. Bytes that are no header go back to the connection; those of a broken
//! one end it, since a guess would be somebody else's address. Bounds: those of `callbox_core::proxied`, and the time of a
//! handshake, which the caller holds.

use callbox_core::proxied::{Beginning, may_begin, read};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use tokio::io::AsyncReadExt as _;

use super::slots::Slots;
use super::stream::Stream;

/// The client's address, and the first byte of its own, which is left there; none if the other end is gone.
pub(super) async fn begin(
    stream: &mut Stream,
    peer: SocketAddr,
    slots: &Slots,
) -> io::Result<(SocketAddr, Option<u8>)> {
    let first = stream.first_byte().await?;
    if !slots.trusts(peer) || !first.is_some_and(may_begin) {
        return Ok((peer, first));
    }
    let mut bytes = Vec::new();
    let client = loop {
        match read(&bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))? {
            Beginning::More(count) => {
                let start = bytes.len();
                bytes.resize(start + count, 0);
                stream.read_exact(&mut bytes[start..]).await?;
            }
            Beginning::Header(client) => break client,
            Beginning::Own => {
                stream.put_back(bytes);
                break None;
            }
        }
    };
    if let Some(client) = client
        && !slots.assign_behind(stream.slot_mut(), client)
    {
        return Err(ErrorKind::QuotaExceeded.into());
    }
    Ok((client.unwrap_or(peer), stream.first_byte().await?))
}
