//! The story of a call from what is kept of it: its steps in the order of time, and why it failed.
//!
//! Names nobody: the record's users are left out. Keeps nothing; the reading's bounds are the story's.

use callbox_protocol::call::{CallRecord, Side};
use callbox_protocol::story::{
    CallStory, SampleReading, SideStory, StoryEvent, StoryEventKind, StoryReading,
};

use crate::cause::cause_of;

/// Tells the story.
pub fn story_of(reading: StoryReading) -> CallStory {
    let failure = cause_of(&reading.record, &reading.evidence, &reading.relay);
    let events = events(&reading.record, &reading.samples);
    let StoryReading { record, relay, quality: [of_caller, of_callee], evidence, .. } = reading;
    let [caller_evidence, callee_evidence] = evidence;
    let caller = SideStory { path: record.caller_path, quality: of_caller, evidence: caller_evidence };
    let callee = SideStory { path: record.callee_path, quality: of_callee, evidence: callee_evidence };
    CallStory {
        id: record.call,
        kind: record.kind,
        at: record.matched_at,
        ended_ms: record.ended_ms,
        cause: record.cause,
        ended_by: record.ended_by,
        outcome: record.outcome,
        failure,
        is_restored: record.is_restored,
        caller,
        callee,
        relay,
        events,
    }
}

fn events(record: &CallRecord, samples: &[SampleReading]) -> Vec<StoryEvent> {
    use StoryEventKind as Kind;
    let at = |ms: Option<u32>, kind: Kind, side: Option<Side>| {
        ms.map(|ms| StoryEvent { ms, kind, side, level: None, score: None })
    };
    let of_side = |side: Side, connected: Option<u32>, dtls: Option<u32>, first_frame: Option<u32>| {
        // DTLS is told by its length, and only where a browser does: ICE was done before it.
        let ice = connected.map(|ms| ms.saturating_sub(dtls.unwrap_or_default()));
        [
            at(ice, Kind::IceConnected, Some(side)),
            at(connected, Kind::DtlsConnected, Some(side)),
            at(first_frame, Kind::FirstFrame, Some(side)),
        ]
    };
    let steps = [
        at(Some(0), Kind::Matched, None),
        at(record.confirmed_ms, Kind::Confirmed, None),
        at(record.offer_ms, Kind::Offer, Some(Side::Caller)),
        at(record.answer_ms, Kind::Answer, Some(Side::Callee)),
    ];
    let (caller, callee) = (
        of_side(
            Side::Caller,
            record.caller_connected_ms,
            record.caller_dtls_ms,
            record.caller_first_frame_ms,
        ),
        of_side(
            Side::Callee,
            record.callee_connected_ms,
            record.callee_dtls_ms,
            record.callee_first_frame_ms,
        ),
    );
    let restarts = record.restarts_ms.iter().map(|ms| at(Some(*ms), Kind::Restart, Some(Side::Caller)));
    let samples = samples.iter().map(|sample| {
        Some(StoryEvent {
            ms: u32::try_from(sample.at.since(record.matched_at)).unwrap_or(u32::MAX),
            kind: Kind::Sample,
            side: Some(sample.side),
            level: Some(sample.level),
            score: Some(sample.score),
        })
    });
    let end = at(Some(record.ended_ms), Kind::Ended, record.ended_by);
    let all = steps.into_iter().chain(caller).chain(callee).chain(restarts).chain(samples).chain([end]);
    let mut events: Vec<StoryEvent> = all.flatten().collect();
    // Stable: what happened in the same millisecond stays in the order of the steps.
    events.sort_by_key(|event| event.ms);
    events
}

#[cfg(test)]
mod tests;
