//! All data from one engine to the other and back, whole, and after a copy that was cut short.

use callbox_protocol::account::Profile;
use callbox_protocol::call::{Outcome, Side};
use callbox_protocol::http::ReportReason;
use callbox_protocol::id::{BlockId, ReportId};
use callbox_store::{
    CopyError, DataLocation, NewReport, Options, RowName, Step, Store, StoreError, copy_data,
};
use rusqlite::Connection;
use std::path::Path;

use crate::story::evidence;
use crate::world::{NOW, World, call, call_id, guest, user};

/// A row at least in most tables, and values that are easily mangled.
async fn fill(store: &Store) {
    for number in 1..=250 {
        store.create_guest(guest(number, None)).await.unwrap();
    }
    let name = "Zo\u{eb} \u{1f600} \"'\\".to_owned();
    let profile = Profile { name, interests: vec!["r\u{fc}bli".to_owned()], ..Profile::default() };
    store.set_profile(user(1), profile).await.unwrap();
    for number in 1..=200 {
        let outcome = if number % 3 == 0 { Outcome::Success } else { Outcome::Left };
        store.record_call(Box::new(call(number, outcome)));
    }
    store.record_evidence(Side::Callee, evidence(3, Some(701)));
    store.settle().await.unwrap();
    store.rate_call(call_id(3), user(1), 5, NOW).await.unwrap();
    store.block(BlockId::from_bytes([7; 16]), user(1), user(2), NOW).await.unwrap();
    let report = NewReport {
        id: ReportId::from_bytes([9; 16]),
        call: call_id(3),
        reporter: user(1),
        reported: user(2),
        reason: ReportReason::Spam,
        note: "note".to_owned(),
        lines: Vec::new(),
    };
    store.report(report, 0, NOW).await.unwrap();
    let figures = |at| RowName { metric: "lcp", step: 60, split: 1, at };
    let bytes = |place: usize, _: Option<&[u8]>| vec![0, 255, u8::try_from(place).unwrap()];
    let names = (0..90).map(|hour| figures(hour * 60)).collect();
    store.monitoring().change_rollups(names, bytes, NOW).await.unwrap();
}

fn dump(folder: &Path) -> Vec<String> {
    ["callbox.db", "monitor.db"].iter().flat_map(|name| dump_file(&folder.join(name))).collect()
}

fn dump_file(path: &Path) -> Vec<String> {
    let database = Connection::open(path).unwrap();
    // But for the table that the tests add.
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'audit' ORDER BY name";
    let tables: Vec<String> = rows(&database, names);
    tables.iter().flat_map(|table| rows(&database, &format!("SELECT * FROM {table} ORDER BY 1, 2"))).collect()
}

fn rows(database: &Connection, question: &str) -> Vec<String> {
    let mut statement = database.prepare(question).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let values: Vec<_> = (0..columns).map(|column| row.get_ref(column).unwrap()).collect();
        Ok(if let [rusqlite::types::ValueRef::Text(name)] = values[..] {
            String::from_utf8(name.to_vec()).unwrap()
        } else {
            format!("{values:?}")
        })
    };
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn figures_that_a_target_has_of_itself_are_replaced_and_that_is_told() {
    let Some((_target, folder, url)) = two().await else { return };
    // The operator has tried the new database once: nobody signed in, and it counted itself.
    let elsewhere = tempfile::tempdir().unwrap();
    let options = Options { url: Some(url.clone()), ..Options::embedded(elsewhere.path()) };
    let tried = Store::connect(&options).await.unwrap();
    let name = RowName { metric: "lcp", step: 60, split: 1, at: 7 };
    tried.monitoring().change_rollups(vec![name], |_, _| b"of the target".to_vec(), NOW).await.unwrap();
    tried.close().await;
    drop(tried);
    let (from, to) = (DataLocation::Folder(folder.path().to_owned()), DataLocation::Url(url));
    let mut told = Vec::new();
    copy_data(&from, &to, |table, step, rows, _| told.push((table.to_owned(), step, rows))).await.unwrap();
    assert!(told.contains(&("callbox_monitor.rollups".to_owned(), Step::Replaced, 1)), "{told:?}");
    let back = tempfile::tempdir().unwrap();
    copy_data(&to, &DataLocation::Folder(back.path().to_owned()), |_, _, _, _| ()).await.unwrap();
    assert!(dump(folder.path()) == dump(back.path()), "what came back is not what was there");
}

