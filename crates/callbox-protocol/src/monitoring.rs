//! What an operator reads of browsers' beacons: groups of errors, and single visits.
//!
//! Shapes only. Texts of errors are a stranger's: whoever shows them shows text, never markup, and writes no formula of
//! them into a table.

use serde::{Deserialize, Serialize};

use crate::beacon::{BeaconCall, BeaconEvent, ConnectionQuality, DeviceKind, ErrorKind, Navigation, Vitals};
use crate::id::{ViewId, VisitId};
use crate::time::UnixMillis;

/// Whose visits are to be deleted: `POST /v1/visits/erase`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EraseVisits {
    /// The app's own id of its user, as it gave it to `monitor.setUser`: 1 to 128 characters.
    pub user: String,
}

/// Errors that are one: `GET /v1/errors`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorGroup {
    /// Names the group: 32 hexadecimal digits.
    pub fingerprint: String,
    /// The version of the rule by which errors are grouped.
    pub version: u32,
    /// Where they were noticed; `other` is also the group of all that found no place in one of the 300.
    pub kind: String,
    /// The error's type.
    pub name: String,
    /// The message, with `<n>`, `<id>`, `<url>`, `<mail>` and `<text>` for what differs.
    pub message: String,
    /// Why these errors are one.
    pub why: String,
    /// When the first one happened.
    pub first_at: UnixMillis,
    /// When the last one happened.
    pub last_at: UnixMillis,
    /// How many were reported.
    pub count: u32,
    /// How many there were, by the weights of sampling.
    pub weighted: u32,
    /// Where it was seen.
    pub releases: Vec<ErrorRelease>,
    /// Of the last 48 hours, those that had some, the oldest first.
    pub hours: Vec<ErrorHour>,
    /// The first one.
    pub sample: Option<ErrorSample>,
}

/// A release in which errors of a group were seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorRelease {
    /// The release.
    pub release: String,
    /// When the first one happened in it.
    pub first_at: UnixMillis,
    /// When the last one happened in it.
    pub last_at: UnixMillis,
    /// How many were reported.
    pub count: u32,
}

/// The errors of a group in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorHour {
    /// When the hour began, UTC.
    pub at: UnixMillis,
    /// How many were reported.
    pub count: u32,
    /// How many there were, by the weights of sampling.
    pub weighted: u32,
}

/// One error of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorSample {
    /// The visit in which it happened. It can be read for seven days.
    pub visit: VisitId,
    /// The template of the page's route.
    pub route: String,
    /// The kind of device.
    pub device: DeviceKind,
    /// The stack, the innermost frame first.
    pub frames: Vec<ErrorFrame>,
}

/// One call of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorFrame {
    /// The function's name; empty if it has none.
    pub function: String,
    /// The path of the file: of the source, if there is a source map.
    pub file: String,
    /// The line, from 1 on; 0 if it is not known.
    pub line: u32,
    /// The column, from 1 on; 0 if it is not known.
    pub column: u32,
    /// Whether it is the app's own code.
    pub is_in_app: bool,
    /// Whether a source map was used.
    pub is_original: bool,
}

/// One visit: `GET /v1/visits/{visit}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitStory {
    /// The visit.
    pub visit: VisitId,
    /// When its first view that is kept began.
    pub started_at: UnixMillis,
    /// When its last beacon came.
    pub last_at: UnixMillis,
    /// Its views, the oldest first, at most 100.
    pub views: Vec<VisitView>,
}

/// One view of a visit. What is in it is in the order of time too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitView {
    /// The view.
    pub view: ViewId,
    /// Which view of the visit it is, from 1 on; 0 if that is not known.
    pub number: u32,
    /// When it began.
    pub started_at: UnixMillis,
    /// How long the page was visible.
    pub visible_ms: u32,
    /// Whether the page has said that it ended.
    pub is_final: bool,
    /// The template of the page's route.
    pub route: String,
    /// The app's release.
    pub release: Option<String>,
    /// The kind of device.
    pub device: DeviceKind,
    /// How the view came to be.
    pub navigation: Navigation,
    /// How many visits this one stands for.
    pub weight: f64,
    /// How fast the page was.
    pub vitals: Vitals,
    /// What went wrong.
    pub errors: Vec<VisitError>,
    /// Features that were used.
    pub events: Vec<BeaconEvent>,
    /// Calls; the story of one with an id is at `GET /v1/calls/{call}`.
    pub calls: Vec<BeaconCall>,
    /// Complaints.
    pub complaints: u32,
    /// The connection.
    pub connection: Option<ConnectionQuality>,
}

/// Errors of one kind in a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitError {
    /// Their group.
    pub fingerprint: String,
    /// Where they were noticed.
    pub kind: ErrorKind,
    /// The error's type.
    pub name: String,
    /// The message without what differs.
    pub message: String,
    /// How many.
    pub count: u32,
    /// When the first one happened, from the view's start.
    pub at_ms: u32,
}
