//! Which counter an event goes to.
//!
//! Every case is named, so that a new outcome or a new cause of an end does not compile before it has a counter.

use callbox_protocol::account::LoginKind;
use callbox_protocol::beacon::CallOutcome;
use callbox_protocol::call::{EndCause, Outcome};
use callbox_protocol::failure::FailureCause;

use super::Counter;

/// The callers of a route, as far as the count of requests tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Everybody: pages, files, health checks.
    Public,
    /// Everybody, but not through a foreign page.
    Anyone,
    /// People who are signed in.
    Login,
    /// Moderators, admins and the operator.
    Staff,
    /// An app's own backend.
    Backend,
}

/// The crate that a line of the log comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Server,
    Store,
    Media,
    Other,
}

impl Counter {
    /// A request was answered with this status.
    pub const fn of_request(callers: Callers, status: u16) -> Self {
        let all = match callers {
            Callers::Public => [
                Self::HttpPublic1xx,
                Self::HttpPublic2xx,
                Self::HttpPublic3xx,
                Self::HttpPublic4xx,
                Self::HttpPublic5xx,
            ],
            Callers::Anyone => [
                Self::HttpAnyone1xx,
                Self::HttpAnyone2xx,
                Self::HttpAnyone3xx,
                Self::HttpAnyone4xx,
                Self::HttpAnyone5xx,
            ],
            Callers::Login => [
                Self::HttpLogin1xx,
                Self::HttpLogin2xx,
                Self::HttpLogin3xx,
                Self::HttpLogin4xx,
                Self::HttpLogin5xx,
            ],
            Callers::Staff => [
                Self::HttpStaff1xx,
                Self::HttpStaff2xx,
                Self::HttpStaff3xx,
                Self::HttpStaff4xx,
                Self::HttpStaff5xx,
            ],
            Callers::Backend => [
                Self::HttpBackend1xx,
                Self::HttpBackend2xx,
                Self::HttpBackend3xx,
                Self::HttpBackend4xx,
                Self::HttpBackend5xx,
            ],
        };
        match status {
            ..200 => all[0],
            200..300 => all[1],
            300..400 => all[2],
            400..500 => all[3],
            500.. => all[4],
        }
    }

    /// A line was logged from this module of a crate.
    pub fn of_log(is_error: bool, module: &str) -> Self {
        let origin = match module.split("::").next() {
            Some("callbox_server" | "callbox") => Origin::Server,
            Some("callbox_store") => Origin::Store,
            Some("callbox_media") => Origin::Media,
            _ => Origin::Other,
        };
        match (is_error, origin) {
            (false, Origin::Server) => Self::LogWarnServer,
            (false, Origin::Store) => Self::LogWarnStore,
            (false, Origin::Media) => Self::LogWarnMedia,
            (false, Origin::Other) => Self::LogWarnOther,
            (true, Origin::Server) => Self::LogErrorServer,
            (true, Origin::Store) => Self::LogErrorStore,
            (true, Origin::Media) => Self::LogErrorMedia,
            (true, Origin::Other) => Self::LogErrorOther,
        }
    }

