//! How often one may ask: an allowance for each class of requests, by address, by block of addresses and by user.
//!
//! An address may stand for a school behind one router, so it may ask more often than a user. Each map is bounded; if it is
//! full of limited keys, new ones wait.

use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;
use std::hash::Hash;

use crate::address::{AddrKey, BlockKey, ClientAddr};
use crate::limit::{Allowance, Buckets, Left, RetryAfterMs};

/// A request's cost to us, as the table of routes says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Not counted: pages and files, and the socket, which counts for itself.
    Free,
    /// Reads a few rows.
    Read,
    /// Writes a few rows.
    Write,
    /// Makes a user.
    Guest,
    /// Hashes a password, sends a mail, collects all data of a user.
    Costly,
    /// Asked by an app's own backend, for all its users from one address.
    Backend,
    /// Tells how a page was: by browsers, without a login.
    Beacon,
}

const fn allow(capacity: u32, refill_ms: u64) -> Allowance {
    Allowance { capacity, refill_ms }
}

impl Class {
    /// For an address and for a user; `None` if nothing is counted.
    ///
    /// A page asks about ten times when it is opened and then once in a while, and a person presses a button once a
    /// second at most. An address is taken for a class of thirty at once. It may make thirty guests, and then
    /// thirty a minute, which a script notices and a school does not.
    const fn allowances(self) -> Option<(Allowance, Allowance)> {
        match self {
            Self::Free => None,
            Self::Read => Some((allow(600, 50), allow(120, 500))),
            Self::Write => Some((allow(240, 250), allow(60, 1_000))),
            Self::Guest => Some((allow(30, 2_000), allow(30, 2_000))),
            Self::Costly => Some((allow(60, 2_000), allow(10, 6_000))),
            Self::Backend => Some((allow(6_000, 5), allow(6_000, 5))),
            // A view sends two; thirty people who open a page every six seconds make ten a second.
            Self::Beacon => Some((allow(600, 100), allow(600, 100))),
        }
    }
}

/// An IPv6 /48 has so many times what one of its 65,536 /64s has: a company or a campus may have a few hundred, a script that
/// goes through all of them is held. IPv4 addresses are too scarce for that, and a /24 is many households.
const ADDRESSES_PER_IPV6_BLOCK: u32 = 8;

/// How many addresses, blocks and users a class remembers; each costs about 50 bytes.
const KEYS_MAX: usize = 50_000;

/// The allowances of one class, and who has used how much of them.
#[derive(Debug)]
pub struct Rates {
    addrs: Rate<AddrKey>,
    blocks: Rate<BlockKey>,
    users: Rate<UserId>,
}

/// A caller's remaining allowance, for the headers of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The most tokens.
    pub capacity: u32,
    /// How long one takes to refill.
    pub refill_ms: u64,
    /// How many there are.
    pub left: Left,
}

impl Rates {
    /// Nobody has asked yet; `None` for a class that is not counted.
    pub fn new(class: Class) -> Option<Self> {
        let (addrs, users) = class.allowances()?;
        let of_block = allow(
            addrs.capacity * ADDRESSES_PER_IPV6_BLOCK,
            (addrs.refill_ms / u64::from(ADDRESSES_PER_IPV6_BLOCK)).max(1),
        );
        Some(Self { addrs: Rate::new(addrs), blocks: Rate::new(of_block), users: Rate::new(users) })
    }

    /// Counts a request for its address, and says in `quota` what is left.
    pub fn count_addr(
        &mut self,
        client: ClientAddr,
        now: UnixMillis,
        quota: &mut Option<Quota>,
    ) -> Result<(), RetryAfterMs> {
        self.addrs.count(client.key(), now, quota)?;
        client.ipv6_block().map_or(Ok(()), |block| self.blocks.count(block, now, quota))
    }

    /// Counts a request for the user who asks; `quota` becomes the tighter of the two.
    pub fn count_user(
        &mut self,
        user: UserId,
        now: UnixMillis,
        quota: &mut Option<Quota>,
    ) -> Result<(), RetryAfterMs> {
        self.users.count(user, now, quota)
    }
}

/// One allowance, for each key.
#[derive(Debug)]
struct Rate<K> {
    allowance: Allowance,
    buckets: Buckets<K>,
}

impl<K: Eq + Hash + Copy> Rate<K> {
    fn new(allowance: Allowance) -> Self {
        Self { allowance, buckets: Buckets::of(allowance, KEYS_MAX) }
    }

    fn count(&mut self, key: K, now: UnixMillis, quota: &mut Option<Quota>) -> Result<(), RetryAfterMs> {
        let Allowance { capacity, refill_ms } = self.allowance;
        let taken = self.buckets.try_take(key, 1, now);
        let left = self.buckets.left(&key, now);
        if quota.is_none_or(|other| left.tokens < other.left.tokens) {
            *quota = Some(Quota { capacity, refill_ms, left });
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_block_share_what_eight_of_them_have() {
        let (mut rates, now) = (Rates::new(Class::Guest).unwrap(), UnixMillis(1_790_000_000_000));
        let mut guest =
            |from: &str| rates.count_addr(ClientAddr(from.parse().unwrap()), now, &mut None).is_ok();
        for network in 0..8 {
            for made in 0..30 {
                assert!(guest(&format!("2001:db8:0:{network}::{made}")));
            }
        }
        assert!(!guest("2001:db8:0:8::1"), "another /64 of the same /48");
        assert!(guest("2001:db8:1::1"), "another /48");
        for host in 0..=255 {
            assert!(guest(&format!("192.0.2.{host}")), "an IPv4 address is counted for itself alone");
        }
    }
}
