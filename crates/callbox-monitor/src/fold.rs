//! The fold: figures of the last minute in memory, before they are rows.
//!
//! Whoever observes waits for nothing but a lock of some hundred nanoseconds. Values are kept by all their dimensions
//! together; the rows of single dimensions are made of these when it is emptied. Pure: times come in. Bounds: 16,384
//! cells, 131,072 buckets of sketches in them (some 4 MiB), and 4,096 words; a word beyond counts as `other`, a value
//! beyond is dropped, and both are counted. A time is at most a day old, and never ahead.

use callbox_protocol::time::UnixMillis;
use std::collections::HashMap;

use crate::cells::word;
use crate::figure::{Figure, Spread};
use crate::metric::{Counter, Distribution, Gauge};
use crate::rollup::{COUNTERS, Changes, FEATURES, GAUGES, Minute, RowKey, Split, minute_of, rows_of};

const CELLS_MAX: usize = 16_384;
const BUCKETS_MAX: usize = 131_072;
const WORDS_MAX: usize = 4_096;
/// How late a value may come to the minute that it is about. Rows of minutes are kept twice as long.
const LATE_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// The word for all that there was no room for.
pub const OTHER: &str = "other";

/// What a value was observed of. An empty one is unknown: the value is in no row that is split by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dimensions<'a> {
    /// The template of the page's route.
    pub route: &'a str,
    /// The kind of device.
    pub device: &'a str,
    /// The release of the app.
    pub release: &'a str,
    /// How the page was reached: `hard` or `soft`.
    pub nav: &'a str,
}

/// When something happened, and what time it is.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// As it was reported.
    pub at: UnixMillis,
    /// By our clock.
    pub now: UnixMillis,
}

impl When {
    /// Just now.
    pub fn now(now: UnixMillis) -> Self {
        Self { at: now, now }
    }

    /// The minute that it counts in: a time that is ahead, or older than a day, is no time.
    fn minute(self) -> Minute {
        let is_possible = self.at <= self.now && self.now.since(self.at) <= LATE_MS_MAX;
        minute_of(if is_possible { self.at } else { self.now })
    }
}

/// Figures of about a minute.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    words: Words,
    counts: HashMap<(Minute, Counter), u64>,
    gauges: HashMap<(Minute, Gauge), Spread>,
    features: HashMap<(Minute, u16), u64>,
    values: HashMap<(Minute, Distribution, [u16; 4]), Spread>,
    buckets: usize,
    dropped: u64,
    others: u64,
}

impl Fold {
    /// Counts something that happened so often.
    pub fn count(&mut self, counter: Counter, count: u64, when: When) {
        if count > 0 && self.has_room() {
            *self.counts.entry((when.minute(), counter)).or_default() += count;
        }
    }

    /// Counts that a feature was used so often. The caller bounds the names.
    pub fn feature(&mut self, name: &str, count: u64, when: When) {
        let place = self.words.place(name, &mut self.others);
        if count > 0 && self.has_room() {
            *self.features.entry((when.minute(), place)).or_default() += count;
        }
    }

    /// Notes a reading of a gauge. One below zero counts as zero.
    pub fn gauge(&mut self, gauge: Gauge, value: f64, when: When) {
        if self.has_room() {
            let spread = self.gauges.entry((when.minute(), gauge)).or_default();
            let before = spread.sketch.buckets();
            // What is no number was not read.
            let _ = spread.add(if value < 0.0 { 0.0 } else { value }, 1, None);
            self.buckets += spread.sketch.buckets() - before;
        }
    }

