//! Proves that the files of `sdk/src/generated/` are what these types say; `CALLBOX_UPDATE=1` rewrites them.
//!
//! Types and bounds alone; a file that only one entry of the package needs is made apart.

mod beacon;

use std::fmt::Write as _;
use ts_rs::{Config, TS};

use crate::{
    account, alert, call, error, failure, figures, http, id, moderation, notice, proof, scorecard, signal,
    story, time, user,
};

#[expect(clippy::too_many_lines, reason = "a list, one type a line")]
fn declarations() -> String {
    let config = Config::new().with_large_int("number");
    let mut out = String::from(
        "// Generated from crates/callbox-protocol by its test `generated`. Do not edit:\n\
         // `cargo xtask generate` writes it anew.\n\n",
    );
    macro_rules! export {
        ($($kind:ty),* $(,)?) => {$(
            if let Some(docs) = <$kind as TS>::docs() {
                out.push_str(&docs);
            }
            writeln!(out, "export {}\n", <$kind as TS>::decl(&config)).expect("a string takes all");
        )*};
    }
    export!(
        time::UnixMillis,
        id::UserId,
        id::LoginId,
        id::SessionId,
        id::CallId,
        id::BlockId,
        id::ReportId,
        id::BanId,
        id::ActId,
        id::ApiKeyId,
        error::ErrorCode,
        user::AgeClass,
        user::User,
        http::CreateGuest,
        http::GuestCreated,
        http::SetAge,
        http::Invite,
        notice::BanNotice,
        http::Problem,
        http::Stats,
        http::Outcomes,
        http::RecentCalls,
        http::Setup,
        http::BytesPercentiles,
        http::Percentiles,
        http::RecentQuality,
        http::IceServiceStats,
        http::RelayStats,
        http::CacheStats,
        http::CachedRouteStats,
        http::StoreStats,
        http::PoolStats,
        http::BackupStats,
        http::Statements,
        http::StatementStats,
        http::LiveSample,
        figures::Figures,
        figures::FigureSeries,
        scorecard::Scorecard,
        scorecard::ScoreLine,
        scorecard::ScoreFigure,
        scorecard::Verdict,
        scorecard::ScoreCost,
        scorecard::ScoreRevenue,
        alert::AlertState,
        alert::Alert,
        alert::Alerts,
        alert::AlertSilence,
        alert::SilenceAlert,
        alert::Deploy,
        alert::NameDeploy,
        http::RateCall,
        http::ReportCall,
        http::ReportReason,
        http::ReportLine,
        proof::Proof,
        proof::Change,
        proof::AskApproval,
        proof::Approve,
        proof::Approved,
        proof::Unlink,
        account::Role,
        account::LoginKind,
        account::Attributes,
        account::SetAttributes,
        account::Profile,
        account::PublicProfile,
        account::Account,
        account::SetEmail,
        account::Redeem,
        account::SignIn,
        account::SignedIn,
        account::Verified,
        account::SendMail,
        account::ResetPassword,
        account::ChangePassword,
        account::LoginItem,
        account::Logins,
        account::DeleteMe,
        account::HistoryCall,
        account::BlockItem,
        account::ExportedIdentity,
        account::ExportedReport,
        account::Export,
        account::SetUp,
        account::Provider,
        account::Providers,
        account::StartOidc,
        account::OidcStarted,
        account::FinishOidc,
        account::OidcFinished,
        account::ConfirmOidc,
        account::IdentityItem,
        account::Identities,
        account::Page<()>,
        moderation::ReportStatus,
        moderation::Party,
        moderation::ReportItem,
        moderation::BanScope,
        moderation::CreateBan,
        moderation::BanItem,
        moderation::Bans,
        moderation::Act,
        moderation::ActItem,
        moderation::PersonItem,
        moderation::People,
        moderation::UserItem,
        moderation::SetRole,
        moderation::SetPlan,
        moderation::CreateApiKey,
        moderation::ApiKeyItem,
        moderation::ApiKeys,
        moderation::ApiKeyCreated,
        moderation::Introspect,
        moderation::Introspected,
        call::Side,
        call::CallKind,
        call::EndCause,
        signal::LeaveCause,
        signal::Stage,
        call::CandidateKind,
        call::Path,
        failure::FailureCause,
        failure::CandidateCounts,
        failure::IceState,
        failure::DtlsState,
        failure::Evidence,
        call::Outcome,
        signal::LeaveReason,
        signal::LeaveAction,
        signal::IceServer,
        signal::RelayPolicy,
        signal::Numbers,
        signal::Resume,
        signal::Snapshot,
        signal::ClientHello,
        signal::Seek,
        signal::Join,
        signal::CallRef,
        signal::Next,
        signal::Description<'static>,
        signal::Candidates<'static>,
        signal::Park<'static>,
        signal::Restart,
        signal::Sends,
        signal::Picture,
        signal::Chat,
        signal::End,
        signal::Progress,
        signal::QualityLevel,
        signal::Quality,
        signal::Sample,
        signal::WatchItem<'static>,
        signal::Watch<'static>,
        story::RelayUse,
        story::SideStory,
        story::StoryEventKind,
        story::StoryEvent,
        story::CallStory,
        signal::ClientFrame<'static>,
        signal::ServerFrame<'static>,
    );
    for (name, value) in constants() {
        writeln!(out, "export const {name} = {value};").expect("a string takes all");
    }
    out
}

