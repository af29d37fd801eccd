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
mod tests;
