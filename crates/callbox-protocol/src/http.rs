//! Bodies of the HTTP interface, `/v1`.
//!
//! Shapes only; the server's `http/` says which route takes which shape. Unknown members are ignored, so that an
//! older server understands a newer client.

use serde::{Deserialize, Serialize};

use crate::call::{CandidateKind, EndCause, Side};
use crate::error::ErrorCode;
use crate::notice::BanNotice;
use crate::time::UnixMillis;
use crate::user::{AgeClass, User};
use std::collections::BTreeMap;

/// The most characters of a report's note.
pub const REPORT_NOTE_CHARS_MAX: usize = 1_000;
/// The most lines of the chat in a report: the last ones, which lead up to it.
pub const REPORT_LINES_MAX: usize = 20;
/// The most characters of such a line; a client cuts longer ones.
pub const REPORT_LINE_CHARS_MAX: usize = 500;

/// `POST /v1/guests`: make a user and a login with one click.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateGuest {
    /// The answer to the age question, if the page has asked it already.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub age: Option<AgeClass>,
    /// The browser's own name, kept in its storage. Bans may name it.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub device: Option<String>,
}

/// The answer to `POST /v1/guests`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuestCreated {
    /// The new user.
    pub user: User,
    /// The login's token: 256 bits, base64url. `null` if an `HttpOnly` cookie was set instead, which is so for the
    /// page's own origin unless the server runs on loopback. There each tab is a guest of its own.
    pub token: Option<String>,
}

/// `PUT /v1/me/age`: answer the age question. A second, different answer is a conflict.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetAge {
    /// The answer.
    pub age: AgeClass,
}

/// The answer to `POST /v1/invites`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invite {
    /// 128 bits, base64url. Its holder may join as the second person.
    pub code: String,
    /// The page that opens the invite: `<origin>/i/<code>`.
    pub url: String,
    /// When it stops working.
    pub expires_at: UnixMillis,
}

/// `PUT /v1/calls/{call}/rating`: the caller's rating of the call. A second rating replaces the first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RateCall {
    /// 1, bad, to 5, good.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 5))]
    pub stars: u8,
}

/// Why somebody is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ReportReason {
    /// Nakedness or sexual acts.
    Nudity,
    /// Insults, threats, pressure.
    Harassment,
    /// Hate against a group of people.
    Hate,
    /// Violence, or a danger to somebody.
    Violence,
    /// Looks younger than they say.
    Underage,
    /// Advertising, fraud, a recording instead of a person.
    Spam,
    /// Something else: the note says what.
    Other,
}

/// A line of a call's chat, as the reporter saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportLine {
    /// The side that wrote it.
    pub from: Side,
    /// The text, 500 characters at most.
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub text: String,
}

/// `POST /v1/calls/{call}/report`: a complaint about the other person of a call, who is blocked as well. A second
/// report of the same call replaces the first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportCall {
    /// The reason of the complaint.
    pub reason: ReportReason,
    /// In the person's own words, 1,000 characters at most.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
    pub note: String,
    /// Whether moderators are to see the chat's last 20 lines, as the server relayed them. It keeps them until half an hour after
    /// the call's end.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub with_lines: bool,
}

/// An error, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: `code` says what happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// One sentence for people.
    pub detail: String,
    /// Which error it is, for programs.
    pub code: ErrorCode,
    /// The id to name when you ask the operator about it.
    pub request_id: String,
    /// When to try again, with `rate_limited` and `unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub retry_after_ms: Option<u64>,
    /// The details of the ban, with `banned`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub ban: Option<BanNotice>,
}

/// `GET /v1/stats`, for the operator: the present state, and the outcomes of the calls since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stats {
    /// Signaling sessions that are open now.
    pub sessions: u32,
    /// Sessions that wait for a partner now.
    pub waiting: u32,
    /// Matches that wait for both confirmations now.
    pub proposed: u32,
    /// Calls that run now.
    pub calls: u32,
    /// Calls on record, by outcome.
    pub outcomes: Outcomes,
    /// The figures of the last calls.
    pub recent: RecentCalls,
    /// The relay; `null` if there is none.
    pub relay: Option<RelayStats>,
    /// Hosted TURN services.
    pub ice_services: Vec<IceServiceStats>,
    /// Whole days until the certificate ends, negative once it has; `null` if something else speaks HTTPS.
    pub certificate_days: Option<i32>,
    /// The database.
    pub store: StoreStats,
    /// The answers that are kept.
    #[serde(default)]
    pub cache: CacheStats,
}

