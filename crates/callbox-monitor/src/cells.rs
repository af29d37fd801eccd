//! The cells of one row of the store: what one metric was in one stretch of time, split by one dimension.
//!
//! A row has its own list of words, so that it can be read without another table and a word that is no longer used goes
//! with its last row. The minutes of an hour share a row: their words stand in it once, and what a question does not ask for
//! is passed over in one step. Reading trusts nothing. Bounds: what is read is never larger than some times its bytes;
//! words have 256 bytes; a row has 60 offsets.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use thiserror::Error;

use crate::figure::{Figure, FigureError};
use crate::varint::{self, NoNumber};

/// The form of these bytes; another one gets another number.
const VERSION: u8 = 2;
/// The form before: a figure in each cell, at the start of the row. Rows of a year are still in it.
const VERSION_ONE_TIME: u8 = 1;
/// A longer word is cut when it comes in.
const WORD_BYTES_MAX: usize = 256;
/// Words of one label: as many as there are dimensions.
const LABEL_WORDS_MAX: usize = 4;
/// The minutes of the longest row that has several times.
const OFFSETS: u32 = 60;

/// What a cell is about: none, one, or all dimensions, in their order.
pub type Label = Vec<String>;

/// Figures by their labels, and by how many minutes after the start of the row their time begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    figures: BTreeMap<Label, BTreeMap<u32, Figure>>,
}

/// Bytes that are no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CellsError {
    /// They are of a later version, or nothing of ours.
    #[error("the row has an unknown version")]
    Version,
    /// Their words, times and cells do not fit each other.
    #[error("the row is cut short, or its words, times and cells do not fit each other")]
    Shape,
    /// A cell has no figure.
    #[error(transparent)]
    Figure(#[from] FigureError),
}

impl From<NoNumber> for CellsError {
    fn from(NoNumber: NoNumber) -> Self {
        Self::Shape
    }
}

impl Cells {
    /// Merges a figure into the cell with this label, of the time that begins so many minutes after the row's start.
    pub fn add(&mut self, label: Label, offset: u32, figure: &Figure) {
        match self.figures.entry(label).or_default().entry(offset) {
            Entry::Occupied(mut cell) => cell.get_mut().merge(figure),
            Entry::Vacant(cell) => _ = cell.insert(figure.clone()),
        }
    }

    /// Merges all cells of another row.
    pub fn merge(&mut self, other: &Self) {
        for (label, offset, figure) in other.iter() {
            self.add(label.clone(), offset, figure);
        }
    }

    /// The figures in the order of their labels and times.
    pub fn iter(&self) -> impl Iterator<Item = (&Label, u32, &Figure)> {
        let of_label = |(label, figures)| {
            let figures: &BTreeMap<u32, Figure> = figures;
            figures.iter().map(move |(offset, figure)| (label, *offset, figure))
        };
        self.figures.iter().flat_map(of_label)
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut places = BTreeMap::new();
        for word in self.figures.keys().flatten() {
            let next = places.len();
            places.entry(word.as_str()).or_insert(next);
        }
        let mut words: Vec<_> = places.iter().collect();
        words.sort_unstable_by_key(|(_, place)| **place);
        let mut out = vec![VERSION];
        varint::write(&mut out, words.len() as u64);
        for (word, _) in words {
            write_bytes(&mut out, word.as_bytes());
        }
        let (mut column, mut bytes) = (Vec::new(), Vec::new());
        for (label, figures) in &self.figures {
            varint::write(&mut out, label.len() as u64);
            for word in label {
                varint::write(&mut out, places[word.as_str()] as u64);
            }
            column.clear();
            let mut before = 0;
            for (offset, figure) in figures {
                varint::write(&mut column, offset - before);
                before = *offset;
                bytes.clear();
                figure.encode(&mut bytes);
                write_bytes(&mut column, &bytes);
            }
            write_bytes(&mut out, &column);
        }
        out
    }

    /// Reads a row that takes all of these bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, CellsError> {
        let mut cells = Self::default();
        each(bytes, |label, column| {
            let label: Label = label.iter().map(|word| (*word).to_owned()).collect();
            for found in column {
                let (offset, figure) = found?;
                cells.add(label.clone(), offset, &Figure::decode(figure)?);
            }
            Ok(())
        })?;
        Ok(cells)
    }
}

/// A word as a row keeps it: cut where it is too long.
pub(crate) fn word(text: &str) -> &str {
    let mut len = text.len().min(WORD_BYTES_MAX);
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    &text[..len]
}

/// The figures of one label, unread: their offsets and their bytes.
#[derive(Debug)]
pub(crate) enum Column<'a> {
    /// Of the form before: one, at the start of the row.
    One(Option<&'a [u8]>),
    /// The rest of its bytes, and the offset of the last one that was taken.
    Many(&'a [u8], u32),
}

impl<'a> Iterator for Column<'a> {
    type Item = Result<(u32, &'a [u8]), CellsError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::One(bytes) => bytes.take().map(|bytes| Ok((0, bytes))),
            Self::Many([], _) => None,
            Self::Many(bytes, offset) => {
                let found = next_of(bytes, *offset);
                // After what cannot be read nothing can.
                match &found {
                    Ok((next, _)) => *offset = *next,
                    Err(_) => *bytes = &[],
                }
                Some(found)
            }
        }
    }
}

fn next_of<'a>(bytes: &mut &'a [u8], before: u32) -> Result<(u32, &'a [u8]), CellsError> {
    let step: u32 = varint::read(bytes)?;
    let offset = before.checked_add(step).filter(|offset| *offset < OFFSETS).ok_or(CellsError::Shape)?;
    Ok((offset, read_bytes(bytes)?))
}

/// Gives each label and its figures, without reading them: a question needs few of them.
pub(crate) fn each<'a>(
    mut bytes: &'a [u8],
    mut take: impl FnMut(&[&'a str], Column<'a>) -> Result<(), CellsError>,
) -> Result<(), CellsError> {
    let bytes = &mut bytes;
    let is_of_one_time = match varint::take(bytes, 1)? {
        [VERSION] => false,
        [VERSION_ONE_TIME] => true,
        _ => return Err(CellsError::Version),
    };
    let count: usize = varint::read(bytes)?;
    // Not `with_capacity`: the count is a stranger's until as many words were read.
    let mut words = Vec::new();
    for _ in 0..count {
        words.push(text(bytes)?);
    }
    let mut label = Vec::with_capacity(LABEL_WORDS_MAX);
    while !bytes.is_empty() {
        let len: usize = varint::read(bytes)?;
        if len > LABEL_WORDS_MAX {
            return Err(CellsError::Shape);
        }
        label.clear();
        for _ in 0..len {
            let place: usize = varint::read(bytes)?;
            label.push(*words.get(place).ok_or(CellsError::Shape)?);
        }
        let column = read_bytes(bytes)?;
        take(&label, if is_of_one_time { Column::One(Some(column)) } else { Column::Many(column, 0) })?;
    }
    Ok(())
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    varint::write(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn read_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], CellsError> {
    let len = varint::read(bytes)?;
    Ok(varint::take(bytes, len)?)
}

fn text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, CellsError> {
    let len = varint::read(bytes)?;
    if len > WORD_BYTES_MAX {
        return Err(CellsError::Shape);
    }
    std::str::from_utf8(varint::take(bytes, len)?).map_err(|_| CellsError::Shape)
}

#[cfg(test)]
mod tests;
