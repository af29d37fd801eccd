//! Calls on record: one row each, written when a call ends. A moment later it is judged (`stories.rs`), and then never
//! changed.

use callbox_core::cache::{Dependent, Kind, Tag};
use callbox_protocol::call::{CallRecord, Path};
use callbox_protocol::http::Outcomes;
use callbox_protocol::id::{CallId, UserId};
use std::sync::Arc;

use crate::db::WriteDb;
use crate::sql::{Work, rows, statements, values};
use crate::words::{json, word};
use crate::{Store, StoreError, Tagged};

statements! {
    some INSERT_CALL touches [insert calls, update outcomes (count)] tags [Call($1), Calls($3), Calls($4)] =
        "INSERT INTO calls (id, kind, caller, callee, matched_at, confirmed_ms, offer_ms, answer_ms, \
        caller_connected_ms, callee_connected_ms, caller_dtls_ms, callee_dtls_ms, caller_first_frame_ms, \
        callee_first_frame_ms, caller_path, callee_path, ended_ms, cause, ended_by, outcome, restarts_ms, is_restored) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) \
        ON CONFLICT DO NOTHING";
    hot CALL_PARTIES reads [calls] tags [Call($1)] -> PartiesRow = "SELECT caller, callee FROM calls WHERE id = $1";
    some OUTCOMES reads [outcomes] -> OutcomeRow = "SELECT outcome, count FROM outcomes";
}

rows! {
    struct PartiesRow { caller: UserId, callee: UserId }
    struct OutcomeRow { outcome: String, count: i64 }
}

impl Store {
    /// Puts a call on record. Nobody waits; should the disk fail, the log says that a record was lost.
    pub fn record_call(&self, call: Box<CallRecord>) {
        let call: Arc<CallRecord> = call.into();
        let user = |user: UserId| Tag::of(Kind::Calls, *user.as_bytes());
        let tags = [user(call.caller), user(call.callee), Tag::of(Kind::Call, *call.call.as_bytes())];
        self.write_behind("the record of a call", move |db| insert(db, Arc::clone(&call)));
        // Whoever asks for them from here on waits until it is written.
        self.effects.commits.announce(&tags);
    }

    /// Caller and callee of a call on record, even if it is on record only since just now.
    pub async fn call_parties(&self, call: CallId) -> Result<Option<(UserId, UserId)>, StoreError> {
        Ok(self.tagged().call_parties(call).await?.value)
    }

    /// How many calls on record had which outcome; matches that never became a call are no attempts.
    pub async fn outcomes(&self) -> Result<Outcomes, StoreError> {
        let mut outcomes = Outcomes::default();
        for OutcomeRow { outcome, count } in self.reader().await?.all(&OUTCOMES, &[]).await? {
            let count = u64::try_from(count).unwrap_or_default();
            match outcome.as_str() {
                "success" => outcomes.success = count,
                "failure" => outcomes.failure = count,
                "left" => outcomes.left = count,
                "denied" => outcomes.denied = count,
                _ => {}
            }
        }
        Ok(outcomes)
    }
}

impl Tagged<'_> {
    /// As [`Store::call_parties`].
    pub async fn call_parties(
        &self,
        call: CallId,
    ) -> Result<Dependent<Option<(UserId, UserId)>>, StoreError> {
        self.store.settle().await?;
        let mut db = self.reader().await?;
        let found = db.first(&CALL_PARTIES, values![call]).await?;
        Ok(db.dependent(found.map(|PartiesRow { caller, callee }| (caller, callee))))
    }
}

fn insert<'d>(db: &'d mut WriteDb<'_>, call: Arc<CallRecord>) -> Work<'d, ()> {
    Box::pin(async move {
        let (kind, cause, outcome) = (word(&call.kind), word(&call.cause), word(&call.outcome));
        let restarts_ms = json(&call.restarts_ms);
        let ended_by = call.ended_by.map(|side| word(&side));
        let (caller_path, callee_path) = (call.caller_path.map(path_words), call.callee_path.map(path_words));
        let values = values![
            call.call,
            &kind,
            call.caller,
            call.callee,
            call.matched_at,
            call.confirmed_ms,
            call.offer_ms,
            call.answer_ms,
            call.caller_connected_ms,
            call.callee_connected_ms,
            call.caller_dtls_ms,
            call.callee_dtls_ms,
            call.caller_first_frame_ms,
            call.callee_first_frame_ms,
            &caller_path,
            &callee_path,
            call.ended_ms,
            &cause,
            &ended_by,
            &outcome,
            &restarts_ms,
            call.is_restored,
        ];
        db.execute(&INSERT_CALL, values).await?;
        Ok(())
    })
}

fn path_words(path: Path) -> String {
    format!("{}/{}", word(&path.local), word(&path.remote))
}
