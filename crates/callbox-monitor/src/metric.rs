//! The names of all figures: what is counted, what is gauged, and of what percentiles are kept.
//!
//! An enum each, so that a figure is an index of an array and no name is made while the server runs. A value of a
//! label is a variant of its own: `http_requests{access="login",status="2xx"}` is `Counter::HttpLogin2xx`, whose own
//! name is `http_requests_login_2xx`. What is kept on disk goes by these names, so a name never changes its meaning.
//! Bound: the variants, since no outside text becomes a name or a label.

mod counted;
mod counter;
mod distribution;
mod gauge;
#[cfg(test)]
mod table;

pub use counted::Callers;
pub use counter::Counter;
pub use distribution::{Distribution, Grade, Thresholds};
pub use gauge::Gauge;

/// What the numbers of a figure count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Days.
    Days,
    /// A share, from 0 to 1.
    Ratio,
    /// Points of a score.
    Score,
}

impl Unit {
    /// The unit in tables for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Bytes => "bytes",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Days => "days",
            Self::Ratio => "ratio",
            Self::Score => "points",
        }
    }

    /// The base unit as Prometheus names it, and how many of it are one of ours.
    pub const fn base(self) -> (&'static str, f64) {
        match self {
            Self::Count | Self::Score => ("", 1.0),
            Self::Bytes => ("bytes", 1.0),
            Self::Milliseconds => ("seconds", 0.001),
            Self::Seconds => ("seconds", 1.0),
            Self::Days => ("seconds", 86_400.0),
            Self::Ratio => ("ratio", 1.0),
        }
    }
}

/// What is written about a figure.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Its own name, in snake case: no other figure of its kind has it.
    pub name: &'static str,
    /// The name that it shares with figures that differ in their labels alone.
    pub family: &'static str,
    /// The names and the values of its labels.
    pub labels: &'static [(&'static str, &'static str)],
    /// What its numbers count.
    pub unit: Unit,
    /// A sentence for people: the same for the whole family.
    pub help: &'static str,
}

/// Makes the enum of one kind of figure: families with their unit and help, and the variants of each with their labels.
macro_rules! metrics {
    (
        $(#[$about:meta])*
        $kind:ident:
        $(
            $family:literal $unit:ident $help:literal
            { $($variant:ident $([$($label:literal = $value:literal),+])?),+ $(,)? }
        )+
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {
            $($(
                #[doc = concat!("`", $family, "`", $($(" ", $label, " ", $value,)+)? ": ", $help)]
                $variant,
            )+)+
        }

        impl $kind {
            /// Every one, in the order of their indices; those of a family stand beside each other.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)+)+];

            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            const META: [$crate::metric::Meta; Self::COUNT] = [
                $($($crate::metric::Meta {
                    name: concat!($family, $($("_", $value,)+)?),
                    family: $family,
                    labels: &[$($(($label, $value),)+)?],
                    unit: $crate::metric::Unit::$unit,
                    help: $help,
                },)+)+
            ];

            /// What is written about it.
            pub const fn meta(self) -> &'static $crate::metric::Meta {
                &Self::META[self.index()]
            }

            /// Its own name, in snake case.
            pub const fn name(self) -> &'static str {
                self.meta().name
            }

            /// What its numbers count.
            pub const fn unit(self) -> $crate::metric::Unit {
                self.meta().unit
            }

            /// A sentence for people.
            pub const fn help(self) -> &'static str {
                self.meta().help
            }

            /// Its place in an array of all.
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The one with this name, if this version knows it.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}
use metrics;

#[cfg(test)]
mod tests;
