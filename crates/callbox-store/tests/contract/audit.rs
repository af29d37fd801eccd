//! Whether every row that changes is named by a tag of its commit: triggers of the tests write each change down, and the
//! store's watcher compares.
//!
//! In SQLite, where one thread writes: when the watcher is called the rows of its commit are there, and no later ones. A
//! cascade or a second statement that forgets its tag fails the story in which it happens.

use callbox_core::cache::{Commit, Kind, Tag};
use callbox_store::Store;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::dependencies::{Rows, TABLES, UNREAD_TABLES};

/// Longer than a group of writes takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fails the test on drop if a row was changed that no tag named.
pub(crate) struct Audit {
    shared: Arc<(Mutex<Changes>, Condvar)>,
}

struct Changes {
    connection: Connection,
    /// The last change that was compared.
    last: i64,
    faults: Vec<String>,
}

impl Audit {
    /// Watches all writes of a store from here on.
    pub(crate) fn start(store: &Store, folder: &Path) -> Self {
        let connection = Connection::open(folder.join("callbox.db")).unwrap();
        connection.execute_batch(&triggers(&connection)).unwrap();
        // Of the same data in another process, as it were.
        let last = connection.query_row("SELECT coalesce(max(number), 0) FROM audit", [], |row| row.get(0));
        let changes = Changes { connection, last: last.unwrap(), faults: Vec::new() };
        let shared = Arc::new((Mutex::new(changes), Condvar::new()));
        let audit = Self { shared: Arc::clone(&shared) };
        store.watch(move |commit, tags| {
            shared.0.lock().unwrap().compare(commit, tags);
            shared.1.notify_all();
        });
        audit
    }

    /// The rows that were changed and not named.
    pub(crate) fn faults(&self) -> Vec<String> {
        let (changes, compared) = &*self.shared;
        // A group that nobody awaits may be committed just now, and its watcher be about to be called.
        let is_behind = |changes: &mut Changes| !changes.fresh().is_empty();
        let (mut changes, waited) =
            compared.wait_timeout_while(changes.lock().unwrap(), PATIENCE, is_behind).unwrap();
        if waited.timed_out() {
            changes.compare(Commit(0), &[]);
        }
        std::mem::take(&mut changes.faults)
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.faults(), Vec::<String>::new(), "rows that no tag of their commit names");
        }
    }
}

impl Changes {
    /// Changes that were not compared yet.
    fn fresh(&self) -> Vec<(i64, String, Option<[u8; 16]>)> {
        let mut query = self
            .connection
            .prepare_cached("SELECT number, kind, key FROM audit WHERE number > ?1 ORDER BY number")
            .unwrap();
        let rows = query.query_map([self.last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn compare(&mut self, commit: Commit, tags: &[Tag]) {
        for (number, kind, key) in self.fresh() {
            self.last = number;
            let names =
                |tag: &&Tag| format!("{:?}", tag.kind) == kind && (tag.key.is_none() || tag.key == key);
            if !tags.iter().any(|tag| names(&tag)) {
                self.faults.push(format!("{kind} {key:02x?} in commit {}, which names {tags:?}", commit.0));
            }
        }
    }
}

/// A trigger for each way in which a row can change.
fn triggers(connection: &Connection) -> String {
    let mut text =
        "CREATE TABLE IF NOT EXISTS audit (number INTEGER PRIMARY KEY, kind TEXT, key BLOB);\n".to_owned();
    let mut query = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
    for name in names.map(Result::unwrap).filter(|name| name != "audit") {
        match TABLES.iter().find(|rows| rows.table == name) {
            Some(rows) => text.push_str(&triggers_of(rows, &read_columns(connection, rows))),
            None => assert!(UNREAD_TABLES.contains(&name.as_str()), "{name} is of no kind and is not listed"),
        }
    }
    text
}

/// The columns that a kept answer may be made of.
fn read_columns(connection: &Connection, rows: &Rows) -> Vec<String> {
    let mut query = connection.prepare(&format!("PRAGMA table_info({})", rows.table)).unwrap();
    let names = query.query_map([], |row| row.get::<_, String>("name")).unwrap();
    let names: Vec<_> = names.map(Result::unwrap).collect();
    let is_there = |column: &str| names.iter().any(|name| name == column);
    assert!(rows.unread.iter().all(|column| is_there(column)), "{} has all of {:?}", rows.table, rows.unread);
    names.into_iter().filter(|name| !rows.unread.contains(&name.as_str())).collect()
}

fn triggers_of(rows: &Rows, columns: &[String]) -> String {
    let Rows { table, tags, .. } = rows;
    let write = |side: &str| {
        let one = |(kind, column): &(Kind, &str)| {
            format!("INSERT INTO audit (kind, key) VALUES ('{kind:?}', {side}.\"{column}\");")
        };
        tags.iter().map(one).collect::<String>()
    };
    let changed: Vec<_> =
        columns.iter().map(|name| format!("old.\"{name}\" IS NOT new.\"{name}\"")).collect();
    let (new, old, changed) = (write("new"), write("old"), changed.join(" OR "));
    format!(
        "CREATE TRIGGER IF NOT EXISTS audit_{table}_i AFTER INSERT ON {table} BEGIN {new} END;\n\
        CREATE TRIGGER IF NOT EXISTS audit_{table}_d AFTER DELETE ON {table} BEGIN {old} END;\n\
        CREATE TRIGGER IF NOT EXISTS audit_{table}_u AFTER UPDATE ON {table} WHEN {changed} BEGIN {old} {new} END;\n"
    )
}

#[tokio::test]
async fn a_row_that_is_changed_without_a_tag_is_found_also_by_a_cascade() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.create_guest(crate::world::guest(1, None)).await.unwrap();
    let audit = Audit::start(&store, folder.path());
    assert_eq!(audit.faults(), Vec::<String>::new());
    let other = Connection::open(folder.path().join("callbox.db")).unwrap();
    let faults = |text: &str| {
        other.execute_batch(text).unwrap();
        let mut shared = audit.shared.0.lock().unwrap();
        shared.compare(Commit(0), &[]);
        let faults = std::mem::take(&mut shared.faults);
        faults.into_iter().map(|fault| fault.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(faults("UPDATE users SET name = 'Ann'"), ["User", "User"]);
    assert!(faults("UPDATE users SET name = 'Ann', seen_at = 5").is_empty(), "nothing that is read");
    assert_eq!(faults("PRAGMA foreign_keys = ON; DELETE FROM users"), ["Logins", "User"]);
}
