//! The users of another system's PostgreSQL, one row at a time, as JSON.
//!
//! PostgreSQL itself writes each value as JSON, so that every type of column has one form. It is only read, in one
//! snapshot. Names of tables and columns are quoted: they are the operator's, and may be any.

use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};
use std::pin::Pin;
use std::sync::Arc;
use tokio_postgres::{Client, RowStream};

use crate::StoreError;
use crate::postgres::Target;

/// A table of the other database.
#[derive(Clone, Debug)]
pub struct SourceTable {
    /// `schema.table`, or `table`.
    pub name: String,
    /// The column with the user's id.
    pub key: String,
    /// The columns to read; at most 40.
    pub columns: Vec<String>,
}

/// A user, and the row of their profile, by the names of columns.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// Of the users' table.
    pub user: Map<String, Value>,
    /// Of the profiles' table, if there is a row.
    pub profile: Option<Map<String, Value>>,
}

/// The answer of the other database, row by row.
pub struct SourceUsers {
    rows: Pin<Box<RowStream>>,
    /// How many users there are.
    pub all: u64,
    _client: Client,
}

impl SourceUsers {
    /// Connects and asks. TLS is as for `database_url`.
    pub async fn open(
        url: &str,
        users: &SourceTable,
        profiles: Option<&SourceTable>,
    ) -> Result<Self, StoreError> {
        let client = Target::parse(url).map_err(StoreError::Url)?.connect(Arc::default()).await?;
        client
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0")
            .await?;
        let counted = format!("SELECT count(*) FROM {}", quoted_name(&users.name));
        let all: i64 = client.query_one(&counted, &[]).await?.try_get(0)?;
        let nobody: [&str; 0] = [];
        let rows = Box::pin(client.query_raw(&question(users, profiles), nobody).await?);
        Ok(Self { rows, all: u64::try_from(all).unwrap_or_default(), _client: client })
    }

    /// The next user; `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<SourceRow>, StoreError> {
        let Some(row) = self.rows.try_next().await? else { return Ok(None) };
        let user = members(row.try_get(0)?).unwrap_or_default();
        Ok(Some(SourceRow { user, profile: row.try_get::<_, Option<&str>>(1)?.and_then(members) }))
    }
}

fn members(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// One row a user, in the order of the ids.
fn question(users: &SourceTable, profiles: Option<&SourceTable>) -> String {
    let user = object("u", &users.columns);
    let (table, key) = (quoted_name(&users.name), quoted(&users.key));
    let Some(profiles) = profiles else {
        return format!("SELECT {user}::text, NULL::text FROM {table} u ORDER BY u.{key}");
    };
    let (profile, joined, owner) =
        (object("p", &profiles.columns), quoted_name(&profiles.name), quoted(&profiles.key));
    // Text, since one of the two may be kept as such.
    format!(
        "SELECT {user}::text, CASE WHEN p.{owner} IS NULL THEN NULL ELSE {profile}::text END FROM {table} u \
        LEFT JOIN {joined} p ON p.{owner}::text = u.{key}::text ORDER BY u.{key}"
    )
}

fn object(table: &str, columns: &[String]) -> String {
    let members: Vec<_> = columns
        .iter()
        .map(|column| format!("'{}', {table}.{}", column.replace('\'', "''"), quoted(column)))
        .collect();
    format!("jsonb_build_object({})", members.join(", "))
}

fn quoted_name(name: &str) -> String {
    name.split('.').map(quoted).collect::<Vec<_>>().join(".")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_whatever_they_are() {
        let table = |name: &str, columns: &[&str]| SourceTable {
            name: name.to_owned(),
            key: "id".to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
        };
        let hostile = table("auth.us\"ers", &["a'b", "x\"; DROP TABLE users; --"]);
        assert_eq!(
            question(&hostile, None),
            "SELECT jsonb_build_object('a''b', u.\"a'b\", 'x\"; DROP TABLE users; --', u.\"x\"\"; DROP TABLE users; --\")::text, \
            NULL::text FROM \"auth\".\"us\"\"ers\" u ORDER BY u.\"id\""
        );
        assert!(
            question(&hostile, Some(&table("profiles", &["name"]))).contains("LEFT JOIN \"profiles\" p ON")
        );
    }
}
