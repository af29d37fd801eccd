//! The tags of statements, compared with SQLite's own list when it prepares them.
//!
//! Its authorizer is asked for each table that is read and each row that may be inserted, deleted or updated, those
//! of triggers and cascades included. Only a test asks: the product relies on the tags.

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;
use std::sync::{Arc, Mutex};

use super::migrate::migrate;
use crate::STATEMENTS;
use crate::login_cache::LoginCache;
use crate::sql::{Sql, Table, Touch, touches};

/// The actions of a statement: columns that it reads, and columns that it updates, by their tables.
#[derive(Debug, Default, PartialEq, Eq)]
struct Actions {
    reads: BTreeMap<String, BTreeSet<String>>,
    inserts: BTreeSet<String>,
    deletes: BTreeSet<String>,
    updates: BTreeMap<String, BTreeSet<String>>,
}

impl Actions {
    fn add(&mut self, action: AuthAction<'_>) {
        match action {
            AuthAction::Read { table_name, column_name } => {
                self.reads.entry(table_name.to_owned()).or_default().insert(column_name.to_owned());
            }
            AuthAction::Insert { table_name } => {
                self.inserts.insert(table_name.to_owned());
            }
            AuthAction::Delete { table_name } => {
                self.deletes.insert(table_name.to_owned());
            }
            AuthAction::Update { table_name, column_name } => {
                self.updates.entry(table_name.to_owned()).or_default().insert(column_name.to_owned());
            }
            _ => {}
        }
    }

    /// The actions of the tags, but for the columns that are read.
    fn declared(sql: &Sql) -> Self {
        let name = |table: Table| format!("{table:?}");
        let mut declared = Self::default();
        declared.reads.extend(sql.reads.iter().map(|table| (name(*table), BTreeSet::new())));
        for touch in sql.touches {
            match touch {
                Touch::Insert(table) => _ = declared.inserts.insert(name(*table)),
                Touch::Delete(table) => _ = declared.deletes.insert(name(*table)),
                Touch::Update(table, columns) => {
                    let columns = columns.iter().copied().map(str::to_owned);
                    declared.updates.entry(name(*table)).or_default().extend(columns);
                }
            }
        }
        declared
    }
}

/// A database that reports the actions of its statements.
struct Watched {
    connection: Connection,
    actions: Arc<Mutex<Actions>>,
}

impl Watched {
    fn new() -> Self {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, None).unwrap();
        let actions = Arc::<Mutex<Actions>>::default();
        let seen = Arc::clone(&actions);
        let hook = move |context: AuthContext<'_>| {
            seen.lock().unwrap().add(context.action);
            Authorization::Allow
        };
        connection.authorizer(Some(hook)).unwrap();
        Self { connection, actions }
    }

    fn actions(&self, text: &str) -> Actions {
        take(&mut *self.actions.lock().unwrap());
        self.connection.prepare(text).unwrap();
        take(&mut *self.actions.lock().unwrap())
    }
}

#[test]
fn every_statement_reads_and_touches_what_its_tags_say_and_nothing_else() {
    let database = Watched::new();
    for sql in STATEMENTS.iter().copied().flatten() {
        let mut found = database.actions(sql.sqlite);
        if !sql.only_reads {
            found.reads.clear();
        }
        found.reads.values_mut().for_each(BTreeSet::clear);
        assert_eq!(found, Actions::declared(sql), "found and declared, {}", sql.name);
    }
}

#[test]
fn a_change_of_what_a_login_is_read_from_empties_the_cache_or_is_listed_as_harmless() {
    let harmless: [(&[Touch], &str); 2] = [
        (touches![insert logins, insert users], "nobody was known by it"),
        (touches![update logins (last_used_at), update bans (lifted_at)], "whoever is known stays so"),
    ];
    let database = Watched::new();
    let read = database.actions(crate::users::LOGIN_BY_TOKEN.sql.sqlite).reads;
    for sql in STATEMENTS.iter().copied().flatten() {
        for touch in sql.touches.iter().flat_map(by_column) {
            let is_read = match touch {
                Touch::Insert(table) | Touch::Delete(table) => read.contains_key(&format!("{table:?}")),
                Touch::Update(table, columns) => read
                    .get(&format!("{table:?}"))
                    .is_some_and(|read| columns.iter().any(|column| read.contains(*column))),
            };
            let is_harmless =
                harmless.iter().any(|(touches, _)| touches.iter().any(|known| known.meets(&touch)));
            let is_known = LoginCache::depends_on(&[touch]);
            assert!(is_known != is_harmless || !is_read, "{touch:?} of {}", sql.name);
            assert!(is_read || !is_known, "{touch:?} of {} empties the cache for nothing", sql.name);
        }
    }
}

/// An update of several columns as one of each.
fn by_column(touch: &Touch) -> Vec<Touch> {
    match touch {
        Touch::Update(table, columns) => columns.chunks(1).map(|one| Touch::Update(*table, one)).collect(),
        touch => vec![*touch],
    }
}

#[test]
fn the_tables_are_those_of_the_schema() {
    let Watched { connection, .. } = Watched::new();
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let names: BTreeSet<_> = names.map(Result::unwrap).collect();
    let tagged = STATEMENTS.iter().copied().flatten().flat_map(|sql| {
        sql.reads.iter().copied().chain(sql.touches.iter().map(|touch| match touch {
            Touch::Insert(table) | Touch::Delete(table) | Touch::Update(table, _) => *table,
        }))
    });
    let tagged: BTreeSet<_> = tagged.map(|table| format!("{table:?}")).collect();
    assert_eq!(tagged, names);
}

#[test]
fn the_authorizer_sees_what_a_trigger_and_what_a_cascade_do() {
    let database = Watched::new();
    let by_trigger = database.actions("INSERT INTO calls SELECT * FROM calls");
    assert!(by_trigger.updates["outcomes"].contains("count"));
    let by_cascade = database.actions("DELETE FROM users");
    assert!(by_cascade.deletes.contains("logins") && by_cascade.deletes.contains("known_browsers"));
}
