//! Brings a beacon within its bounds: values, texts, lists and clocks.
//!
//! A value that nobody can have measured is dropped, a text is cut, and each is counted. A beacon is refused only if
//! it is of another version: what a page could not measure is no reason to lose the rest. After this, `started_at` is
//! by the server's clock.

use callbox_protocol::beacon::{
    BEACON_CALLS_MAX, BEACON_VERSION, Beacon, BeaconCall, BeaconError, BeaconEvent, CALL_CAUSE_CHARS_MAX,
    ConnectionQuality, ERROR_MESSAGE_CHARS_MAX, ERROR_NAME_CHARS_MAX, ERROR_STACK_CHARS_MAX, ERRORS_MAX,
    EVENT_NAME_CHARS_MAX, EVENTS_MAX, OPAQUE_USER_CHARS_MAX, RELEASE_CHARS_MAX, VITAL_MS_MAX, Vitals,
    WEIGHT_MAX,
};
use callbox_protocol::time::UnixMillis;
use thiserror::Error;

use super::route::template;

/// The longest that a beacon waits for a network, and the longest view.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// A page that shifts more than this was not measured.
const CLS_MAX: f64 = 100.0;
/// The most that one entry of a view counts.
const COUNT_MAX: u32 = 10_000;
/// The most complaints of one view.
const COMPLAINTS_MAX: u32 = 100;
/// The highest score of a connection.
const SCORE_MAX: u8 = 95;

/// The reason for which a whole beacon is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RefusedBeacon {
    /// Of another version.
    #[error("This server reads beacons of version {BEACON_VERSION}, and this one has version {0}.")]
    Version(u8),
}

/// What was not taken as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    /// Values and entries that nobody can have measured, and the ends of texts and lists.
    pub values: u32,
    /// Clocks that were out of bounds.
    pub clocks: u32,
}

/// The same beacon within its bounds, and how much was cut.
pub fn check(mut beacon: Beacon, received_at: UnixMillis) -> Result<(Beacon, Cuts), RefusedBeacon> {
    if beacon.version != BEACON_VERSION {
        return Err(RefusedBeacon::Version(beacon.version));
    }
    let mut cuts = Cuts::default();
    let age_ms = beacon.sent_at.since(beacon.started_at);
    if beacon.sent_at < beacon.started_at || age_ms > DAY_MS {
        cuts.clocks += 1;
    }
    beacon.started_at = received_at.minus(age_ms.min(DAY_MS));
    beacon.sent_at = received_at;
    let mut knife = Knife { cut: 0, length_ms: bounded(age_ms.min(DAY_MS)) };
    beacon.visible_ms = beacon.visible_ms.min(knife.length_ms);
    beacon.weight = knife.weight(beacon.weight);
    beacon.route = template(&beacon.route);
    beacon.release = beacon.release.take().and_then(|release| knife.release(&release));
    beacon.user = beacon.user.take().and_then(|user| knife.user(&user));
    beacon.vitals = knife.vitals(&beacon.vitals);
    knife.list(&mut beacon.errors, ERRORS_MAX);
    knife.list(&mut beacon.events, EVENTS_MAX);
    beacon.events.retain(|event| knife.is_event(event));
    if beacon.calls.len() > BEACON_CALLS_MAX {
        let surplus = beacon.calls.len() - BEACON_CALLS_MAX;
        beacon.calls.drain(..surplus);
        knife.cut += 1;
    }
    for error in &mut beacon.errors {
        knife.error(error);
    }
    for event in &mut beacon.events {
        event.count = event.count.clamp(1, COUNT_MAX);
    }
    for call in &mut beacon.calls {
        knife.call(call);
    }
    beacon.complaints = beacon.complaints.min(COMPLAINTS_MAX);
    beacon.errors_dropped = beacon.errors_dropped.min(COUNT_MAX);
    beacon.connection = beacon.connection.map(|connection| knife.connection(connection));
    cuts.values = knife.cut;
    Ok((beacon, cuts))
}

/// Cuts, and counts that it did.
struct Knife {
    cut: u32,
    /// How long the view was, so far: nothing in it is later.
    length_ms: u32,
}

impl Knife {
    fn weight(&mut self, weight: f64) -> f64 {
        let is_possible = (1.0..=WEIGHT_MAX).contains(&weight);
        self.cut += u32::from(!is_possible);
        if is_possible { weight } else { 1.0 }
    }

