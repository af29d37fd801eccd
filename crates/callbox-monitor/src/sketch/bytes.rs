//! A sketch in bytes, as the store keeps it: 17 for one value, some 50 for a minute, some 300 for a day.
//!
//! Most buckets are near the one before and have few values, so that both fit into one byte, four bits each. Reading
//! trusts nothing: counts and buckets that do not fit each other are an error, and what is read is never larger
//! than the bytes it comes from, sixteen times over.

use thiserror::Error;

use super::Sketch;
use super::buckets::{BUCKETS, LAST, bucket_of};
use crate::varint::{self, NoNumber};

/// The form of these bytes; another one gets another number.
const VERSION: u8 = 2;
/// The form before: a number each for the step and the count of a bucket. Rows of a year are still in it.
const VERSION_OF_NUMBERS: u8 = 1;
/// Four bits that say that the rest of the number follows.
const MORE: u8 = 15;

/// Bytes that are no sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SketchError {
    /// They are of a later version, or nothing of ours.
    #[error("the sketch has an unknown version")]
    Version,
    /// They end too early, go on too long, or have a number that is too large.
    #[error("the sketch is cut short, too long, or has a number that is too large")]
    Shape,
    /// Its counts, buckets and sums contradict each other.
    #[error("the parts of the sketch contradict each other")]
    Contradiction,
}

impl From<NoNumber> for SketchError {
    fn from(NoNumber: NoNumber) -> Self {
        Self::Shape
    }
}

impl Sketch {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        varint::write(out, self.samples);
        if self.samples == 0 {
            return;
        }
        varint::write(out, self.min);
        varint::write(out, self.max - self.min);
        varint::write(out, self.sum);
        let mut before = 0;
        for &(bucket, count) in &self.counts {
            let (step, more_step) = four_bits(u64::from(bucket - before));
            // A bucket without values is not written.
            let (count, more_count) = four_bits(count - 1);
            out.push(step | count << 4);
            for more in [more_step, more_count].into_iter().flatten() {
                varint::write(out, more);
            }
            before = bucket;
        }
    }

    /// Reads a sketch that takes all of these bytes.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, SketchError> {
        let bytes = &mut bytes;
        let read_bucket = match varint::take(bytes, 1)? {
            [VERSION] => read_bucket,
            [VERSION_OF_NUMBERS] => read_bucket_of_numbers,
            _ => return Err(SketchError::Version),
        };
        let samples = varint::read(bytes)?;
        let mut sketch = Self { samples, ..Self::default() };
        if samples > 0 {
            sketch.min = varint::read(bytes)?;
            let spread: u64 = varint::read(bytes)?;
            sketch.max = sketch.min.checked_add(spread).ok_or(SketchError::Contradiction)?;
            sketch.sum = varint::read(bytes)?;
            sketch.read_counts(bytes, read_bucket)?;
        }
        if !bytes.is_empty() {
            return Err(SketchError::Shape);
        }
        if sketch.is_possible() { Ok(sketch) } else { Err(SketchError::Contradiction) }
    }

    fn read_counts(&mut self, bytes: &mut &[u8], read: ReadBucket) -> Result<(), SketchError> {
        let mut bucket: u16 = 0;
        while !bytes.is_empty() {
            let (step, count) = read(bytes)?;
            let is_next = step > 0 || self.counts.is_empty();
            let next = bucket.checked_add(step).filter(|next| is_next && usize::from(*next) < BUCKETS);
            bucket = next.filter(|_| count > 0).ok_or(SketchError::Contradiction)?;
            self.weight = self.weight.checked_add(count).ok_or(SketchError::Contradiction)?;
            self.counts.push((bucket, count));
        }
        Ok(())
    }

    /// Whether values could have made it: each counted, the smallest and the largest in the outer buckets.
    fn is_possible(&self) -> bool {
        let (Some((first, _)), Some((last, _))) = (self.counts.first(), self.counts.last()) else {
            return self.samples == 0;
        };
        let weight = u128::from(self.weight);
        self.samples <= self.weight
            && self.max <= LAST
            && bucket_of(self.min) == *first
            && bucket_of(self.max) == *last
            && (u128::from(self.min) * weight..=u128::from(self.max) * weight).contains(&self.sum)
    }
}

/// How far a bucket is from the one before, and its count.
type ReadBucket = fn(&mut &[u8]) -> Result<(u16, u64), SketchError>;

fn read_bucket(bytes: &mut &[u8]) -> Result<(u16, u64), SketchError> {
    let both: u8 = varint::take(bytes, 1)?[0];
    let mut number = |bits: u8| -> Result<u64, SketchError> {
        let more: u64 = if bits == MORE { varint::read(bytes)? } else { 0 };
        more.checked_add(bits.into()).ok_or(SketchError::Contradiction)
    };
    let step = u16::try_from(number(both & 0x0F)?).map_err(|_| SketchError::Contradiction)?;
    let count = number(both >> 4)?.checked_add(1).ok_or(SketchError::Contradiction)?;
    Ok((step, count))
}

fn read_bucket_of_numbers(bytes: &mut &[u8]) -> Result<(u16, u64), SketchError> {
    Ok((varint::read(bytes)?, varint::read(bytes)?))
}

/// A number in four bits, and what is left of it if it does not fit.
fn four_bits(number: u64) -> (u8, Option<u64>) {
    match u8::try_from(number) {
        Ok(bits) if bits < MORE => (bits, None),
        _ => (MORE, Some(number - u64::from(MORE))),
    }
}
