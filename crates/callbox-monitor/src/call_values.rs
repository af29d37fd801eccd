//! The values of a call for the distributions: what its record and the summaries of its sides say.
//!
//! Pure: a record comes in, and values go out. A step of a call that never came has no value, and neither has one from before
//! the server forgot the call. A value of a side is there twice, once for each.

use callbox_protocol::call::CallRecord;

use crate::heard::Summary;
use crate::metric::Distribution;

/// A summary says so much less than this; what is more, nobody can have measured.
const RTT_MS_MAX: u32 = 10 * 60 * 1_000;

/// From the answer until ICE has found a way: a connection is made when DTLS is through.
pub(crate) fn ice_ms(answer_ms: Option<u32>, connected_ms: Option<u32>, dtls_ms: Option<u32>) -> Option<u32> {
    Some(connected_ms?.saturating_sub(dtls_ms?).saturating_sub(answer_ms?))
}

/// The steps of a call that began, and its length. A match that was not confirmed was no call.
pub(crate) fn of_record(record: &CallRecord) -> Vec<(Distribution, f64)> {
    if record.confirmed_ms.is_none() {
        return Vec::new();
    }
    let length = (Distribution::CallLength, f64::from(record.ended_ms) / 1_000.0);
    if record.is_restored {
        return vec![length];
    }
    let ice = |connected, dtls| ice_ms(record.answer_ms, connected, dtls);
    let steps = [
        (Distribution::CallConfirmed, record.confirmed_ms),
        (Distribution::CallOffer, record.offer_ms),
        (Distribution::CallAnswer, record.answer_ms),
        (Distribution::CallIce, ice(record.caller_connected_ms, record.caller_dtls_ms)),
        (Distribution::CallIce, ice(record.callee_connected_ms, record.callee_dtls_ms)),
        (Distribution::CallDtls, record.caller_dtls_ms),
        (Distribution::CallDtls, record.callee_dtls_ms),
        (Distribution::CallFirstFrame, record.caller_first_frame_ms),
        (Distribution::CallFirstFrame, record.callee_first_frame_ms),
    ];
    let steps = steps.into_iter().filter_map(|(of, ms)| Some((of, f64::from(ms?))));
    steps.chain([length]).collect()
}

/// How good a call was for one side. A client may say anything: what nobody can have measured is left out.
pub(crate) fn of_quality(said: Summary) -> Vec<(Distribution, f64)> {
    let values = [
        (Distribution::CallScore, f64::from(said.score), said.score <= 95),
        (Distribution::CallRtt, f64::from(said.rtt_ms), said.rtt_ms <= RTT_MS_MAX),
        (Distribution::CallLoss, f64::from(said.loss_permille) / 1_000.0, said.loss_permille <= 1_000),
    ];
    values.into_iter().filter(|(_, _, is_possible)| *is_possible).map(|(of, value, _)| (of, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ice_is_what_is_left_of_a_connection_without_its_handshake() {
        assert_eq!(ice_ms(Some(100), Some(400), Some(60)), Some(240));
        assert_eq!(ice_ms(Some(100), Some(90), Some(60)), Some(0), "trickled candidates may be faster");
        assert_eq!(ice_ms(Some(100), Some(400), None), None);
    }

    #[test]
    fn what_nobody_can_have_measured_is_no_value() {
        let wild = Summary { score: 96, rtt_ms: u32::MAX, loss_permille: 1_001 };
        assert_eq!(of_quality(wild), []);
        let worst = Summary { score: 0, rtt_ms: RTT_MS_MAX, loss_permille: 1_000 };
        assert_eq!(of_quality(worst).len(), 3);
    }
}
