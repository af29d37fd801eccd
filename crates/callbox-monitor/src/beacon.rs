//! Beacons of browsers: what is taken of them, and what of it is new.
//!
//! Pure: a beacon and the time of its receipt come in, and what is to be counted goes out. A beacon is a stranger's:
//! each value is checked, each text is cut, and each name is one of a bounded number. Bounds: 16,384 views and as many
//! visits, 131,072 views that are past, 200 routes, 50 releases, 100 names of events, 300 groups of errors; 200 visits a day are kept for
//! themselves, and 2,000 for their errors and failed calls.

mod check;
mod desk;
mod idle;
mod names;
mod past;
mod route;
mod views;
mod visits;

pub use check::{Cuts, RefusedBeacon, check};
pub use desk::{Desk, Intake, Noted, Sample};
pub use route::template;
