//! Recent meetings: the last 8 partners of each user, for ten minutes.
//!
//! Bounded by meetings: 200,000 at once; past that the oldest is forgotten early. There is no timer:
//! adding a meeting takes out those that have expired.

use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;
use std::collections::{HashMap, VecDeque};

const RECENT_MS: u64 = 10 * 60 * 1_000;
const PARTNERS_MAX: usize = 8;
/// Ten minutes of 5,000 people who all skip every 15 s.
const MEETINGS_MAX: usize = 200_000;

/// The recent meetings.
#[derive(Debug, Default)]
pub(super) struct Recent {
    partners: HashMap<UserId, VecDeque<(UnixMillis, UserId)>>,
    /// All meetings, oldest first, so that forgetting needs no search.
    meetings: VecDeque<(UnixMillis, [UserId; 2])>,
}

impl Recent {
    pub(super) fn add(&mut self, one: UserId, other: UserId, now: UnixMillis) {
        self.forget(now);
        self.meetings.push_back((now, [one, other]));
        for (user, partner) in [(one, other), (other, one)] {
            let partners = self.partners.entry(user).or_default();
            partners.retain(|(_, known)| *known != partner);
            partners.push_back((now, partner));
            if partners.len() > PARTNERS_MAX {
                partners.pop_front();
            }
        }
    }

    /// Whether either has the other among its recent partners.
    pub(super) fn have_met(&self, one: UserId, other: UserId, now: UnixMillis) -> bool {
        let knows = |user: UserId, partner: UserId| {
            let partners = self.partners.get(&user).into_iter().flatten();
            partners.into_iter().any(|(at, known)| *known == partner && now.since(*at) < RECENT_MS)
        };
        knows(one, other) || knows(other, one)
    }

    pub(super) fn meetings(&self) -> impl Iterator<Item = (UnixMillis, [UserId; 2])> {
        self.meetings.iter().copied()
    }

    fn forget(&mut self, now: UnixMillis) {
        while let Some((at, users)) = self.meetings.front().copied() {
            if now.since(at) < RECENT_MS && self.meetings.len() < MEETINGS_MAX {
                return;
            }
            self.meetings.pop_front();
            for user in users {
                if let Some(partners) = self.partners.get_mut(&user) {
                    partners.retain(|(met_at, _)| *met_at > at);
                    if partners.is_empty() {
                        self.partners.remove(&user);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    #[test]
    fn a_meeting_is_remembered_by_both_for_ten_minutes() {
        let mut recent = Recent::default();
        recent.add(user(1), user(2), UnixMillis(0));
        assert!(recent.have_met(user(2), user(1), UnixMillis(RECENT_MS - 1)));
        assert!(!recent.have_met(user(1), user(2), UnixMillis(RECENT_MS)));
        recent.add(user(3), user(4), UnixMillis(RECENT_MS));
        assert_eq!(recent.partners.len(), 2, "what is over is forgotten");
    }

    #[test]
    fn at_the_bound_the_oldest_meeting_is_forgotten_early() {
        let mut recent = Recent::default();
        recent.add(user(1), user(2), UnixMillis(0));
        for _ in 1..MEETINGS_MAX {
            recent.add(user(3), user(4), UnixMillis(1));
        }
        assert!(recent.have_met(user(1), user(2), UnixMillis(2)));
        recent.add(user(5), user(6), UnixMillis(2));
        assert!(!recent.have_met(user(1), user(2), UnixMillis(2)));
        assert_eq!(recent.meetings.len(), MEETINGS_MAX);
    }

    #[test]
    fn a_meeting_is_over_when_both_have_had_eight_others() {
        let mut recent = Recent::default();
        recent.add(user(1), user(2), UnixMillis(0));
        for number in 10..18 {
            recent.add(user(1), user(number), UnixMillis(1));
        }
        assert!(recent.have_met(user(1), user(2), UnixMillis(2)), "the other one still remembers");
        for number in 20..28 {
            recent.add(user(2), user(number), UnixMillis(1));
        }
        assert!(!recent.have_met(user(1), user(2), UnixMillis(2)));
    }
}
