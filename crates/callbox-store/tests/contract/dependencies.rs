//! What depends on which rows: for each table the tags that a change of a row must touch.
//!
//! Used twice: a unit test compares it with the tables and columns of each statement (`sqlite/tags.rs`), and the
//! contract's stories compare it with each row that is changed (`audit.rs`).

use callbox_core::cache::Kind;

/// The rows of one table.
pub(crate) struct Rows {
    pub(crate) table: &'static str,
    /// The kinds of a row, and the column that has the key of each.
    pub(crate) tags: &'static [(Kind, &'static str)],
    /// Columns that no kept answer is made of: a change of them alone touches nothing.
    pub(crate) unread: &'static [&'static str],
}

const fn rows(
    table: &'static str,
    tags: &'static [(Kind, &'static str)],
    unread: &'static [&'static str],
) -> Rows {
    Rows { table, tags, unread }
}

/// Tables that kept answers are made of.
pub(crate) const TABLES: &[Rows] = &[
    rows("users", &[(Kind::User, "id")], &["seen_at", "signed_in_at"]),
    rows("logins", &[(Kind::Logins, "user")], &["approved", "approved_at", "proved_at"]),
    rows("bans", &[(Kind::Bans, "user")], &[]),
    rows("identities", &[(Kind::Identities, "user")], &[]),
    rows("blocks", &[(Kind::Blocks, "blocker")], &[]),
    rows("ratings", &[(Kind::Ratings, "user")], &[]),
    rows(
        "calls",
        &[(Kind::Calls, "caller"), (Kind::Calls, "callee"), (Kind::Call, "id")],
        &["failure", "relay_packets", "relay_bytes", "relay_refused"],
    ),
    rows("call_attributes", &[(Kind::Attributes, "call")], &[]),
    rows("reports", &[(Kind::Reports, "reported")], &["reminded_at"]),
    rows("acts", &[(Kind::Acts, "moderator")], &[]),
    rows("api_keys", &[(Kind::Keys, "id")], &[]),
];

/// Tables that no kept answer is made of.
pub(crate) const UNREAD_TABLES: &[&str] = &[
    "call_evidence",
    "call_quality",
    "call_samples",
    "identity_links",
    "invites",
    "key_fingerprints",
    "known_browsers",
    "mail_tokens",
    "outcomes",
    "slow_addresses",
    "test_writes",
];