    fn vitals(&mut self, vitals: &Vitals) -> Vitals {
        let mut within = |value: Option<f64>, max: f64| {
            let kept = value.filter(|value| (0.0..=max).contains(value));
            self.cut += u32::from(kept.is_none() && value.is_some());
            kept
        };
        Vitals {
            fcp: within(vitals.fcp, VITAL_MS_MAX),
            lcp: within(vitals.lcp, VITAL_MS_MAX),
            cls: within(vitals.cls, CLS_MAX),
            inp: within(vitals.inp, VITAL_MS_MAX),
            ttfb: within(vitals.ttfb, VITAL_MS_MAX),
            fid: within(vitals.fid, VITAL_MS_MAX),
            load: within(vitals.load, VITAL_MS_MAX),
        }
    }

    /// A release is a word: a version, a date or a commit. It may name a folder of source maps.
    fn release(&mut self, release: &str) -> Option<String> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "._+-@".contains(c);
        let is_release =
            !release.is_empty() && release.len() <= RELEASE_CHARS_MAX && release.chars().all(is_word);
        self.cut += u32::from(!is_release && !release.is_empty());
        is_release.then(|| release.to_owned())
    }

    /// A longer one is dropped: two that are cut could become one.
    fn user(&mut self, user: &str) -> Option<String> {
        let is_user = (1..=OPAQUE_USER_CHARS_MAX).contains(&user.chars().count());
        self.cut += u32::from(!is_user && !user.is_empty());
        is_user.then(|| user.to_owned())
    }

    fn is_event(&mut self, event: &BeaconEvent) -> bool {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
        let BeaconEvent { name, .. } = event;
        let is_event = (1..=EVENT_NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(is_word);
        self.cut += u32::from(!is_event);
        is_event
    }

    fn error(&mut self, error: &mut BeaconError) {
        self.line(&mut error.name, ERROR_NAME_CHARS_MAX);
        self.line(&mut error.message, ERROR_MESSAGE_CHARS_MAX);
        if let Some(stack) = &mut error.stack {
            self.text(stack, ERROR_STACK_CHARS_MAX);
        }
        error.count = error.count.clamp(1, COUNT_MAX);
        error.at_ms = error.at_ms.min(self.length_ms);
    }

    fn call(&mut self, call: &mut BeaconCall) {
        if let Some(cause) = &mut call.cause {
            self.line(cause, CALL_CAUSE_CHARS_MAX);
        }
        call.at_ms = call.at_ms.min(self.length_ms);
        call.duration_ms = call.duration_ms.map(|ms| ms.min(bounded(DAY_MS)));
        call.setup_ms = self.measured(call.setup_ms);
        call.quality = call.quality.map(|quality| self.connection(quality));
    }

    fn connection(&mut self, quality: ConnectionQuality) -> ConnectionQuality {
        let score = quality.score.filter(|score| *score <= SCORE_MAX);
        let loss_permille = quality.loss_permille.filter(|loss| *loss <= 1_000);
        self.cut += u32::from(score != quality.score) + u32::from(loss_permille != quality.loss_permille);
        let (rtt_ms, jitter_ms) = (self.measured(quality.rtt_ms), self.measured(quality.jitter_ms));
        ConnectionQuality { score, loss_permille, rtt_ms, jitter_ms, ..quality }
    }

    fn measured(&mut self, ms: Option<u32>) -> Option<u32> {
        let kept = ms.filter(|ms| f64::from(*ms) <= VITAL_MS_MAX);
        self.cut += u32::from(kept != ms);
        kept
    }

    fn list<T>(&mut self, list: &mut Vec<T>, max: usize) {
        if list.len() > max {
            list.truncate(max);
            self.cut += 1;
        }
    }

    fn line(&mut self, text: &mut String, chars_max: usize) {
        self.text(text, chars_max);
        if text.contains('\n') {
            *text = text.replace('\n', " ");
        }
    }

    /// No control characters but line breaks, which stacks have: nothing in a text may act on a terminal.
    fn text(&mut self, text: &mut String, chars_max: usize) {
        if let Some((end, _)) = text.char_indices().nth(chars_max) {
            text.truncate(end);
            self.cut += 1;
        }
        if text.contains(|c: char| c.is_control() && c != '\n') {
            *text = text.replace(|c: char| c.is_control() && c != '\n', " ");
        }
    }
}

