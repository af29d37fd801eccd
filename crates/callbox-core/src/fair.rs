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
mod tests;
