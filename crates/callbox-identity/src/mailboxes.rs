//! Limits of the mails that anybody may ask for: counted for each mailbox, for all callers together.
//!
//! Strangers share one allowance of a mailbox, and a caller who is known to its account has an allowance of their
//! own, so nobody keeps owners from their links. If a link that signs in or sets a password is refused to strangers,
//! one that is still valid is in the mailbox: it lasts longer than the pause. Addresses are kept as keyed hashes.
//! Bounds: 50,000 mailboxes of each kind.

use callbox_core::address::Network;
use callbox_core::limit::{Allowance, Buckets, RetryAfterMs};
use callbox_protocol::time::UnixMillis;
use std::sync::Arc;

use crate::keyed_hashes::KeyedHashes;
use crate::mail_text::{RESET_MS, SIGN_IN_MS};

const KEYS_MAX: usize = 50_000;
const MINUTE_MS: u64 = 60 * 1_000;

/// The kind of mail that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A link that signs in.
    SignIn,
    /// A link that sets a new password.
    Reset,
    /// A link that verifies the address.
    Verify,
}

/// The caller who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Anybody.
    Stranger,
    /// A guest who says that it is theirs: so many from one network, and so many in all.
    Guest(Network),
    /// A browser that the account was signed in with, by its keyed hash.
    Browser([u8; 32]),
    /// Somebody who has an account with another address.
    Account,
}

impl Wish {
    /// The mails that a mailbox gets at once, and how long one more takes.
    const fn allowance(self) -> Allowance {
        match self {
            Self::SignIn => Allowance { capacity: 3, refill_ms: 12 * MINUTE_MS },
            Self::Reset => Allowance { capacity: 3, refill_ms: 30 * MINUTE_MS },
            // An address is typed wrong once or twice.
            Self::Verify => Allowance { capacity: 5, refill_ms: 12 * MINUTE_MS },
        }
    }
}

/// Links that verify a mailbox, of guests of all networks: the crowd of one leaves room for its owner.
const GUESTS: Allowance = Allowance { capacity: 15, refill_ms: 4 * MINUTE_MS };

// The promise at the top of this file.
const _: () = assert!(Wish::SignIn.allowance().refill_ms < SIGN_IN_MS);
const _: () = assert!(Wish::Reset.allowance().refill_ms < RESET_MS);

type Key = [u8; 32];

/// All mailboxes that mail was asked for lately.
#[derive(Debug)]
pub struct Mailboxes {
    sign_in: Buckets<Key>,
    reset: Buckets<Key>,
    verify: Buckets<Key>,
    guests: Buckets<Key>,
    keyed_hashes: Arc<KeyedHashes>,
}

impl Mailboxes {
    /// Nobody has asked.
    pub fn new(keyed_hashes: Arc<KeyedHashes>) -> Self {
        let buckets = |allowance: Allowance| Buckets::of(allowance, KEYS_MAX);
        Self {
            sign_in: buckets(Wish::SignIn.allowance()),
            reset: buckets(Wish::Reset.allowance()),
            verify: buckets(Wish::Verify.allowance()),
            guests: buckets(GUESTS),
            keyed_hashes,
        }
    }

    /// Counts a mail to this address, by its key, or says when there may be one.
    pub fn count(
        &mut self,
        wish: Wish,
        asker: Asker,
        mailbox: &str,
        now: UnixMillis,
    ) -> Result<(), RetryAfterMs> {
        let keyed_hashes = &self.keyed_hashes;
        let key = |asker: &[u8]| keyed_hashes.mailbox(mailbox, asker);
        let buckets = match wish {
            Wish::SignIn => &mut self.sign_in,
            Wish::Reset => &mut self.reset,
            Wish::Verify => &mut self.verify,
        };
        match asker {
            Asker::Stranger => buckets.try_take(key(b""), 1, now),
            Asker::Account => buckets.try_take(key(b"account"), 1, now),
            Asker::Browser(hash) => buckets.try_take(key(&hash), 1, now),
            Asker::Guest(network) => {
                buckets.try_take(key(&network.to_bytes()), 1, now)?;
                self.guests.try_take(key(b""), 1, now)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_core::address::ClientAddr;
    use callbox_core::fair::Rank;

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

    #[test]
    fn guests_of_one_network_leave_room_for_whose_mailbox_it_is() {
        let mut mailboxes = Mailboxes::new(Arc::new(KeyedHashes::new([1; 32])));
        let mut count = |address: &str| {
            let [widest, ..] = ClientAddr(address.parse().unwrap()).standing(Rank::Guest).networks;
            let asker = Asker::Guest(widest);
            (0..100).filter(|_| mailboxes.count(Wish::Verify, asker, "ann@example.org", NOW).is_ok()).count()
        };
        assert_eq!((count("192.0.2.1"), count("192.0.2.2"), count("2001:db8::1")), (5, 0, 5));
        assert_eq!((count("198.51.100.1"), count("203.0.113.1")), (5, 0), "but not from everywhere");
    }

    #[test]
    fn a_mailbox_is_not_flooded_by_however_many_and_its_owner_gets_links_of_their_own() {
        let mut mailboxes = Mailboxes::new(Arc::new(KeyedHashes::new([1; 32])));
        let mut count = |wish, asker| {
            (0..100).filter(|_| mailboxes.count(wish, asker, "ann@example.org", NOW).is_ok()).count()
        };
        for (wish, most) in [(Wish::SignIn, 3), (Wish::Reset, 3), (Wish::Verify, 5)] {
            assert_eq!(count(wish, Asker::Stranger), most, "{wish:?}");
            assert_eq!(count(wish, Asker::Browser([7; 32])), most, "{wish:?}");
            assert_eq!(count(wish, Asker::Account), most, "{wish:?}");
        }
        assert!(mailboxes.count(Wish::SignIn, Asker::Stranger, "bob@example.org", NOW).is_ok());
        let later = NOW.plus(12 * MINUTE_MS);
        assert!(mailboxes.count(Wish::SignIn, Asker::Stranger, "ann@example.org", later).is_ok());
    }
}
