//! A sketch: the distribution of many values in a few hundred bytes, with each percentile within 1 %.
//!
//! It counts values in buckets that grow by 2 %, so a percentile is off by 1 % of itself at most, whatever the values are
//! and however often sketches were merged. All is integer arithmetic in millionths: merges are exact, and their order
//! does not matter. Bounds: 1,906 buckets; values from 0 to 10^12, and others are refused.

mod buckets;
mod bytes;

use crate::share::Quantile;
use buckets::{BUCKETS, bucket_of, middle};
pub use bytes::SketchError;

/// The largest value that counts: a terabyte, or thirty years in milliseconds.
pub const VALUE_MAX: f64 = 1e12;
/// Millionths in one.
const ONE: f64 = 1e6;

/// How many values there were in which bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// Values that came in, each counted once.
    samples: u64,
    /// What they stand for: a value that was sampled counts as often as its weight says.
    weight: u64,
    /// In millionths, with weights.
    sum: u128,
    /// In millionths; without a meaning if there are no values.
    min: u64,
    max: u64,
    /// Counts that are not zero, in the order of their buckets.
    counts: Vec<(u16, u64)>,
}

impl Sketch {
    /// Adds a value that stands for `weight` ones. Returns false, and adds nothing, if it is negative, too large or no
    /// number, or if the weight is zero.
    #[must_use]
    pub fn add(&mut self, value: f64, weight: u32) -> bool {
        let Some(value) = millionths(value).filter(|_| weight > 0) else { return false };
        let weight = u64::from(weight);
        self.min = if self.samples == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.samples += 1;
        self.weight += weight;
        self.sum += u128::from(value) * u128::from(weight);
        self.count(bucket_of(value), weight);
        true
    }

    /// Adds all values of another sketch.
    pub fn merge(&mut self, other: &Self) {
        if other.samples == 0 {
            return;
        }
        self.min = if self.samples == 0 { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.samples = self.samples.saturating_add(other.samples);
        self.weight = self.weight.saturating_add(other.weight);
        self.sum = self.sum.saturating_add(other.sum);
        if self.counts.is_empty() {
            self.counts.clone_from(&other.counts);
            return;
        }
        let mut theirs = other.counts.iter().copied().peekable();
        let mut merged = Vec::with_capacity(self.counts.len().max(other.counts.len()));
        for &(bucket, count) in &self.counts {
            while let Some(first) = theirs.next_if(|&(their, _)| their < bucket) {
                merged.push(first);
            }
            let same = theirs.next_if(|&(their, _)| their == bucket).map_or(0, |(_, count)| count);
            merged.push((bucket, count.saturating_add(same)));
        }
        merged.extend(theirs);
        self.counts = merged;
    }

    /// The values that came since an earlier state of this sketch. Its smallest and its largest are known by their buckets.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut earlier = before.counts.iter().copied().peekable();
        let mut counts = Vec::new();
        for &(bucket, count) in &self.counts {
            while earlier.next_if(|&(known, _)| known < bucket).is_some() {}
            let known = earlier.next_if(|&(known, _)| known == bucket).map_or(0, |(_, count)| count);
            if count > known {
                counts.push((bucket, count - known));
            }
        }
        let bound = |bucket: Option<&(u16, u64)>| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a middle is a value"
            )]
            let value = bucket.map_or(0, |(bucket, _)| middle(*bucket).round() as u64);
            value.clamp(self.min, self.max)
        };
        Self {
            samples: self.samples.saturating_sub(before.samples),
            weight: self.weight.saturating_sub(before.weight),
            sum: self.sum.saturating_sub(before.sum),
            min: bound(counts.first()),
            max: bound(counts.last()),
            counts,
        }
    }

    /// The value that so much of all does not exceed, within 1 %; `None` if there are no values.
    pub fn quantile(&self, quantile: Quantile) -> Option<f64> {
        if self.samples == 0 {
            return None;
        }
        let rank = quantile.rank(self.weight);
        let mut below = 0;
        let bucket = self.counts.iter().find(|(_, count)| {
            below += count;
            below >= rank
        });
        let (bucket, _) = bucket.or(self.counts.last())?;
        Some(middle(*bucket).clamp(float(self.min), float(self.max)) / ONE)
    }

    /// How many values, with their weights, are not above this one. Those within 2 % of it may count on either side.
    pub fn at_most(&self, value: f64) -> u64 {
        let Some(value) = millionths(value) else { return if value > 0.0 { self.weight } else { 0 } };
        if self.samples > 0 && value >= self.max {
            return self.weight;
        }
        let last = bucket_of(value);
        self.counts.iter().take_while(|(bucket, _)| *bucket <= last).map(|(_, count)| count).sum()
    }

    /// Values that came in, each counted once.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Values with their weights: what the samples stand for.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// The sum of the values with their weights, exact to a millionth a value.
    pub fn sum(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "15 digits of a sum are enough")]
        let sum = self.sum as f64;
        sum / ONE
    }

    /// `None` if there are no values.
    pub fn mean(&self) -> Option<f64> {
        (self.weight > 0).then(|| self.sum() / float(self.weight))
    }

    /// The smallest value; `None` if there are none.
    pub fn min(&self) -> Option<f64> {
        (self.samples > 0).then(|| float(self.min) / ONE)
    }

    /// The largest value; `None` if there are none.
    pub fn max(&self) -> Option<f64> {
        (self.samples > 0).then(|| float(self.max) / ONE)
    }

    /// How many buckets are in use: what it costs in memory.
    pub fn buckets(&self) -> usize {
        self.counts.len()
    }

    fn count(&mut self, bucket: u16, weight: u64) {
        debug_assert!(usize::from(bucket) < BUCKETS, "the last bucket ends with the largest value");
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => self.counts[place].1 += weight,
            Err(place) => self.counts.insert(place, (bucket, weight)),
        }
    }
}

/// A value as a sketch keeps it; `None` if it refuses it.
fn millionths(value: f64) -> Option<u64> {
    // A comparison with what is no number is false.
    let is_value = (0.0..=VALUE_MAX).contains(&value);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was just compared")]
    is_value.then(|| (value * ONE).round() as u64)
}

/// Exact up to 2^53, and within a rounding error beyond.
#[expect(clippy::cast_precision_loss, reason = "an error of 10^-16 is far below 1 %")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
