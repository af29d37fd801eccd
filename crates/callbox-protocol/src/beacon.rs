//! The beacon: what a browser tells about one view of a page, `POST /cb/v`.
//!
//! A view sends several: an interim one after ten seconds and one each time the page is hidden. Each says all that
//! is known of the view since its start, so that the one with the highest sequence replaces the others. Nothing in it
//! names a person: no query strings, addresses, names or chat. Unknown members and unknown words are ignored, so that
//! version 1 can grow. The server cuts what is longer than the bounds below, and counts that it did.

use serde::{Deserialize, Serialize};

use crate::id::{CallId, ViewId, VisitId};
use crate::signal::QualityLevel;
use crate::time::UnixMillis;

mod parts;

pub use parts::{BeaconCall, BeaconError, BeaconEvent, CallOutcome, ConnectionQuality, ErrorKind};

/// The version of this shape.
pub const BEACON_VERSION: u8 = 1;
/// The most bytes of a beacon; a larger one is answered with 413. Leave out stacks first.
pub const BEACON_BYTES_MAX: usize = 16 * 1024;
/// The most characters of a route.
pub const ROUTE_CHARS_MAX: usize = 120;
/// The most characters of a release.
pub const RELEASE_CHARS_MAX: usize = 40;
/// The most characters of an app's own id of a user.
pub const OPAQUE_USER_CHARS_MAX: usize = 128;
/// The most kinds of errors of a view.
pub const ERRORS_MAX: usize = 10;
/// The most characters of an error's type.
pub const ERROR_NAME_CHARS_MAX: usize = 60;
/// The most characters of an error's message.
pub const ERROR_MESSAGE_CHARS_MAX: usize = 300;
/// The most characters of an error's stack.
pub const ERROR_STACK_CHARS_MAX: usize = 1_000;
/// The most names of events of a view.
pub const EVENTS_MAX: usize = 30;
/// The most characters of an event's name: letters, digits, `_`, `-`, `.` and `:`.
pub const EVENT_NAME_CHARS_MAX: usize = 32;
/// The most calls of a view: the last ones.
pub const BEACON_CALLS_MAX: usize = 10;
/// The most characters of the cause of a call's failure.
pub const CALL_CAUSE_CHARS_MAX: usize = 40;
/// The largest weight.
pub const WEIGHT_MAX: f64 = 1_000.0;
/// The largest vital, duration and point in time of a view in milliseconds that counts: ten minutes.
pub const VITAL_MS_MAX: f64 = 600_000.0;

/// All that is known of one view of a page. Numbers are whole and not negative, but for `weight` and those in `vitals`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Beacon {
    /// [`BEACON_VERSION`].
    pub version: u8,
    /// The visit: views with at most 30 minutes between them, and at most 4 hours. Any UUID, made by the browser.
    pub visit: VisitId,
    /// The view. A route change makes a new one, and so does a page that comes back from the back/forward cache.
    pub view: ViewId,
    /// Which view of the visit this is, from 1 on.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub view_number: u32,
    /// Counts the beacons of this view, from 1 on. The highest one replaces the others.
    pub sequence: u32,
    /// Whether the view has ended, or is hidden and may end without a word. An interim beacon says `false`.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub is_final: bool,
    /// When the browser hands this beacon to the network, by its own clock. One that waited offline gets it anew,
    /// since the server takes the time between the two clocks from it.
    pub sent_at: UnixMillis,
    /// When the view began, by the same clock.
    pub started_at: UnixMillis,
    /// How long the page was visible, so far.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub visible_ms: u32,
    /// The path of the page without query and fragment, or the router's template: `/i/:code`. The server replaces
    /// what looks like an id.
    pub route: String,
    /// The app's release, for comparing two of them and for source maps.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub release: Option<String>,
    /// The kind of device.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<DeviceKind>"))]
    pub device: DeviceKind,
    /// How the view came to be.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Navigation>"))]
    pub navigation: Navigation,
    /// How many visits this one stands for: 1 divided by the rate of sampling, which is decided once for a visit.
    #[serde(default = "one")]
    #[cfg_attr(test, ts(optional, as = "Option<f64>"))]
    pub weight: f64,
    /// The app's own id of its user, if the app opted in. Kept as a keyed hash only.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub user: Option<String>,
    /// `navigator.webdriver`: a program drives this browser.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub is_driven: bool,
    /// How fast the page was.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vitals>"))]
    pub vitals: Vitals,
    /// What went wrong: one entry for each kind, with its count.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<BeaconError>>"))]
    pub errors: Vec<BeaconError>,
    /// Errors beyond [`ERRORS_MAX`] kinds, which are not in the list.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub errors_dropped: u32,
    /// Features that were used: one entry for each name, with its count.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<BeaconEvent>>"))]
    pub events: Vec<BeaconEvent>,
    /// The calls that began in this view.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<BeaconCall>>"))]
    pub calls: Vec<BeaconCall>,
    /// How often the person complained: a report, or the worst rating.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<u32>"))]
    pub complaints: u32,
    /// The connection: of the calls, if there were some.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub connection: Option<ConnectionQuality>,
}