    /// A call ended with this outcome.
    pub const fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Unconfirmed => Self::CallsUnconfirmed,
            Outcome::Success => Self::CallsSuccess,
            Outcome::Failure => Self::CallsFailure,
            Outcome::Left => Self::CallsLeft,
            Outcome::Denied => Self::CallsDenied,
        }
    }

    /// A call ended so.
    pub const fn of_end(cause: EndCause) -> Self {
        match cause {
            EndCause::Hangup => Self::CallEndsHangup,
            EndCause::Next => Self::CallEndsNext,
            EndCause::Unconfirmed => Self::CallEndsUnconfirmed,
            EndCause::Declined => Self::CallEndsDeclined,
            EndCause::Blocked => Self::CallEndsBlocked,
            EndCause::PeerLost => Self::CallEndsPeerLost,
            EndCause::Left => Self::CallEndsLeft,
            EndCause::MediaFailed => Self::CallEndsMediaFailed,
            EndCause::MediaLost => Self::CallEndsMediaLost,
            EndCause::MediaDenied => Self::CallEndsMediaDenied,
        }
    }

    /// A browser reported that a call of another app came to this.
    pub const fn of_reported(outcome: CallOutcome) -> Self {
        match outcome {
            CallOutcome::Success => Self::ReportedCallsSuccess,
            CallOutcome::Failure => Self::ReportedCallsFailure,
            CallOutcome::Dropped => Self::ReportedCallsDropped,
            CallOutcome::Left => Self::ReportedCallsLeft,
            CallOutcome::Denied => Self::ReportedCallsDenied,
            CallOutcome::Other => Self::ReportedCallsOther,
        }
    }

    /// The counter of calls that failed for this cause.
    pub const fn of_failure(cause: FailureCause) -> Self {
        match cause {
            FailureCause::Unconfirmed => Self::CallFailuresUnconfirmed,
            FailureCause::PermissionDenied => Self::CallFailuresPermissionDenied,
            FailureCause::NoOffer => Self::CallFailuresNoOffer,
            FailureCause::NoAnswer => Self::CallFailuresNoAnswer,
            FailureCause::NoCandidates => Self::CallFailuresNoCandidates,
            FailureCause::UdpBlocked => Self::CallFailuresUdpBlocked,
            FailureCause::RelayRefused => Self::CallFailuresRelayRefused,
            FailureCause::RelayUnreachable => Self::CallFailuresRelayUnreachable,
            FailureCause::IceFailed => Self::CallFailuresIceFailed,
            FailureCause::DtlsFailed => Self::CallFailuresDtlsFailed,
            FailureCause::NoFirstFrame => Self::CallFailuresNoFirstFrame,
            FailureCause::PathDied => Self::CallFailuresPathDied,
            FailureCause::PageGone => Self::CallFailuresPageGone,
            FailureCause::SignalingLost => Self::CallFailuresSignalingLost,
            FailureCause::ServerRestarted => Self::CallFailuresServerRestarted,
            FailureCause::TooSlow => Self::CallFailuresTooSlow,
            FailureCause::Unknown => Self::CallFailuresUnknown,
        }
    }

    /// Somebody tried to sign in, in this way.
    pub const fn of_sign_in(way: LoginKind, is_done: bool) -> Self {
        match (way, is_done) {
            (LoginKind::Guest, true) => Self::SignInsGuest,
            (LoginKind::Password, true) => Self::SignInsPassword,
            (LoginKind::Mail, true) => Self::SignInsMail,
            (LoginKind::Oidc, true) => Self::SignInsOidc,
            (LoginKind::Setup, true) => Self::SignInsSetup,
            (LoginKind::Guest, false) => Self::SignInsFailedGuest,
            (LoginKind::Password, false) => Self::SignInsFailedPassword,
            (LoginKind::Mail, false) => Self::SignInsFailedMail,
            (LoginKind::Oidc, false) => Self::SignInsFailedOidc,
            (LoginKind::Setup, false) => Self::SignInsFailedSetup,
        }
    }

    /// The counters of one family, in the order of [`Self::ALL`].
    pub fn family(name: &str) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |one| one.meta().family == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_to_the_counter_of_its_callers_and_of_its_class_of_status() {
        assert_eq!(Counter::of_request(Callers::Anyone, 101), Counter::HttpAnyone1xx);
        assert_eq!(Counter::of_request(Callers::Login, 204), Counter::HttpLogin2xx);
        assert_eq!(Counter::of_request(Callers::Public, 304), Counter::HttpPublic3xx);
        assert_eq!(Counter::of_request(Callers::Staff, 499), Counter::HttpStaff4xx);
        assert_eq!(Counter::of_request(Callers::Backend, 503), Counter::HttpBackend5xx);
        let all: std::collections::HashSet<_> =
            [Callers::Public, Callers::Anyone, Callers::Login, Callers::Staff, Callers::Backend]
                .into_iter()
                .flat_map(|callers| {
                    [100, 200, 300, 400, 500].map(|status| Counter::of_request(callers, status))
                })
                .collect();
        assert_eq!(all.len(), Counter::family("http_requests").count());
    }

    #[test]
    fn a_line_of_the_log_goes_to_the_counter_of_its_level_and_crate() {
        assert_eq!(Counter::of_log(false, "callbox_server::mail"), Counter::LogWarnServer);
        assert_eq!(Counter::of_log(true, "callbox_store::sqlite::writer"), Counter::LogErrorStore);
        assert_eq!(Counter::of_log(true, "callbox_media"), Counter::LogErrorMedia);
        assert_eq!(Counter::of_log(false, "hyper"), Counter::LogWarnOther);
    }
}
