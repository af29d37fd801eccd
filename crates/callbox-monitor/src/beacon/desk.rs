//! The desk that beacons come to: one state for all, which says of each what is to be counted and what is to be kept.
//!
//! Pure and quick: a beacon costs some look-ups, and waits for nobody. Names that have no place count as `other`.
//! Views of browsers that a program drives are marked, and counted as such alone.

use callbox_protocol::beacon::{Beacon, BeaconCall, CallOutcome, DeviceKind, Navigation};
use callbox_protocol::time::UnixMillis;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::names::Names;
use super::views::{Of, Views};
use super::visits::Visits;
use crate::metric::Distribution;

const ROUTES_MAX: usize = 200;
const RELEASES_MAX: usize = 50;
const EVENT_NAMES_MAX: usize = 100;

/// All that is remembered of beacons.
#[derive(Debug)]
pub struct Desk {
    views: Views,
    visits: Visits,
    routes: Names,
    releases: Names,
    events: Names,
    no_release: Arc<str>,
}

/// What becomes of a beacon.
#[derive(Debug, PartialEq)]
pub enum Intake {
    /// All of it was counted before.
    Duplicate,
    /// A program drives the browser.
    Bot,
    /// It says something new.
    New(Noted),
}

/// What a beacon adds.
#[derive(Debug, PartialEq)]
pub struct Noted {
    /// The view is new.
    pub is_new_view: bool,
    /// The visit is new.
    pub is_new_visit: bool,
    /// The visit is kept whole.
    pub is_kept: bool,
    /// How many each thing in it counts for.
    pub weight: u32,
    /// The route as it is counted.
    pub route: Arc<str>,
    /// `hard` or `soft`.
    pub nav: &'static str,
    /// The values to be counted.
    pub samples: Vec<Sample>,
    /// Places in the beacon's list of errors, and how many more there are of each.
    pub errors: Vec<(usize, u32)>,
    /// Errors that are in no list.
    pub errors_dropped: u32,
    /// One if the view had no error before these.
    pub failed_views: u32,
    /// Features that were used, and how often.
    pub events: Vec<(Arc<str>, u32)>,
    /// Places in the beacon's list of calls: those that have an outcome now.
    pub calls: Vec<usize>,
    /// Complaints.
    pub complaints: u32,
    /// For how long more the view was seen, in milliseconds.
    pub visible_ms: u32,
    /// Names that count as `other`: of the route, of the release, of events.
    pub capped: [u32; 3],
}

/// One value to be counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Of what.
    pub distribution: Distribution,
    /// The value.
    pub value: f64,
    /// How many it stands for.
    pub weight: u32,
    /// The route.
    pub route: Arc<str>,
    /// The release; empty if it is not known.
    pub release: Arc<str>,
    /// The kind of device; empty if it is not known.
    pub device: &'static str,
    /// `hard` or `soft`.
    pub nav: &'static str,
    /// When the view began.
    pub at: UnixMillis,
}

impl Desk {
    /// An empty one, of a process that starts now.
    pub fn new(start: UnixMillis) -> Self {
        Self {
            views: Views::new(start),
            visits: Visits::new(),
            routes: Names::new(ROUTES_MAX),
            releases: Names::new(RELEASES_MAX),
            events: Names::new(EVENT_NAMES_MAX),
            no_release: "".into(),
        }
    }

    /// Takes a beacon that was checked. An event whose name has no place is in the beacon as `other` after that.
    pub fn take(&mut self, beacon: &mut Beacon, now: UnixMillis) -> Intake {
        if beacon.is_driven {
            return Intake::Bot;
        }
        let (of, mut capped) = self.of(beacon, now);
        let Some(difference) = self.views.take(beacon, of.clone(), now) else { return Intake::Duplicate };
        let mut events = Vec::new();
        for (place, count) in difference.events {
            let (name, is_other) = self.events.admit_or_other(&beacon.events[place].name, now);
            capped[2] += u32::from(is_other);
            if is_other {
                name.as_ref().clone_into(&mut beacon.events[place].name);
            }
            events.push((name, count));
        }
        let has_failed = !beacon.errors.is_empty() || beacon.calls.iter().any(|call| is_failed(call.outcome));
        let standing = self.visits.note(beacon.visit, beacon.view_number, has_failed, now);
        of.route.as_ref().clone_into(&mut beacon.route);
        let mut samples = samples(&of, &difference.vitals);
        for call in difference.calls.iter().map(|place| &beacon.calls[*place]) {
            samples.extend(reported(call).map(|(distribution, value)| sample(&of, distribution, value)));
        }
        Intake::New(Noted {
            is_new_view: difference.is_new,
            is_new_visit: standing.is_new,
            is_kept: standing.is_kept,
            weight: of.weight,
            route: Arc::clone(&of.route),
            nav: of.nav,
            samples,
            errors: difference.errors,
            errors_dropped: difference.errors_dropped,
            failed_views: u32::from(difference.fails),
            events,
            calls: difference.calls,
            complaints: difference.complaints,
            visible_ms: difference.visible_ms,
            capped,
        })
    }

