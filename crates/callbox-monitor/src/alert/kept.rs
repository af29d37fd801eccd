//! What of alerts outlasts the process, as one JSON text.
//!
//! By the names of rules: a rule that is gone is forgotten, and one that is new begins well. A text of a later version is
//! refused. Bound: that of the rules, silences and deploys.

use callbox_protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

use super::life::Life;

const VERSION: u32 = 1;

/// Nobody is told of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Names it.
    pub id: u32,
    /// The rule, or `*`.
    pub rule: String,
    /// When it ends.
    pub until: UnixMillis,
    /// Why.
    pub why: String,
}

/// A deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deploy {
    /// When.
    pub at: UnixMillis,
    /// Its name.
    pub name: String,
}

/// The state of all rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    version: u32,
    pub(super) lives: BTreeMap<String, Life>,
    pub(super) silences: Vec<Silence>,
    pub(super) deploys: Vec<Deploy>,
    pub(super) next_silence: u32,
}

/// A text that is no state.
#[derive(Debug, Error)]
pub enum KeptError {
    /// It is not JSON of this shape.
    #[error("the state of alerts cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error("the state of alerts is of version {0}, and this program knows {VERSION}")]
    Version(u32),
}

impl Kept {
    pub(super) fn new(
        lives: BTreeMap<String, Life>,
        silences: Vec<Silence>,
        deploys: Vec<Deploy>,
        next_silence: u32,
    ) -> Self {
        Self { version: VERSION, lives, silences, deploys, next_silence }
    }

    /// The text.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("names and numbers are JSON")
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, KeptError> {
        serde_json::from_str::<Self>(text)?.checked()
    }

    /// One that was read as a part of something else.
    pub fn checked(self) -> Result<Self, KeptError> {
        if self.version == VERSION { Ok(self) } else { Err(KeptError::Version(self.version)) }
    }
}
