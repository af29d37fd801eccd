//! Versions of tags: when each was touched last, counted in commits.
//!
//! An answer is current as long as none of its tags was touched since its read began. Whoever reads takes
//! [`Versions::commit`] first, and whoever writes calls [`Versions::touch`] after its commit and before its answer. An
//! answer that was read before a write and is offered after it is known by its number.
//!
//! Bounds: 65,536 tags twice over, about 6 MB. The older half is forgotten as a whole, and a tag that was forgotten
//! counts as touched when the last of that half was: what is not known is never taken for unchanged.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::tag::{Kind, Tag};

/// Tags of one half. So many are touched in a minute by a thousand writes a second, and nothing is kept longer.
const TAGS_MAX: usize = 65_536;

/// How many commits had touched something by then: 0 at the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(pub u64);

/// A commit of one process, as clients are told in `Callbox-Commit`: they compare those of one process alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The process: random, so that no number of an earlier one is taken for its own.
    pub node: u64,
    /// Its commit.
    pub commit: Commit,
}

/// When each tag was touched last.
#[derive(Debug)]
pub struct Versions {
    node: u64,
    commit: Commit,
    /// Rows that were touched since `half_at`.
    newer: HashMap<Tag, Commit>,
    /// Rows that were touched between `floor` and `half_at`.
    older: HashMap<Tag, Commit>,
    half_at: Commit,
    /// No row that is in neither map was touched later than this.
    floor: Commit,
    /// By kind: when any row of it was touched last, and when all of them were.
    kinds: Vec<KindVersions>,
    tags_max: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct KindVersions {
    any: Commit,
    all: Commit,
}

impl Versions {
    /// Nothing was touched yet. `node` names the process: a random number.
    pub fn new(node: u64) -> Self {
        Self::with_bound(node, TAGS_MAX)
    }

    /// The same for so many tags in each half.
    pub(super) fn with_bound(node: u64, tags_max: usize) -> Self {
        Self {
            node,
            commit: Commit(0),
            newer: HashMap::new(),
            older: HashMap::new(),
            half_at: Commit(0),
            floor: Commit(0),
            kinds: vec![KindVersions::default(); Kind::ALL.len()],
            tags_max,
        }
    }

    /// The last commit. A reader takes it before it reads.
    pub fn commit(&self) -> Commit {
        self.commit
    }

    /// The same with the name of the process.
    pub fn stamp(&self) -> Stamp {
        Stamp { node: self.node, commit: self.commit }
    }

    /// A write has changed these: to be called after its commit and before its answer. Returns its number, which is above
    /// all before it. Without tags nothing is counted.
    pub fn touch(&mut self, tags: &[Tag]) -> Commit {
        if tags.is_empty() {
            return self.commit;
        }
        self.commit.0 += 1;
        for tag in tags {
            let kind = &mut self.kinds[tag.kind as usize];
            kind.any = self.commit;
            if tag.key.is_none() {
                kind.all = self.commit;
            } else {
                if self.newer.len() >= self.tags_max && !self.newer.contains_key(tag) {
                    self.forget_older();
                }
                self.newer.insert(*tag, self.commit);
            }
        }
        self.commit
    }

    /// Something changed by itself, at a deadline: a commit of its own, above all before it, by which what was read since is
    /// told from what was read before. It touches nothing.
    pub fn advance(&mut self) -> Commit {
        self.commit.0 += 1;
        self.commit
    }

    /// When one of these was touched last, or later than that if it was forgotten.
    pub fn touched(&self, tags: &[Tag]) -> Commit {
        tags.iter().map(|tag| self.version(tag)).max().unwrap_or_default()
    }

    /// Whether none of these was touched after that commit.
    pub fn is_current(&self, tags: &[Tag], since: Commit) -> bool {
        // Most kinds are quiet, and then no row needs to be looked up.
        tags.iter().all(|tag| self.kinds[tag.kind as usize].any <= since || self.version(tag) <= since)
    }

    /// When a tag was touched last, or later than that if it was forgotten.
    pub fn version(&self, tag: &Tag) -> Commit {
        let kind = &self.kinds[tag.kind as usize];
        if tag.key.is_none() {
            return kind.any;
        }
        let found = self.newer.get(tag).or_else(|| self.older.get(tag));
        found.copied().unwrap_or(self.floor).max(kind.all).min(kind.any)
    }

    fn forget_older(&mut self) {
        self.floor = self.half_at;
        self.half_at = self.commit;
        self.older = std::mem::take(&mut self.newer);
    }
}

/// `node.commit`, in hexadecimal and decimal.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.node, self.commit.0)
    }
}

/// A text that is no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a commit is `node.number`")]
pub struct NoStamp;

impl FromStr for Stamp {
    type Err = NoStamp;

    fn from_str(text: &str) -> Result<Self, NoStamp> {
        let (node, commit) = text.split_once('.').ok_or(NoStamp)?;
        let node = u64::from_str_radix(node, 16).map_err(|_| NoStamp)?;
        Ok(Self { node, commit: Commit(commit.parse().map_err(|_| NoStamp)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: Kind, number: u8) -> Tag {
        Tag::of(kind, [number; 16])
    }

    #[test]
    fn a_row_and_its_kind_are_touched_together_and_its_neighbours_are_not() {
        let mut versions = Versions::new(1);
        let before = versions.commit();
        assert_eq!(versions.touch(&[]), before, "nothing changed");
        let touched = versions.touch(&[row(Kind::User, 1)]);
        assert!(touched > before);
        let is_current = |tag| versions.is_current(&[tag], before);
        assert!(!is_current(row(Kind::User, 1)) && !is_current(Tag::any(Kind::User)));
        assert!(is_current(row(Kind::User, 2)) && is_current(row(Kind::Calls, 1)));
        assert!(versions.is_current(&[row(Kind::User, 1)], touched));
        versions.touch(&[Tag::any(Kind::User)]);
        assert!(!versions.is_current(&[row(Kind::User, 2)], touched));
        assert!(versions.is_current(&[row(Kind::Calls, 1)], before));
    }

    #[test]
    fn a_row_that_was_forgotten_counts_as_touched_and_a_quiet_kind_does_not() {
        let mut versions = Versions::with_bound(1, 2);
        let first = versions.touch(&[row(Kind::User, 1)]);
        for number in 2..=5 {
            versions.touch(&[row(Kind::User, number)]);
        }
        assert!(versions.newer.len() <= 2 && versions.older.len() <= 2);
        assert!(versions.version(&row(Kind::User, 1)) >= first);
        assert!(!versions.is_current(&[row(Kind::User, 1)], Commit(0)));
        assert!(!versions.is_current(&[row(Kind::User, 9)], Commit(0)), "nobody knows any more");
        assert!(versions.is_current(&[row(Kind::Calls, 1)], Commit(0)));
        assert!(versions.is_current(&[row(Kind::User, 9)], versions.commit()));
    }

    #[test]
    fn a_stamp_is_read_as_it_is_written() {
        let stamp = Stamp { node: 0x00C0_FFEE, commit: Commit(12) };
        assert_eq!(stamp.to_string(), "c0ffee.12");
        assert_eq!("c0ffee.12".parse(), Ok(stamp));
        for text in ["", "12", "x.1", "1.x", "1.2.3"] {
            assert_eq!(text.parse::<Stamp>(), Err(NoStamp), "{text}");
        }
    }
}
