//! The two ends of a copy, each in its engine's words.
//!
//! A target is marked while it is copied into, so that a copy that was cut short continues and data of others stay
//! untouched.

use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::fs::File;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::cell::{Cell, Kind};
use super::{CopyError, Table, database_in};
use crate::postgres::Target;
use crate::sql::{Cells, Value};
use crate::{Options, Store, StoreError, lock_folder, monitor};

/// Stands in the target while a copy is under way.
const MARK: &str = "callbox_copy";

pub(super) enum End {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

pub(super) struct Sqlite {
    connection: Connection,
    /// Whether the monitor's file is there.
    has_monitor: bool,
    /// Nobody else may write.
    _lock: File,
}

pub(super) struct Postgres {
    client: Client,
    /// A target is nobody else's as long.
    held: Option<Box<crate::postgres::Postgres>>,
}

impl Sqlite {
    pub(super) fn source(folder: &Path) -> Result<Self, CopyError> {
        let path = database_in(folder)?;
        let lock = lock_folder(folder)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::open(Connection::open_with_flags(path, flags)?, folder, lock)
    }

    pub(super) async fn target(folder: &Path) -> Result<Self, CopyError> {
        // Makes it, with the schema of this version. Its writer must be gone before ours comes.
        Store::open(folder)?.close().await;
        let lock = lock_folder(folder)?;
        let connection = Connection::open(database_in(folder)?)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Each batch is one transaction of a copy that can be repeated: the last check is what counts.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Self::open(connection, folder, lock)
    }

    /// The monitor's file under the name that its schema has in `PostgreSQL`.
    fn open(connection: Connection, folder: &Path, lock: File) -> Result<Self, CopyError> {
        let monitor = folder.join(monitor::DATABASE);
        let has_monitor = monitor.exists();
        if has_monitor {
            connection.execute("ATTACH ?1 AS callbox_monitor", [monitor.to_string_lossy()])?;
        }
        Ok(Self { connection, has_monitor, _lock: lock })
    }
}

impl Postgres {
    pub(super) async fn source(url: &str) -> Result<Self, CopyError> {
        let end = Self::open(url).await?;
        // The data of one moment, even if others write meanwhile.
        end.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(end)
    }

    pub(super) async fn target(url: &str) -> Result<Self, CopyError> {
        let nowhere = Options::embedded(Path::new(""));
        let held = crate::postgres::Postgres::open(url, &nowhere, Arc::default()).await?;
        Ok(Self { held: Some(Box::new(held)), ..Self::open(url).await? })
    }

    async fn open(url: &str) -> Result<Self, CopyError> {
        let target = Target::parse(url).map_err(StoreError::Url)?;
        Ok(Self { client: target.connect(Arc::default()).await?, held: None })
    }

