//! Places that many want: so many for one address, and so many for one block of addresses.
//!
//! Nobody gets all of what there is for everybody. Who is not counted, and how many places there are in all, its owner
//! decides. Bounds: a place costs two counts, and the maps hold those of taken places alone.

use callbox_core::address::{AddrKey, BlockKey, ClientAddr};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A block has so many times what an address has: few blocks are full of people who come to one server, and with
/// three of them a server with the default settings still has places left.
pub(crate) const ADDRESSES_PER_BLOCK: usize = 3;

/// Who has how many.
#[derive(Debug)]
pub struct Shares {
    address_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    by_addr: HashMap<AddrKey, usize>,
    by_block: HashMap<BlockKey, usize>,
}

/// One place; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    addr: AddrKey,
    block: BlockKey,
}

impl Shares {
    /// Nobody has any.
    pub fn new(address_max: usize) -> Self {
        Self { address_max, taken: Mutex::default() }
    }

    /// One more for this address, where it and its block have not had theirs.
    pub fn take(self: &Arc<Self>, client: ClientAddr) -> Option<Share> {
        let (addr, block) = (client.key(), client.block());
        let mut taken = self.lock();
        let of_addr = taken.by_addr.get(&addr).copied().unwrap_or_default();
        let of_block = taken.by_block.get(&block).copied().unwrap_or_default();
        if of_addr >= self.address_max || of_block >= self.address_max.saturating_mul(ADDRESSES_PER_BLOCK) {
            return None;
        }
        taken.by_addr.insert(addr, of_addr + 1);
        taken.by_block.insert(block, of_block + 1);
        Some(Share { shares: Arc::clone(self), addr, block })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.lock();
        give_back(&mut taken.by_addr, &self.addr);
        give_back(&mut taken.by_block, &self.block);
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
        let shares = Arc::new(Shares::new(2));
        let take = |text: &str| shares.take(ClientAddr(text.parse().unwrap()));
        for [own, same, near, far] in [
            ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.77", "192.0.3.1"],
            ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "2001:db8:1::1"],
        ] {
            let mut held: Vec<Share> = vec![take(own).unwrap(), take(same).unwrap()];
            assert!(take(own).is_none(), "{own} has two");
            held.extend([take(near).unwrap(), take(near).unwrap()]);
            let other: String = near.replace("77", "78").replace(":1::", ":2::");
            held.extend([take(&other).unwrap(), take(&other).unwrap()]);
            let third = near.replace("77", "79").replace(":1::", ":3::");
            assert!(take(&third).is_none(), "the block of {own} has six");
            assert!(take(far).is_some(), "others are not touched");
            held.pop();
            assert!(take(&third).is_some());
        }
        let taken = shares.lock();
        assert!(taken.by_addr.is_empty() && taken.by_block.is_empty());
    }
}
