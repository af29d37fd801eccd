//! Sign-ins under way: each is known to one browser, comes back once, and ends after ten minutes.
//!
//! Kept here and not in a URL: what a browser has is a name for it, in the page's own storage, which no other site can plant
//! there; what comes back through the issuer is `state`, and the two must belong together. A restart forgets them, and
//! whoever is under way begins anew. Bounds: [`FLOWS_MAX`], about 900 bytes each. Where there are more, the network that has begun
//! most loses one, so no crowd keeps others out; and one identity waits for each owner's word.

use callbox_core::address::Network;
use callbox_core::fair::{Shares, Standing};
use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_store::{Identity, hash_token, new_token};
use std::collections::{BTreeSet, HashMap};

/// How long people take to sign in at their issuer, with a forgotten password.
const LIFE_MS: u64 = 10 * 60 * 1_000;
const FLOWS_MAX: usize = 8_192;

/// A browser that was sent to an issuer.
#[derive(Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its place among the settings' providers.
    pub(super) provider: usize,
    /// Where it comes back to; the token endpoint wants to hear it again.
    pub(super) redirect: String,
    pub(super) state: String,
    pub(super) nonce: String,
    /// Of PKCE (RFC 7636).
    pub(super) verifier: String,
    /// The login that it had, if any.
    pub login: Option<LoginId>,
    /// Whether the identity is to be linked to that login's account.
    pub is_link: bool,
}

/// An identity that waits for its owner's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is to be linked.
    pub identity: Identity,
    /// The address that its issuer has verified, by its key.
    pub email: Option<String>,
    /// Whose account.
    pub user: UserId,
    /// The login that may say so.
    pub login: LoginId,
}

type Key = [u8; 32];

#[derive(Debug)]
struct Away {
    flow: Flow,
    standing: Standing<Network>,
    end: UnixMillis,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Flows {
    away: HashMap<Key, Away>,
    shares: Shares<Network, Key>,
    ends: BTreeSet<(UnixMillis, Key)>,
    offers: HashMap<UserId, (UnixMillis, Key, Offer)>,
}

impl Default for Flows {
    fn default() -> Self {
        Self {
            away: HashMap::new(),
            shares: Shares::new(FLOWS_MAX),
            ends: BTreeSet::new(),
            offers: HashMap::new(),
        }
    }
}

impl Flows {
    /// The name by which the browser knows it.
    pub(super) fn begin(&mut self, flow: Flow, standing: Standing<Network>, now: UnixMillis) -> String {
        self.end(now);
        let name = new_token();
        let (key, end) = (hash_token(&name), now.plus(LIFE_MS));
        self.away.insert(key, Away { flow, standing, end });
        self.ends.insert((end, key));
        if let Some(lost) = self.shares.handle_arrival(key, standing) {
            self.forget(&lost);
        }
        name
    }

    /// Back from the issuer. One with another `state` stays: it may be a stranger's attempt.
    pub(super) fn take_back(&mut self, name: &str, state: &str, now: UnixMillis) -> Option<Flow> {
        self.end(now);
        let key = hash_token(name);
        match self.away.get(&key) {
            Some(away) if away.flow.state == state => {}
            _ => return None,
        }
        let away = self.forget(&key)?;
        self.shares.handle_end(away.standing, |one| *one == key);
        Some(away.flow)
    }

    /// Waits for its owner's word under the same name, in the place of what they were asked before; whether there was room.
    pub(super) fn offer(&mut self, name: &str, offer: Offer, now: UnixMillis) -> bool {
        self.offers.retain(|_, (end, ..)| *end > now);
        if self.offers.len() >= FLOWS_MAX && !self.offers.contains_key(&offer.user) {
            return false;
        }
        self.offers.insert(offer.user, (now.plus(LIFE_MS), hash_token(name), offer));
        true
    }

