//! The figures of the last calls, for the operator: outcomes, causes and paths, the steps of the set-up, and quality.
//!
//! A call that never began is no reading. A value of a later version that this one does not know is left out of the
//! figure that it would count in, and counts in the others.

use callbox_protocol::call::{EndCause, Outcome};
use callbox_protocol::http::{RecentCalls, RecentQuality, Setup};
use callbox_protocol::reading::{CallReading, QualityReading, Readings};

use crate::percentiles::{count, mean, percentiles};

/// Counts readings of calls that began, and of their quality.
pub fn recent_calls(readings: &Readings) -> RecentCalls {
    let mut counted = Counted::default();
    readings.calls.iter().for_each(|call| counted.add(call));
    counted.into_recent(quality(&readings.quality, &readings.stars))
}

/// The counts while the calls are read.
#[derive(Default)]
struct Counted {
    recent: RecentCalls,
    successes: u32,
    failures: u32,
    confirmed: Vec<u32>,
    offer: Vec<u32>,
    answer: Vec<u32>,
    ice: Vec<u32>,
    dtls: Vec<u32>,
    first_frame: Vec<u32>,
}

impl Counted {
    fn add(&mut self, call: &CallReading) {
        self.confirmed.extend(call.confirmed_ms);
        self.offer.extend(call.offer_ms);
        self.answer.extend(call.answer_ms);
        for side in &call.sides {
            if let (Some(connected), Some(dtls), Some(answer)) =
                (side.connected_ms, side.dtls_ms, call.answer_ms)
            {
                self.ice.push(connected.saturating_sub(dtls).saturating_sub(answer));
            }
            self.dtls.extend(side.dtls_ms);
            self.first_frame.extend(side.first_frame_ms);
        }
        let is_success = call.outcome == Some(Outcome::Success);
        self.recent.calls += 1;
        self.successes += u32::from(is_success);
        self.failures += u32::from(call.outcome == Some(Outcome::Failure));
        if let Some(cause) = call.cause {
            *self.recent.causes.entry(cause).or_default() += 1;
            self.recent.dropped += u32::from(is_success && is_drop(cause));
        }
        // The kinds are in the order of how indirect they are.
        let ends = call.sides.iter().flat_map(|side| side.path);
        if let Some(kind) = ends.flatten().max() {
            *self.recent.paths.entry(kind).or_default() += 1;
        }
    }

    fn into_recent(self, quality: RecentQuality) -> RecentCalls {
        let judged = self.successes + self.failures;
        RecentCalls {
            success_percent: (judged > 0).then(|| 100.0 * f64::from(self.successes) / f64::from(judged)),
            setup: Setup {
                confirmed: percentiles(self.confirmed),
                offer: percentiles(self.offer),
                answer: percentiles(self.answer),
                ice: percentiles(self.ice),
                dtls: percentiles(self.dtls),
                first_frame: percentiles(self.first_frame),
            },
            quality,
            ..self.recent
        }
    }
}

/// Whether a call that ended so broke. A page that was closed has left, and breaks nothing; but from here that looks like a
/// crash or a network that is gone for good, and a figure that hid those would flatter.
fn is_drop(cause: EndCause) -> bool {
    matches!(cause, EndCause::PeerLost | EndCause::Left | EndCause::MediaLost)
}