fn bounded(ms: u64) -> u32 {
    u32::try_from(ms).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::beacon) const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

    pub(in crate::beacon) fn beacon(members: &str) -> Beacon {
        let json = format!(
            r#"{{"version":1,"visit":"018f0000-0000-4000-8000-000000000001",
            "view":"018f0000-0000-4000-8000-000000000002","sequence":1,"sent_at":11000,"started_at":1000,
            "route":"/call"{members}}}"#
        );
        Beacon::parse(&json).unwrap()
    }

    #[test]
    fn clocks_are_taken_as_a_difference_that_is_a_day_at_most() {
        let clocked = |sent_at, started_at| {
            let clocks =
                Beacon { sent_at: UnixMillis(sent_at), started_at: UnixMillis(started_at), ..beacon("") };
            let (checked, cuts) = check(clocks, NOW).unwrap();
            (NOW.since(checked.started_at), cuts.clocks)
        };
        assert_eq!(clocked(11_000, 1_000), (10_000, 0));
        assert_eq!(clocked(u64::MAX, u64::MAX - 5), (5, 0));
        assert_eq!(clocked(1_000, 11_000), (0, 1));
        assert_eq!(clocked(u64::MAX, 0), (DAY_MS, 1));
    }

    #[test]
    fn values_that_nobody_can_have_measured_are_dropped_and_counted() {
        let vitals = r#","vitals":{"lcp":-1,"fcp":600000.5,"cls":0,"inp":1e300,"ttfb":600000,"load":12.5}"#;
        let (checked, cuts) = check(beacon(vitals), NOW).unwrap();
        let kept = Vitals { cls: Some(0.0), ttfb: Some(600_000.0), load: Some(12.5), ..Vitals::default() };
        assert_eq!((checked.vitals, cuts.values), (kept, 3));
        let (checked, cuts) =
            check(beacon(r#","weight":0.5,"release":"a b","user":"","complaints":4000000000"#), NOW).unwrap();
        assert_eq!((checked.release, checked.user, checked.complaints, cuts.values), (None, None, 100, 2));
    }

    #[test]
    fn names_of_events_are_words_and_lists_are_cut() {
        let events: Vec<_> = (0..40).map(|n| format!(r#"{{"name":"e{n}","count":99999999}}"#)).collect();
        let (checked, cuts) = check(beacon(&format!(r#","events":[{}]"#, events.join(","))), NOW).unwrap();
        assert_eq!((checked.events.len(), checked.events[0].count, cuts.values), (30, COUNT_MAX, 1));
        let hostile = r#","events":[{"name":"=cmd|' /C calc'!A0"},{"name":"<b>"},{"name":"chat\nopen"},{"name":"chat:open"}]"#;
        let (checked, cuts) = check(beacon(hostile), NOW).unwrap();
        assert_eq!((checked.events.len(), cuts.values), (1, 3));
    }

    #[test]
    fn another_version_is_refused() {
        let other = Beacon { version: 2, ..beacon("") };
        assert_eq!(check(other, NOW), Err(RefusedBeacon::Version(2)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn whatever_comes_is_within_its_bounds_and_checking_again_changes_nothing(
            text in "\\PC{0,400}|[a-z/0-9\\x00-\\x1f]{0,400}",
            number in any::<f64>(), whole in any::<u32>(), small in any::<u16>(), sent in any::<u64>(), started in any::<u64>(),
        ) {
            let error = BeaconError {
                kind: callbox_protocol::beacon::ErrorKind::Error, name: text.clone(), message: text.clone(),
                stack: Some(text.clone()), count: whole, at_ms: whole,
            };
            let quality = ConnectionQuality {
                score: Some((small >> 8) as u8), rtt_ms: Some(whole), loss_permille: Some(small),
                ..ConnectionQuality::default()
            };
            let call = BeaconCall {
                call: None, outcome: None, cause: Some(text.clone()), at_ms: whole, setup_ms: Some(whole),
                duration_ms: Some(whole), quality: Some(quality),
            };
            let vitals = Vitals { lcp: Some(number), cls: Some(number), ..Vitals::default() };
            let wild = Beacon {
                sent_at: UnixMillis(sent), started_at: UnixMillis(started), visible_ms: whole, route: text.clone(),
                release: Some(text.clone()), weight: number, user: Some(text.clone()), vitals,
                errors: vec![error; 12], events: vec![BeaconEvent { name: text, count: whole }],
                calls: vec![call; 12], complaints: whole, connection: Some(quality), ..beacon("")
            };
            let (once, _) = check(wild, NOW).unwrap();
            prop_assert!(once.started_at <= NOW && NOW.since(once.started_at) <= DAY_MS);
            prop_assert!((1.0..=WEIGHT_MAX).contains(&once.weight));
            prop_assert!(once.vitals.lcp.is_none_or(|lcp| (0.0..=VITAL_MS_MAX).contains(&lcp)));
            prop_assert!(once.errors.len() <= ERRORS_MAX && once.calls.len() <= BEACON_CALLS_MAX);
            for error in &once.errors {
                prop_assert!(error.message.chars().count() <= ERROR_MESSAGE_CHARS_MAX);
                prop_assert!(!error.message.contains(char::is_control));
            }
            let (twice, cuts) = check(once.clone(), NOW).unwrap();
            prop_assert_eq!((twice, cuts), (once, Cuts::default()));
        }
    }
}
