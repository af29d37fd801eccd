//! The rows of one call beside its record: evidence of both sides, why it failed, what it used of the relay; and all
//! of it together.
//!
//! Written behind: losing a row loses a figure. A side's first evidence counts. Users are read with the record, and it is the
//! caller's to leave them out.

use callbox_protocol::call::{CallKind, CallRecord, EndCause, Outcome, Path, Side};
use callbox_protocol::failure::{CandidateCounts, DtlsState, Evidence, FailureCause, IceState};
use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::signal::{Quality, QualityLevel};
use callbox_protocol::story::{RelayUse, STORY_SAMPLES_MAX, SampleReading, StoryReading};
use callbox_protocol::time::UnixMillis;

use crate::db::WriteDb;
use crate::sql::{Json, Word, Work, rows, statements, values};
use crate::words::{parse, word};
use crate::{Store, StoreError};

statements! {
    some INSERT_EVIDENCE touches [insert call_evidence] =
        "INSERT INTO call_evidence (call, side, gathered_host, gathered_srflx, gathered_relay, received_host, \
        received_srflx, received_relay, relay_error, ice, dtls) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
    some SET_JUDGEMENT touches [update calls (failure, relay_packets, relay_bytes, relay_refused)] =
        "UPDATE calls SET failure = $2, relay_packets = $3, relay_bytes = $4, relay_refused = $5 WHERE id = $1";
    some STORY reads [calls] -> StoryRow =
        "SELECT kind, caller, callee, matched_at, confirmed_ms, offer_ms, answer_ms, caller_connected_ms, \
        callee_connected_ms, caller_dtls_ms, callee_dtls_ms, caller_first_frame_ms, callee_first_frame_ms, caller_path, \
        callee_path, restarts_ms, is_restored, ended_ms, cause, ended_by, outcome, relay_packets, relay_bytes, \
        relay_refused FROM calls WHERE id = $1";
    some STORY_EVIDENCE reads [call_evidence] -> EvidenceRow =
        "SELECT side, gathered_host, gathered_srflx, gathered_relay, received_host, received_srflx, received_relay, \
        relay_error, ice, dtls FROM call_evidence WHERE call = $1";
    some STORY_QUALITY reads [call_quality] -> QualityRow =
        "SELECT side, excellent_s, good_s, poor_s, frozen_s, disconnected_s, score, score_min, rtt_ms, jitter_ms, \
        loss_permille, received_kbps, sent_kbps, freezes, freeze_ms, interruptions, restarts, audio_only_s \
        FROM call_quality WHERE call = $1";
    some STORY_SAMPLES reads [call_samples] -> SampleRow =
        "SELECT side, at, level, score FROM call_samples WHERE call = $1 ORDER BY at, side LIMIT $2";
}

rows! {
    struct StoryRow {
        kind: Word<CallKind>,
        caller: UserId,
        callee: UserId,
        matched_at: UnixMillis,
        confirmed_ms: Option<u32>,
        offer_ms: Option<u32>,
        answer_ms: Option<u32>,
        caller_connected_ms: Option<u32>,
        callee_connected_ms: Option<u32>,
        caller_dtls_ms: Option<u32>,
        callee_dtls_ms: Option<u32>,
        caller_first_frame_ms: Option<u32>,
        callee_first_frame_ms: Option<u32>,
        caller_path: Option<String>,
        callee_path: Option<String>,
        restarts_ms: Json<Vec<u32>>,
        is_restored: bool,
        ended_ms: u32,
        cause: Word<EndCause>,
        ended_by: Word<Side>,
        outcome: Word<Outcome>,
        relay_packets: i64,
        relay_bytes: i64,
        relay_refused: Option<u32>,
    }
    struct EvidenceRow {
        side: Word<Side>,
        gathered_host: u32,
        gathered_srflx: u32,
        gathered_relay: u32,
        received_host: u32,
        received_srflx: u32,
        received_relay: u32,
        relay_error: Option<u32>,
        ice: Word<IceState>,
        dtls: Word<DtlsState>,
    }
    struct QualityRow {
        side: Word<Side>,
        excellent_s: u32,
        good_s: u32,
        poor_s: u32,
        frozen_s: u32,
        disconnected_s: u32,
        score: u32,
        score_min: u32,
        rtt_ms: u32,
        jitter_ms: u32,
        loss_permille: u32,
        received_kbps: u32,
        sent_kbps: u32,
        freezes: u32,
        freeze_ms: u32,
        interruptions: u32,
        restarts: u32,
        audio_only_s: u32,
    }
    struct SampleRow { side: Word<Side>, at: UnixMillis, level: Word<QualityLevel>, score: u32 }
}

impl Store {
    /// Keeps what one side's media connection had come to.
    pub fn record_evidence(&self, side: Side, evidence: Evidence) {
        self.write_behind("the evidence of a call", move |db| insert_evidence(db, side, evidence));
    }

    /// Keeps what was judged of a call on record.
    pub fn record_judgement(&self, call: CallId, failure: Option<FailureCause>, relay: RelayUse) {
        self.write_behind("why a call failed", move |db| set_judgement(db, call, failure, relay));
    }

