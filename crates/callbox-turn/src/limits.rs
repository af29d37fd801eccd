//! The limits of everything, and the meter that keeps a session to its share.

use crate::types::Millis;

/// Bounds, each with the reason for its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of one session: two connections under way, by four ways (UDP on two ports, TCP, TLS), on three networks, in both families.
    pub allocations_per_session: u32,
    /// Of one user, in several tabs.
    pub allocations_per_user: u32,
    /// Of one address (IPv6: of one /64): 400 browsers by four ways; a university is behind one.
    pub allocations_per_address: u32,
    /// Of everybody, on all threads: 4,096 browsers by four ways. An owner with other ports sets as many as these are.
    pub allocations: u32,
    /// Of one allocation: the addresses that a peer's candidates name, twice over.
    pub permissions_per_allocation: usize,
    /// Of one allocation; browsers bind one for each pair that they try.
    pub channels_per_allocation: usize,
    /// Packets a second of one session, both ways: a call in HD takes 600.
    pub packets_per_second: u32,
    /// Bytes a second of one session, both ways: 10 Mbit/s, four times a call in HD.
    pub bytes_per_second: u32,
    /// Sessions that may be open at once.
    pub sessions: usize,
    /// Datagrams a second in answer to an address that has proven nothing: a campus that reconnects at once needs two a browser.
    pub unproven_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations_per_session: 48,
            allocations_per_user: 96,
            allocations_per_address: 1_600,
            allocations: 16_384,
            permissions_per_allocation: 32,
            channels_per_allocation: 32,
            packets_per_second: 2_000,
            bytes_per_second: 1_250_000,
            sessions: 20_000,
            unproven_per_second: 100,
        }
    }
}

/// A second's worth of packets and bytes, refilled as time passes. Two numbers, and nothing to update in between.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    packets_full_at_ns: u64,
    bytes_full_at_ns: u64,
}

const SECOND_NS: u64 = 1_000_000_000;

impl Meter {
    /// Takes one packet of so many bytes, unless that is too much.
    pub(crate) fn take(&mut self, bytes: usize, limits: &Limits, now: Millis) -> bool {
        let now_ns = now.0.saturating_mul(1_000_000);
        let packet_ns = SECOND_NS / u64::from(limits.packets_per_second.max(1));
        let bytes_ns = bytes as u64 * SECOND_NS / u64::from(limits.bytes_per_second.max(1));
        let packets = self.packets_full_at_ns.max(now_ns) + packet_ns;
        let bytes = self.bytes_full_at_ns.max(now_ns) + bytes_ns;
        let is_within = packets.max(bytes) <= now_ns + SECOND_NS;
        if is_within {
            (self.packets_full_at_ns, self.bytes_full_at_ns) = (packets, bytes);
        }
        is_within
    }
}
