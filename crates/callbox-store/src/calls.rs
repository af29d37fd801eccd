//! Calls on record: one row each, written when a call ends and never changed.

use callbox_protocol::http::Outcomes;
use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::signal::{CallKind, EndCause, Path, Side};
use callbox_protocol::time::UnixMillis;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use crate::users::sql_time;
use crate::{Store, StoreError};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A match that never became a call.
    Unconfirmed,
    /// Both saw a frame in time.
    Success,
    /// Both stayed, and at least one saw nothing.
    Failure,
    /// Somebody left early.
    Left,
    /// Camera and microphone were denied.
    Denied,
}

/// A call that has ended. Times in ms count from the match.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are those of the core's record, which explains them")]
pub struct NewCall {
    pub call: CallId,
    pub kind: CallKind,
    pub caller: UserId,
    pub callee: UserId,
    pub matched_at: UnixMillis,
    pub confirmed_ms: Option<u32>,
    pub offer_ms: Option<u32>,
    pub answer_ms: Option<u32>,
    pub caller_connected_ms: Option<u32>,
    pub callee_connected_ms: Option<u32>,
    pub caller_dtls_ms: Option<u32>,
    pub callee_dtls_ms: Option<u32>,
    pub caller_first_frame_ms: Option<u32>,
    pub callee_first_frame_ms: Option<u32>,
    pub caller_path: Option<Path>,
    pub callee_path: Option<Path>,
    pub ended_ms: u32,
    pub cause: EndCause,
    pub ended_by: Option<Side>,
    pub outcome: Outcome,
}

pub(crate) const CALL_PARTIES: &str = "SELECT caller, callee FROM calls WHERE id = ?1";

impl Store {
    /// Puts a call on record. Nobody waits; should the disk fail, the log says that a record was lost.
    pub fn record_call(&self, call: Box<NewCall>) {
        self.writer.write_behind("the record of a call", move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO calls (id, kind, caller, callee, matched_at, confirmed_ms, offer_ms, answer_ms, \
                     caller_connected_ms, callee_connected_ms, caller_dtls_ms, callee_dtls_ms, \
                     caller_first_frame_ms, callee_first_frame_ms, caller_path, callee_path, ended_ms, cause, \
                     ended_by, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, \
                     ?16, ?17, ?18, ?19, ?20) \
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    call.call.as_bytes(),
                    word(&call.kind),
                    call.caller.as_bytes(),
                    call.callee.as_bytes(),
                    sql_time(call.matched_at),
                    call.confirmed_ms,
                    call.offer_ms,
                    call.answer_ms,
                    call.caller_connected_ms,
                    call.callee_connected_ms,
                    call.caller_dtls_ms,
                    call.callee_dtls_ms,
                    call.caller_first_frame_ms,
                    call.callee_first_frame_ms,
                    call.caller_path.map(path_words),
                    call.callee_path.map(path_words),
                    call.ended_ms,
                    word(&call.cause),
                    call.ended_by.map(|side| word(&side)),
                    word(&call.outcome),
                ])?;
            Ok(())
        });
    }

    /// Caller and callee of a call on record, be it on record since just now.
    pub async fn call_parties(&self, call: CallId) -> Result<Option<(UserId, UserId)>, StoreError> {
        self.writer.settle().await?;
        self.readers.read(|connection| {
            connection
                .prepare_cached(CALL_PARTIES)?
                .query_row([call.as_bytes()], |row| {
                    Ok((UserId::from_bytes(row.get(0)?), UserId::from_bytes(row.get(1)?)))
                })
                .optional()
        })
    }

    /// How many calls on record had which outcome; matches that never became a call are no attempts.
    pub fn outcomes(&self) -> Result<Outcomes, StoreError> {
        self.readers.read(|connection| {
            let mut outcomes = Outcomes::default();
            let mut statement = connection.prepare_cached("SELECT outcome, count FROM outcomes")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
                match row.get_ref(0)?.as_str()? {
                    "success" => outcomes.success = count,
                    "failure" => outcomes.failure = count,
                    "left" => outcomes.left = count,
                    "denied" => outcomes.denied = count,
                    _ => {}
                }
            }
            Ok(outcomes)
        })
    }
}

/// An enum as the one word that serde gives it, the same as on the wire.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("enums without members are words, not {other:?}"),
    }
}

fn path_words(path: Path) -> String {
    format!("{}/{}", word(&path.local), word(&path.remote))
}
