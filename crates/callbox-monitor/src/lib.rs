//! What is seen of the server, its calls and its pages, in figures.
//!
//! Pure: the names of all figures, readings as the store keeps them, what browsers tell, and the figures and texts that
//! the operator sees. It reads no database, no clock and no socket. The caller sets the bounds of readings: it counts those
//! that it gets. What is remembered of beacons, and of calls that ended a moment
//! ago, has bounds of its own.
#![forbid(unsafe_code)]

pub mod alert;
mod beacon;
mod call_values;
mod cause;
mod cells;
mod ended;
mod errors;
mod exposition;
mod figure;
mod fold;
mod gap;
mod heard;
mod live;
mod metric;
mod percentiles;
mod recent;
mod rollup;
pub mod scorecard;
mod seen;
mod series;
mod share;
mod sketch;
mod snapshot;
mod statements;
mod story;
mod totals;
mod varint;

pub use beacon::{
    Cuts, Desk, Intake, Noted, RefusedBeacon, Sample, check as check_beacon, template as route_template,
};
pub use cause::{BothEvidence, cause_of};
pub use cells::{Cells, CellsError, Label};
pub use ended::{EndedCalls, Judged};
pub use errors::{
    FINGERPRINT_VERSION, Frame, Group, MAP_BYTES_MAX, MapError, Original, SourceMap, frames, group,
    kind_word, message_template,
};
pub use exposition::{CONTENT_TYPE, Histogram, exposition, prometheus_name};
pub use figure::{Figure, FigureError, Spread};
pub use fold::{Dimensions, Fold, OTHER, When};
pub use gap::{PROBE_MS, gap};
pub use live::live_sample;
pub use metric::{Callers, Counter, Distribution, Gauge, Grade, Meta, Thresholds, Unit};
pub use recent::recent_calls;
pub use rollup::{
    COUNTERS, Changes, GAUGES, Minute, RowKey, Split, Step, kept_from, merged, minute_of, time_of,
};
pub use seen::{GroupedError, Kept, hex, kept, other_group};
pub use series::{POINTS_MAX, Query, QueryError, QueryParams, Reading, Wanted};
pub use share::Quantile;
pub use sketch::{Sketch, SketchError, VALUE_MAX};
pub use snapshot::{Snapshot, share};
pub use statements::statements;
pub use story::story_of;
pub use totals::Totals;
