//! Frames of the WebSocket subprotocol `callbox.v1`: JSON objects distinguished by `type`.
//!
//! `docs/PROTOCOL.md` describes their use; the files here are their only definition. Session descriptions and
//! candidates are [`RawValue`](serde_json::value::RawValue)s: they are bounded and copied, never parsed. Unknown
//! members are ignored; an unknown `type`, a member twice or a missing one makes the whole frame bad. Beside its type
//! each frame may carry [`Numbers`]: its place among its sender's frames, and the last frame up to which its sender
//! has everything.

pub use client::{CallRef, Chat, ClientFrame, ClientHello, End, Join, LeaveCause, Next, Seek};
pub use description::{
    CANDIDATES_MAX, Candidates, Description, PARKED_BYTES_MAX, Park, Picture, Restart, Sends,
};
pub use ice::{IceServer, RelayPolicy};
pub use leave::{LeaveAction, LeaveReason, close};
pub use progress::{Progress, Stage};
pub use quality::{Quality, QualityLevel, Sample};
pub use server::ServerFrame;
pub use session::{ACK_BYTES, ACK_FRAMES, KEPT_BYTES_MAX, Numbers, RESUME_MS, Resume, Snapshot};

mod client;
mod description;
mod ice;
mod leave;
mod progress;
mod quality;
mod server;
mod session;

/// The WebSocket subprotocol that a client must offer (RFC 6455, section 1.9).
pub const SUBPROTOCOL: &str = "callbox.v1";
/// The largest frame either side may send, in bytes. An offer with ten candidates is 5 KB; 64 KB leaves
/// room for every codec a browser may list and still bounds a session's memory.
pub const FRAME_BYTES_MAX: usize = 65_536;
/// The most characters of one chat line.
pub const CHAT_CHARS_MAX: usize = 2_000;
/// The most interests of one seeker.
pub const INTERESTS_MAX: usize = 8;
/// The most characters of one interest.
pub const INTEREST_CHARS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Side;

    const CALL: &str = "0199a1b2-0000-7000-8000-000000000001";

    #[test]
    fn a_payload_is_copied_to_the_letter() {
        let payload = r#"{"sdp" : "v=0\r\n\u0041",  "n":1.0e+1}"#;
        let text = format!(r#"{{"payload":{payload},"call":"{CALL}","type":"offer"}}"#);
        let (_, ClientFrame::Offer(offer)) = ClientFrame::parse(&text).unwrap() else {
            panic!("not an offer")
        };
        let relayed = ServerFrame::Offer { call: offer.call, from: Side::Caller, payload: offer.payload };
        let numbers = Numbers { seq: Some(7), ack: Some(3) };
        assert_eq!(
            String::from_utf8(relayed.to_text(numbers)).unwrap(),
            format!(
                r#"{{"type":"offer","call":"{CALL}","from":"caller","payload":{payload},"seq":7,"ack":3}}"#
            )
        );
    }

    #[test]
    fn candidates_are_counted_without_being_read() {
        let text = format!(r#"{{"type":"candidates","call":"{CALL}","payload":[{{"a":1}},null,"x"]}}"#);
        let (_, ClientFrame::Candidates(frame)) = ClientFrame::parse(&text).unwrap() else {
            panic!("no candidates")
        };
        assert_eq!(frame.payload.len(), 3);
    }

    #[test]
    fn frames_without_members_are_read() {
        assert!(matches!(ClientFrame::parse(r#"{"type":"pong"}"#), Ok((_, ClientFrame::Pong))));
        assert!(matches!(ClientFrame::parse(r#"{"type":"cancel","x":[1]}"#), Ok((_, ClientFrame::Cancel))));
    }

    #[test]
    fn numbers_stand_beside_the_type() {
        let (numbers, _) = ClientFrame::parse(r#"{"ack":4,"type":"cancel","seq":9}"#).unwrap();
        assert_eq!(numbers, Numbers { seq: Some(9), ack: Some(4) });
        let (numbers, _) = ClientFrame::parse(r#"{"type":"cancel"}"#).unwrap();
        assert_eq!(numbers, Numbers::default());
        for seq in ["-1", "1.5", "\"1\"", "18446744073709551616"] {
            assert!(ClientFrame::parse(&format!(r#"{{"type":"cancel","seq":{seq}}}"#)).is_err(), "{seq}");
        }
    }

    #[test]
    fn bad_frames_are_refused() {
        for text in [
            "",
            "null",
            "[]",
            r#"["pong"]"#,
            "{}",
            r#"{"type":7}"#,
            r#"{"type":"nonsense"}"#,
            r#"{"type":"offer"}"#,
            r#"{"type":"pong","type":"pong"}"#,
            r#"{"type":"confirm","call":"not-an-id"}"#,
            r#"{"type":"end","call":"0199a1b2-0000-7000-8000-000000000001","cause":"next"}"#,
            r#"{"type":"pong"} trailing"#,
        ] {
            assert!(ClientFrame::parse(text).is_err(), "{text} was taken");
        }
    }

    #[test]
    fn a_deeply_nested_payload_is_taken_to_the_letter_and_not_recursed_into() {
        let nested = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        let text = format!(r#"{{"type":"offer","call":"{CALL}","payload":{nested}}}"#);
        let (_, ClientFrame::Offer(offer)) = ClientFrame::parse(&text).unwrap() else {
            panic!("not an offer")
        };
        assert_eq!(offer.payload.get(), nested);
    }
}