    /// Notes a value that stands for `weight` ones. Returns false if it is dropped: it is none, or there is no room.
    pub fn observe(
        &mut self,
        distribution: Distribution,
        dimensions: &Dimensions<'_>,
        value: f64,
        weight: u32,
        when: When,
    ) -> bool {
        let Dimensions { route, device, release, nav } = *dimensions;
        let words = [route, device, release, nav].map(|text| self.words.place(text, &mut self.others));
        let key = (when.minute(), distribution, words);
        let has_room = self.has_room();
        let spread = match self.values.get_mut(&key) {
            // A value in a bucket that is there costs nothing, but which one that is shows only then.
            Some(spread) if self.buckets < BUCKETS_MAX => spread,
            None if has_room => self.values.entry(key).or_default(),
            _ => {
                self.dropped += 1;
                return false;
            }
        };
        let before = spread.sketch.buckets();
        let is_added = spread.add(value, weight, distribution.thresholds());
        self.buckets += spread.sketch.buckets() - before;
        if !is_added {
            self.dropped += 1;
        }
        is_added
    }

    /// How many values were dropped, and how many words counted as `other`.
    pub fn lost(&self) -> (u64, u64) {
        (self.dropped, self.others)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.gauges.is_empty() && self.features.is_empty() && self.values.is_empty()
    }

    /// What is to be merged into the store's rows: of those alone that are wanted.
    pub fn changes(&self, is_wanted: impl Fn(&RowKey) -> bool) -> Changes {
        let mut changes = Changes::new();
        let mut add = |metric, split, minute, label: Vec<String>, figure: &dyn Fn() -> Figure| {
            let rows: Vec<_> = rows_of(metric, split, minute).filter(|(key, _)| is_wanted(key)).collect();
            let Some(((last, last_offset), others)) = rows.split_last() else { return };
            let figure = figure();
            for (key, offset) in others {
                changes.entry(*key).or_default().add(label.clone(), *offset, &figure);
            }
            changes.entry(*last).or_default().add(label, *last_offset, &figure);
        };
        let named = |name: &str| vec![name.to_owned()];
        for ((minute, counter), count) in &self.counts {
            let label = named(counter.name());
            add(COUNTERS, Split::Name, *minute, label, &|| Figure::Count(*count));
        }
        for ((minute, gauge), spread) in self.gauges.iter().filter(|(_, spread)| !spread.is_empty()) {
            let label = named(gauge.name());
            add(GAUGES, Split::Name, *minute, label, &|| Figure::Spread(spread.clone()));
        }
        for ((minute, name), count) in &self.features {
            let label = named(self.words.word(*name));
            add(FEATURES, Split::Name, *minute, label, &|| Figure::Count(*count));
        }
        for ((minute, distribution, words), spread) in &self.values {
            let words = words.map(|place| self.words.word(place));
            for split in Split::OF_VALUES.into_iter().filter(|_| !spread.is_empty()) {
                if let Some(label) = split.label(words) {
                    add(distribution.name(), split, *minute, label, &|| Figure::Spread(spread.clone()));
                }
            }
        }
        changes
    }

    fn has_room(&self) -> bool {
        self.counts.len() + self.gauges.len() + self.features.len() + self.values.len() < CELLS_MAX
            && self.buckets < BUCKETS_MAX
    }
}

/// Words by their places. The first is the empty one.
#[derive(Clone, Debug)]
struct Words {
    places_by_word: HashMap<Box<str>, u16>,
    words: Vec<Box<str>>,
}

impl Default for Words {
    fn default() -> Self {
        let (mut words, mut others) = (Self { places_by_word: HashMap::new(), words: Vec::new() }, 0);
        words.place("", &mut others);
        words.place(OTHER, &mut others);
        words
    }
}

impl Words {
    fn place(&mut self, text: &str, others: &mut u64) -> u16 {
        let text = word(text);
        if let Some(place) = self.places_by_word.get(text) {
            return *place;
        }
        if self.words.len() >= WORDS_MAX {
            *others += 1;
            return 1;
        }
        let place = u16::try_from(self.words.len()).expect("there are some thousand");
        self.words.push(text.into());
        self.places_by_word.insert(text.into(), place);
        place
    }

    fn word(&self, place: u16) -> &str {
        &self.words[usize::from(place)]
    }
}

#[cfg(test)]
mod tests;