/// A world with data in the embedded database, and an empty one in `PostgreSQL`; neither is open.
async fn two() -> Option<(World, tempfile::TempDir, String)> {
    let target = World::postgres().await?;
    target.store.close().await;
    let source = World::sqlite();
    fill(&source.store).await;
    source.store.close().await;
    let World { store, folder, .. } = source;
    drop(store);
    let url = target.url.clone().expect("it is PostgreSQL's");
    Some((target, folder, url))
}

#[tokio::test]
async fn everything_arrives_in_postgresql_and_comes_back_as_it_was() {
    let Some((_target, folder, url)) = two().await else { return };
    let (from, to) = (DataLocation::Folder(folder.path().to_owned()), DataLocation::Url(url));
    let mut told = Vec::new();
    let count =
        copy_data(&from, &to, |table, step, rows, all| told.push((table.to_owned(), step, rows, all)));
    let count = count.await.unwrap();
    assert!(count > 700, "{count}");
    assert!(told.contains(&("users".to_owned(), Step::Copied, 250, 250)), "{told:?}");
    assert!(told.contains(&("callbox_monitor.rollups".to_owned(), Step::Copied, 90, 90)), "{told:?}");
    let refused = copy_data(&from, &to, |_, _, _, _| ()).await;
    assert!(matches!(refused, Err(CopyError::NotEmpty)), "{refused:?}");
    let back = tempfile::tempdir().unwrap();
    let place = DataLocation::Folder(back.path().to_owned());
    assert_eq!(copy_data(&to, &place, |_, _, _, _| ()).await.unwrap(), count);
    let (before, after) = (dump(folder.path()), dump(back.path()));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
}

#[tokio::test]
async fn a_copy_that_was_cut_short_goes_on_and_one_whose_source_changed_is_noticed() {
    let Some((_target, folder, url)) = two().await else { return };
    let (from, to) = (DataLocation::Folder(folder.path().to_owned()), DataLocation::Url(url.clone()));
    // Cut as soon as the first rows of calls have arrived.
    let cut = tokio::task::spawn({
        let (from, to) = (from.clone(), to.clone());
        async move {
            let tell = |table: &str, _: Step, _: u64, _: u64| assert_ne!(table, "calls", "cut");
            copy_data(&from, &to, tell).await
        }
    });
    assert!(cut.await.unwrap_err().is_panic());
    let (client, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(driver);
    let calls: i64 = client.query_one("SELECT count(*) FROM calls", &[]).await.unwrap().get(0);
    assert!(calls > 0);
    // As if the rest had not come any more.
    client
        .batch_execute("DELETE FROM calls WHERE id IN (SELECT id FROM calls ORDER BY id DESC LIMIT 150)")
        .await
        .unwrap();
    copy_data(&from, &to, |_, _, _, _| ()).await.unwrap();
    let calls: i64 = client.query_one("SELECT count(*) FROM calls", &[]).await.unwrap().get(0);
    assert_eq!(calls, 200);
    let successes = "SELECT count FROM outcomes WHERE outcome = 'success'";
    assert_eq!(client.query_one(successes, &[]).await.unwrap().get::<_, i64>(0), 66);
    // A row that is not the source's, in a copy that is still marked.
    client
        .batch_execute("CREATE TABLE callbox_copy (one integer); UPDATE users SET name = 'x'")
        .await
        .unwrap();
    let differs = copy_data(&from, &to, |_, _, _, _| ()).await;
    assert!(matches!(&differs, Err(CopyError::Differs(table)) if table == "users"), "{differs:?}");
    drop(client);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn two_places_of_one_kind_and_a_folder_without_a_database_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = DataLocation::Folder(folder.path().to_owned());
    assert!(matches!(copy_data(&place, &place, |_, _, _, _| ()).await, Err(CopyError::SameKind)));
    assert_eq!(DataLocation::parse("postgres://a@b/c"), DataLocation::Url("postgres://a@b/c".to_owned()));
    assert_eq!(DataLocation::parse(folder.path().to_str().unwrap()), place);
    let Some(target) = World::postgres().await else { return };
    let to = DataLocation::Url(target.url.clone().unwrap());
    let in_use = copy_data(&place, &to, |_, _, _, _| ()).await;
    assert!(matches!(in_use, Err(CopyError::Store(StoreError::DatabaseInUse))), "{in_use:?}");
    target.store.close().await;
    assert!(matches!(copy_data(&place, &to, |_, _, _, _| ()).await, Err(CopyError::NoSource(_))));
}
