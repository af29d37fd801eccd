//! The contents of descriptions and candidates: of a browser's size, with a mark that says which message it is.
//!
//! A mark has a fixed width, so that a message is made by copying a text and writing some digits, and is found again
//! in whatever a server wraps around it without parsing that.

use memchr::memmem::Finder;
use serde_json::json;
use std::fmt::Write as _;

/// Sizes as real browsers have them, in bytes.
const OFFER_BYTES: usize = 3_500;
const ANSWER_BYTES: usize = 3_000;

const SIGN: &str = "load-";
/// `load-SSSSSSSS-A-D-QQ`: set-up, attempt, direction, sequence.
const MARK_CHARS: usize = SIGN.len() + 15;

/// The message to which this belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Number of the set-up.
    pub(crate) setup: u32,
    /// The number of its try, after a server has forgotten the earlier ones; modulo 10.
    pub(crate) attempt: u8,
    /// 0 from the caller, 1 from the callee.
    pub(crate) direction: u8,
    /// 0 is the description, then the candidates.
    pub(crate) sequence: u8,
}

impl Mark {
    fn text(self) -> String {
        let mut text = String::with_capacity(MARK_CHARS);
        let Self { setup, attempt, direction, sequence } = self;
        write!(text, "{SIGN}{setup:08}-{attempt}-{direction}-{sequence:02}").expect("a string takes all");
        text
    }

    /// Reads the text behind the sign.
    fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
        let small = |from, to| number(from, to).and_then(|number| u8::try_from(number).ok());
        Some(Self {
            setup: number(0, 8)?,
            attempt: small(9, 10)?,
            direction: small(11, 12)?,
            sequence: small(13, 15)?,
        })
    }
}

/// A JSON text with a place for a mark.
struct Template {
    text: String,
    at: usize,
}

impl Template {
    fn new(value: &serde_json::Value) -> Self {
        let text = value.to_string();
        let at = text.find(SIGN).expect("every template has a mark");
        Self { text, at }
    }

    fn with(&self, mark: Mark) -> String {
        let mut text = self.text.clone();
        text.replace_range(self.at..self.at + MARK_CHARS, &mark.text());
        text
    }
}

/// The texts that clients send, and how they are found again.
pub(crate) struct Payloads {
    offer: Template,
    answer: Template,
    candidate: Template,
    finder: Finder<'static>,
}

impl Default for Payloads {
    fn default() -> Self {
        let mark = Mark { setup: 0, attempt: 0, direction: 0, sequence: 0 }.text();
        let candidate = json!({
            "candidate": format!("candidate:842163049 1 udp 1677729535 192.0.2.17 46154 typ srflx generation 0 ufrag {mark}"),
            "sdpMid": "0",
            "sdpMLineIndex": 0,
        });
        Self {
            offer: Template::new(&description("offer", &mark, OFFER_BYTES)),
            answer: Template::new(&description("answer", &mark, ANSWER_BYTES)),
            candidate: Template::new(&candidate),
            finder: Finder::new(SIGN),
        }
    }
}

impl Payloads {
    /// JSON text of the message that this mark names.
    pub(crate) fn text(&self, mark: Mark) -> String {
        match (mark.sequence, mark.direction) {
            (0, 0) => self.offer.with(mark),
            (0, _) => self.answer.with(mark),
            _ => self.candidate.with(mark),
        }
    }

    /// All marks in a text, in order.
    pub(crate) fn marks<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Mark> + 't {
        let found = self.finder.find_iter(text.as_bytes());
        found.filter_map(move |at| Mark::parse(text.get(at + SIGN.len()..)?))
    }
}

/// A session description of this size: attribute lines as browsers write them, as many as fit.
fn description(kind: &str, mark: &str, bytes: usize) -> serde_json::Value {
    let mut sdp = format!("v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns={mark}\r\nt=0 0\r\n");
    let make = |sdp: &str| json!({ "type": kind, "sdp": sdp });
    let mut payload_type = 96;
    while make(&sdp).to_string().len() < bytes {
        write!(sdp, "a=rtpmap:{payload_type} H264/90000\r\na=rtcp-fb:{payload_type} transport-cc\r\n")
            .expect("a string takes all");
        payload_type += 1;
    }
    make(&sdp)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { setup: 12_345_678, attempt: 3, direction: 1, sequence: 10 };

    #[test]
    fn sizes_are_those_of_browsers() {
        let payloads = Payloads::default();
        let size = |direction, sequence| payloads.text(Mark { direction, sequence, ..MARK }).len();
        assert!((3_500..3_600).contains(&size(0, 0)), "{}", size(0, 0));
        assert!((3_000..3_100).contains(&size(1, 0)));
        assert!((140..165).contains(&size(0, 1)), "{}", size(0, 1));
    }

    #[test]
    fn marks_are_found_in_whatever_surrounds_them() {
        let payloads = Payloads::default();
        let marks: Vec<Mark> = (0..3).map(|sequence| Mark { sequence, ..MARK }).collect();
        let texts: Vec<String> = marks.iter().map(|&mark| payloads.text(mark)).collect();
        let text = format!("42[\"signal\",[{}]]", texts.join(","));
        assert_eq!(payloads.marks(&text).collect::<Vec<_>>(), marks);
        assert_eq!(payloads.marks("load-nonsense load-").count(), 0);
    }

    #[test]
    fn payloads_are_json() {
        let payloads = Payloads::default();
        for (direction, sequence) in [(0, 0), (1, 0), (1, 7)] {
            let text = payloads.text(Mark { direction, sequence, ..MARK });
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }
}
