//! `callbox import`: users and profiles of another system, from CSV files or from its PostgreSQL.
//!
//! It says first what would come along, and writes only if it is told to. `callbox_identity::import` decides about each
//! row, and the store about each user. Bounds: 10,000,000 users, 1 MiB a row of CSV; of profiles in CSV only their places
//! are in memory.

mod report;
mod rows;

use anyhow::{Context as _, bail};
use callbox_identity::import::{Mapping, NoUser};
use callbox_protocol::id::UserId;
use callbox_settings::attributes::AttributeSettings;
use callbox_settings::data::DatabaseSettings;
use callbox_store::{IMPORT_BATCH, ImportOutcome, NewUser, Store, StoreError, sha256};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::{attributes, database};
pub use report::Report;
use rows::Rows;

const USERS_MAX: usize = 10_000_000;

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Wish {
    /// A CSV file of users, or `postgres://..`.
    pub from: String,
    /// The mapping's file; the columns are Supabase's without it.
    pub mapping: Option<PathBuf>,
    /// Whether to write; else it only says what it would do.
    pub applies: bool,
    /// The file that gets a line for each user and each part that is left out.
    pub list: Option<PathBuf>,
}

/// Imports, or says what it would. `tell` is called now and then, with how many users were read of how many; `None`: nobody
/// knows yet.
pub async fn run(
    settings: &DatabaseSettings,
    rules: &AttributeSettings,
    wish: &Wish,
    clock: &Clock,
    tell: impl FnMut(u64, Option<u64>),
) -> anyhow::Result<Report> {
    let mapping = read_mapping(wish.mapping.as_deref())?;
    let rules = attributes::load(rules)?;
    let rows = Rows::open(&wish.from, &mapping).await?;
    let store = match database::open(settings).await {
        Ok(store) => store,
        Err(error)
            if matches!(error.downcast_ref(), Some(StoreError::InUse(_) | StoreError::DatabaseInUse)) =>
        {
            bail!(
                "a server uses this data folder or its database: stop it first, or take another folder for a try"
            )
        }
        Err(error) => return Err(error),
    };
    let report = Report::new(wish.list.as_deref())?;
    let mut import = Import {
        mapping,
        rules,
        store,
        applies: wish.applies,
        clock: clock.clone(),
        ids: HashSet::new(),
        addresses: HashSet::new(),
        report,
    };
    let result = import.all(rows, tell).await;
    import.store.close().await;
    result?;
    import.report.finish()?;
    Ok(import.report)
}

fn read_mapping(file: Option<&Path>) -> anyhow::Result<Mapping> {
    let Some(file) = file else { return Ok(Mapping::default()) };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Mapping::parse(&text).with_context(|| format!("the mapping {}", file.display()))
}

struct Import {
    mapping: Mapping,
    rules: callbox_identity::attributes::Attributes,
    store: Store,
    applies: bool,
    clock: Clock,
    ids: HashSet<UserId>,
    /// The first half of each hash: two that are alike are not to be found.
    addresses: HashSet<[u8; 16]>,
    report: Report,
}

/// One who waits for the next batch, by the number of their row.
type Waiting = (u64, NewUser);

impl Import {
    async fn all(&mut self, mut rows: Rows, mut tell: impl FnMut(u64, Option<u64>)) -> anyhow::Result<()> {
        let all = rows.all();
        let mut batch: Vec<Waiting> = Vec::with_capacity(IMPORT_BATCH);
        while let Some(row) = rows.next().await? {
            self.report.read += 1;
            tell(self.report.read, all);
            let number = self.report.read;
            let user = self.mapping.read(row.as_row(), &self.rules, self.clock.now());
            let user = match user {
                Ok(user) => user,
                Err(reason) => {
                    self.report.stays_out(number, None, reason)?;
                    continue;
                }
            };
            if self.ids.len() >= USERS_MAX {
                bail!("there are more than {USERS_MAX} users: import them in parts");
            }
            let key = user.email.key();
            let hash: [u8; 16] = sha256(key.as_bytes())[..16].try_into().expect("a hash is longer");
            if !self.ids.insert(user.id) {
                self.report.stays_out(number, Some(user.id), NoUser::IdTwice)?;
                continue;
            }
            if !self.addresses.insert(hash) {
                self.report.stays_out(number, Some(user.id), NoUser::AddressTwice)?;
                continue;
            }
            for part in &user.left_out {
                self.report.leaves_out(number, user.id, part)?;
            }
            let new = NewUser {
                email: key.to_owned(),
                id: user.id,
                password_hash: user.password_hash,
                created_at: user.created_at,
                profile: user.profile,
                plan: user.plan,
                public: user.public,
                private: user.private,
            };
            batch.push((number, new));
            if batch.len() == IMPORT_BATCH {
                self.take(&mut batch).await?;
            }
        }
        self.take(&mut batch).await
    }

    /// Writes a batch, or looks what would become of it.
    async fn take(&mut self, batch: &mut Vec<Waiting>) -> anyhow::Result<()> {
        let outcomes = if self.applies {
            let users = batch.iter().map(|(_, user)| user.clone()).collect();
            self.store.import_users(users, self.clock.now()).await?
        } else {
            let mut outcomes = Vec::with_capacity(batch.len());
            for (_, user) in &*batch {
                outcomes.push(self.store.would_import(user.id, &user.email).await?);
            }
            outcomes
        };
        for ((number, user), outcome) in batch.drain(..).zip(outcomes) {
            match outcome {
                ImportOutcome::Taken => self.report.comes_along(user.password_hash.is_some()),
                ImportOutcome::Here => self.report.stays_out(number, Some(user.id), NoUser::Here)?,
                ImportOutcome::AddressTaken => {
                    self.report.stays_out(number, Some(user.id), NoUser::AddressTaken)?;
                }
            }
        }
        Ok(())
    }
}
