//! The limit of answers to somebody who has proven nothing: by UDP to an address, else to a connection.
//!
//! A datagram's address may be forged, so its answers may hit somebody else. For them there is a table of fixed size: an
//! attacker who invents a million addresses shares its places with others, and costs no memory. Places are found by a
//! hash that nobody outside can foresee. A connection's address is proven, and many people come from one address behind
//! a NAT or a proxy: each connection has a budget of its own, and ends when that is spent, so that nobody waits in vain.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;

use crate::types::Millis;

/// 32 KiB. A flood from everywhere fills it, and then newcomers wait; those with an allocation prove it, and do not.
const PLACES: usize = 4_096;

#[derive(Debug)]
pub(crate) struct Sources {
    seed: u64,
    per_second: u64,
    burst: u64,
    in_all: Budget,
    places: Box<[Budget]>,
}

/// Answers as time that has to pass: a place is free when its time has come (ITU-T I.371).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    full_at_us: u64,
}

impl Budget {
    /// Whether a connection may have one more answer.
    pub(crate) fn take_connected(&mut self, now: Millis) -> bool {
        self.take(CONNECTION_PER_SECOND, CONNECTION_BURST, now)
    }

    fn take(&mut self, per_second: u64, burst: u64, now: Millis) -> bool {
        let now_us = now.0 * 1_000;
        let cost_us = 1_000_000 / per_second.max(1);
        let full_at_us = self.full_at_us.max(now_us) + cost_us;
        let is_there = full_at_us <= now_us + cost_us * burst;
        if is_there {
            self.full_at_us = full_at_us;
        }
        is_there
    }
}

/// Of a connection. A browser needs one for its first nonce and then one in ten minutes, and some more after a mistake.
const CONNECTION_PER_SECOND: u64 = 1;
const CONNECTION_BURST: u64 = 16;

/// The limit of all addresses together: more is an attack, and then silence is the better answer.
const IN_ALL_PER_SECOND: u64 = 20_000;

impl Sources {
    pub(crate) fn new(per_second: u32, seed: u64) -> Self {
        let per_second = u64::from(per_second);
        let places = vec![Budget::default(); PLACES].into_boxed_slice();
        Self { seed, per_second, burst: 2 * per_second, in_all: Budget::default(), places }
    }

    /// Whether this address may have one more answer; a whole /64 counts as one address.
    pub(crate) fn take(&mut self, ip: IpAddr, now: Millis) -> bool {
        let mut hasher = DefaultHasher::new();
        self.seed.hash(&mut hasher);
        source(ip).hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % PLACES as u64).expect("less than PLACES");
        self.places[place].take(self.per_second, self.burst, now)
            && self.in_all.take(IN_ALL_PER_SECOND, IN_ALL_PER_SECOND, now)
    }
}

/// The owner of an address: itself, or in IPv6 the /64 that one customer has at least.
pub(crate) fn source(ip: IpAddr) -> u64 {
    match ip.to_canonical() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_gets_its_burst_and_then_its_share_of_each_second() {
        let mut sources = Sources::new(10, 1);
        let ip = "192.0.2.1".parse().expect("an address");
        let burst = (0..100).filter(|_| sources.take(ip, Millis(1_000))).count();
        assert_eq!(burst, 20);
        let second = (0..1_000).filter(|ms| sources.take(ip, Millis(1_001 + ms))).count();
        assert_eq!(second, 10);
    }

    #[test]
    fn the_addresses_of_a_64_are_one_source() {
        let mut sources = Sources::new(10, 1);
        let got = (0..100_u128)
            .filter(|n| sources.take(IpAddr::V6((0x2001_0db8_u128 << 96 | n).into()), Millis(1_000)));
        assert_eq!(got.count(), 20);
    }
}
