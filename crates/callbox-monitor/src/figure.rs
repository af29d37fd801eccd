//! One figure of one stretch of time: a count, or how values were spread, and their bytes in the store.
//!
//! Figures of the same name are merged exactly, whatever stretches they are of. Shares by published thresholds are counted
//! beside the sketch, value by value, since a bucket of a sketch may lie on both sides of a threshold.

use thiserror::Error;

use crate::metric::{Grade, Thresholds};
use crate::sketch::{Sketch, SketchError};
use crate::varint::{self, NoNumber};

const COUNT: u8 = 1;
const SPREAD: u8 = 2;

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// How often something happened.
    Count(u64),
    /// What values there were.
    Spread(Spread),
}

/// Values, and how many of them were good and poor where thresholds are published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    pub(crate) sketch: Sketch,
    good: u64,
    poor: u64,
}

/// Bytes that are no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FigureError {
    /// They are of no kind that this version knows, or of the wrong length.
    #[error("the bytes are no figure")]
    Shape,
    /// Its sketch is none.
    #[error(transparent)]
    Sketch(#[from] SketchError),
}

impl From<NoNumber> for FigureError {
    fn from(NoNumber: NoNumber) -> Self {
        Self::Shape
    }
}

impl Figure {
    /// Adds the other one. Where the kinds differ, a name has changed its meaning: the other one replaces this.
    pub fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Count(count), Self::Count(more)) => *count = count.saturating_add(*more),
            (Self::Spread(spread), Self::Spread(more)) => spread.merge(more),
            _ => self.clone_from(other),
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Count(count) => {
                out.push(COUNT);
                varint::write(out, *count);
            }
            Self::Spread(spread) => {
                out.push(SPREAD);
                varint::write(out, spread.good);
                varint::write(out, spread.poor);
                spread.sketch.encode(out);
            }
        }
    }

    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, FigureError> {
        let bytes = &mut bytes;
        match varint::take(bytes, 1)? {
            [COUNT] => {
                let count = varint::read(bytes)?;
                if bytes.is_empty() { Ok(Self::Count(count)) } else { Err(FigureError::Shape) }
            }
            [SPREAD] => {
                let (good, poor) = (varint::read::<u64>(bytes)?, varint::read::<u64>(bytes)?);
                let sketch = Sketch::decode(bytes)?;
                let judged = good.checked_add(poor).ok_or(FigureError::Shape)?;
                if judged > sketch.weight() {
                    return Err(FigureError::Shape);
                }
                Ok(Self::Spread(Spread { sketch, good, poor }))
            }
            _ => Err(FigureError::Shape),
        }
    }
}

impl Spread {
    /// Adds a value that stands for `weight` ones; false if it is none.
    pub(crate) fn add(&mut self, value: f64, weight: u32, thresholds: Option<Thresholds>) -> bool {
        let is_added = self.sketch.add(value, weight);
        if let Some(thresholds) = thresholds.filter(|_| is_added) {
            match thresholds.judge(value) {
                Grade::Good => self.good += u64::from(weight),
                Grade::Needs => {}
                Grade::Poor => self.poor += u64::from(weight),
            }
        }
        is_added
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.sketch.merge(&other.sketch);
        self.good = self.good.saturating_add(other.good);
        self.poor = self.poor.saturating_add(other.poor);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sketch.samples() == 0
    }

    /// All values.
    pub fn sketch(&self) -> &Sketch {
        &self.sketch
    }

    /// How many values, with their weights, are of this grade. Only where there are thresholds.
    pub fn graded(&self, grade: Grade) -> u64 {
        match grade {
            Grade::Good => self.good,
            Grade::Needs => self.sketch.weight().saturating_sub(self.good).saturating_sub(self.poor),
            Grade::Poor => self.poor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Distribution;

    fn bytes(figure: &Figure) -> Vec<u8> {
        let mut bytes = Vec::new();
        figure.encode(&mut bytes);
        bytes
    }

    fn lcp(values: &[f64]) -> Figure {
        let mut spread = Spread::default();
        for value in values {
            assert!(spread.add(*value, 2, Distribution::Lcp.thresholds()));
        }
        Figure::Spread(spread)
    }

    #[test]
    fn figures_come_back_from_their_bytes_and_merge_by_kind() {
        let mut figure = lcp(&[1_000.0, 3_000.0]);
        figure.merge(&lcp(&[2_500.0, 9_000.0, 2_501.0]));
        assert_eq!(Figure::decode(&bytes(&figure)), Ok(figure.clone()));
        let Figure::Spread(spread) = &figure else { panic!("{figure:?}") };
        let graded = [Grade::Good, Grade::Needs, Grade::Poor].map(|grade| spread.graded(grade));
        assert_eq!((graded, spread.sketch().samples(), spread.sketch().weight()), ([4, 4, 2], 5, 10));
        let mut count = Figure::Count(3);
        count.merge(&Figure::Count(4));
        assert_eq!(Figure::decode(&bytes(&count)), Ok(Figure::Count(7)));
        count.merge(&figure);
        assert_eq!(count, figure);
    }

    #[test]
    fn bytes_that_are_no_figure_are_an_error() {
        for bytes in
            [&[][..], &[0], &[COUNT], &[COUNT, 1, 1], &[SPREAD, 0, 0], &[SPREAD, 1, 0, 1, 0], &[9, 9]]
        {
            assert!(Figure::decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
