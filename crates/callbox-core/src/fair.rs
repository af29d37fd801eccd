//! Decides whose turn it is, and who has to go, if demand is larger than the room: shares by network.
//!
//! The holder of one address often holds a whole network of them, so each thing belongs to [`Networks`], each inside
//! the next. Turns go around among the widest ones, then among those inside, so a crowd of one network waits for itself.
//! If there is no room, the one who holds most loses the newest first. Pure. Bounds: set by the owner of a
//! [`FairQueue`] or of [`Shares`].

use callbox_protocol::time::UnixMillis;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// The networks that an address lies in, from the widest to the narrowest.
pub type Networks<N> = [N; 3];

/// The evidence about a caller. The first are served first, and refused last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// They have shown that they have an account: by a login, a mail's link, or a browser that was signed in before.
    Known,
    /// They may have one.
    Stranger,
    /// They have none.
    Guest,
}

const RANKS: usize = 3;

/// The basis of a caller's turn and share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<N> {
    /// Their rank.
    pub rank: Rank,
    /// The networks that they ask from.
    pub networks: Networks<N>,
}

/// An action for the queue's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<T> {
    /// It is this one's turn.
    Start(T),
    /// There is no room for this one, or it has waited too long.
    Refuse(T),
}

/// The queue for a few workers.
#[derive(Debug)]
pub struct FairQueue<N, T> {
    waiting: [Tree<N, T>; RANKS],
    /// In the order of arrival, which is the order of their ends.
    ends: BTreeMap<u64, (UnixMillis, Standing<N>)>,
    waiting_max: usize,
    patience_ms: u64,
    arrivals: u64,
    turns: u64,
    free: usize,
    actions: VecDeque<Action<T>>,
}

impl<N: Copy + Ord + Hash, T> FairQueue<N, T> {
    /// Nobody waits, and nobody works. At most `waiting_max` wait, none of them longer than `patience_ms`.
    pub fn new(waiting_max: usize, patience_ms: u64) -> Self {
        Self {
            waiting: [Tree::new(), Tree::new(), Tree::new()],
            ends: BTreeMap::new(),
            waiting_max,
            patience_ms,
            arrivals: 0,
            turns: 0,
            free: 0,
            actions: VecDeque::new(),
        }
    }

    /// Somebody asks.
    pub fn handle_arrival(&mut self, item: T, standing: Standing<N>, now: UnixMillis) {
        self.handle_timeout(now);
        self.arrivals += 1;
        self.ends.insert(self.arrivals, (now.plus(self.patience_ms), standing));
        self.waiting[standing.rank as usize].push(&standing.networks, self.arrivals, item);
        self.start();
        if self.ends.len() > self.waiting_max {
            let last = self.waiting.iter_mut().rev().find(|tree| tree.len > 0);
            let greediest = last.and_then(|tree| tree.take_from_greediest(End::Newest));
            self.refuse(greediest);
        }
    }

    /// A worker has nothing to do.
    pub fn handle_free(&mut self, now: UnixMillis) {
        self.handle_timeout(now);
        self.free += 1;
        self.start();
    }

    /// Refuses those who have waited too long.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        while let Some((_, (end, standing))) = self.ends.first_key_value()
            && *end <= now
        {
            let oldest = self.waiting[standing.rank as usize].take_at(&standing.networks, |_| true);
            self.refuse(oldest);
        }
    }

    /// When somebody will have waited too long.
    pub fn next_timeout(&self) -> Option<UnixMillis> {
        self.ends.first_key_value().map(|(_, (end, _))| *end)
    }

    /// The next action; `None` when nothing is left.
    pub fn next_action(&mut self) -> Option<Action<T>> {
        self.actions.pop_front()
    }

    fn start(&mut self) {
        while self.free > 0
            && let Some((arrival, item)) = self.take_next()
        {
            self.free -= 1;
            self.ends.remove(&arrival);
            self.actions.push_back(Action::Start(item));
        }
    }

    /// Each fourth turn is a stranger's, and each eighth a guest's: nobody waits for good because of those before them.
    fn take_next(&mut self) -> Option<(u64, T)> {
        const KNOWN: usize = Rank::Known as usize;
        const STRANGER: usize = Rank::Stranger as usize;
        const GUEST: usize = Rank::Guest as usize;
        if self.ends.is_empty() {
            return None;
        }
        self.turns += 1;
        let order = match self.turns % 8 {
            0 => [GUEST, KNOWN, STRANGER],
            2 | 6 => [STRANGER, KNOWN, GUEST],
            _ => [KNOWN, STRANGER, GUEST],
        };
        order.into_iter().find_map(|rank| self.waiting[rank].take_next())
    }

    fn refuse(&mut self, item: Option<(u64, T)>) {
        let (arrival, item) = item.expect("whoever has an end is waiting");
        self.ends.remove(&arrival);
        self.actions.push_back(Action::Refuse(item));
    }
}