    /// What waits for this login's word; it waits on.
    pub(super) fn offered(
        &self,
        name: &str,
        user: UserId,
        login: LoginId,
        now: UnixMillis,
    ) -> Option<&Offer> {
        let (end, key, offer) = self.offers.get(&user)?;
        (*end > now && *key == hash_token(name) && offer.login == login).then_some(offer)
    }

    /// The owner's word.
    pub(super) fn take_offer(
        &mut self,
        name: &str,
        user: UserId,
        login: LoginId,
        now: UnixMillis,
    ) -> Option<Offer> {
        self.offered(name, user, login, now)?;
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

    #[test]
    fn a_flow_comes_back_once_to_its_own_browser_and_in_time() {
        let mut flows = Flows::default();
        let here = from("192.0.2.1", Rank::Guest);
        let name = flows.begin(flow("s"), here, NOW);
        let other = flows.begin(flow("t"), here, NOW);
        assert_eq!(flows.take_back(&other, "s", NOW), None, "another browser's state");
        assert_eq!(flows.take_back("made up", "s", NOW), None);
        assert!(flows.take_back(&name, "s", NOW.plus(LIFE_MS - 1)).is_some());
        assert_eq!(flows.take_back(&name, "s", NOW.plus(LIFE_MS - 1)), None, "used");
        assert_eq!(flows.take_back(&other, "t", NOW.plus(LIFE_MS)), None, "ended");
        assert!(flows.away.is_empty() && flows.ends.is_empty() && flows.shares.is_empty());
    }

    #[test]
    fn an_offer_is_for_the_login_that_it_was_made_to_and_no_flow() {
        let mut flows = Flows::default();
        let identity = Identity { issuer: "https://id.example.org".to_owned(), subject: "1".to_owned() };
        let (user, login) = (UserId::from_bytes([1; 16]), LoginId::from_bytes([2; 16]));
        assert!(flows.offer("name", Offer { identity, email: None, user, login }, NOW));
        assert_eq!(flows.take_back("name", "", NOW), None);
        assert_eq!(flows.take_offer("name", user, LoginId::from_bytes([3; 16]), NOW), None);
        assert_eq!(flows.take_offer("name", UserId::from_bytes([3; 16]), login, NOW), None);
        assert!(flows.take_offer("name", user, login, NOW).is_some());
        assert_eq!(flows.take_offer("name", user, login, NOW), None);
    }

    #[test]
    fn an_owner_is_asked_one_thing_at_a_time_and_for_ten_minutes() {
        let mut flows = Flows::default();
        let identity = |subject: &str| Identity {
            issuer: "https://id.example.org".to_owned(),
            subject: subject.to_owned(),
        };
        let (user, login) = (UserId::from_bytes([1; 16]), LoginId::from_bytes([2; 16]));
        for name in ["one", "two"] {
            assert!(flows.offer(name, Offer { identity: identity(name), email: None, user, login }, NOW));
        }
        assert_eq!(flows.take_offer("one", user, login, NOW), None);
        assert_eq!(flows.take_offer("two", user, login, NOW.plus(LIFE_MS)), None);
        assert!(flows.take_offer("two", user, login, NOW.plus(LIFE_MS - 1)).is_some());
    }

    #[test]
    fn a_crowd_that_begins_without_end_loses_its_own_and_an_owner_comes_back() {
        let mut flows = Flows::default();
        let owner = flows.begin(flow("s"), from("198.51.100.1", Rank::Guest), NOW);
        let known = flows.begin(flow("t"), from("192.0.2.1", Rank::Known), NOW);
        for number in 0..2 * FLOWS_MAX {
            flows.begin(flow("u"), from(&format!("192.0.2.{}", number % 46), Rank::Guest), NOW);
        }
        assert_eq!(
            (flows.away.len(), flows.ends.len(), flows.shares.len()),
            (FLOWS_MAX, FLOWS_MAX, FLOWS_MAX)
        );
        assert!(flows.take_back(&owner, "s", NOW).is_some());
        assert!(flows.take_back(&known, "t", NOW).is_some());
    }
}
