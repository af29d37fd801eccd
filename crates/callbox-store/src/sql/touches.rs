//! The tables that a statement reads, and the changes that it makes in each, as its line declares them.
//!
//! For each statement a test asks SQLite's authorizer for both, which sees triggers and cascades too. Tests alone look at
//! them: of the product they say which kinds of rows a statement must name (`sql/tags.rs`).

/// The tables of both engines, those of the monitor included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(non_camel_case_types, reason = "as they are called in SQL")]
pub(crate) enum Table {
    acts,
    alert_state,
    api_keys,
    bans,
    blocks,
    call_attributes,
    call_evidence,
    call_quality,
    call_samples,
    calls,
    error_groups,
    error_hours,
    error_releases,
    identities,
    identity_links,
    invites,
    key_fingerprints,
    known_browsers,
    logins,
    mail_tokens,
    nodes,
    outcomes,
    ratings,
    reports,
    rollups,
    series,
    slow_addresses,
    test_writes,
    user_spans,
    users,
    visit_views,
    visits,
}

/// One thing that a statement does to the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Touch {
    Insert(Table),
    Delete(Table),
    /// Of these columns, and of no other.
    Update(Table, &'static [&'static str]),
}

/// `touches![insert calls, update users (age, role), delete logins]`.
macro_rules! touches {
    ($($verb:ident $table:ident $(($($column:ident),*))?),* $(,)?) => {
        &[$($crate::sql::touches!(@$verb $table $(($($column),*))?)),*]
    };
    (@insert $table:ident) => { $crate::sql::Touch::Insert($crate::sql::Table::$table) };
    (@delete $table:ident) => { $crate::sql::Touch::Delete($crate::sql::Table::$table) };
    (@update $table:ident ($($column:ident),+)) => {
        $crate::sql::Touch::Update($crate::sql::Table::$table, &[$(stringify!($column)),+])
    };
}
pub(crate) use touches;

impl Touch {
    /// Whether both may change the same: rows of one table in the same way, and of an update a column that both have.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Update(table, columns), Self::Update(others_table, others)) => {
                table == others_table && columns.iter().any(|column| others.contains(column))
            }
            _ => self == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_meet_in_a_column_and_nothing_meets_another_verb_or_table() {
        let [ban, role, name, both, end] = touches![
            insert bans,
            update users (role),
            update users (name),
            update users (name, role),
            delete users,
        ];
        assert!(ban.meets(ban) && role.meets(both) && both.meets(name) && end.meets(end));
        assert!(!ban.meets(end) && !role.meets(name) && !role.meets(end));
        assert!(!Touch::Update(Table::logins, &["role"]).meets(role));
    }
}
