//! Slots that many want: so many for one address, and so many for one block of addresses.
//!
//! Nobody gets all of the slots. The owner decides who is not counted, and how many slots there are in all. Bounds: a
//! slot costs two counts, and the maps hold those of taken slots alone.

use std::collections::HashMap;
use std::hash::Hash;

use crate::address::{AddrKey, BlockKey, ClientAddr};

/// A block has so many times the slots of an address: few blocks are full of people who come to one server, and with
/// three of them a server with the default settings still has slots left.
pub const ADDRESSES_PER_BLOCK: usize = 3;

/// The holders, and how many each has.
#[derive(Debug)]
pub struct Shares {
    address_max: usize,
    by_addr: HashMap<AddrKey, usize>,
    by_block: HashMap<BlockKey, usize>,
}

/// One place; to be given back.
#[derive(Debug)]
#[must_use]
pub struct Share {
    addr: AddrKey,
    block: BlockKey,
}

impl Shares {
    /// Nobody has any.
    pub fn new(address_max: usize) -> Self {
        Self { address_max, by_addr: HashMap::new(), by_block: HashMap::new() }
    }

    /// One more for this address, if it and its block have not used up theirs.
    pub fn take(&mut self, client: ClientAddr) -> Option<Share> {
        let (addr, block) = (client.key(), client.block());
        let of_addr = self.by_addr.get(&addr).copied().unwrap_or_default();
        let of_block = self.by_block.get(&block).copied().unwrap_or_default();
        if of_addr >= self.address_max || of_block >= self.address_max.saturating_mul(ADDRESSES_PER_BLOCK) {
            return None;
        }
        self.by_addr.insert(addr, of_addr + 1);
        self.by_block.insert(block, of_block + 1);
        Some(Share { addr, block })
    }

    /// The place is free again. To be called once for each.
    pub fn give_back(&mut self, share: &Share) {
        give_back(&mut self.by_addr, &share.addr);
        give_back(&mut self.by_block, &share.block);
    }
}

fn give_back<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_its_block_have_a_share_and_get_it_back() {
        let mut shares = Shares::new(2);
        for [own, same, near, far] in [
            ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.77", "192.0.3.1"],
            ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "2001:db8:1::1"],
        ] {
            let mut take = |text: &str| shares.take(ClientAddr(text.parse().unwrap()));
            let mut held: Vec<Share> = vec![take(own).unwrap(), take(same).unwrap()];
            assert!(take(own).is_none(), "{own} has two");
            held.extend([take(near).unwrap(), take(near).unwrap()]);
            let other: String = near.replace("77", "78").replace(":1::", ":2::");
            held.extend([take(&other).unwrap(), take(&other).unwrap()]);
            let third = near.replace("77", "79").replace(":1::", ":3::");
            assert!(take(&third).is_none(), "the block of {own} has six");
            held.push(take(far).expect("others are not touched"));
            shares.give_back(&held.remove(0));
            held.push(shares.take(ClientAddr(third.parse().unwrap())).unwrap());
            for share in &held {
                shares.give_back(share);
            }
        }
        assert!(shares.by_addr.is_empty() && shares.by_block.is_empty());
    }
}
