//! Sign-ins under way: each is known to one browser, comes back once, and ends after ten minutes.
//!
//! Kept here and not in a URL: what a browser has is a name for it, in the page's own storage, which no other site can plant
//! there; what comes back through the issuer is `state`, and the two must belong together. A restart forgets them, and
//! whoever is under way begins anew. Bounds: 8,192 within ten minutes, about 600 bytes each.

use callbox_protocol::id::{LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_store::{Identity, hash_token, new_token};
use std::collections::{HashMap, VecDeque};

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

#[derive(Debug)]
enum Step {
    Away(Flow),
    Offered(Offer),
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Flows {
    steps: HashMap<[u8; 32], Step>,
    /// In the order of their ends; also those that came back already.
    ends: VecDeque<(UnixMillis, [u8; 32])>,
}

impl Flows {
    /// The name by which the browser knows it; `None` where too many are under way.
    pub(super) fn begin(&mut self, flow: Flow, now: UnixMillis) -> Option<String> {
        let name = new_token();
        self.put(&name, Step::Away(flow), now).then_some(name)
    }

    /// Back from the issuer. One with another `state` stays: it may be a stranger's attempt.
    pub(super) fn take_back(&mut self, name: &str, state: &str, now: UnixMillis) -> Option<Flow> {
        self.end(now);
        let key = hash_token(name);
        match self.steps.get(&key) {
            Some(Step::Away(flow)) if flow.state == state => {}
            _ => return None,
        }
        match self.steps.remove(&key) {
            Some(Step::Away(flow)) => Some(flow),
            _ => None,
        }
    }

    /// Waits for its owner's word under the same name; whether there was room.
    pub(super) fn offer(&mut self, name: &str, offer: Offer, now: UnixMillis) -> bool {
        self.put(name, Step::Offered(offer), now)
    }

    /// What waits for this login's word; it waits on.
    pub(super) fn offered(
        &mut self,
        name: &str,
        user: UserId,
        login: LoginId,
        now: UnixMillis,
    ) -> Option<&Offer> {
        self.end(now);
        match self.steps.get(&hash_token(name)) {
            Some(Step::Offered(offer)) if offer.user == user && offer.login == login => Some(offer),
            _ => None,
        }
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
        match self.steps.remove(&hash_token(name)) {
            Some(Step::Offered(offer)) => Some(offer),
            _ => None,
        }
    }

    fn put(&mut self, name: &str, step: Step, now: UnixMillis) -> bool {
        self.end(now);
        if self.ends.len() >= FLOWS_MAX {
            return false;
        }
        let key = hash_token(name);
        self.ends.push_back((now.plus(LIFE_MS), key));
        self.steps.insert(key, step);
        true
    }

    fn end(&mut self, now: UnixMillis) {
        while let Some((end, key)) = self.ends.front()
            && *end <= now
        {
            self.steps.remove(key);
            self.ends.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_flow_comes_back_once_to_its_own_browser_and_in_time() {
        let mut flows = Flows::default();
        let name = flows.begin(flow("s"), NOW).unwrap();
        let other = flows.begin(flow("t"), NOW).unwrap();
        assert_eq!(flows.take_back(&other, "s", NOW), None, "another browser's state");
        assert_eq!(flows.take_back("made up", "s", NOW), None);
        assert!(flows.take_back(&name, "s", NOW.plus(LIFE_MS - 1)).is_some());
        assert_eq!(flows.take_back(&name, "s", NOW.plus(LIFE_MS - 1)), None, "used");
        assert_eq!(flows.take_back(&other, "t", NOW.plus(LIFE_MS)), None, "ended");
        assert!(flows.steps.is_empty() && flows.ends.is_empty());
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
    fn one_more_than_may_be_under_way_is_refused_until_the_first_ends() {
        let mut flows = Flows::default();
        for _ in 0..FLOWS_MAX {
            assert!(flows.begin(flow("s"), NOW).is_some());
        }
        assert_eq!(flows.begin(flow("s"), NOW.plus(LIFE_MS - 1)), None);
        assert!(flows.begin(flow("s"), NOW.plus(LIFE_MS)).is_some());
    }
}
