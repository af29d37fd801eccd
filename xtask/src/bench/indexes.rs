//! Hot questions with their indexes and without, on both engines, at 5,000 users and 1,000,000 calls.
//!
//! A guide to scaling promises 60 to 80 % less time from indexes: this is the table to hold against it. Nothing is pinned:
//! one question is asked at a time, and what counts is the same question a moment later.

use anyhow::{Context, Result};
use std::process::Command;

use super::servers::check_machine;
use super::{Row, rows_of};
use crate::postgres::Postgres;
use crate::steps::{cargo, run, target_dir};

const USERS: &str = "5000";
const CALLS: &str = "1000000";

/// Measures everything.
pub(super) fn measure() -> Result<Vec<Row>> {
    check_machine()?;
    run(&mut cargo(&["build", "--release", "--locked", "--package", "callbox-store", "--examples"]))?;
    let postgres = Postgres::start(&["shared_buffers=512MB", "max_wal_size=4GB"])?
        .context("PostgreSQL is missing: `cargo xtask test --install`")?;
    let folder = target_dir().join("bench-indexes");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut rows = Vec::new();
    let url = postgres.url();
    for (place, engine) in [(folder.to_string_lossy().as_ref(), "SQLite"), (url.as_str(), "PostgreSQL")] {
        let program = |name: &str| Command::new(target_dir().join("release/examples").join(name));
        run(program("seed").args([place, USERS, CALLS]))?;
        rows.extend(rows_of(program("bench_indexes").args([place, engine]))?);
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(rows)
}
