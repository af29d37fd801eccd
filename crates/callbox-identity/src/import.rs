//! Users of another system: which of their columns become what here, and what cannot come along.
//!
//! A mapping names the columns. A row is read into a user of ours, with a list of what was left out and why; no value is
//! cut or guessed. A user comes along only with a confirmed mail address, since that is the way in that is sure to
//! work. An age never comes along: it is asked at the first sign-in.
//!
//! The defaults are those of `auth.users` as Supabase has it. Bounds: [`COLUMNS_MAX`] columns a table, and
//! the bounds of profiles and attributes.

mod mapping;
mod value;

use callbox_protocol::account::{Members, Profile};
use callbox_protocol::id::UserId;
use callbox_protocol::moderation::PLAN_CHARS_MAX;
use callbox_protocol::time::UnixMillis;
use serde_json::Value;
use std::fmt;
use thiserror::Error;

use crate::attributes::{Attributes, Owner, Parts};
use crate::email::EmailAddress;
use crate::{password, profile};
pub use mapping::{COLUMNS_MAX, Mapping, MappingError, Reference, Table};
use value::{instant, list, text};

/// A row of the users' table, and that of the profiles' table for the same user, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Columns by name.
    pub user: &'a Members,
    /// Columns by name.
    pub profile: Option<&'a Members>,
}

/// A user who may come along.
#[derive(Clone, Debug)]
pub struct ImportedUser {
    /// The id there is the id here, so that rows elsewhere which name it stay right.
    pub id: UserId,
    /// Confirmed.
    pub email: EmailAddress,
    /// A hash without a [`password::import_fault`].
    pub password_hash: Option<String>,
    /// When the account was made.
    pub created_at: UnixMillis,
    /// What others see.
    pub profile: Profile,
    /// The app's own word.
    pub plan: Option<String>,
    /// The public part of the attributes, as JSON.
    pub public: Option<String>,
    /// The private part of the attributes, as JSON.
    pub private: Option<String>,
    /// What does not come along.
    pub left_out: Vec<LeftOut>,
}

/// The reason for which a user does not come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Error)]
pub enum NoUser {
    /// An id is a UUID.
    #[error("its id is no UUID")]
    Id,
    /// There is no address.
    #[error("it has no mail address")]
    NoAddress,
    /// The address is none that mail can be sent to.
    #[error("its mail address is none that mail can be sent to")]
    Address,
    /// Nobody has shown that the address is theirs.
    #[error("its mail address was never confirmed")]
    NotConfirmed,
    /// Two rows have one id.
    #[error("an earlier row has the same id")]
    IdTwice,
    /// Two rows have one address.
    #[error("an earlier row has the same mail address")]
    AddressTwice,
    /// The user is here already, or was deleted here.
    #[error("a user with its id is here already")]
    Here,
    /// Another user here has the address.
    #[error("another user here has its mail address")]
    AddressTaken,
}

/// A part of a user that does not come along.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeftOut {
    /// Which: `password`, `name`, ...
    pub part: &'static str,
    /// Why, in a sentence without the value.
    pub reason: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.reason)
    }
}

