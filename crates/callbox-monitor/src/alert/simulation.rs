//! A month of calls in virtual time: how often a healthy server alarms, and how soon a sick one does.
//!
//! Calls come at random (Poisson) on a curve of the day, with 83 or 10 a minute at its peak, and 96 % of them succeed. The
//! shipped rules look each ten seconds. The short version runs always; the whole one with `--full`.

use callbox_protocol::time::UnixMillis;

use super::{Alerts, Interval, Parts, Rules};
use crate::{Counter, Gauge};

const STEP: u64 = 10_000;
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
const START: u64 = 1_795_651_200_000;
const HEALTHY: f64 = 0.96;

/// `SplitMix64`: the same numbers for the same seed, anywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are taken")]
        let share = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        share
    }

    /// Knuth's way: the mean is at most some dozen.
    fn poisson(&mut self, mean: f64) -> u64 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.next(), 0);
        while product > limit {
            product *= self.next();
            count += 1;
        }
        count
    }
}

/// The share of the peak at this time: 15 % at four in the morning, all of it at eight in the evening.
fn day_curve(now: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is below a day")]
    let turn = ((now % DAY) as f64 / DAY as f64 - 20.0 / 24.0) * std::f64::consts::TAU;
    0.15 + 0.85 * (0.5 + 0.5 * turn.cos())
}

struct World {
    alerts: Alerts,
    random: Random,
    now: u64,
    peak: f64,
}

impl World {
    fn new(seed: u64, peak: f64) -> Self {
        let alerts = Alerts::new(&Rules::shipped(), Parts::default(), None);
        Self { alerts, random: Random(seed), now: START, peak }
    }

    /// Ten seconds with this share of good calls; the rules that fired.
    fn step(&mut self, success: f64) -> Vec<String> {
        let mean = self.peak * day_curve(self.now) / 6.0;
        let mut interval = Interval::default();
        for _ in 0..self.random.poisson(mean) {
            let is_good = self.random.next() < success;
            interval.count(if is_good { Counter::CallsSuccess } else { Counter::CallsFailure }, 1);
            // Each call comes with a view of a page, of which one in 200 has an error, and some requests.
            let view = u64::from(self.random.next() < 0.005);
            interval.count(Counter::PageViewsFailed, view);
            interval.count(Counter::PageViewsHard, 1);
            interval.count(Counter::HttpLogin2xx, 10);
            interval.count(Counter::HttpLogin5xx, u64::from(self.random.next() < 0.001));
        }
        interval.count(if self.random.next() < 0.0005 { Counter::ProbesDown } else { Counter::ProbesUp }, 1);
        interval.set_gauge(Gauge::Ready, 1.0);
        self.now += STEP;
        self.alerts.handle_interval(&interval, UnixMillis(self.now));
        let notices = self.alerts.next_notices().into_iter();
        notices.filter(|notice| notice.is_firing).map(|notice| notice.rule).collect()
    }

    fn run(&mut self, length: u64) -> Vec<String> {
        (0..length / STEP).flat_map(|_| self.step(HEALTHY)).collect()
    }

    /// How long it took until the rule on calls fired, in seconds; `None` within half an hour.
    fn incident(&mut self, success: f64) -> Option<u64> {
        let begun = self.now;
        while self.now - begun < HOUR / 2 {
            if self.step(success).iter().any(|rule| rule == "call_success") {
                return Some((self.now - begun) / 1_000);
            }
        }
        None
    }
}

/// False alerts of each seed, of all rules and of the worst rule.
fn false_alerts(seeds: u64, days: u64, peak: f64) -> Vec<usize> {
    let mut worst: Vec<_> = (0..seeds)
        .map(|seed| {
            let fired = World::new(seed, peak).run(days * DAY);
            let count = |rule: &String| fired.iter().filter(|other| *other == rule).count();
            fired.iter().map(count).max().unwrap_or(0)
        })
        .collect();
    worst.sort_unstable();
    worst
}

/// Seconds until it was told, the shortest first: a day at peak, then the incident at eight in the evening.
fn detections(seeds: u64, success: f64) -> Vec<u64> {
    let mut all: Vec<_> = (0..seeds)
        .map(|seed| {
            let mut world = World::new(1_000 + seed, 83.0);
            world.now = START + 18 * HOUR;
            world.run(2 * HOUR);
            world.incident(success).unwrap_or(u64::MAX)
        })
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn a_healthy_server_hardly_alarms() {
    let busy = false_alerts(3, 3, 83.0);
    let quiet = false_alerts(3, 6, 10.0);
    assert!(busy[1] == 0 && quiet[1] == 0, "{busy:?} {quiet:?}");
}

#[test]
fn a_fault_is_told_within_minutes() {
    let (dead, sick) = (detections(20, 0.0), detections(20, 0.8));
    assert!(*dead.last().unwrap() <= 50, "all calls fail: {dead:?} s");
    assert!(sick[10] <= 180 && sick[17] <= 300, "one in five fails: {sick:?} s");
}

#[test]
#[ignore = "full: thirty days of twenty seeds take a minute"]
fn thirty_healthy_days_have_one_false_alert_at_most() {
    let (busy, quiet) = (false_alerts(20, 30, 83.0), false_alerts(20, 30, 10.0));
    println!("worst rule of each seed, 83 calls/min: {busy:?}; 10 calls/min: {quiet:?}");
    assert!(busy[10] <= 1 && quiet[10] <= 2, "{busy:?} {quiet:?}");
    let (dead, sick) = (detections(100, 0.0), detections(100, 0.8));
    println!("seconds until told, all fail: {dead:?}; one in five: {sick:?}");
    assert!(*dead.last().unwrap() <= 50 && sick[50] <= 180 && sick[89] <= 300);
}
