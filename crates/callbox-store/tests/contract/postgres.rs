//! What is true of PostgreSQL alone: a server that is there and does not do its work, and one that cannot be used at all.

use callbox_store::{Options, Store, StoreError};
use std::sync::Arc;
use tokio::task::JoinSet;

use crate::world::{NOW, World, guest, on_server};

/// As an operator, or a failover, does it to all who are connected.
async fn set_read_only(url: &str, is_read_only: bool) {
    let (_, name) = url.rsplit_once('/').unwrap();
    let setting = format!("ALTER DATABASE {name} SET default_transaction_read_only = {is_read_only}");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    // Those who came while nothing could be written stay, and stay what they are.
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
    let told = store.create_guest(guest(18, None)).await.unwrap_err().to_string();
    assert!(told.contains("read-only"), "{told}");
    assert!(store.login_by_token_hash(&[1; 32], NOW).await.unwrap().is_some(), "reading goes on");
    set_read_only(&url, false).await;
    // Some may be left that do not know it yet: the first that finds it out takes all others of its kind along.
    let _ = store.create_guest(guest(20, None)).await;
    for done in eight(&store, 21).await {
        done.unwrap();
    }
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
