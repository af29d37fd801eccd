//! One run of a relay: calls whose media go through a TURN server, at one of their ends or at both, and what it cost.
//!
//! If one end of a call is relayed, the other one is a plain socket; both ends send the same. Shares no code with the
//! server but the codec of TURN's messages. The relay is named by `--server`, which is Callbox's HTTP address, or by
//! `--turn`. With neither end relayed the same packets go straight across: no relay can be quicker than the load tester
//! is then.

mod flow;
mod link;
mod media;
mod participants;
mod report;
mod turn;

use anyhow::{Context, Result, bail};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::clock::now;
use crate::options::{RelayOptions, Sides, Transport};
use crate::process::{Memory, cpu_seconds, machine_cpu_seconds};
use flow::End;
use media::Media;
use participants::Credentials;
pub(crate) use report::Report;
use turn::Client;

/// The only channel of each allocation.
const CHANNEL: u16 = 0x4000;

/// Plays everything that the options ask for.
pub(crate) async fn run(options: RelayOptions) -> Result<Report> {
    let participants =
        if options.sides == Sides::Neither { Vec::new() } else { participants::take(&options).await? };
    // The sessions' sockets are read meanwhile, or their server would take them for dead.
    tokio::task::spawn_blocking(move || play(&options, &participants)).await.context("the media panicked")?
}

fn play(options: &RelayOptions, participants: &[[Credentials; 2]]) -> Result<Report> {
    let before = options.pid.map(Memory::of).transpose()?;
    let mut ends = Vec::with_capacity(options.calls * 2);
    for call in 0..options.calls {
        ends.extend(match (options.sides, participants.get(call)) {
            (Sides::Neither, _) => connect_straight(call)?,
            (Sides::Both, Some(participants)) => connect_both(call, options.transport, participants)?,
            (Sides::One, Some([caller, _])) => connect_one(call, options.transport, caller)?,
            (_, None) => bail!("nobody sits in call {call}"),
        });
    }
    let allocations = ends.iter().filter(|end| end.is_relayed()).count();
    let after = options.pid.map(Memory::of).transpose()?;
    let mut media = Media::new(ends, options.frames_per_second, options.seed)?;
    media.flow(options.warmup)?;
    let costs = || -> Result<_> {
        let server = options.pid.map(cpu_seconds).transpose()?;
        Ok((now(), server, cpu_seconds(std::process::id())?, machine_cpu_seconds()?))
    };
    let (start, server, own, machine) = costs()?;
    let counts = media.flow(options.duration)?;
    let (end, server_after, own_after, machine_after) = costs()?;
    let server = server_after.zip(server).map(|(after, before)| after - before);
    let cpu = report::Cpu { server, own: own_after - own, machine: machine_after - machine };
    let memory = before.zip(after).map(|(before, after)| after.rss_kb.saturating_sub(before.rss_kb));
    Ok(Report::new(options, end.since(start).as_secs_f64(), &counts, &cpu, memory, allocations))
}

/// The two ends of one call, each behind a relay.
fn connect_both(call: usize, transport: Transport, [one, other]: &[Credentials; 2]) -> Result<[End; 2]> {
    let mut caller = Client::allocate(one, transport, client_ip(2 * call))?;
    let mut callee = Client::allocate(other, transport, client_ip(2 * call + 1))?;
    let (to_caller, to_callee) = (caller.relayed, callee.relayed);
    caller.bind(CHANNEL, to_callee)?;
    callee.bind(CHANNEL, to_caller)?;
    Ok([End::relayed(caller.link, CHANNEL)?, End::relayed(callee.link, CHANNEL)?])
}

/// The two ends of one call, the caller behind a relay and the callee on the open network.
fn connect_one(call: usize, transport: Transport, credentials: &Credentials) -> Result<[End; 2]> {
    let mut caller = Client::allocate(credentials, transport, client_ip(2 * call))?;
    let peer = UdpSocket::bind((PEER_IP, 0))?;
    caller.bind(CHANNEL, peer.local_addr()?)?;
    peer.connect(caller.relayed)?;
    Ok([End::relayed(caller.link, CHANNEL)?, End::plain(peer)?])
}

/// The two ends of one call, on the open network.
fn connect_straight(call: usize) -> Result<[End; 2]> {
    let caller = UdpSocket::bind((client_ip(2 * call), 0))?;
    let callee = UdpSocket::bind((client_ip(2 * call + 1), 0))?;
    caller.connect(callee.local_addr()?)?;
    callee.connect(caller.local_addr()?)?;
    Ok([End::plain(caller)?, End::plain(callee)?])
}

/// No relay's own, so that it counts as anybody's.
const PEER_IP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// People come from many addresses, and relays have quotas for each.
fn client_ip(client: usize) -> IpAddr {
    let [high, low] = u16::try_from(client).unwrap_or(u16::MAX).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low.max(1)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_has_more_than_two_clients() {
        let mut counts = std::collections::HashMap::new();
        (0..2_000).for_each(|client| *counts.entry(client_ip(client)).or_insert(0) += 1);
        assert!(counts.values().all(|count| *count <= 2) && counts.keys().all(IpAddr::is_loopback));
    }
}
