//! Tags: what an answer depends on, and what a write changes.
//!
//! A tag is a kind of data and the row it is about, or any row of that kind. Answers name what they were made of, writes
//! what they changed, in the same words. Bounds: a tag is 18 bytes; a list of them has [`TAGS_MAX`] at most, and past
//! that it names whole kinds.

/// Tags of one list that are named one by one. A page of calls has about 25, the longest list that is kept about 400.
pub const TAGS_MAX: usize = 1_024;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident),* $(,)?) => {
        /// A kind of data. The key of each is the id that its line says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Kind {
            $($(#[$doc])* $kind),*
        }

        impl Kind {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];
        }
    };
}

kinds! {
    /// A user: name, description, attributes, address, role, plan, age, hold. By user.
    User,
    /// Logins of a user. By user.
    Logins,
    /// Bans that are meant for a user. By user.
    Bans,
    /// Identities that open a user's account. By user.
    Identities,
    /// People whom a user has blocked. By the user who blocks.
    Blocks,
    /// Ratings that a user gave. By user.
    Ratings,
    /// Calls that a user was in, on record. By user, once for each side.
    Calls,
    /// One call on record. By call.
    Call,
    /// An app's own data of a call. By call.
    Attributes,
    /// Reports about a user. By the user whom they are about.
    Reports,
    /// Acts of a moderator. By moderator.
    Acts,
    /// Keys of an app's own backend. By key.
    Keys,
}

/// A kind of data, and which row of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// What it is.
    pub kind: Kind,
    /// The id of its row; `None` is any row of the kind: an answer with it depends on all, a write with it may have
    /// changed all.
    pub key: Option<[u8; 16]>,
}

impl Tag {
    /// One row.
    pub const fn of(kind: Kind, key: [u8; 16]) -> Self {
        Self { kind, key: Some(key) }
    }

    /// Whether a write with the one changes an answer with the other.
    pub fn meets(self, other: Self) -> bool {
        self.kind == other.kind && (self.key.is_none() || other.key.is_none() || self.key == other.key)
    }

    /// Any row of the kind.
    pub const fn any(kind: Kind) -> Self {
        Self { kind, key: None }
    }
}

/// A list of tags that is being made: it may name one several times, and never grows past its bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    tags: Vec<Tag>,
}

impl Tags {
    /// Adds one.
    pub fn push(&mut self, tag: Tag) {
        if self.tags.last() == Some(&tag) {
            return;
        }
        if self.tags.len() >= TAGS_MAX {
            self.settle();
            if self.tags.len() >= TAGS_MAX / 2 {
                self.tags.iter_mut().for_each(|tag| tag.key = None);
                self.settle();
            }
        }
        self.tags.push(tag);
    }

    /// Each, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = Tag> {
        self.tags.iter().copied()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// How many it has, with those that it names twice.
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Drops those that were added since it had this length. It is the caller's to know that it was no longer since.
    pub fn truncate(&mut self, len: usize) {
        self.tags.truncate(len);
    }

    /// Each once, in order. A kind that is there as a whole has no rows beside it.
    pub fn into_sorted(mut self) -> Vec<Tag> {
        self.settle();
        self.tags
    }

    fn settle(&mut self) {
        self.tags.sort_unstable();
        // The whole kind comes first: `None` is the least key.
        self.tags.dedup_by(|tag, before| tag == before || (before.key.is_none() && tag.kind == before.kind));
    }
}

impl Extend<Tag> for Tags {
    fn extend<I: IntoIterator<Item = Tag>>(&mut self, tags: I) {
        tags.into_iter().for_each(|tag| self.push(tag));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_meet_by_their_row_or_by_the_whole_kind() {
        let (one, other) = (Tag::of(Kind::User, [1; 16]), Tag::of(Kind::User, [2; 16]));
        assert!(one.meets(one) && !one.meets(other));
        assert!(one.meets(Tag::any(Kind::User)) && Tag::any(Kind::User).meets(one));
        assert!(!one.meets(Tag::of(Kind::Calls, [1; 16])) && !one.meets(Tag::any(Kind::Calls)));
    }

    #[test]
    fn a_list_names_each_tag_once_and_whole_kinds_instead_of_their_rows() {
        let mut tags = Tags::default();
        let row = |number| Tag::of(Kind::User, [number; 16]);
        tags.extend([row(2), Tag::any(Kind::Bans), row(1), row(2), Tag::of(Kind::Bans, [1; 16])]);
        assert_eq!(tags.clone().into_sorted(), [row(1), row(2), Tag::any(Kind::Bans)]);
        for number in 0..10_000_u16 {
            let mut key = [0; 16];
            key[..2].copy_from_slice(&number.to_be_bytes());
            tags.push(Tag::of(Kind::User, key));
            assert!(tags.len() <= TAGS_MAX);
        }
        assert_eq!(tags.into_sorted()[0], Tag::any(Kind::User));
    }
}