    /// All that is kept of a call on record, even if it is on record only since just now.
    pub async fn story_reading(&self, call: CallId) -> Result<Option<StoryReading>, StoreError> {
        self.settle().await?;
        let mut db = self.reader().await?;
        let Some(row) = db.first(&STORY, values![call]).await? else { return Ok(None) };
        let (record, relay) = row.read(call);
        let (mut quality, mut evidence) = ([None; 2], [None; 2]);
        for row in db.all(&STORY_QUALITY, values![call]).await? {
            if let Some(side) = row.side.0 {
                quality[place(side)] = Some(row.read(call));
            }
        }
        for row in db.all(&STORY_EVIDENCE, values![call]).await? {
            if let Some(side) = row.side.0 {
                evidence[place(side)] = Some(row.read(call));
            }
        }
        let most = i64::try_from(STORY_SAMPLES_MAX).unwrap_or(i64::MAX);
        let samples = db.all(&STORY_SAMPLES, values![call, most]).await?;
        let samples = samples.into_iter().filter_map(SampleRow::read).collect();
        Ok(Some(StoryReading { record, relay, quality, evidence, samples }))
    }
}

/// Caller, then callee.
fn place(side: Side) -> usize {
    match side {
        Side::Caller => 0,
        Side::Callee => 1,
    }
}

fn insert_evidence<'d>(db: &'d mut WriteDb<'_>, side: Side, evidence: Evidence) -> Work<'d, ()> {
    Box::pin(async move {
        let Evidence { call, gathered, received, relay_error, ice, dtls } = evidence;
        let (side, ice, dtls) = (word(&side), word(&ice), word(&dtls));
        let values = values![
            call,
            &side,
            gathered.host,
            gathered.srflx,
            gathered.relay,
            received.host,
            received.srflx,
            received.relay,
            relay_error.map(u32::from),
            &ice,
            &dtls,
        ];
        db.execute(&INSERT_EVIDENCE, values).await?;
        Ok(())
    })
}

fn set_judgement<'d>(
    db: &'d mut WriteDb<'_>,
    call: CallId,
    failure: Option<FailureCause>,
    relay: RelayUse,
) -> Work<'d, ()> {
    Box::pin(async move {
        let failure = failure.map(|failure| word(&failure));
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let (packets, bytes) = (count(relay.packets), count(relay.bytes));
        let values = values![call, &failure, packets, bytes, relay.refused.map(u32::from)];
        db.execute(&SET_JUDGEMENT, values).await?;
        Ok(())
    })
}

impl StoryRow {
    fn read(self, call: CallId) -> (CallRecord, RelayUse) {
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        let relay = RelayUse {
            packets: count(self.relay_packets),
            bytes: count(self.relay_bytes),
            refused: self.relay_refused.and_then(|code| u16::try_from(code).ok()),
        };
        let record = CallRecord {
            call,
            kind: self.kind.0.unwrap_or(CallKind::Random),
            caller: self.caller,
            callee: self.callee,
            matched_at: self.matched_at,
            confirmed_ms: self.confirmed_ms,
            offer_ms: self.offer_ms,
            answer_ms: self.answer_ms,
            caller_connected_ms: self.caller_connected_ms,
            callee_connected_ms: self.callee_connected_ms,
            caller_dtls_ms: self.caller_dtls_ms,
            callee_dtls_ms: self.callee_dtls_ms,
            caller_first_frame_ms: self.caller_first_frame_ms,
            callee_first_frame_ms: self.callee_first_frame_ms,
            caller_path: path(self.caller_path.as_deref()),
            callee_path: path(self.callee_path.as_deref()),
            restarts_ms: self.restarts_ms.0,
            is_restored: self.is_restored,
            ended_ms: self.ended_ms,
            cause: self.cause.0.unwrap_or(EndCause::Hangup),
            ended_by: self.ended_by.0,
            outcome: self.outcome.0.unwrap_or(Outcome::Failure),
        };
        (record, relay)
    }
}

impl EvidenceRow {
    fn read(self, call: CallId) -> Evidence {
        let counts = |host: u32, srflx: u32, relay: u32| CandidateCounts {
            host: small(host),
            srflx: small(srflx),
            relay: small(relay),
        };
        Evidence {
            call,
            gathered: counts(self.gathered_host, self.gathered_srflx, self.gathered_relay),
            received: counts(self.received_host, self.received_srflx, self.received_relay),
            relay_error: self.relay_error.and_then(|code| u16::try_from(code).ok()),
            ice: self.ice.0.unwrap_or_default(),
            dtls: self.dtls.0.unwrap_or_default(),
        }
    }
}

impl QualityRow {
    fn read(self, call: CallId) -> Quality {
        Quality {
            call,
            excellent_s: self.excellent_s,
            good_s: self.good_s,
            poor_s: self.poor_s,
            frozen_s: self.frozen_s,
            disconnected_s: self.disconnected_s,
            score: small(self.score),
            score_min: small(self.score_min),
            rtt_ms: self.rtt_ms,
            jitter_ms: self.jitter_ms,
            loss_permille: u16::try_from(self.loss_permille).unwrap_or(u16::MAX),
            received_kbps: self.received_kbps,
            sent_kbps: self.sent_kbps,
            freezes: self.freezes,
            freeze_ms: self.freeze_ms,
            interruptions: self.interruptions,
            restarts: self.restarts,
            audio_only_s: self.audio_only_s,
        }
    }
}

impl SampleRow {
    /// `None` of a side or level of another version.
    fn read(self) -> Option<SampleReading> {
        let (side, level) = (self.side.0?, self.level.0?);
        Some(SampleReading { side, at: self.at, level, score: small(self.score) })
    }
}

fn small(count: u32) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

/// A way is kept as `local/remote`.
fn path(kept: Option<&str>) -> Option<Path> {
    let (local, remote) = kept?.split_once('/')?;
    Some(Path { local: parse(local)?, remote: parse(remote)? })
}