/// The shares of something that has no turns: things are kept until they end.
#[derive(Debug)]
pub struct Shares<N, T> {
    held: [Tree<N, T>; RANKS],
    held_max: usize,
    arrivals: u64,
}

impl<N: Copy + Ord + Hash, T> Shares<N, T> {
    /// Nobody holds anything, and together they hold `held_max` at most.
    pub fn new(held_max: usize) -> Self {
        Self { held: [Tree::new(), Tree::new(), Tree::new()], held_max, arrivals: 0 }
    }

    /// Keeps one more; what has to go for it: the oldest of the one who holds most, who may be the same.
    pub fn handle_arrival(&mut self, item: T, standing: Standing<N>) -> Option<T> {
        self.arrivals += 1;
        self.held[standing.rank as usize].push(&standing.networks, self.arrivals, item);
        if self.len() <= self.held_max {
            return None;
        }
        let last = self.held.iter_mut().rev().find(|tree| tree.len > 0);
        last.and_then(|tree| tree.take_from_greediest(End::Oldest)).map(|(_, item)| item)
    }

    /// It has ended.
    pub fn handle_end(&mut self, standing: Standing<N>, is_it: impl Fn(&T) -> bool) {
        self.held[standing.rank as usize].take_at(&standing.networks, is_it);
    }