/// How fast a page was. What was not measured is absent or `null`, never 0. Milliseconds, but for `cls`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vitals {
    /// First Contentful Paint.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub fcp: Option<f64>,
    /// Largest Contentful Paint.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub lcp: Option<f64>,
    /// Cumulative Layout Shift: a score without a unit.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub cls: Option<f64>,
    /// Interaction to Next Paint; absent where nobody interacted.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub inp: Option<f64>,
    /// Time to First Byte.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub ttfb: Option<f64>,
    /// First Input Delay, by the `first-input` entry.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub fid: Option<f64>,
    /// The end of the `load` event.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub load: Option<f64>,
}

/// The kind of a device, by its screen and its pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeviceKind {
    /// A narrow screen that is touched.
    Phone,
    /// A wide screen that is touched.
    Tablet,
    /// A mouse or a touchpad.
    Desk,
    /// Not known.
    #[default]
    #[serde(other)]
    Other,
}

/// How a view came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Navigation {
    /// A page was loaded.
    Hard,
    /// The app changed its route.
    Soft,
    /// The browser showed a page from its back/forward cache.
    Bfcache,
    /// The page was made before it was shown.
    Prerender,
    /// The same page again.
    Reload,
    /// Not known.
    #[default]
    #[serde(other)]
    Other,
}

fn one() -> f64 {
    1.0
}

impl Beacon {
    /// Reads a beacon; halves of characters in it are replaced.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&crate::text::well_formed(json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"{"version":1,"visit":"018f0000-0000-4000-8000-000000000001",
        "view":"018f0000-0000-4000-8000-000000000002","sequence":1,"sent_at":2,"started_at":1,"route":"/"}"#;

    #[test]
    fn the_least_beacon_is_read_and_absent_vitals_are_not_zero() {
        let beacon = Beacon::parse(LEAST).unwrap();
        assert_eq!(beacon.vitals, Vitals::default());
        assert!(beacon.vitals.cls.is_none() && (beacon.weight - 1.0).abs() < f64::EPSILON);
        assert_eq!((beacon.device, beacon.navigation), (DeviceKind::Other, Navigation::Other));
    }

    #[test]
    fn members_and_words_of_later_versions_are_ignored() {
        let later = LEAST.replace(
            r#""route":"/""#,
            r#""route":"/","new":{"a":1},"device":"watch","navigation":"teleport","vitals":{"cls":0,"xyz":1,"lcp":null},"connection":{"level":"superb","score":9}"#,
        );
        let beacon = Beacon::parse(&later).unwrap();
        assert_eq!((beacon.device, beacon.navigation), (DeviceKind::Other, Navigation::Other));
        assert_eq!((beacon.vitals.cls, beacon.vitals.lcp), (Some(0.0), None));
        let connection = beacon.connection.unwrap();
        assert_eq!((connection.level, connection.score), (None, Some(9)));
    }

    #[test]
    fn what_is_missing_is_named() {
        for member in ["version", "visit", "view", "sequence", "sent_at", "started_at", "route"] {
            let mut value: serde_json::Value = serde_json::from_str(LEAST).unwrap();
            value.as_object_mut().unwrap().remove(member);
            let error = Beacon::parse(&value.to_string()).unwrap_err().to_string();
            assert!(error.contains(member), "{error}");
        }
    }
}
