//! Keys of an app's own backend: kept as their hash, 100 at most.

use callbox_core::cache::Dependent;
use callbox_protocol::account::Role;
use callbox_protocol::id::{ApiKeyId, UserId};
use callbox_protocol::moderation::ApiKeyItem;
use callbox_protocol::time::UnixMillis;

use crate::locks::{Matter, lock};
use crate::login_cache::KnownKey;
use crate::people::role_of;
use crate::sql::{rows, statements, values};
use crate::{Durability, Store, StoreError, Tagged};

const KEYS_MAX: i64 = 100;
/// The last use is written at most this often.
const LAST_USE_STEP_MS: u64 = 60 * 60 * 1_000;

/// The result of a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateKeyOutcome {
    /// It is valid.
    Created,
    /// There are as many as there may be.
    TooMany,
    /// The caller is no admin any more.
    NotPermitted,
}

statements! {
    some INSERT_KEY touches [insert api_keys] tags [Keys($1)] =
        "INSERT INTO api_keys (id, name, key_hash, created_by, created_at) SELECT $1, $2, $3, $4, $5 \
        WHERE (SELECT count(*) FROM api_keys) < $6";
    some KEYS reads [api_keys] tags [Keys(any)] -> ItemRow =
        "SELECT id, name, created_at, last_used_at FROM api_keys ORDER BY id DESC LIMIT $1";
    hot KEY reads [api_keys] tags [Keys(row id)] -> KeyRow = "SELECT id, last_used_at FROM api_keys WHERE key_hash = $1";
    hot TOUCH touches [update api_keys (last_used_at)] tags [Keys($1)] = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1";
    hot DELETE_KEY touches [delete api_keys] tags [Keys($1)] = "DELETE FROM api_keys WHERE id = $1";
}

rows! {
    struct ItemRow { id: ApiKeyId, name: String, created_at: UnixMillis, last_used_at: Option<UnixMillis> }
    struct KeyRow { id: ApiKeyId, last_used_at: Option<UnixMillis> }
}

impl Store {
    /// Makes a key, by its hash, for an admin.
    pub async fn create_api_key(
        &self,
        item: ApiKeyItem,
        key_hash: [u8; 32],
        by: UserId,
    ) -> Result<CreateKeyOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock(db, Matter::Roles).await?;
                if role_of(db, by).await? != Role::Admin {
                    return Ok(CreateKeyOutcome::NotPermitted);
                }
                let values = values![item.id, &item.name, &key_hash, by, item.created_at, KEYS_MAX];
                let is_made = db.execute(&INSERT_KEY, values).await? == 1;
                Ok(if is_made { CreateKeyOutcome::Created } else { CreateKeyOutcome::TooMany })
            })
        })
        .await
    }

    /// All keys, the newest first.
    pub async fn api_keys(&self) -> Result<Vec<ApiKeyItem>, StoreError> {
        Ok(self.tagged().api_keys().await?.value)
    }

    /// The key with this hash.
    pub async fn api_key_by_hash(
        &self,
        key_hash: &[u8; 32],
        now: UnixMillis,
    ) -> Result<Option<ApiKeyId>, StoreError> {
        let found = self.keys.get(key_hash, now, self.read_key(key_hash)).await?.value;
        let Some(KnownKey { id, last_used_at }) = found else { return Ok(None) };
        if last_used_at.is_none_or(|at| now.since(at) > LAST_USE_STEP_MS) {
            // Nobody else needs to write it.
            self.keys.update(key_hash, |known| {
                *known = Some(KnownKey { id, last_used_at: Some(now) });
            });
            self.write_behind("a key's last use", move |db| {
                Box::pin(async move { db.execute(&TOUCH, values![id, now]).await.map(|_| ()) })
            });
        }
        Ok(Some(id))
    }

    async fn read_key(&self, key_hash: &[u8; 32]) -> Result<Dependent<Option<KnownKey>>, StoreError> {
        let mut db = self.tagged().reader().await?;
        let found = db.first(&KEY, values![key_hash]).await?;
        if found.is_none() {
            db.not_kept();
        }
        Ok(db.dependent(found.map(|KeyRow { id, last_used_at }| KnownKey { id, last_used_at })))
    }

    /// Ends a key; whether there was one.
    pub async fn delete_api_key(&self, key: ApiKeyId) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move { Ok(db.execute(&DELETE_KEY, values![key]).await? == 1) })
        })
        .await
    }
}

impl Tagged<'_> {
    /// As [`Store::api_keys`].
    pub async fn api_keys(&self) -> Result<Dependent<Vec<ApiKeyItem>>, StoreError> {
        let mut db = self.reader().await?;
        let found = db.all(&KEYS, values![KEYS_MAX]).await?;
        let item = |ItemRow { id, name, created_at, last_used_at }| ApiKeyItem {
            id,
            name,
            created_at,
            last_used_at,
        };
        Ok(db.dependent(found.into_iter().map(item).collect()))
    }
}
