//! All that is kept of one call, whoever said it first.

use callbox_protocol::call::{Outcome, Side};
use callbox_protocol::failure::{CandidateCounts, DtlsState, Evidence, FailureCause, IceState};
use callbox_protocol::signal::{Quality, QualityLevel, Sample};
use callbox_protocol::story::{RelayUse, SampleReading};

use crate::world::{NOW, World, call, call_id};

pub(crate) fn evidence(number: u8, relay_error: Option<u16>) -> Evidence {
    Evidence {
        call: call_id(number),
        gathered: CandidateCounts { host: 2, srflx: 1, relay: 0 },
        received: CandidateCounts { host: 255, srflx: 0, relay: 3 },
        relay_error,
        ice: IceState::Failed,
        dtls: DtlsState::New,
    }
}

fn quality(number: u8, excellent_s: u32) -> Quality {
    Quality {
        call: call_id(number),
        excellent_s,
        good_s: 1,
        poor_s: 2,
        frozen_s: 3,
        disconnected_s: 4,
        score: 90,
        score_min: 10,
        rtt_ms: 50,
        jitter_ms: 6,
        loss_permille: 7,
        received_kbps: 800,
        sent_kbps: 900,
        freezes: 11,
        freeze_ms: 12,
        interruptions: 13,
        restarts: 14,
        audio_only_s: 15,
    }
}

fn sample(number: u8) -> Sample {
    Sample {
        call: call_id(number),
        level: QualityLevel::Disconnected,
        score: 3,
        rtt_ms: 1,
        jitter_ms: 1,
        loss_permille: 1,
        received_kbps: 1,
        sent_kbps: 1,
        sends_picture: true,
    }
}

stories! {
    async fn the_story_of_a_call_is_read_as_it_was_told(world) {
        let World { store, .. } = &world;
        // Evidence, quality and samples may come before the record.
        store.record_evidence(Side::Callee, evidence(1, Some(701)));
        store.record_evidence(Side::Callee, evidence(1, None));
        for seconds in [30, 60] {
            store.record_quality(Side::Caller, Box::new(quality(1, seconds)));
        }
        for (side, ms) in [(Side::Callee, 20_000), (Side::Caller, 10_000)] {
            store.record_sample(side, sample(1), NOW.plus(ms));
        }
        let mut record = call(1, Outcome::Failure);
        record.restarts_ms = vec![4_000, 9_000];
        record.is_restored = true;
        store.record_call(Box::new(record.clone()));
        let relay = RelayUse { packets: 12, bytes: 3_000_000_000, refused: Some(486) };
        store.record_judgement(record.call, Some(FailureCause::RelayRefused), relay);
        // Another call's are not this one's.
        store.record_evidence(Side::Caller, evidence(2, None));
        store.record_call(Box::new(call(2, Outcome::Success)));
        let story = store.story_reading(record.call).await.unwrap().unwrap();
        assert_eq!((&story.record, story.relay), (&record, relay));
        assert_eq!(story.evidence, [None, Some(evidence(1, Some(701)))]);
        assert_eq!(story.quality, [Some(quality(1, 60)), None]);
        let samples: Vec<_> = story.samples.iter().map(|SampleReading { side, at, .. }| (*side, *at)).collect();
        assert_eq!(samples, [(Side::Caller, NOW.plus(10_000)), (Side::Callee, NOW.plus(20_000))]);
        assert_eq!((story.samples[0].level, story.samples[0].score), (QualityLevel::Disconnected, 3));
        let other = store.story_reading(call_id(2)).await.unwrap().unwrap();
        assert_eq!((other.relay, other.evidence[0]), (RelayUse::default(), Some(evidence(2, None))));
        assert_eq!(store.story_reading(call_id(3)).await.unwrap(), None);
    }
}
