//! The figures of the last calls, for the operator: outcomes, causes and paths, the steps of the set-up, and quality.
//!
//! A call that never began is no reading. A value of a later version that this one does not know is left out of the
//! figure that it would count in, and counts in the others.

use callbox_protocol::call::{EndCause, Outcome};
use callbox_protocol::http::{RecentCalls, RecentQuality, Setup};
use callbox_protocol::reading::{CallReading, QualityReading, Readings};

use crate::call_values::ice_ms;
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
            self.ice.extend(ice_ms(call.answer_ms, side.connected_ms, side.dtls_ms));
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
mod tests;
