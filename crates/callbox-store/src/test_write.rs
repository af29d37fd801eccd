//! One row that is written to see whether the database takes writes: a database that is read-only, locked or full
//! still answers readers. The row has no meaning.

use callbox_protocol::time::UnixMillis;

use crate::sql::{statements, values};
use crate::{Durability, Store, StoreError};

statements! {
    hot TEST touches [insert test_writes, update test_writes (at)] =
        "INSERT INTO test_writes (one, at) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET at = excluded.at";
}

impl Store {
    /// Writes that row, as durably as the most important data.
    pub async fn test_write(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move { db.execute(&TEST, values![now]).await.map(|_| ()) })
        })
        .await
    }
}