impl Mapping {
    /// Reads one row. `rules` are the operator's for attributes.
    pub fn read(&self, row: Row<'_>, rules: &Attributes, now: UnixMillis) -> Result<ImportedUser, NoUser> {
        let column = |name: &str| row.user.get(name).filter(|value| !is_nothing(value));
        let id =
            column(&self.users.id).and_then(text).and_then(|id| id.trim().parse().ok()).ok_or(NoUser::Id)?;
        let email = column(&self.users.email).and_then(text).ok_or(NoUser::NoAddress)?;
        let email: EmailAddress = email.parse().map_err(|_| NoUser::Address)?;
        let is_confirmed = match &self.users.confirmed {
            Some(name) => column(name).is_some_and(|value| !is_no(value)),
            None => true,
        };
        if !is_confirmed {
            return Err(NoUser::NotConfirmed);
        }
        let mut left_out = Vec::new();
        let mut leave = |part, reason: String| left_out.push(LeftOut { part, reason });
        let password_hash = column(&self.users.password).and_then(text).filter(|hash| {
            let fault = password::import_fault(hash);
            if let Some(fault) = fault {
                leave("password", fault.to_owned());
            }
            fault.is_none()
        });
        let created_at = column(&self.users.created_at).map_or(Some(now), instant).unwrap_or_else(|| {
            leave("created_at", "it is no time as ISO 8601 writes it".to_owned());
            now
        });
        let (profile, faults) = self.profile(row);
        left_out.extend(faults);
        let plan = first(row, &self.fields.plan).and_then(|value| text(&value));
        let plan = plan.filter(|plan| {
            let fits = plan.chars().count() <= PLAN_CHARS_MAX;
            if !fits {
                let reason = format!("a plan has {PLAN_CHARS_MAX} characters at most");
                left_out.push(LeftOut { part: "plan", reason });
            }
            fits
        });
        let mut part = |name, references: &std::collections::BTreeMap<String, Reference>| {
            let members: Members = references
                .iter()
                .filter_map(|(member, reference)| Some((member.clone(), reference.find(row)?)))
                .filter(|(_, value)| !is_nothing(value))
                .collect();
            if members.is_empty() {
                return None;
            }
            let members = Some(Value::Object(members));
            let parts = match name {
                "public" => Parts { public: members, private: None },
                _ => Parts { public: None, private: members },
            };
            match rules.check(Owner::User, parts) {
                Ok(checked) => checked.public.or(checked.private),
                Err(error) => {
                    left_out.push(LeftOut { part: name, reason: error.to_string() });
                    None
                }
            }
        };
        let (public, private) = (part("public", &self.public), part("private", &self.private));
        // A clock that was ahead there is no reason to be from the future here.
        let created_at = created_at.min(now);
        Ok(ImportedUser { id, email, password_hash, created_at, profile, plan, public, private, left_out })
    }

    /// Each part that fits.
    fn profile(&self, row: Row<'_>) -> (Profile, Vec<LeftOut>) {
        let (mut kept, mut left_out) = (Profile::default(), Vec::new());
        let mut part = |name, one: Profile, set: fn(&mut Profile, Profile)| match profile::check(one) {
            Ok(one) => set(&mut kept, one),
            Err(reason) => left_out.push(LeftOut { part: name, reason: reason.to_owned() }),
        };
        let word = |references: &[Reference]| {
            first(row, references).and_then(|value| text(&value)).unwrap_or_default()
        };
        let words =
            |references: &[Reference]| first(row, references).map(|value| list(&value)).unwrap_or_default();
        let fields = &self.fields;
        let with = Profile::default;
        part("name", Profile { name: word(&fields.name), ..with() }, |all, one| all.name = one.name);
        part("bio", Profile { bio: word(&fields.bio), ..with() }, |all, one| all.bio = one.bio);
        part("interests", Profile { interests: words(&fields.interests), ..with() }, |all, one| {
            all.interests = one.interests;
        });
        part("languages", Profile { languages: words(&fields.languages), ..with() }, |all, one| {
            all.languages = one.languages;
        });
        let country = Some(word(&fields.country).trim().to_ascii_uppercase());
        part("country", Profile { country, ..with() }, |all, one| all.country = one.country);
        (kept, left_out)
    }
}

/// The first of the places that has something.
fn first(row: Row<'_>, references: &[Reference]) -> Option<Value> {
    references.iter().filter_map(|reference| reference.find(row)).find(|value| !is_nothing(value))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// A column that says yes or no, rather than when.
fn is_no(value: &Value) -> bool {
    match value {
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => {
            ["f", "false", "n", "no", "0"].contains(&text.trim().to_ascii_lowercase().as_str())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
