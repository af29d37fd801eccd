//! Why a call failed: one cause, from the server's record, both sides' evidence, and what the relay did.
//!
//! The steps of a call are looked at in their order; the first one that is missing is where the call failed, and evidence
//! says why. A client's word is taken only for what the server cannot see. Keeps nothing.

use callbox_protocol::call::{CallRecord, EndCause, Outcome};
use callbox_protocol::failure::{DtlsState, Evidence, FailureCause, IceState};
use callbox_protocol::story::RelayUse;

/// Codes by which a TURN server refuses (RFC 8656, section 19).
const REFUSALS: std::ops::RangeInclusive<u16> = 400..=599;
/// A browser's code of a server that it did not reach (WebRTC, section 4.8.2).
const NOT_REACHED: u16 = 701;

/// The evidence of caller and callee, as far as it came.
pub type BothEvidence = [Option<Evidence>; 2];

/// The cause of a call that failed or was dropped; `None` of a call that did neither.
pub fn cause_of(record: &CallRecord, evidence: &BothEvidence, relay: &RelayUse) -> Option<FailureCause> {
    let have_seen = record.caller_first_frame_ms.is_some() && record.callee_first_frame_ms.is_some();
    match (record.outcome, record.cause) {
        (_, EndCause::MediaDenied) => Some(FailureCause::PermissionDenied),
        (Outcome::Unconfirmed, EndCause::Unconfirmed) => Some(FailureCause::Unconfirmed),
        (Outcome::Unconfirmed, _) => gone(record),
        _ if have_seen => dropped(record),
        // Somebody left before anything was slow.
        (Outcome::Left, _) if gone(record).is_none() => None,
        _ => Some(failed(record, evidence, relay)),
    }
}

/// Both had seen each other.
fn dropped(record: &CallRecord) -> Option<FailureCause> {
    match record.cause {
        EndCause::MediaLost | EndCause::MediaFailed => Some(FailureCause::PathDied),
        _ => gone(record).or((record.outcome == Outcome::Failure).then_some(FailureCause::TooSlow)),
    }
}

/// Somebody's page or session was gone.
fn gone(record: &CallRecord) -> Option<FailureCause> {
    match record.cause {
        EndCause::Left => Some(FailureCause::PageGone),
        EndCause::PeerLost => Some(FailureCause::SignalingLost),
        _ => None,
    }
}

/// At least one saw nothing.
fn failed(record: &CallRecord, evidence: &BothEvidence, relay: &RelayUse) -> FailureCause {
    // The steps before the restart were forgotten: they may be there.
    if record.is_restored {
        return FailureCause::ServerRestarted;
    }
    if record.offer_ms.is_none() {
        return FailureCause::NoOffer;
    }
    if record.answer_ms.is_none() {
        return FailureCause::NoAnswer;
    }
    if let Some(gone) = gone(record) {
        return gone;
    }
    let connected = [record.caller_connected_ms.is_some(), record.callee_connected_ms.is_some()];
    let sides = || evidence.iter().flatten();
    let has_path = sides().any(|side| is_alive(side.ice));
    let lacks_dtls = (0..2).any(|side| {
        !connected[side] && evidence[side].is_some_and(|one| is_alive(one.ice) && !is_secure(one.dtls))
    });
    if lacks_dtls {
        FailureCause::DtlsFailed
    } else if connected == [false; 2] {
        unconnected(evidence, relay)
    } else if has_path || record.cause != EndCause::MediaLost {
        FailureCause::NoFirstFrame
    } else {
        FailureCause::PathDied
    }
}

/// ICE connected neither side, though both took part.
fn unconnected(evidence: &BothEvidence, relay: &RelayUse) -> FailureCause {
    if evidence.iter().all(Option::is_none) {
        return if relay.refused.is_some() { FailureCause::RelayRefused } else { FailureCause::Unknown };
    }
    let own =
        |side: usize| evidence[side].map(|one| one.gathered).or(evidence[1 - side].map(|one| one.received));
    let lacks_relay = |side: usize| own(side).is_none_or(|own| own.relay == 0);
    let error = |side: usize| evidence[side].and_then(|one| one.relay_error);
    let is_refused = |side| lacks_relay(side) && error(side).is_some_and(|code| REFUSALS.contains(&code));
    if (0..2).any(is_refused) || (relay.refused.is_some() && (0..2).any(lacks_relay)) {
        return FailureCause::RelayRefused;
    }
    let lacks_all = |side: usize| own(side).is_some_and(|own| own.total() == 0);
    // A browser says that it did not reach a server only when it has tried for ten seconds, and a new connection forgets
    // that. Then the relayed address of the other side tells that there was a server. A network without NAT has no
    // address that only a server sees; that it reached one shows by its relay's.
    let is_cut_off = |side: usize| {
        let could_reach = !lacks_all(side) && own(1 - side).is_some_and(|other| other.relay > 0);
        own(side).is_some_and(|own| own.srflx == 0 && own.relay == 0)
            && (error(side) == Some(NOT_REACHED) || could_reach)
    };
    // Both may use relays alone, and neither has one.
    if lacks_all(0) && lacks_all(1) {
        return FailureCause::RelayUnreachable;
    }
    // An address that did not arrive is of no use.
    let has_none =
        |side: usize| lacks_all(side) || evidence[1 - side].is_some_and(|other| other.received.total() == 0);
    match [is_cut_off(0), is_cut_off(1)] {
        [true, true] => FailureCause::RelayUnreachable,
        [true, false] | [false, true] => FailureCause::UdpBlocked,
        _ if (0..2).any(has_none) => FailureCause::NoCandidates,
        _ => FailureCause::IceFailed,
    }
}

fn is_alive(ice: IceState) -> bool {
    matches!(ice, IceState::Connected | IceState::Completed)
}

fn is_secure(dtls: DtlsState) -> bool {
    matches!(dtls, DtlsState::Connected | DtlsState::Closed)
}

#[cfg(test)]
mod tests;
