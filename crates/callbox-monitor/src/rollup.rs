//! Roll-ups: what rows there are, how long each is kept, and how a minute's figures become rows of three sizes.
//!
//! Days are UTC's. Minutes and hours are split by one dimension at a time; days also by all of them together. By the
//! hour that would double the store, for cells of two values each. Minutes that are split by a dimension are kept for six
//! hours: they are the largest part of all minutes, and whoever compares routes or releases of yesterday asks by the hour.
//! The minutes of an hour are one row of the store.

use callbox_protocol::time::UnixMillis;
use std::collections::BTreeMap;

use crate::cells::{Cells, CellsError, Label};

/// Minutes since 1970: what times of rows are in.
pub type Minute = u32;

const HOUR: Minute = 60;
const DAY: Minute = 24 * HOUR;
const MINUTE_MS: u64 = 60_000;

/// The length of time that a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Kept for 48 hours; six where it is split by a dimension.
    Minute,
    /// Kept for 35 days.
    Hour,
    /// Kept for 13 months.
    Day,
}

impl Step {
    /// From the shortest to the longest.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length.
    pub const fn minutes(self) -> Minute {
        match self {
            Self::Minute => 1,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// For how many minutes its figures are kept.
    pub const fn kept_minutes(self, split: Split) -> Minute {
        match self {
            Self::Minute if split.is_by_dimension() => 6 * HOUR,
            Self::Minute => 48 * HOUR,
            Self::Hour => 35 * DAY,
            // 13 months of 31 days at most, less what February lacks: 396 days.
            Self::Day => 396 * DAY,
        }
    }

    /// The row that this minute is in: when its time begins, and how many minutes later that of the figure does.
    pub const fn row_of(self, minute: Minute) -> (Minute, Minute) {
        let start = self.start(minute);
        let row = start - start % HOUR;
        (row, start - row)
    }

    /// The start of the stretch that this minute is in.
    pub const fn start(self, minute: Minute) -> Minute {
        minute - minute % self.minutes()
    }

    /// The first minute whose figures are still kept.
    pub const fn kept_from(self, split: Split, now: Minute) -> Minute {
        self.start(now.saturating_sub(self.kept_minutes(split)))
    }
}

/// The start of the first row that is still kept, of rows with these numbers in the store. Rows with other numbers are of
/// another version, and stay.
pub fn kept_from(step_minutes: Minute, split_number: u8, now: Minute) -> Minute {
    let step = Step::ALL.into_iter().find(|step| step.minutes() == step_minutes);
    let split = Split::ALL.into_iter().find(|split| split.number() == split_number);
    let (Some(step), Some(split)) = (step, split) else { return 0 };
    step.row_of(step.kept_from(split, now)).0
}

/// The minute that a time is in.
pub fn minute_of(time: UnixMillis) -> Minute {
    Minute::try_from(time.0 / MINUTE_MS).unwrap_or(Minute::MAX)
}

/// The time at which a minute begins.
pub fn time_of(minute: Minute) -> UnixMillis {
    UnixMillis(u64::from(minute) * MINUTE_MS)
}

/// By what the cells of a row are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// By nothing: one cell.
    All,
    /// By the template of the page's route.
    Route,
    /// By the kind of device.
    Device,
    /// By the release of the app.
    Release,
    /// By how the page was reached: hard or soft navigations.
    Nav,
    /// By all four at once.
    Every,
    /// By the names of counters or gauges, which share one row.
    Name,
}

impl Split {
    const ALL: [Self; 7] =
        [Self::All, Self::Route, Self::Device, Self::Release, Self::Nav, Self::Every, Self::Name];

    /// Those of distributions.
    pub(crate) const OF_VALUES: [Self; 6] =
        [Self::All, Self::Route, Self::Device, Self::Release, Self::Nav, Self::Every];

    /// Its number in the store. It never changes.
    pub const fn number(self) -> u8 {
        match self {
            Self::All => 0,
            Self::Route => 1,
            Self::Device => 2,
            Self::Release => 3,
            Self::Nav => 4,
            Self::Every => 5,
            Self::Name => 6,
        }
    }

    const fn is_by_dimension(self) -> bool {
        matches!(self, Self::Route | Self::Device | Self::Release | Self::Nav | Self::Every)
    }

    /// Whether rows of this step are split so.
    pub(crate) fn is_kept(self, step: Step) -> bool {
        self != Self::Every || step == Step::Day
    }

    /// The label of a value with these dimensions; `None` if it has none in this split.
    pub(crate) fn label(self, dimensions: [&str; 4]) -> Option<Label> {
        let one = |place: usize| {
            let word = dimensions[place];
            (!word.is_empty()).then(|| vec![word.to_owned()])
        };
        match self {
            Self::All | Self::Name => Some(Vec::new()),
            Self::Route => one(0),
            Self::Device => one(1),
            Self::Release => one(2),
            Self::Nav => one(3),
            // A value without any is in the row of all already.
            Self::Every => dimensions
                .iter()
                .any(|word| !word.is_empty())
                .then(|| dimensions.iter().map(|word| (*word).to_owned()).collect()),
        }
    }
}

/// The name of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The name of a distribution, or [`COUNTERS`] or [`GAUGES`].
    pub metric: &'static str,
    /// How long a time each of its figures is about.
    pub step: Step,
    /// By what its cells are told apart.
    pub split: Split,
    /// When its time begins: the hour of minutes and hours, and the day.
    pub at: Minute,
}

/// The row that all counters share.
pub const COUNTERS: &str = "counters";
/// The row that all gauges share: each is the spread of its readings.
pub const GAUGES: &str = "gauges";

/// What is to be merged into rows.
pub type Changes = BTreeMap<RowKey, Cells>;

/// The row that all names of features share.
pub(crate) const FEATURES: &str = "features";

/// The rows of a figure of one minute: that of minutes, the hour's and the day's; and where in each it stands.
pub(crate) fn rows_of(
    metric: &'static str,
    split: Split,
    minute: Minute,
) -> impl Iterator<Item = (RowKey, Minute)> {
    let steps = Step::ALL.into_iter().filter(move |step| split.is_kept(*step));
    steps.map(move |step| {
        let (at, offset) = step.row_of(minute);
        (RowKey { metric, step, split, at }, offset)
    })
}

/// The bytes of a row after a change. A row that cannot be read is replaced, and the error says so.
pub fn merged(before: Option<&[u8]>, change: &Cells) -> (Vec<u8>, Option<CellsError>) {
    match before.map(Cells::decode) {
        Some(Ok(mut cells)) => {
            cells.merge(change);
            (cells.encode(), None)
        }
        Some(Err(error)) => (change.encode(), Some(error)),
        None => (change.encode(), None),
    }
}

#[cfg(test)]
mod tests;