/// The answers that are kept, now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CacheStats {
    /// How many there are, the outdated ones among them.
    pub answers: u64,
    /// Their memory, in bytes.
    pub bytes: u64,
    /// What was kept of each route, in the order of their table.
    pub routes: Vec<CachedRouteStats>,
}

/// What the kept answers of one route did since the start of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CachedRouteStats {
    /// Its path, with `{name}` for its parts.
    pub route: String,
    /// Requests that a kept answer served.
    pub hits: u64,
    /// Requests that it did not.
    pub misses: u64,
    /// Those among the misses that were served by what another request read at the same time.
    pub shared: u64,
    /// Those among the hits and the misses that were answered with 304: the caller had the bytes.
    pub not_modified: u64,
    /// Answers that were not kept: something touched them while they were read, or they end at once.
    pub not_kept: u64,
    /// Answers that were dropped, since something touched them or their time was over.
    pub outdated: u64,
    /// Answers that left for others.
    pub evicted: u64,
    /// Statements that the database was not asked.
    pub reads_avoided: u64,
}

/// The database, now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoreStats {
    /// The size of the embedded database, in bytes; `null` with PostgreSQL.
    pub bytes: Option<u64>,
    /// The size of its write-ahead log, in bytes.
    pub log_bytes: Option<u64>,
    /// The free space on the disk of the embedded database, in bytes.
    #[serde(default)]
    pub free_bytes: Option<u64>,
    /// Guests and attributes refused since the start of the process, because the disk was nearly full (`disk_reserve_mb`).
    #[serde(default)]
    pub refused_for_room: u64,
    /// The connections to PostgreSQL; `null` with the embedded database.
    pub pool: Option<PoolStats>,
    /// Backups of the embedded database; `null` before the first, and if none are made.
    pub backup: Option<BackupStats>,
}

/// The statements of the database since the start of the process: the answer to `GET /v1/metrics/statements`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statements {
    /// Those that ran, the one with the most time first.
    pub statements: Vec<StatementStats>,
}

/// What one statement of the database cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementStats {
    /// Its name in the sources.
    pub name: String,
    /// How often it ran.
    pub count: u64,
    /// The rows that it read or changed.
    pub rows: u64,
    /// How long it took, all together, in microseconds. With PostgreSQL that includes the way there and back.
    pub total_us: u64,
    /// Half of the runs took no longer, within 9 %.
    pub p50_us: f64,
    /// 95 % of the runs took no longer, within 9 %.
    pub p95_us: f64,
    /// Its share of the time of all statements, from 0 to 1.
    pub share: f64,
}

/// One event of `GET /v1/metrics/live`: the server at one moment. docs/MONITORING.md has the names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveSample {
    /// The moment.
    pub at: UnixMillis,
    /// The gauges that are known now.
    pub gauges: BTreeMap<String, f64>,
    /// The counters since the start of the process.
    pub counters: BTreeMap<String, u64>,
}

/// Connections to PostgreSQL, now and since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PoolStats {
    /// The most there may be.
    pub connections_max: u32,
    /// Held by writes now.
    pub checked_out: u32,
    /// Reads that are under way now, over connections that they share.
    pub reading: u32,
    /// Writes that wait for a connection now.
    pub waiting: u32,
    /// How often somebody asked for a connection.
    pub waits: u64,
    /// How long they waited, all together, in milliseconds.
    pub wait_ms_total: u64,
    /// The longest wait, in milliseconds.
    pub wait_ms_max: u64,
    /// How many gave up.
    pub timeouts: u64,
}

/// Backups of the embedded database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BackupStats {
    /// When the last good one was made.
    pub at: Option<UnixMillis>,
    /// Its size.
    pub bytes: u64,
    /// Why the last try failed, if it did.
    pub failure: Option<String>,
}

/// A hosted TURN service since the start of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IceServiceStats {
    /// The kind of the service: `cloudflare` or `twilio`.
    pub kind: String,
    /// Servers that a hello names now; none if the service never answered, or not for so long that its credentials
    /// ended.
    pub servers: u32,
    /// Times that it gave credentials.
    pub answered: u64,
    /// Times that it did not give them.
    pub failed: u64,
    /// Whether the last request failed.
    pub is_failing: bool,
}

