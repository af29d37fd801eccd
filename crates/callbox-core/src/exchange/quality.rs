//! Clients' reports on their calls: quality and evidence, passed on at a limited rate.
//!
//! While a call runs a summary comes each half minute, so that a tab that is killed leaves one; one more comes at the end,
//! and may come after it, since a side that was left learns of it from us. Evidence comes once. A session remembers one
//! ended call, so a report on any other is refused.

use callbox_protocol::call::Side;
use callbox_protocol::failure::Evidence;
use callbox_protocol::id::{CallId, SessionId};
use callbox_protocol::signal::{Quality, Sample};
use callbox_protocol::time::UnixMillis;

use super::frames::Outcome;
use super::{Action, Exchange};
use crate::call::CallError;

/// Clients send a sample every ten seconds; clocks differ a little.
const SAMPLE_MS_MIN: u64 = 8_000;
/// Clients send a summary every half minute, and one at the end.
const SUMMARY_MS_MIN: u64 = 20_000;

/// The reports that a session has sent.
#[derive(Debug, Default)]
pub(super) struct ReportedQuality {
    /// The call that ended last, and the side in it.
    last: Option<(CallId, Side)>,
    summary: Option<LastSummary>,
    /// The call whose evidence came.
    evidence: Option<CallId>,
    sampled_at: Option<UnixMillis>,
}

/// The summary that came last.
#[derive(Clone, Copy, Debug)]
struct LastSummary {
    call: CallId,
    at: UnixMillis,
    /// Whether it came after the call's end; nothing follows it.
    is_final: bool,
}

impl Exchange {
    pub(super) fn remember_end(&mut self, session: SessionId, call: CallId, side: Side) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.reported_quality.last = Some((call, side));
        }
    }

    pub(super) fn quality(&mut self, session: SessionId, quality: &Quality, now: UnixMillis) -> Outcome {
        let call = quality.call;
        let is_final = self.calls.side_of(session, call).is_none();
        let (side, reported) = self.reported_quality(session, call)?;
        let before = reported.summary.filter(|before| before.call == call);
        let is_due =
            |before: LastSummary| !before.is_final && (is_final || now.since(before.at) >= SUMMARY_MS_MIN);
        if before.is_none_or(is_due) {
            reported.summary = Some(LastSummary { call, at: now, is_final });
            self.actions.push_back(Action::Quality(side, Box::new(*quality)));
        }
        Ok(())
    }

    pub(super) fn evidence(&mut self, session: SessionId, evidence: &Evidence) -> Outcome {
        let (side, reported) = self.reported_quality(session, evidence.call)?;
        if reported.evidence != Some(evidence.call) {
            reported.evidence = Some(evidence.call);
            self.actions.push_back(Action::Evidence(side, Box::new(*evidence)));
        }
        Ok(())
    }

    pub(super) fn sample(&mut self, session: SessionId, sample: &Sample, now: UnixMillis) -> Outcome {
        let (side, reported) = self.reported_quality(session, sample.call)?;
        if reported.sampled_at.is_none_or(|at| now.since(at) >= SAMPLE_MS_MIN) {
            reported.sampled_at = Some(now);
            self.actions.push_back(Action::Sample(side, *sample, now));
        }
        Ok(())
    }

    fn reported_quality(
        &mut self,
        id: SessionId,
        call: CallId,
    ) -> Result<(Side, &mut ReportedQuality), CallError> {
        let session = self.sessions.get_mut(&id).ok_or(CallError::NotInCall)?;
        let ended = session.reported_quality.last.filter(|(last, _)| *last == call).map(|(_, side)| side);
        let side = self.calls.side_of(id, call).or(ended).ok_or(CallError::NotInCall)?;
        Ok((side, &mut session.reported_quality))
    }
}