    /// The tables: `users` first, since others refer to it, and `counted` last.
    pub(super) async fn tables(&self) -> Result<Vec<Table>, CopyError> {
        let found = "SELECT CASE c.table_schema WHEN 'callbox_monitor' THEN 'callbox_monitor.' ELSE '' END \
                || c.table_name::text, c.column_name::text, c.data_type::text, k.ordinal_position::bigint \
            FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
            LEFT JOIN information_schema.table_constraints p ON p.table_schema = c.table_schema \
                AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY' \
            LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = p.constraint_schema \
                AND k.constraint_name = p.constraint_name AND k.table_name = c.table_name \
                AND k.column_name = c.column_name \
            WHERE c.table_schema IN (current_schema(), 'callbox_monitor') AND t.table_type = 'BASE TABLE' \
                AND c.table_name NOT IN ('callbox_schema', 'callbox_copy', 'callbox_owner') \
            ORDER BY c.table_name <> 'users', c.table_name = 'outcomes', c.table_schema, c.table_name, k.ordinal_position NULLS LAST, \
                c.ordinal_position";
        let mut tables: Vec<Table> = Vec::new();
        for row in self.client.query(found, &[]).await? {
            let (name, column, kind): (String, String, String) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let is_key = row.try_get::<_, Option<i64>>(3)?.is_some();
            let unknown = || StoreError::Url(format!("its column {name}.{column} is none of Callbox's"));
            let kind = Kind::parse(&kind).ok_or_else(unknown)?;
            if tables.last().is_none_or(|table| table.name != name) {
                tables.push(Table { name, columns: Vec::new(), keys: 0 });
            }
            let table = tables.last_mut().expect("one was pushed");
            table.columns.push((column, kind));
            table.keys += usize::from(is_key);
        }
        Ok(tables)
    }
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a (String, Kind)>) -> String {
    names.into_iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn parameters(count: usize) -> String {
    (1..=count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// The key in an order on which both engines agree: text is compared by its bytes. Behind an id it is one of a few
/// words of ours, which sort alike anyway; there the index helps more.
fn ordered(table: &Table, end: &End) -> Vec<String> {
    let is_free = table.columns[0].1 == Kind::Text && matches!(end, End::Postgres(_));
    let keys = table.columns[..table.keys].iter();
    keys.map(|(name, kind)| match kind {
        Kind::Text if is_free => format!("\"{name}\" COLLATE \"C\""),
        _ => format!("\"{name}\""),
    })
    .collect()
}

fn cells(row: &dyn Cells, columns: &[(String, Kind)]) -> Result<Vec<Cell>, StoreError> {
    columns.iter().enumerate().map(|(place, (_, kind))| Cell::read(*kind, row, place)).collect()
}

impl End {
    /// Whether a source has this table of the schema of this version.
    pub(super) fn has(&self, table: &Table) -> bool {
        !matches!(self, Self::Sqlite(end) if !end.has_monitor) || !table.is_monitors()
    }

    /// Marks a target, and returns whether it is a new one; refuses one that has data of its own.
    pub(super) async fn begin(&mut self) -> Result<bool, CopyError> {
        let is_marked = match self {
            Self::Sqlite(end) => end.connection.table_exists(None, MARK)?,
            Self::Postgres(end) => {
                let sql = format!("SELECT to_regclass('{MARK}') IS NOT NULL");
                end.client.query_one(&sql, &[]).await?.try_get(0)?
            }
        };
        if is_marked {
            return Ok(false);
        }
        if self.number("SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1) AS one").await? > 0 {
            return Err(CopyError::NotEmpty);
        }
        self.batch(&format!("CREATE TABLE {MARK} (one integer)")).await?;
        Ok(true)
    }

    pub(super) async fn end(&mut self) -> Result<(), CopyError> {
        self.batch(&format!("DROP TABLE {MARK}")).await?;
        match self {
            Self::Sqlite(end) => {
                end.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            }
            Self::Postgres(Postgres { held: Some(held), .. }) => held.close().await,
            Self::Postgres(_) => {}
        }
        Ok(())
    }

    pub(super) async fn count(&mut self, table: &Table) -> Result<u64, CopyError> {
        let count = self.number(&format!("SELECT count(*) FROM {}", table.name)).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    pub(super) async fn clear(&mut self, table: &Table) -> Result<(), CopyError> {
        self.batch(&format!("DELETE FROM {}", table.name)).await
    }

    pub(super) async fn last_key(&mut self, table: &Table) -> Result<Option<Vec<Cell>>, CopyError> {
        let order =
            ordered(table, self).iter().map(|key| format!("{key} DESC")).collect::<Vec<_>>().join(", ");
        let keys = &table.columns[..table.keys];
        let sql = format!("SELECT {} FROM {} ORDER BY {order} LIMIT 1", quoted(keys), table.name);
        Ok(self.rows(&sql, &[], keys).await?.pop())
    }

    pub(super) async fn rows_after(
        &mut self,
        table: &Table,
        last: Option<&[Cell]>,
        count: usize,
    ) -> Result<Vec<Vec<Cell>>, CopyError> {
        let keys = ordered(table, self).join(", ");
        let after = match last {
            Some(_) => format!("WHERE ({keys}) > ({})", parameters(table.keys)),
            None => String::new(),
        };
        let (columns, name) = (quoted(&table.columns), &table.name);
        let sql = format!("SELECT {columns} FROM {name} {after} ORDER BY {keys} LIMIT {count}");
        self.rows(&sql, last.unwrap_or_default(), &table.columns).await
    }

    async fn rows(
        &mut self,
        sql: &str,
        values: &[Cell],
        columns: &[(String, Kind)],
    ) -> Result<Vec<Vec<Cell>>, CopyError> {
        let values: Vec<Value<'_>> = values.iter().map(Cell::value).collect();
        match self {
            Self::Sqlite(end) => {
                let mut statement = end.connection.prepare_cached(sql)?;
                let mut found = statement.query(params_from_iter(values))?;
                let mut rows = Vec::new();
                while let Some(row) = found.next()? {
                    rows.push(cells(row, columns)?);
                }
                Ok(rows)
            }
            Self::Postgres(end) => {
                let typed: Vec<_> =
                    values.iter().map(|value| (value as &(dyn ToSql + Sync), value.kind())).collect();
                let mut rows = Vec::new();
                for row in end.client.query_typed(sql, &typed).await? {
                    rows.push(cells(&row, columns)?);
                }
                Ok(rows)
            }
        }
    }

    /// All of them or none.
    pub(super) async fn insert(&mut self, table: &Table, rows: &[Vec<Cell>]) -> Result<(), CopyError> {
        let (name, columns) = (&table.name, quoted(&table.columns));
        match self {
            Self::Sqlite(end) => {
                let transaction = end.connection.transaction()?;
                {
                    let values = parameters(table.columns.len());
                    let sql = format!("INSERT INTO {name} ({columns}) VALUES ({values})");
                    let mut statement = transaction.prepare_cached(&sql)?;
                    for row in rows {
                        statement.execute(params_from_iter(row.iter().map(Cell::value)))?;
                    }
                }
                transaction.commit()?;
            }
            Self::Postgres(end) => {
                let sink = end.client.copy_in(&format!("COPY {name} ({columns}) FROM STDIN BINARY")).await?;
                let kinds: Vec<Type> = rows
                    .first()
                    .map(|row| row.iter().map(|cell| cell.value().kind()).collect())
                    .unwrap_or_default();
                let mut writer = pin!(BinaryCopyInWriter::new(sink, &kinds));
                for row in rows {
                    let values: Vec<Value<'_>> = row.iter().map(Cell::value).collect();
                    let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
                    writer.as_mut().write(&values).await?;
                }
                writer.finish().await?;
            }
        }
        Ok(())
    }

    async fn number(&mut self, sql: &str) -> Result<i64, CopyError> {
        match self {
            Self::Sqlite(end) => Ok(end.connection.query_row(sql, [], |row| row.get(0))?),
            Self::Postgres(end) => Ok(end.client.query_one(sql, &[]).await?.try_get(0)?),
        }
    }

    async fn batch(&mut self, sql: &str) -> Result<(), CopyError> {
        match self {
            Self::Sqlite(end) => Ok(end.connection.execute_batch(sql)?),
            Self::Postgres(end) => Ok(end.client.batch_execute(sql).await?),
        }
    }
}