    /// The values of views that ended without a word. Asked for once a minute.
    pub fn settled(&mut self, now: UnixMillis) -> Vec<Sample> {
        self.views.settled(now).iter().flat_map(|(of, values)| samples(of, values)).collect()
    }

    /// The values of all views that have not ended, once: the process ends.
    pub fn release_all(&mut self) -> Vec<Sample> {
        self.views.release_all().iter().flat_map(|(of, values)| samples(of, values)).collect()
    }

    /// The values that may still grow: they are in figures of this moment, and in no row yet.
    pub fn held(&self) -> impl Iterator<Item = Sample> {
        self.views.held().map(|(of, distribution, value)| sample(of, distribution, value))
    }

    fn of(&mut self, beacon: &Beacon, now: UnixMillis) -> (Of, [u32; 3]) {
        let (route, is_other_route) = self.routes.admit_or_other(&beacon.route, now);
        let (release, is_other_release) = match &beacon.release {
            Some(release) => self.releases.admit_or_other(release, now),
            None => (Arc::clone(&self.no_release), false),
        };
        let device = match beacon.device {
            DeviceKind::Phone => "phone",
            DeviceKind::Tablet => "tablet",
            DeviceKind::Desk => "desk",
            DeviceKind::Other => "",
        };
        let nav = if beacon.navigation == Navigation::Soft { "soft" } else { "hard" };
        let of = Of { route, release, device, nav, weight: weight(beacon), at: beacon.started_at };
        (of, [u32::from(is_other_route), u32::from(is_other_release), 0])
    }
}

fn samples(of: &Of, values: &[(Distribution, f64)]) -> Vec<Sample> {
    values.iter().map(|(distribution, value)| sample(of, *distribution, *value)).collect()
}

fn sample(of: &Of, distribution: Distribution, value: f64) -> Sample {
    let Of { route, release, device, nav, weight, at } = of.clone();
    Sample { distribution, value, weight, route, release, device, nav, at }
}

/// What is told of a call of another app. All about one of ours is known to the server.
fn reported(call: &BeaconCall) -> impl Iterator<Item = (Distribution, f64)> {
    let quality = call.quality.unwrap_or_default();
    let values = [
        (Distribution::ReportedCallSetup, call.setup_ms.map(f64::from)),
        (Distribution::ReportedCallLength, call.duration_ms.map(|ms| f64::from(ms) / 1_000.0)),
        (Distribution::ReportedCallScore, quality.score.map(f64::from)),
        (Distribution::ReportedCallRtt, quality.rtt_ms.map(f64::from)),
        (Distribution::ReportedCallLoss, quality.loss_permille.map(|loss| f64::from(loss) / 1_000.0)),
    ];
    let is_ours = call.call.is_some();
    values.into_iter().filter(move |_| !is_ours).filter_map(|(of, value)| Some((of, value?)))
}

/// Whether an outcome is a reason to keep the visit.
fn is_failed(outcome: Option<CallOutcome>) -> bool {
    matches!(outcome, Some(CallOutcome::Failure | CallOutcome::Dropped | CallOutcome::Denied))
}

/// A whole weight: of many visits that weigh 2.5, half count as 2 and half as 3. A visit always weighs the same.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: from 1 to 1,000")]
fn weight(beacon: &Beacon) -> u32 {
    let mut hasher = DefaultHasher::new();
    beacon.visit.hash(&mut hasher);
    let share = f64::from((hasher.finish() >> 32) as u32) / f64::from(u32::MAX);
    beacon.weight.floor() as u32 + u32::from(beacon.weight.fract() > share)
}

#[cfg(test)]
mod tests;
