//! Enums and lists as text: the words that serde gives them, the same as on the wire.

use serde::Serialize;
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error};

/// An enum without members as its one word.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("enums without members are words, not {other:?}"),
    }
}

/// The enum of a word; `None` for a word of another version.
pub(crate) fn parse<T: DeserializeOwned>(word: &str) -> Option<T> {
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(word)).ok()
}

/// A value as JSON text.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what we keep has text keys and no failing parts")
}

/// The value in a JSON text; empty if a later version wrote something else.
pub(crate) fn from_json<T: DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use callbox_protocol::call::{CandidateKind, EndCause};

    #[test]
    fn words_are_read_as_they_are_written() {
        assert_eq!(word(&EndCause::MediaLost), "media_lost");
        assert_eq!(parse("media_lost"), Some(EndCause::MediaLost));
        assert_eq!(parse("relay"), Some(CandidateKind::Relay));
        assert_eq!(parse::<EndCause>("of another version"), None);
    }
}
