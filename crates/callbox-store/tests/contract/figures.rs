//! Rows of figures: merged in one transaction, read in ranges, deleted by age. Told to both engines.

use callbox_store::{RollupRow, RowName};

use crate::world::{NOW, World};

fn row(metric: &'static str, step: u32, at: u32) -> RowName {
    RowName { metric, step, split: 0, at }
}

/// Each byte that is given goes behind those that are there.
fn append(byte: u8) -> impl Fn(usize, Option<&[u8]>) -> Vec<u8> + Send + Sync + 'static {
    move |_, before| [before.unwrap_or_default(), &[byte]].concat()
}

#[tokio::test]
async fn rows_are_merged_read_and_deleted_alike_by_both_engines() {
    for world in [Some(World::sqlite()), World::postgres().await, World::pgbouncer().await] {
        let Some(World { store, folder: _folder, .. }) = world else { continue };
        let data = store.monitoring();
        assert_eq!(data.alive_at().await.unwrap(), None);
        let names = vec![row("lcp", 1, 100), row("lcp", 1, 101), row("cls", 60, 60)];
        data.change_rollups(names, append(1), NOW).await.unwrap();
        data.change_rollups(vec![row("lcp", 1, 101), row("lcp", 1, 102)], append(2), NOW.plus(1))
            .await
            .unwrap();
        assert_eq!(data.alive_at().await.unwrap(), Some(NOW.plus(1)));
        let found = |at, bytes: &[u8]| RollupRow { at, cells: bytes.to_vec() };
        let rows = data.rollups(row("lcp", 1, 100), 102, 10).await.unwrap();
        assert_eq!(rows, [found(100, &[1]), found(101, &[1, 2])]);
        assert_eq!(data.rollups(row("lcp", 1, 0), u32::MAX, 1).await.unwrap(), [found(100, &[1])]);
        assert!(data.rollups(row("lcp", 60, 0), u32::MAX, 10).await.unwrap().is_empty());
        assert_eq!(data.rollups(row("cls", 60, 0), u32::MAX, 10).await.unwrap(), [found(60, &[1])]);
        let kept_from = |step, split| if (step, split) == (1, 0) { 102 } else { 60 };
        assert_eq!(data.sweep_rollups(kept_from).await.unwrap(), 2);
        assert_eq!(data.rollups(row("lcp", 1, 0), u32::MAX, 10).await.unwrap(), [found(102, &[2])]);
        data.forget_node().await.unwrap();
        assert_eq!(data.alive_at().await.unwrap(), None);
        store.close().await;
    }
}

#[tokio::test]
async fn the_state_of_alerts_is_one_text_and_the_last_one_counts() {
    for world in [Some(World::sqlite()), World::postgres().await, World::pgbouncer().await] {
        let Some(World { store, folder: _folder, .. }) = world else { continue };
        let data = store.monitoring();
        assert_eq!(data.alert_state().await.unwrap(), None);
        for text in ["{}", "{\"a\":\"\u{fc}\"}"] {
            data.keep_alert_state(text.to_owned(), NOW).await.unwrap();
            assert_eq!(data.alert_state().await.unwrap().as_deref(), Some(text));
        }
        store.close().await;
    }
}

#[tokio::test]
async fn connections_are_counted_by_the_database_itself() {
    let World { store, folder: _folder, .. } = World::sqlite();
    assert_eq!(store.database_connections().await.unwrap(), None);
    for world in [World::postgres().await, World::pgbouncer().await] {
        let Some(World { store, folder: _folder, .. }) = world else { continue };
        let (count, most) = store.database_connections().await.unwrap().unwrap();
        // The owner's, one of those that read, and whatever other tests have open.
        assert!(count >= 2 && count <= most && most >= 20, "{count} of {most}");
        store.close().await;
    }
}
