//! The result of an import: how many come along, and a list of what does not, with the reasons.
//!
//! No value of a user is in it, but for their id. Bounds: there are as many kinds of reasons as the code has, and those
//! of the operator's schema; 100 kinds are counted apart.

use anyhow::Context as _;
use callbox_identity::import::{LeftOut, NoUser};
use callbox_protocol::id::UserId;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::Path;

const KINDS_MAX: usize = 100;
const OTHERS: &str = "other reasons";

/// The counts, and the file that gets the list.
#[derive(Debug)]
pub struct Report {
    /// Rows of users that were read.
    pub read: u64,
    /// Users who come along.
    pub taken: u64,
    /// Those of them who can sign in with the password that they have.
    pub with_password: u64,
    stays_out: BTreeMap<NoUser, u64>,
    left_out: BTreeMap<String, u64>,
    list: Option<csv::Writer<File>>,
}

impl Report {
    pub(super) fn new(list: Option<&Path>) -> anyhow::Result<Self> {
        let list = list.map(|path| {
            csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))
        });
        let mut report = Self {
            read: 0,
            taken: 0,
            with_password: 0,
            stays_out: BTreeMap::new(),
            left_out: BTreeMap::new(),
            list: list.transpose()?,
        };
        report.line("row", "user", "part", "reason")?;
        Ok(report)
    }

    pub(super) fn comes_along(&mut self, has_password: bool) {
        self.taken += 1;
        self.with_password += u64::from(has_password);
    }

    pub(super) fn stays_out(&mut self, row: u64, user: Option<UserId>, reason: NoUser) -> anyhow::Result<()> {
        *self.stays_out.entry(reason).or_default() += 1;
        let user = user.map(|user| user.to_string()).unwrap_or_default();
        self.line(&row.to_string(), &user, "user", &reason.to_string())
    }

    pub(super) fn leaves_out(&mut self, row: u64, user: UserId, part: &LeftOut) -> anyhow::Result<()> {
        let kind = part.to_string();
        let is_known = self.left_out.contains_key(&kind) || self.left_out.len() < KINDS_MAX;
        *self.left_out.entry(if is_known { kind } else { OTHERS.to_owned() }).or_default() += 1;
        self.line(&row.to_string(), &user.to_string(), part.part, &part.reason)
    }

    fn line(&mut self, row: &str, user: &str, part: &str, reason: &str) -> anyhow::Result<()> {
        let Some(list) = &mut self.list else { return Ok(()) };
        list.write_record([row, user, part, reason]).context("cannot write the list")
    }

    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        let Some(list) = &mut self.list else { return Ok(()) };
        list.flush().context("cannot write the list")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:9} users were read", self.read)?;
        writeln!(f, "{:9} come along, {} of them with their password", self.taken, self.with_password)?;
        let out: u64 = self.stays_out.values().sum();
        writeln!(f, "{out:9} stay out")?;
        for (reason, count) in &self.stays_out {
            writeln!(f, "{count:17} {reason}")?;
        }
        if !self.left_out.is_empty() {
            writeln!(f, "parts that are left out of those who come along:")?;
        }
        for (kind, count) in &self.left_out {
            writeln!(f, "{count:17} {kind}")?;
        }
        Ok(())
    }
}