/// The relay since the start of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayStats {
    /// Allocations that there are now.
    pub allocations: u64,
    /// Allocations that were made.
    pub allocated: u64,
    /// Packets from clients to peers.
    pub out_packets: u64,
    /// Bytes of payload from clients to peers.
    pub out_bytes: u64,
    /// Packets from peers to clients.
    pub in_packets: u64,
    /// Bytes of payload from peers to clients.
    pub in_bytes: u64,
    /// Packets that went directly to the call's other side; counted above too, on either side.
    pub direct_packets: u64,
    /// Packets that the system did not take.
    pub unsent_packets: u64,
    /// Packets that went nowhere, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Requests that were refused, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Bytes of the last 1,000 sides of calls that were relayed, both ways together.
    pub call_bytes: BytesPercentiles,
    /// UDP datagrams that found no room in a socket's buffer, of the whole machine or container.
    pub rcvbuf_errors: u64,
}

/// Of so many amounts: half, 95 % and 99 % were no larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BytesPercentiles {
    /// How many there are.
    pub count: u32,
    /// The median, in bytes.
    pub p50: u64,
    /// In bytes.
    pub p95: u64,
    /// In bytes.
    pub p99: u64,
}

/// The last 1,000 calls, of the last 24 hours: matches that never became a call are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecentCalls {
    /// How many there are.
    pub calls: u32,
    /// Successes among successes and failures, in percent; `null` if there are none.
    pub success_percent: Option<f64>,
    /// Calls that broke after both had seen each other: the path was lost, or a side left without a word, even by
    /// closing the page.
    pub dropped: u32,
    /// Calls by how they ended.
    pub causes: BTreeMap<EndCause, u32>,
    /// Calls by the most indirect kind of address on their path, if a browser reported it.
    pub paths: BTreeMap<CandidateKind, u32>,
    /// The time that the steps of the set-up took.
    pub setup: Setup,
    /// The quality, for the sides that reported it.
    pub quality: RecentQuality,
}

/// Steps of a set-up. Each counts from the match, but `ice` from the answer and `dtls` from the end of ICE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setup {
    /// Until both had confirmed.
    pub confirmed: Percentiles,
    /// Until the first offer passed.
    pub offer: Percentiles,
    /// Until the first answer passed.
    pub answer: Percentiles,
    /// From the answer until a path was found; both sides count.
    pub ice: Percentiles,
    /// From there until the keys were there; both sides count.
    pub dtls: Percentiles,
    /// Until a side decoded the first frame of the other side; both sides count.
    pub first_frame: Percentiles,
}

/// Of so many times: half, 95 % and 99 % took no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Percentiles {
    /// How many times there are.
    pub count: u32,
    /// The median, in milliseconds.
    pub p50_ms: u32,
    /// In milliseconds.
    pub p95_ms: u32,
    /// In milliseconds.
    pub p99_ms: u32,
}

/// Summaries of the sides that reported the quality of their call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecentQuality {
    /// How many there are.
    pub summaries: u32,
    /// The mean score, 0 to 95; `null` if there are none.
    pub score: Option<f64>,
    /// Share of the time, in percent.
    pub excellent_percent: f64,
    /// Share of the time, in percent.
    pub good_percent: f64,
    /// Share of the time, in percent.
    pub poor_percent: f64,
    /// Share of the time, in percent: the picture did not move, though the other side sent one.
    pub frozen_percent: f64,
    /// Share of the time, in percent.
    pub disconnected_percent: f64,
    /// Round trips between the two, each a call's mean.
    pub round_trip: Percentiles,
    /// How many people rated their call.
    pub ratings: u32,
    /// The mean of their stars, 1 to 5.
    pub stars: Option<f64>,
}

/// Calls on record, counted by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outcomes {
    /// Both sides decoded a frame within 10 s of the match.
    pub success: u64,
    /// Both stayed for 10 s, or the connection failed, and at least one saw nothing.
    pub failure: u64,
    /// Somebody left before the 10 s were over and before both saw a frame.
    pub left: u64,
    /// Somebody's browser or person denied camera and microphone.
    pub denied: u64,
}