fn quality(sides: &[QualityReading], stars: &[u32]) -> RecentQuality {
    let mut seconds = [0.0; 5];
    for side in sides {
        let levels = [side.excellent_s, side.good_s, side.poor_s, side.frozen_s, side.disconnected_s];
        for (sum, level) in seconds.iter_mut().zip(levels) {
            *sum += f64::from(level);
        }
    }
    let all: f64 = seconds.iter().sum();
    let [excellent_percent, good_percent, poor_percent, frozen_percent, disconnected_percent] =
        seconds.map(|s| if all > 0.0 { 100.0 * s / all } else { 0.0 });
    RecentQuality {
        summaries: count(sides.len()),
        score: mean(sides.iter().map(|side| side.score)),
        excellent_percent,
        good_percent,
        poor_percent,
        frozen_percent,
        disconnected_percent,
        round_trip: percentiles(sides.iter().map(|side| side.rtt_ms).collect()),
        ratings: count(stars.len()),
        stars: mean(stars.iter().copied()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_protocol::call::CandidateKind;
    use callbox_protocol::reading::SideReading;

    fn call(first_frame_ms: u32, outcome: Outcome, cause: EndCause) -> CallReading {
        let caller = SideReading {
            connected_ms: Some(150),
            dtls_ms: Some(20),
            first_frame_ms: Some(first_frame_ms),
            path: [Some(CandidateKind::Host), Some(CandidateKind::Prflx)],
        };
        CallReading {
            confirmed_ms: Some(12),
            offer_ms: Some(13),
            answer_ms: Some(100),
            sides: [caller, SideReading::default()],
            cause: Some(cause),
            outcome: Some(outcome),
        }
    }

    #[test]
    fn calls_are_judged_by_outcome_and_cause_and_their_steps_are_told_apart() {
        let calls = vec![
            call(200, Outcome::Success, EndCause::Hangup),
            call(400, Outcome::Success, EndCause::MediaLost),
            call(300, Outcome::Failure, EndCause::MediaFailed),
            call(100, Outcome::Left, EndCause::Next),
            call(250, Outcome::Success, EndCause::Left),
        ];
        let recent = recent_calls(&Readings { calls, ..Readings::default() });
        assert_eq!((recent.calls, recent.dropped), (5, 2));
        assert!((recent.success_percent.unwrap() - 75.0).abs() < 0.01);
        assert_eq!((recent.causes[&EndCause::MediaLost], recent.causes[&EndCause::Left]), (1, 1));
        assert_eq!(recent.paths, [(CandidateKind::Prflx, 5)].into());
        assert_eq!((recent.setup.first_frame.count, recent.setup.first_frame.p50_ms), (5, 250));
        assert_eq!((recent.setup.confirmed.p99_ms, recent.setup.offer.p50_ms), (12, 13));
        // Connected 50 ms after the answer, of which DTLS took 20.
        assert_eq!((recent.setup.ice.p99_ms, recent.setup.dtls.p99_ms), (30, 20));
    }

    #[test]
    fn what_is_not_known_is_left_out_of_its_own_figure_alone() {
        let empty = recent_calls(&Readings::default());
        assert_eq!((empty.calls, empty.success_percent, empty.quality.score), (0, None, None));
        let unknown = CallReading { cause: None, outcome: None, ..call(1, Outcome::Left, EndCause::Next) };
        let recent = recent_calls(&Readings { calls: vec![unknown], ..Readings::default() });
        assert_eq!((recent.calls, recent.causes.len(), recent.success_percent), (1, 0, None));
        assert_eq!(recent.setup.first_frame.count, 1);
    }

    #[test]
    fn quality_is_a_share_of_the_time_of_all_sides() {
        let side = |score, poor_s| QualityReading {
            excellent_s: 160 - 2 * poor_s,
            poor_s,
            frozen_s: poor_s / 2,
            score,
            rtt_ms: 40,
            ..QualityReading::default()
        };
        let quality = vec![side(90, 0), side(60, 40)];
        let recent = recent_calls(&Readings { quality, stars: vec![1, 4], ..Readings::default() }).quality;
        // 240 s excellent, 40 s poor and 20 s frozen.
        assert_eq!((recent.summaries, recent.score), (2, Some(75.0)));
        assert!((recent.excellent_percent - 80.0).abs() < 0.01);
        assert!((recent.poor_percent - 40.0 / 3.0).abs() < 0.01);
        assert!((recent.frozen_percent - 20.0 / 3.0).abs() < 0.01);
        assert_eq!((recent.round_trip.count, recent.round_trip.p95_ms), (2, 40));
        assert_eq!((recent.ratings, recent.stars), (2, Some(2.5)));
    }
}
