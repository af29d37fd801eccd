//! The tags of statements, compared with SQLite's own list when it prepares them.
//!
//! Its authorizer is asked for each table that is read and each row that may be inserted, deleted or updated, those
//! of triggers and cascades included. Only a test asks: the product relies on the tags.

use callbox_core::cache::Kind;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;
use std::sync::{Arc, Mutex};

use super::migrate::{MONITOR_STEPS, STEPS, migrate};
use crate::sql::{RowKey, Sql, Table, Touch};
use crate::{STATEMENTS, monitor};

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
    fn new(steps: &[&str]) -> Self {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, steps, None).unwrap();
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
    for (steps, statements) in SCHEMAS {
        are_tagged(&Watched::new(steps), statements);
    }
}

/// The two schemas, and the statements that ask each.
static SCHEMAS: [(&[&str], &[&[&Sql]]); 2] = [(STEPS, STATEMENTS), (MONITOR_STEPS, monitor::STATEMENTS)];

fn are_tagged(database: &Watched, statements: &[&[&Sql]]) {
    for sql in statements.iter().copied().flatten() {
        let mut found = database.actions(sql.sqlite);
        if !sql.only_reads {
            found.reads.clear();
        }
        found.reads.values_mut().for_each(BTreeSet::clear);
        assert_eq!(found, Actions::declared(sql), "found and declared, {}", sql.name);
    }
}

/// For each table the kinds of its rows, which the contract's stories use too.
#[path = "../../tests/contract/dependencies.rs"]
mod dependencies;

#[test]
fn every_statement_names_the_kinds_of_the_rows_that_a_kept_answer_is_made_of() {
    let database = Watched::new(STEPS);
    for sql in STATEMENTS.iter().copied().flatten() {
        let found = database.actions(sql.sqlite);
        let tags: BTreeSet<Kind> = sql.rows.unwrap_or_default().iter().map(|tag| tag.kind).collect();
        if sql.only_reads {
            names_what_it_reads(sql, &found, &tags);
        } else {
            let touched: BTreeSet<Kind> = sql.touches.iter().flat_map(kinds).collect();
            assert_eq!(tags, touched, "named and touched, {}", sql.name);
        }
    }
}

/// One of the kinds of each table: the rows of a call are found by its sides or by its id.
fn names_what_it_reads(sql: &Sql, found: &Actions, tags: &BTreeSet<Kind>) {
    if sql.rows.is_none() {
        return;
    }
    for (table, columns) in &found.reads {
        let rows = dependencies::TABLES.iter().find(|rows| rows.table == table);
        let rows = rows.unwrap_or_else(|| panic!("{} is kept, and {table} has no kind", sql.name));
        assert!(
            rows.tags.iter().any(|(kind, _)| tags.contains(kind)),
            "{} names nothing of {table}",
            sql.name
        );
        let unread = rows.unread.iter().find(|column| columns.contains(**column));
        assert_eq!(unread, None, "{} reads a column that touches nothing", sql.name);
    }
}

/// The kinds that a change must name.
fn kinds(touch: &Touch) -> Vec<Kind> {
    let (Touch::Insert(table) | Touch::Delete(table) | Touch::Update(table, _)) = touch;
    let name = format!("{table:?}");
    let Some(rows) = dependencies::TABLES.iter().find(|rows| rows.table == name) else {
        assert!(
            dependencies::UNREAD_TABLES.contains(&name.as_str()),
            "{name} is of no kind and is not listed"
        );
        return Vec::new();
    };
    match touch {
        Touch::Update(_, columns) if columns.iter().all(|column| rows.unread.contains(column)) => Vec::new(),
        _ => rows.tags.iter().map(|(kind, _)| *kind).collect(),
    }
}

#[test]
fn every_column_that_names_a_row_is_in_the_answer() {
    for sql in STATEMENTS.iter().copied().flatten() {
        for tag in sql.rows.unwrap_or_default() {
            match tag.key {
                RowKey::Column(name) => assert!(sql.columns.contains(&name), "{name} of {}", sql.name),
                RowKey::Value(place) => {
                    assert!(sql.sqlite.contains(&format!("?{place}")), "${place} of {}", sql.name);
                }
                RowKey::Any => assert!(sql.only_reads, "{} touches all of a kind", sql.name),
            }
        }
    }
}

#[test]
fn the_tables_are_those_of_the_schema() {
    for (steps, statements) in SCHEMAS {
        are_all_tables(&Watched::new(steps).connection, statements);
    }
}

fn are_all_tables(connection: &Connection, statements: &[&[&Sql]]) {
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let names: BTreeSet<_> = names.map(Result::unwrap).collect();
    let tagged = statements.iter().copied().flatten().flat_map(|sql| {
        sql.reads.iter().copied().chain(sql.touches.iter().map(|touch| match touch {
            Touch::Insert(table) | Touch::Delete(table) | Touch::Update(table, _) => *table,
        }))
    });
    let tagged: BTreeSet<_> = tagged.map(|table| format!("{table:?}")).collect();
    assert_eq!(tagged, names);
}

#[test]
fn the_authorizer_sees_what_a_trigger_and_what_a_cascade_do() {
    let database = Watched::new(STEPS);
    let by_trigger = database.actions("INSERT INTO calls SELECT * FROM calls");
    assert!(by_trigger.updates["outcomes"].contains("count"));
    let by_cascade = database.actions("DELETE FROM users");
    assert!(by_cascade.deletes.contains("logins") && by_cascade.deletes.contains("known_browsers"));
}