fn constants() -> Vec<(&'static str, String)> {
    vec![
        ("SUBPROTOCOL", format!("{:?}", signal::SUBPROTOCOL)),
        ("FRAME_BYTES_MAX", signal::FRAME_BYTES_MAX.to_string()),
        ("PARKED_BYTES_MAX", signal::PARKED_BYTES_MAX.to_string()),
        ("CANDIDATES_MAX", signal::CANDIDATES_MAX.to_string()),
        ("CHAT_CHARS_MAX", signal::CHAT_CHARS_MAX.to_string()),
        ("INTERESTS_MAX", signal::INTERESTS_MAX.to_string()),
        ("INTEREST_CHARS_MAX", signal::INTEREST_CHARS_MAX.to_string()),
        ("REPORT_NOTE_CHARS_MAX", http::REPORT_NOTE_CHARS_MAX.to_string()),
        ("REPORT_LINES_MAX", http::REPORT_LINES_MAX.to_string()),
        ("REPORT_LINE_CHARS_MAX", http::REPORT_LINE_CHARS_MAX.to_string()),
        ("EMAIL_CHARS_MAX", account::EMAIL_CHARS_MAX.to_string()),
        ("PASSWORD_CHARS_MIN", account::PASSWORD_CHARS_MIN.to_string()),
        ("PASSWORD_CHARS_MAX", account::PASSWORD_CHARS_MAX.to_string()),
        ("NAME_CHARS_MAX", account::NAME_CHARS_MAX.to_string()),
        ("BIO_CHARS_MAX", account::BIO_CHARS_MAX.to_string()),
        ("LANGUAGES_MAX", account::LANGUAGES_MAX.to_string()),
        ("BAN_REASON_CHARS_MAX", moderation::BAN_REASON_CHARS_MAX.to_string()),
        ("WATCHES_MAX", signal::WATCHES_MAX.to_string()),
        ("WATCH_PATH_BYTES_MAX", signal::WATCH_PATH_BYTES_MAX.to_string()),
        ("RESUME_MS", signal::RESUME_MS.to_string()),
        ("KEPT_BYTES_MAX", signal::KEPT_BYTES_MAX.to_string()),
        ("ACK_FRAMES", signal::ACK_FRAMES.to_string()),
        ("ACK_BYTES", signal::ACK_BYTES.to_string()),
        ("CLOSE_BAD_FRAME", signal::close::BAD_FRAME.to_string()),
        ("CLOSE_UNAUTHENTICATED", signal::close::UNAUTHENTICATED.to_string()),
        ("CLOSE_TIMEOUT", signal::close::TIMEOUT.to_string()),
        ("CLOSE_SUPERSEDED", signal::close::SUPERSEDED.to_string()),
        ("CLOSE_GAP", signal::close::GAP.to_string()),
        ("CLOSE_RATE_LIMITED", signal::close::RATE_LIMITED.to_string()),
        ("CLOSE_SLOW_READER", signal::close::SLOW_READER.to_string()),
    ]
}

#[test]
fn the_typescript_types_are_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/src/generated/protocol.ts");
    prove(path, &declarations());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/src/generated/beacon.ts");
    prove(path, &beacon::declarations());
}

fn prove(path: &str, fresh: &str) {
    if std::env::var_os("CALLBOX_UPDATE").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/src/generated")).unwrap();
        std::fs::write(path, fresh).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == fresh, "{path} is stale: run `cargo xtask generate`");
}
