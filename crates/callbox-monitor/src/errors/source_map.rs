//! Source maps (ECMA-426): from a place in a built file to the place in its source.
//!
//! A map is read through for each question, up to the place that is asked for, and no table of its segments is kept: so
//! it costs the memory of its text alone. The contents of sources are never read. Refuses maps of maps (`sections`). Bound: 16 MiB
//! a map.

use serde::Deserialize;
use thiserror::Error;

/// The most bytes of a map.
pub const MAP_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most characters of a source's name that is given out.
const SOURCE_CHARS_MAX: usize = 200;

/// The reason for which a map cannot be used.
#[derive(Debug, Error)]
pub enum MapError {
    /// It is no JSON, or not of this shape.
    #[error("it cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version.
    #[error("it is of version {0}, and version 3 is read")]
    Version(u32),
    /// A map of maps.
    #[error("it has sections, which are not read: let the bundler write one map for each file")]
    Sections,
}

/// The map of one built file.
#[derive(Debug, Deserialize)]
pub struct SourceMap {
    version: u32,
    #[serde(default)]
    sources: Vec<Option<String>>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    mappings: String,
    #[serde(default)]
    sections: Option<serde::de::IgnoredAny>,
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The file, as the bundler names it, without leading `../`.
    pub source: String,
    /// The line, from 1 on.
    pub line: u32,
    /// The column, from 1 on.
    pub column: u32,
    /// The name that stands there, if the bundler says it.
    pub name: Option<String>,
}

impl SourceMap {
    /// Reads a map.
    pub fn parse(json: &str) -> Result<Self, MapError> {
        // Some servers guard JSON against being run as a script (ECMA-426, section 5.2).
        let json = json.strip_prefix(")]}'").unwrap_or(json);
        let map: Self = serde_json::from_str(json)?;
        match map {
            Self { sections: Some(_), .. } => Err(MapError::Sections),
            Self { version: 3, .. } => Ok(map),
            Self { version, .. } => Err(MapError::Version(version)),
        }
    }

    /// The place in the source of a line and a column of the built file, both from 1 on.
    pub fn find(&self, line: u32, column: u32) -> Option<Original> {
        let (line, column) = (line.checked_sub(1)?, i64::from(column.saturating_sub(1)));
        // Source, line, column and name count on from segment to segment through the whole file.
        let (mut state, mut found) = ([0_i64; 4], None);
        for (place, segments) in self.mappings.split(';').enumerate().take(usize::try_from(line).ok()? + 1) {
            let mut built_column = 0_i64;
            for segment in segments.split(',').filter(|segment| !segment.is_empty()) {
                let fields = fields(segment)?;
                built_column += fields[0]?;
                for (value, field) in state.iter_mut().zip(&fields[1..]) {
                    *value = value.checked_add(field.unwrap_or(0))?;
                }
                if u32::try_from(place).ok()? == line && built_column <= column {
                    found = fields[1].map(|_| (state, fields[4].is_some()));
                }
            }
        }
        let ([source, line, column, name], has_name) = found?;
        let source = self.sources.get(usize::try_from(source).ok()?)?.as_deref()?;
        let name = usize::try_from(name).ok().filter(|_| has_name).and_then(|name| self.names.get(name));
        Some(Original {
            source: source.trim_start_matches("../").chars().take(SOURCE_CHARS_MAX).collect(),
            line: u32::try_from(line).ok()?.checked_add(1)?,
            column: u32::try_from(column).ok()?.checked_add(1)?,
            name: name.map(|name| name.chars().take(80).collect()),
        })
    }
}

/// The numbers of a segment, in base64 VLQ: one, four or five.
fn fields(segment: &str) -> Option<[Option<i64>; 5]> {
    let (mut fields, mut place) = ([None; 5], 0);
    let (mut value, mut shift) = (0_i64, 0);
    for byte in segment.bytes() {
        let digit = i64::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        });
        // Seven digits hold 32 bits, which is all that a field may have.
        if shift > 30 {
            return None;
        }
        value |= (digit & 31) << shift;
        shift += 5;
        if digit & 32 == 0 {
            *fields.get_mut(place)? = Some(if value & 1 == 1 { -(value >> 1) } else { value >> 1 });
            (place, value, shift) = (place + 1, 0, 0);
        }
    }
    (shift == 0 && matches!(place, 1 | 4 | 5)).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By esbuild 0.28 of `export function greet(person: string) {`, `  return person.missing.name;`, `}`, `greet("x");`:
    /// `export function greet(n){return n.missing.name}greet("x");`.
    const MAP: &str = r#"{"version":3,"sources":["../greet.ts"],"sourcesContent":["never read"],
        "mappings":"AAAO,gBAAS,MAAMA,EAAgB,CACpC,OAAOA,EAAO,QAAQ,IACxB,CACA,MAAM,GAAG","names":["person"]}"#;

    #[test]
    fn a_place_in_a_built_file_is_found_in_its_source() {
        let map = SourceMap::parse(MAP).unwrap();
        let at = |column| {
            let found = map.find(1, column).unwrap();
            (found.source, found.line, found.column, found.name)
        };
        let of =
            |line, column, name: Option<&str>| ("greet.ts".to_owned(), line, column, name.map(str::to_owned));
        assert_eq!(at(1), of(1, 8, None));
        assert_eq!(at(17), of(1, 17, None));
        assert_eq!(at(23), of(1, 23, Some("person")));
        assert_eq!((at(33), at(34)), (of(2, 10, Some("person")), of(2, 10, Some("person"))));
        assert_eq!(at(48), of(4, 1, None));
        assert_eq!(at(u32::MAX).1, 4, "the last segment of a line goes on to its end");
        assert!(map.find(2, 1).is_none() && map.find(0, 1).is_none());
    }

    #[test]
    fn maps_that_cannot_be_used_say_why() {
        let error = |json: &str| SourceMap::parse(json).unwrap_err().to_string();
        assert!(error(r#"{"version":2}"#).contains("version 2"));
        assert!(error(r#"{"version":3,"sections":[]}"#).contains("sections"));
        assert!(error("<html>").contains("cannot be read"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn any_mappings_are_read_or_refused(mappings in "[A-Za-z0-9+/,;]{0,200}", line in 0_u32..9, column in 0_u32..99) {
            let json = format!(r#"{{"version":3,"sources":["a"],"names":["n"],"mappings":"{mappings}"}}"#);
            let _ = SourceMap::parse(&json).unwrap().find(line, column);
        }
    }
}
