//! Sign-ins under way: each is known to one browser, is redeemed once, and ends after ten minutes.
//!
//! Flows are kept here and not in a URL: a browser holds only a name for its flow, in the page's own storage, where
//! no other site can plant one; `state` returns through the issuer, and the two must belong together. We keep a hash
//! of that name; the maker of names makes it too. A restart forgets all, and people who are under way begin anew.
//! Bounds: `FLOWS_MAX`, about 900 bytes each. If there are more, the network that has begun most loses one, so no
//! crowd keeps others out; and one identity waits for each owner's approval.

use callbox_core::address::Network;
use callbox_core::fair::{Shares, Standing};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use std::collections::{BTreeSet, HashMap};

/// How long people take to sign in at their issuer, with a forgotten password.
const LIFE_MS: u64 = 10 * 60 * 1_000;
const FLOWS_MAX: usize = 8_192;

/// A browser that was sent to an issuer.
#[derive(Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its index in the settings' providers.
    pub provider: usize,
    /// The URL that it returns to; the token endpoint wants it again.
    pub redirect: String,
    /// The value that it returns with.
    pub state: String,
    /// The value that the ID token must repeat.
    pub nonce: String,
    /// The verifier of PKCE (RFC 7636).
    pub verifier: String,
    /// The login that it had, if any.
    pub login: Option<LoginId>,
    /// Whether the identity is to be linked to that login's account.
    pub is_link: bool,
}

/// An identity, as the store keeps it, that waits for its owner's approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<I> {
    /// The identity to be linked.
    pub identity: I,
    /// The address that its issuer has verified, by its key.
    pub email: Option<String>,
    /// The account's user.
    pub user: UserId,
    /// The login that may approve it.
    pub login: LoginId,
}

/// The hash of the name by which a browser knows its flow.
pub type Key = [u8; 32];

#[derive(Debug)]
struct Away {
    flow: Flow,
    standing: Standing<Network>,
    end: UnixMillis,
}

/// All of them.
#[derive(Debug)]
pub struct Flows<I> {
    away: HashMap<Key, Away>,
    shares: Shares<Network, Key>,
    ends: BTreeSet<(UnixMillis, Key)>,
    offers: HashMap<UserId, (UnixMillis, Key, Offer<I>)>,
}

impl<I> Default for Flows<I> {
    fn default() -> Self {
        Self {
            away: HashMap::new(),
            shares: Shares::new(FLOWS_MAX),
            ends: BTreeSet::new(),
            offers: HashMap::new(),
        }
    }
}

impl<I> Flows<I> {
    /// A browser is sent away.
    pub fn begin(&mut self, key: Key, flow: Flow, standing: Standing<Network>, now: UnixMillis) {
        self.end(now);
        let end = now.plus(LIFE_MS);
        self.away.insert(key, Away { flow, standing, end });
        self.ends.insert((end, key));
        if let Some(lost) = self.shares.handle_arrival(key, standing) {
            self.forget(&lost);
        }
    }

    /// A browser returned from the issuer. A flow with another `state` stays: this may be a stranger's attempt.
    pub fn take_back(&mut self, key: &Key, state: &str, now: UnixMillis) -> Option<Flow> {
        self.end(now);
        match self.away.get(key) {
            Some(away) if away.flow.state == state => {}
            _ => return None,
        }
        let away = self.forget(key)?;
        self.shares.handle_end(away.standing, |one| one == key);
        Some(away.flow)
    }

    /// Waits for its owner's approval under the same name, instead of an earlier question; returns whether there was
    /// room.
    pub fn offer(&mut self, key: Key, offer: Offer<I>, now: UnixMillis) -> bool {
        self.offers.retain(|_, (end, ..)| *end > now);
        if self.offers.len() >= FLOWS_MAX && !self.offers.contains_key(&offer.user) {
            return false;
        }
        self.offers.insert(offer.user, (now.plus(LIFE_MS), key, offer));
        true
    }

    /// The offer that waits for this login's approval; it stays.
    pub fn offered(&self, key: &Key, user: UserId, login: LoginId, now: UnixMillis) -> Option<&Offer<I>> {
        let (end, of, offer) = self.offers.get(&user)?;
        (*end > now && of == key && offer.login == login).then_some(offer)
    }

    /// The owner's approval.
    pub fn take_offer(
        &mut self,
        key: &Key,
        user: UserId,
        login: LoginId,
        now: UnixMillis,
    ) -> Option<Offer<I>> {
        self.offered(key, user, login, now)?;
        self.offers.remove(&user).map(|(.., offer)| offer)
    }

