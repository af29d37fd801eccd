//! Rows of figures: merged into, read in ranges of time, and deleted when they are old.
//!
//! What is in a row, and how two are merged, is the caller's: here it is bytes. A row is read, merged and written in one
//! transaction. Bounds: 4,096 series; as many rows are read as the caller says.

use callbox_protocol::time::UnixMillis;
use std::sync::Arc;

use super::{Monitoring, NODE};
use crate::StoreError;
use crate::db::WriteDb;
use crate::sql::{rows, statements, values};

/// More than there are metrics, steps and splits.
const SERIES_MAX: i64 = 4_096;

statements! {
    hot SERIES reads [series] -> i64 =
        "SELECT id FROM callbox_monitor.series WHERE metric = $1 AND step = $2 AND split = $3";
    some ADD_SERIES touches [insert series] =
        "INSERT INTO callbox_monitor.series (id, metric, step, split) \
        SELECT coalesce(max(id), 0) + 1, CAST($1 AS text), CAST($2 AS bigint), CAST($3 AS bigint) \
        FROM callbox_monitor.series WHERE true ON CONFLICT (metric, step, split) DO NOTHING";
    some ALL_SERIES reads [series] -> SeriesRow = "SELECT id, step, split FROM callbox_monitor.series ORDER BY id LIMIT $1";
    hot CELLS reads [rollups] -> Vec<u8> =
        "SELECT cells FROM callbox_monitor.rollups WHERE series = $1 AND at = $2 AND node = $3";
    hot PUT touches [insert rollups, update rollups (cells)] =
        "INSERT INTO callbox_monitor.rollups (series, at, node, cells) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (series, at, node) DO UPDATE SET cells = excluded.cells";
    hot RANGE reads [rollups] -> RangeRow =
        "SELECT at, cells FROM callbox_monitor.rollups WHERE series = $1 AND at >= $2 AND at < $3 ORDER BY at LIMIT $4";
    hot DELETE_OLD touches [delete rollups] =
        "DELETE FROM callbox_monitor.rollups WHERE series = $1 AND at < $2";
    hot SET_ALIVE touches [insert nodes, update nodes (alive_at)] =
        "INSERT INTO callbox_monitor.nodes (node, alive_at) VALUES ($1, $2) \
        ON CONFLICT (node) DO UPDATE SET alive_at = excluded.alive_at";
    hot FORGET_NODE touches [delete nodes] = "DELETE FROM callbox_monitor.nodes WHERE node = $1";
    hot ALIVE reads [nodes] -> UnixMillis = "SELECT alive_at FROM callbox_monitor.nodes WHERE node = $1";
}

rows! {
    struct SeriesRow {
        id: i64,
        step: u32,
        split: u32,
    }
    struct RangeRow {
        at: u32,
        cells: Vec<u8>,
    }
}

/// The name of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowName {
    /// The metric.
    pub metric: &'static str,
    /// How many minutes each of its figures is about.
    pub step: u32,
    /// By what its cells are told apart.
    pub split: u8,
    /// When that time begins, in minutes since 1970.
    pub at: u32,
}

/// A row that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupRow {
    /// When its time begins, in minutes since 1970.
    pub at: u32,
    /// Its figures.
    pub cells: Vec<u8>,
}

impl Monitoring {
    /// Changes these rows in one transaction: `merge` is given the place of each in the list and the bytes that it has
    /// so far, and says which it has then. Notes that this node is alive.
    pub async fn change_rollups(
        &self,
        names: Vec<RowName>,
        merge: impl Fn(usize, Option<&[u8]>) -> Vec<u8> + Send + Sync + 'static,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let (names, merge) = (Arc::new(names), Arc::new(merge));
        self.write(move |db| {
            Box::pin(async move {
                db.execute(&SET_ALIVE, values![NODE, now]).await?;
                let mut last = None;
                for (place, name) in names.iter().enumerate() {
                    let RowName { metric, step, split, at } = *name;
                    // Rows of one series stand beside each other.
                    let series = match last {
                        Some((known, series)) if known == (metric, step, split) => series,
                        _ => series(db, metric, step, split).await?,
                    };
                    last = Some(((metric, step, split), series));
                    let before: Option<Vec<u8>> = db.first(&CELLS, values![series, at, NODE]).await?;
                    let after = merge(place, before.as_deref());
                    db.execute(&PUT, values![series, at, NODE, &after[..]]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The rows of a metric whose times begin from `from` on and before `to`, the oldest first, of all nodes.
    pub async fn rollups(
        &self,
        first: RowName,
        to: u32,
        rows_max: u32,
    ) -> Result<Vec<RollupRow>, StoreError> {
        let RowName { metric, step, split, at } = first;
        let mut db = self.reader().await?;
        let Some(series) = db.first(&SERIES, values![metric, step, split]).await? else {
            return Ok(Vec::new());
        };
        let found: Vec<RangeRow> = db.all(&RANGE, values![series, at, to, rows_max]).await?;
        Ok(found.into_iter().map(|RangeRow { at, cells }| RollupRow { at, cells }).collect())
    }

    /// Deletes rows from before `kept_from(step, split)`, one series in a transaction; how many there were.
    pub async fn sweep_rollups(&self, kept_from: impl Fn(u32, u8) -> u32) -> Result<u64, StoreError> {
        let all: Vec<SeriesRow> = self.reader().await?.all(&ALL_SERIES, values![SERIES_MAX]).await?;
        let mut deleted = 0;
        for SeriesRow { id, step, split } in all {
            let from = kept_from(step, u8::try_from(split).unwrap_or(u8::MAX));
            let work = self
                .write(move |db| Box::pin(async move { db.execute(&DELETE_OLD, values![id, from]).await }));
            deleted += work.await?;
        }
        Ok(deleted)
    }

    /// Forgets when this node last changed something: the time until its next change is nobody's.
    pub async fn forget_node(&self) -> Result<(), StoreError> {
        self.write(|db| Box::pin(async { db.execute(&FORGET_NODE, values![NODE]).await.map(|_| ()) })).await
    }

    /// When this node last changed something; `None` if it never did.
    pub async fn alive_at(&self) -> Result<Option<UnixMillis>, StoreError> {
        self.reader().await?.first(&ALIVE, values![NODE]).await
    }
}

async fn series(db: &mut WriteDb<'_>, metric: &str, step: u32, split: u8) -> Result<i64, StoreError> {
    if let Some(series) = db.first(&SERIES, values![metric, step, split]).await? {
        return Ok(series);
    }
    db.execute(&ADD_SERIES, values![metric, step, split]).await?;
    let added = db.first(&SERIES, values![metric, step, split]).await?;
    added.ok_or(StoreError::Contended)
}
