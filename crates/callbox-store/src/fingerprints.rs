//! Fingerprints of the keys in the data folder with which the data were made: a folder with other keys is noticed at
//! the start, and not when bans no longer hold. The keys themselves are in the folder alone.

use crate::sql::{statements, values};
use crate::{Durability, Store, StoreError, sha256};

statements! {
    hot FINGERPRINT reads [key_fingerprints] -> Vec<u8> = "SELECT fingerprint FROM key_fingerprints WHERE name = $1";
    hot KEEP touches [insert key_fingerprints, update key_fingerprints (fingerprint)] =
        "INSERT INTO key_fingerprints (name, fingerprint) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint";
}

/// A key, and the name of its file.
pub type NamedKey = (&'static str, [u8; 32]);

impl Store {
    /// Compares keys with those that the data were made with. A key that is not known yet is from now on.
    pub async fn check_keys(&self, keys: Vec<NamedKey>) -> Result<(), StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let mut others = Vec::new();
                for (name, key) in keys {
                    let fingerprint = sha256(&key);
                    match db.first(&FINGERPRINT, values![name]).await? {
                        None => {
                            db.execute(&KEEP, values![name, &fingerprint]).await?;
                        }
                        Some(known) if known == fingerprint => {}
                        Some(_) => others.push(name),
                    }
                }
                if others.is_empty() { Ok(()) } else { Err(StoreError::OtherKeys(others)) }
            })
        })
        .await
    }

    /// Takes these for the keys of the data from now on.
    pub async fn accept_keys(&self, keys: Vec<NamedKey>) -> Result<(), StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                for (name, key) in keys {
                    db.execute(&KEEP, values![name, &sha256(&key)]).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
