//! Clients' reports on the quality of their calls: passed on once each, and at a limited rate.
//!
//! A summary may come after the call's end, since a side that was left learns of it from us. A session remembers one
//! ended call, so a summary of any other is refused.

use callbox_protocol::call::Side;
use callbox_protocol::id::{CallId, SessionId};
use callbox_protocol::signal::{Quality, Sample};
use callbox_protocol::time::UnixMillis;

use super::frames::Outcome;
use super::{Action, Exchange};
use crate::call::CallError;

/// Clients send a sample every ten seconds; clocks differ a little.
const SAMPLE_MS_MIN: u64 = 8_000;

/// The reports that a session has sent.
#[derive(Debug, Default)]
pub(super) struct ReportedQuality {
    /// The call that ended last, and the side in it.
    last: Option<(CallId, Side)>,
    /// The call whose summary came.
    summary: Option<CallId>,
    sampled_at: Option<UnixMillis>,
}

impl Exchange {
    pub(super) fn remember_end(&mut self, session: SessionId, call: CallId, side: Side) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.reported_quality.last = Some((call, side));
        }
    }

    pub(super) fn quality(&mut self, session: SessionId, quality: &Quality) -> Outcome {
        let (side, told) = self.reported_quality(session, quality.call)?;
        if told.summary != Some(quality.call) {
            told.summary = Some(quality.call);
            self.actions.push_back(Action::Quality(side, Box::new(*quality)));
        }
        Ok(())
    }

    pub(super) fn sample(&mut self, session: SessionId, sample: &Sample, now: UnixMillis) -> Outcome {
        let (side, told) = self.reported_quality(session, sample.call)?;
        if told.sampled_at.is_none_or(|at| now.since(at) >= SAMPLE_MS_MIN) {
            told.sampled_at = Some(now);
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
