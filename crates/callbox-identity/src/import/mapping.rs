//! The mapping: a TOML file that names tables and columns, with a default for each.

use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

use super::Row;

/// Columns that are read of one table.
pub const COLUMNS_MAX: usize = 40;

/// Why a mapping cannot be used.
#[derive(Debug, Error)]
pub enum MappingError {
    /// It is not written as it must be.
    #[error("{0}")]
    Syntax(String),
    /// A value names no column.
    #[error(
        "`{0}` is no column: write users.COLUMN or profiles.COLUMN, and .MEMBER behind it for a member of JSON"
    )]
    Reference(String),
    /// A value names a table that is not there.
    #[error("`{0}` is of the profiles' table, and there is no [profiles] in the mapping")]
    NoProfiles(String),
    /// There are too many columns.
    #[error("a mapping names at most {COLUMNS_MAX} columns of one table")]
    TooMany,
}

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The users'.
    Users,
    /// The profiles'.
    Profiles,
}

/// A column of one of the tables, and the way to a member of it where it has JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    table: Table,
    column: String,
    members: Vec<String>,
}

impl Reference {
    fn parse(text: &str) -> Result<Self, MappingError> {
        let fault = || MappingError::Reference(text.to_owned());
        let mut parts = text.split('.');
        let table = match parts.next() {
            Some("users") => Table::Users,
            Some("profiles") => Table::Profiles,
            _ => return Err(fault()),
        };
        let column = parts.next().filter(|column| !column.is_empty()).ok_or_else(fault)?.to_owned();
        let members: Vec<String> = parts.map(str::to_owned).collect();
        if members.iter().any(String::is_empty) {
            return Err(fault());
        }
        Ok(Self { table, column, members })
    }

    /// The value that stands there in this row.
    pub(super) fn find(&self, row: Row<'_>) -> Option<Value> {
        let columns = match self.table {
            Table::Users => Some(row.user),
            Table::Profiles => row.profile,
        };
        let mut value = columns?.get(&self.column)?.clone();
        for member in &self.members {
            // CSV has JSON as text.
            if let Value::String(text) = &value {
                value = serde_json::from_str(text).ok()?;
            }
            value = value.get_mut(member)?.take();
        }
        Some(value)
    }
}

/// Which columns become what.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The users' table.
    pub users: UsersTable,
    /// The profiles' table, if there is one.
    pub profiles: Option<ProfilesTable>,
    pub(super) fields: Fields,
    pub(super) public: BTreeMap<String, Reference>,
    pub(super) private: BTreeMap<String, Reference>,
}

/// The users' table, and its columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsersTable {
    /// Its name in PostgreSQL. A CSV file is named on the command line.
    pub from: String,
    /// A UUID.
    pub id: String,
    /// The mail address.
    pub email: String,
    /// When, or whether, the address was confirmed; empty: all are.
    #[serde(deserialize_with = "or_none")]
    pub confirmed: Option<String>,
    /// The hash of the password.
    pub password: String,
    /// When the account was made.
    pub created_at: String,
}

impl Default for UsersTable {
    fn default() -> Self {
        Self {
            from: "auth.users".to_owned(),
            id: "id".to_owned(),
            email: "email".to_owned(),
            confirmed: Some("email_confirmed_at".to_owned()),
            password: "encrypted_password".to_owned(),
            created_at: "created_at".to_owned(),
        }
    }
}

/// The profiles' table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfilesTable {
    /// Its name in PostgreSQL, or its file beside that of the users.
    pub from: String,
    /// The column that names the user.
    #[serde(default = "id")]
    pub user: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) name: Vec<Reference>,
    pub(super) bio: Vec<Reference>,
    pub(super) interests: Vec<Reference>,
    pub(super) languages: Vec<Reference>,
    pub(super) country: Vec<Reference>,
    pub(super) plan: Vec<Reference>,
}

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    users: UsersTable,
    profiles: Option<ProfilesTable>,
    fields: FileFields,
    public: BTreeMap<String, String>,
    private: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FileFields {
    name: Option<Places>,
    bio: Option<Places>,
    interests: Option<Places>,
    languages: Option<Places>,
    country: Option<Places>,
    plan: Option<Places>,
}

/// One place, or several of which the first that has something counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Places {
    One(String),
    Several(Vec<String>),
}

impl Places {
    fn references(places: Option<Self>) -> Result<Vec<Reference>, MappingError> {
        let places = match places {
            None => Vec::new(),
            Some(Self::One(place)) => vec![place],
            Some(Self::Several(places)) => places,
        };
        places.iter().map(|place| Reference::parse(place)).collect()
    }
}

impl Default for Mapping {
    /// Users as Supabase has them, and the name that they gave it.
    fn default() -> Self {
        let name = ["users.raw_user_meta_data.full_name", "users.raw_user_meta_data.name"];
        let name = name.iter().map(|place| Reference::parse(place).expect("a test reads it")).collect();
        Self {
            users: UsersTable::default(),
            profiles: None,
            fields: Fields { name, ..Fields::default() },
            public: BTreeMap::new(),
            private: BTreeMap::new(),
        }
    }
}

impl Mapping {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let file: File = toml::from_str(text).map_err(|error| MappingError::Syntax(error.to_string()))?;
        let part = |members: BTreeMap<String, String>| {
            let members = members.into_iter();
            members.map(|(member, place)| Ok((member, Reference::parse(&place)?))).collect::<Result<_, _>>()
        };
        let FileFields { name, bio, interests, languages, country, plan } = file.fields;
        let mapping = Self {
            users: file.users,
            profiles: file.profiles,
            fields: Fields {
                name: Places::references(name)?,
                bio: Places::references(bio)?,
                interests: Places::references(interests)?,
                languages: Places::references(languages)?,
                country: Places::references(country)?,
                plan: Places::references(plan)?,
            },
            public: part(file.public)?,
            private: part(file.private)?,
        };
        let stray = mapping.references().find(|reference| reference.table == Table::Profiles);
        if let (None, Some(stray)) = (&mapping.profiles, stray) {
            return Err(MappingError::NoProfiles(format!("profiles.{}", stray.column)));
        }
        for table in [Table::Users, Table::Profiles] {
            if mapping.columns(table).len() > COLUMNS_MAX {
                return Err(MappingError::TooMany);
            }
        }
        Ok(mapping)
    }

    /// The columns to read of a table, each once.
    pub fn columns(&self, table: Table) -> BTreeSet<&str> {
        let own: Vec<&str> = match (table, &self.profiles) {
            (Table::Users, _) => {
                let UsersTable { from: _, id, email, confirmed, password, created_at } = &self.users;
                let columns = [Some(id), Some(email), confirmed.as_ref(), Some(password), Some(created_at)];
                columns.into_iter().flatten().map(String::as_str).filter(|name| !name.is_empty()).collect()
            }
            (Table::Profiles, Some(profiles)) => vec![&profiles.user],
            (Table::Profiles, None) => Vec::new(),
        };
        let named = self.references().filter(|reference| reference.table == table);
        own.into_iter().chain(named.map(|reference| reference.column.as_str())).collect()
    }

    fn references(&self) -> impl Iterator<Item = &Reference> {
        let Fields { name, bio, interests, languages, country, plan } = &self.fields;
        let fields = [name, bio, interests, languages, country, plan].into_iter().flatten();
        fields.chain(self.public.values()).chain(self.private.values())
    }
}

fn id() -> String {
    "id".to_owned()
}

fn or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|name| !name.is_empty()))
}
