//! The properties of PostgreSQL alone: a server that is there and does not do its work, and one that cannot be used at
//! all.

use callbox_store::{DeleteOutcome, Options, Store, StoreError};
use std::sync::Arc;
use tokio::task::JoinSet;

use crate::world::{NOW, World, ended, guest, on_server, shown, user};

/// As an operator, or a failover, does it to all who are connected.
async fn set_read_only(url: &str, is_read_only: bool) {
    let (_, name) = url.rsplit_once('/').unwrap();
    let setting = format!("ALTER DATABASE {name} SET default_transaction_read_only = {is_read_only}");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    // The guests who came while nothing could be written stay, and stay what they are.
    on_server(if is_read_only { vec![setting, end] } else { vec![setting] }).await;
}

/// Eight guests at once, each over a connection of its own.
async fn eight(store: &Arc<Store>, first: u8) -> Vec<Result<(), StoreError>> {
    let mut tasks = JoinSet::new();
    for number in first..first + 8 {
        let store = Arc::clone(store);
        tasks.spawn(async move { store.create_guest(guest(number, None)).await });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_database_that_was_read_only_for_a_while_takes_writes_again_without_a_restart() {
    let Some(World { store, url, folder: _folder, .. }) = World::postgres().await else { return };
    let (url, store) = (url.unwrap(), Arc::new(store));
    for done in eight(&store, 0).await {
        done.unwrap();
    }
    set_read_only(&url, true).await;
    // The first ones find closed connections; then there are new ones, all of them read-only.
    for _ in 0..3 {
        for refused in eight(&store, 10).await {
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        }
    }
    while !store.create_guest(guest(18, None)).await.unwrap_err().to_string().contains("read-only") {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(store.login_by_token_hash(&[1; 32], NOW).await.unwrap().is_some(), "reading goes on");
    set_read_only(&url, false).await;
    // Some connections may be left that do not know it yet: the first that finds it out takes all others of its kind along.
    while store.create_guest(guest(20, None)).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    for done in eight(&store, 21).await {
        done.unwrap();
    }
}

#[tokio::test]
async fn a_use_case_that_a_deadlock_ended_is_run_again_and_sends_its_events_once() {
    let Some(world) = World::postgres().await else { return };
    world.store.create_guest(guest(1, None)).await.unwrap();
    let (mut other, driver) =
        tokio_postgres::connect(world.url.as_ref().unwrap(), tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(driver);
    // The first to ask for what the other holds is ended: the store.
    other.batch_execute("SET deadlock_timeout = '1min'").await.unwrap();
    let held = other.transaction().await.unwrap();
    held.execute("SELECT 1 FROM users FOR UPDATE", &[]).await.unwrap();
    let crossing = async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND wait_event_type = 'Lock'";
        while held.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let roles = i64::from_be_bytes(*b"cb-roles");
        held.execute("SELECT pg_advisory_xact_lock($1)", &[&roles]).await.unwrap();
        held.commit().await.unwrap();
    };
    let (deleted, ()) = tokio::join!(world.store.delete_account(user(1), shown(1, None), NOW), crossing);
    assert_eq!(deleted.unwrap(), Ok(DeleteOutcome::Deleted));
    assert_eq!(world.events(), [ended(1, &[1])]);
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    // Counted by PostgreSQL itself, a moment later.
    while other.query_one(deadlocks, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    drop(other);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_database_whose_text_is_not_utf8_is_refused_with_the_way_out() {
    let Ok(server) = std::env::var("CALLBOX_TEST_POSTGRES") else {
        eprintln!("skipped: no PostgreSQL in CALLBOX_TEST_POSTGRES; `cargo xtask test` starts one");
        return;
    };
    let (server, _) = server.rsplit_once('/').unwrap();
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("story_{}_{}", encoding.to_lowercase(), std::process::id());
        let create = format!(
            "CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        on_server(vec![create]).await;
        let folder = tempfile::tempdir().unwrap();
        let options = Options { url: Some(format!("{server}/{name}")), ..Options::embedded(folder.path()) };
        let refused = Store::connect(&options).await.unwrap_err().to_string();
        assert!(refused.contains(encoding) && refused.contains("ENCODING 'UTF8'"), "{refused}");
    }
}

/// As another process with a folder of its own.
async fn another(url: &str, prepares: bool) -> Result<Store, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { url: Some(url.to_owned()), prepares, ..Options::embedded(folder.path()) };
    Store::connect(&options).await
}

#[tokio::test]
async fn a_database_belongs_to_one_process_until_it_leaves_it_directly_and_through_a_pool() {
    for world in [World::postgres().await, World::pgbouncer().await] {
        let Some(World { store, url, folder: _folder, .. }) = world else { continue };
        let url = url.unwrap();
        let refused = another(&url, false).await;
        assert!(matches!(refused, Err(StoreError::DatabaseInUse)), "{refused:?}");
        store.test_write(NOW).await.unwrap();
        store.close().await;
        another(&url, false).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn whoever_finds_another_in_its_place_writes_nothing_any_more() {
    for world in [World::postgres().await, World::pgbouncer().await] {
        let Some(World { store, url, folder: _folder, .. }) = world else { continue };
        let (client, driver) =
            tokio_postgres::connect(url.as_deref().unwrap(), tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(driver);
        client.simple_query("UPDATE callbox_owner SET name = 'another'").await.unwrap();
        store.lost().await;
        assert!(matches!(store.create_guest(guest(1, None)).await, Err(StoreError::Lost)));
        assert!(store.login_by_token_hash(&[1; 32], NOW).await.unwrap().is_none());
        drop(client);
        driver.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_hold_that_was_cut_off_is_taken_again_by_whoever_had_it() {
    let Some(World { store, url, folder: _folder, .. }) = World::postgres().await else { return };
    let (_, name) = url.as_deref().unwrap().rsplit_once('/').unwrap();
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    on_server(vec![end]).await;
    while store.test_write(NOW).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let refused = another(url.as_deref().unwrap(), true).await;
    assert!(matches!(refused, Err(StoreError::DatabaseInUse)), "{refused:?}");
}

#[tokio::test]
async fn a_hold_that_nobody_renews_is_over() {
    let Some(World { store, url, folder: _folder, .. }) = World::pgbouncer().await else { return };
    store.close().await;
    let url = url.unwrap();
    let (client, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(driver);
    // As a process leaves it that was killed.
    let row = "INSERT INTO callbox_owner VALUES (1, 'killed', false, 7, clock_timestamp())";
    client.simple_query(row).await.unwrap();
    another(&url, false).await.unwrap().close().await;
    drop(client);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_lock_of_a_machine_that_died_without_a_word_is_taken_from_it() {
    let Some(World { store, url, folder: _folder, .. }) = World::postgres().await else { return };
    store.close().await;
    let url = url.unwrap();
    let (client, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(driver);
    client.simple_query("SELECT pg_advisory_lock(28009438012440441)").await.unwrap();
    let row = "INSERT INTO callbox_owner VALUES (1, 'dead', true, 7, clock_timestamp() - interval '11 s')";
    client.simple_query(row).await.unwrap();
    another(&url, true).await.unwrap().close().await;
    assert!(client.simple_query("SELECT 1").await.is_err(), "its session goes on");
    let _ = driver.await;
}