    /// How much is held.
    pub fn len(&self) -> usize {
        self.held.iter().map(|tree| tree.len).sum()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[derive(Clone, Copy)]
enum End {
    Oldest,
    Newest,
}

/// A network, and those inside it; in the narrowest ones are the arrivals, in that order.
#[derive(Debug)]
struct Tree<N, T> {
    len: usize,
    /// The number of the latest arrival.
    newest: u64,
    inside: HashMap<N, Tree<N, T>>,
    turns: VecDeque<N>,
    /// If two hold the same, the later one is the greedier.
    by_weight: BTreeSet<(usize, u64, N)>,
    items: VecDeque<(u64, T)>,
}

impl<N: Copy + Ord + Hash, T> Tree<N, T> {
    fn new() -> Self {
        Self {
            len: 0,
            newest: 0,
            inside: HashMap::new(),
            turns: VecDeque::new(),
            by_weight: BTreeSet::new(),
            items: VecDeque::new(),
        }
    }

    fn push(&mut self, networks: &[N], arrival: u64, item: T) {
        (self.len, self.newest) = (self.len + 1, arrival);
        let Some((network, rest)) = networks.split_first() else {
            self.items.push_back((arrival, item));
            return;
        };
        let child = self.inside.entry(*network).or_insert_with(Self::new);
        if child.len == 0 {
            self.turns.push_back(*network);
        }
        self.by_weight.remove(&(child.len, child.newest, *network));
        child.push(rest, arrival, item);
        self.by_weight.insert((child.len, child.newest, *network));
    }

    fn take_next(&mut self) -> Option<(u64, T)> {
        let Some(network) = self.turns.pop_front() else {
            let found = self.items.pop_front();
            self.len = self.items.len();
            return found;
        };
        self.turns.push_back(network);
        self.take_inside(network, Self::take_next)
    }

    fn take_from_greediest(&mut self, end: End) -> Option<(u64, T)> {
        let Some((.., network)) = self.by_weight.last() else {
            let found = match end {
                End::Oldest => self.items.pop_front(),
                End::Newest => self.items.pop_back(),
            };
            self.len = self.items.len();
            return found;
        };
        self.take_inside(*network, |child| child.take_from_greediest(end))
    }

    /// The oldest in these networks of which that is so.
    fn take_at(&mut self, networks: &[N], is_it: impl Fn(&T) -> bool) -> Option<(u64, T)> {
        let Some((network, rest)) = networks.split_first() else {
            let index = self.items.iter().position(|(_, item)| is_it(item))?;
            self.len -= 1;
            return self.items.remove(index);
        };
        // As a reference: else each level would be a type of its own, without end.
        let is_it: &dyn Fn(&T) -> bool = &is_it;
        self.take_inside(*network, |child| child.take_at(rest, is_it))
    }

    /// Takes something out of a network inside, and keeps the books.
    fn take_inside(
        &mut self,
        network: N,
        take: impl FnOnce(&mut Self) -> Option<(u64, T)>,
    ) -> Option<(u64, T)> {
        let child = self.inside.get_mut(&network)?;
        let before = (child.len, child.newest, network);
        let found = take(child)?;
        self.len -= 1;
        self.by_weight.remove(&before);
        if child.len > 0 {
            self.by_weight.insert((child.len, child.newest, network));
        } else {
            self.inside.remove(&network);
            self.turns.retain(|turn| *turn != network);
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rank::{Guest, Known, Stranger};

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
    const PATIENCE_MS: u64 = 10_000;

    fn at(rank: Rank, networks: Networks<u32>) -> Standing<u32> {
        Standing { rank, networks }
    }

    type Queue = FairQueue<u32, &'static str>;

    fn queue(waiting_max: usize) -> Queue {
        FairQueue::new(waiting_max, PATIENCE_MS)
    }

    /// So many turns; whose they were.
    fn turns(queue: &mut Queue, count: usize) -> Vec<&'static str> {
        let start = |queue: &mut Queue| {
            queue.handle_free(NOW);
            loop {
                match queue.next_action() {
                    Some(Action::Start(item)) => return Some(item),
                    Some(Action::Refuse(_)) => {}
                    None => return None,
                }
            }
        };
        (0..count).map_while(|_| start(queue)).collect()
    }

    fn refused(queue: &mut Queue) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.next_action())
            .map(|action| match action {
                Action::Refuse(item) => item,
                Action::Start(item) => panic!("{item} was started"),
            })
            .collect()
    }

    #[test]
    fn an_owner_waits_for_one_turn_of_each_of_46_askers_however_often_they_ask() {
        let mut queue = queue(512);
        for number in 0..46 * 100 {
            let asker = number % 46;
            queue.handle_arrival("asker", at(Stranger, [asker, asker, asker]), NOW);
        }
        assert_eq!(refused(&mut queue).len(), 46 * 100 - 512);
        queue.handle_arrival("owner", at(Stranger, [99, 99, 99]), NOW);
        assert_eq!(refused(&mut queue), ["asker"]);
        assert_eq!(turns(&mut queue, 47).last(), Some(&"owner"));
    }

    #[test]
    fn a_crowd_of_one_wide_network_is_one_asker_at_each_width() {
        let crowds: [fn(u32) -> Networks<u32>; 3] = [|n| [7, n, n], |n| [7, 7, n], |_| [7, 7, 7]];
        for (crowd, neighbour) in crowds.into_iter().zip([[8, 8, 8], [7, 8, 8], [7, 7, 8]]) {
            let mut queue = queue(512);
            for number in 10..1_010 {
                queue.handle_arrival("crowd", at(Stranger, crowd(number)), NOW);
            }
            refused(&mut queue);
            queue.handle_arrival("owner", at(Stranger, neighbour), NOW);
            queue.handle_arrival("owner", at(Stranger, [9, 9, 9]), NOW);
            assert_eq!(refused(&mut queue), ["crowd", "crowd"]);
            let served = turns(&mut queue, 5);
            assert_eq!(served.iter().filter(|who| **who == "owner").count(), 2, "{served:?}");
        }
    }

    #[test]
    fn whoever_is_known_is_served_first_and_refused_last_and_guests_get_the_last_turns() {
        let mut queue = queue(30);
        for (who, rank) in [("guest", Guest), ("stranger", Stranger), ("known", Known)] {
            for _ in 0..10 {
                queue.handle_arrival(who, at(rank, [1, 1, 1]), NOW);
            }
        }
        let served = turns(&mut queue, 16);
        let count = |who| served.iter().filter(|one| **one == who).count();
        assert_eq!((count("known"), count("stranger"), count("guest")), (10, 4, 2), "{served:?}");
        for _ in 0..17 {
            queue.handle_arrival("known", at(Known, [1, 1, 1]), NOW);
        }
        assert_eq!(refused(&mut queue), ["guest"]);
        for _ in 0..14 {
            queue.handle_arrival("known", at(Known, [1, 1, 1]), NOW);
        }
        assert_eq!(refused(&mut queue), [["guest"; 7].as_slice(), &["stranger"; 6], &["known"]].concat());
    }

    #[test]
    fn where_all_hold_the_same_the_last_one_is_refused() {
        let mut queue = queue(2);
        queue.handle_arrival("one", at(Stranger, [9, 9, 9]), NOW);
        queue.handle_arrival("two", at(Stranger, [8, 8, 8]), NOW);
        queue.handle_arrival("three", at(Stranger, [1, 1, 1]), NOW);
        assert_eq!(refused(&mut queue), ["three"]);
        assert_eq!(turns(&mut queue, 3), ["one", "two"]);
    }

    #[test]
    fn nobody_waits_longer_than_the_patience_and_a_free_worker_starts_whoever_comes() {
        let mut queue = queue(10);
        queue.handle_arrival("one", at(Stranger, [1, 1, 1]), NOW);
        queue.handle_arrival("two", at(Known, [1, 1, 1]), NOW.plus(1));
        assert_eq!(queue.next_timeout(), Some(NOW.plus(PATIENCE_MS)));
        queue.handle_timeout(NOW.plus(PATIENCE_MS));
        assert_eq!(
            (refused(&mut queue), queue.next_timeout()),
            (vec!["one"], Some(NOW.plus(PATIENCE_MS + 1)))
        );
        queue.handle_free(NOW.plus(PATIENCE_MS + 1));
        assert_eq!((refused(&mut queue), queue.next_timeout()), (vec!["two"], None));
        queue.handle_arrival("three", at(Guest, [1, 1, 1]), NOW);
        assert_eq!((queue.next_action(), queue.next_timeout()), (Some(Action::Start("three")), None));
    }

    #[test]
    fn what_does_not_fit_is_the_oldest_of_whoever_holds_most_and_ends_make_room() {
        let mut shares = Shares::new(4);
        for number in 1..=3 {
            assert_eq!(shares.handle_arrival(number, at(Guest, [7, 7, number])), None);
        }
        assert_eq!(shares.handle_arrival(10, at(Guest, [8, 8, 8])), None);
        assert_eq!(
            shares.handle_arrival(11, at(Guest, [8, 8, 8])),
            Some(3),
            "the network of three, and its last"
        );
        assert_eq!(shares.handle_arrival(12, at(Known, [8, 8, 8])), Some(10), "the same, and the later one");
        assert_eq!(
            shares.handle_arrival(13, at(Known, [8, 8, 8])),
            Some(2),
            "a guest, though others hold more"
        );
        shares.handle_end(at(Known, [8, 8, 8]), |item| *item == 12);
        assert_eq!((shares.len(), shares.handle_arrival(14, at(Guest, [7, 7, 1]))), (3, None));
        assert!(shares.held.iter().all(|tree| tree.by_weight.len() == tree.inside.len()));
    }
}