    fn forget(&mut self, key: &Key) -> Option<Away> {
        let away = self.away.remove(key)?;
        self.ends.remove(&(away.end, *key));
        Some(away)
    }

    fn end(&mut self, now: UnixMillis) {
        while let Some((end, key)) = self.ends.first().copied()
            && end <= now
        {
            let away = self.forget(&key).expect("what has an end is away");
            self.shares.handle_end(away.standing, |one| *one == key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_core::address::ClientAddr;
    use callbox_core::fair::Rank;

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

    fn flow(state: &str) -> Flow {
        Flow {
            provider: 0,
            redirect: "https://call.example.org/oidc".to_owned(),
            state: state.to_owned(),
            nonce: "n".to_owned(),
            verifier: "v".to_owned(),
            login: None,
            is_link: false,
        }
    }

    fn from(address: &str, rank: Rank) -> Standing<Network> {
        ClientAddr(address.parse().unwrap()).standing(rank)
    }

    fn key(number: usize) -> Key {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(number as u64).to_be_bytes());
        key
    }

    fn flows() -> Flows<&'static str> {
        Flows::default()
    }

    #[test]
    fn a_flow_comes_back_once_to_its_own_browser_and_in_time() {
        let mut flows = flows();
        let here = from("192.0.2.1", Rank::Guest);
        let (one, other) = (key(1), key(2));
        flows.begin(one, flow("s"), here, NOW);
        flows.begin(other, flow("t"), here, NOW);
        assert_eq!(flows.take_back(&other, "s", NOW), None, "another browser's state");
        assert_eq!(flows.take_back(&key(3), "s", NOW), None, "made up");
        assert!(flows.take_back(&one, "s", NOW.plus(LIFE_MS - 1)).is_some());
        assert_eq!(flows.take_back(&one, "s", NOW.plus(LIFE_MS - 1)), None, "used");
        assert_eq!(flows.take_back(&other, "t", NOW.plus(LIFE_MS)), None, "ended");
        assert!(flows.away.is_empty() && flows.ends.is_empty() && flows.shares.is_empty());
    }

    #[test]
    fn an_offer_is_for_the_login_that_it_was_made_to_and_no_flow() {
        let (mut flows, key) = (flows(), key(1));
        let (user, login) = (UserId::from_bytes([1; 16]), LoginId::from_bytes([2; 16]));
        assert!(flows.offer(key, Offer { identity: "ann", email: None, user, login }, NOW));
        assert_eq!(flows.take_back(&key, "", NOW), None);
        assert_eq!(flows.take_offer(&key, user, LoginId::from_bytes([3; 16]), NOW), None);
        assert_eq!(flows.take_offer(&key, UserId::from_bytes([3; 16]), login, NOW), None);
        assert!(flows.take_offer(&key, user, login, NOW).is_some());
        assert_eq!(flows.take_offer(&key, user, login, NOW), None);
    }

    #[test]
    fn an_owner_is_asked_one_thing_at_a_time_and_for_ten_minutes() {
        let mut flows = flows();
        let (one, two) = (key(1), key(2));
        let (user, login) = (UserId::from_bytes([1; 16]), LoginId::from_bytes([2; 16]));
        for (key, identity) in [(one, "one"), (two, "two")] {
            assert!(flows.offer(key, Offer { identity, email: None, user, login }, NOW));
        }
        assert_eq!(flows.take_offer(&one, user, login, NOW), None);
        assert_eq!(flows.take_offer(&two, user, login, NOW.plus(LIFE_MS)), None);
        assert!(flows.take_offer(&two, user, login, NOW.plus(LIFE_MS - 1)).is_some());
    }

    #[test]
    fn a_crowd_that_begins_without_end_loses_its_own_and_an_owner_comes_back() {
        let mut flows = flows();
        let (owner, known) = (key(usize::MAX), key(usize::MAX - 1));
        flows.begin(owner, flow("s"), from("198.51.100.1", Rank::Guest), NOW);
        flows.begin(known, flow("t"), from("192.0.2.1", Rank::Known), NOW);
        for number in 0..2 * FLOWS_MAX {
            flows.begin(key(number), flow("u"), from(&format!("192.0.2.{}", number % 46), Rank::Guest), NOW);
        }
        assert_eq!(
            (flows.away.len(), flows.ends.len(), flows.shares.len()),
            (FLOWS_MAX, FLOWS_MAX, FLOWS_MAX)
        );
        assert!(flows.take_back(&owner, "s", NOW).is_some());
        assert!(flows.take_back(&known, "t", NOW).is_some());
    }
}
