//! Any text as a frame of a client: it is read or refused, and what is relayed is what was sent.
//!
//! Run by `cargo xtask fuzz frames`. A crash, a hang or a payload that was changed is a finding.
#![no_main]

use callbox_protocol::id::CallId;
use callbox_protocol::signal::{ClientFrame, RelayPolicy, ServerFrame};
use callbox_protocol::call::{CallKind, Side};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

/// How a parked offer gets to the peer of its sender's match.
fn offered(payload: &RawValue) -> ServerFrame<'_> {
    ServerFrame::Match {
        call: CallId::from_bytes([1; 16]),
        kind: CallKind::Random,
        you: Side::Callee,
        shared_interests: Vec::new(),
        met_before: false,
        confirm_within_ms: 2_000,
        relay_policy: RelayPolicy::Auto,
        grant: "",
        offer: Some(payload),
        is_offered: false,
    }
}

fuzz_target!(|text: &str| {
    let Ok((_, frame)) = ClientFrame::parse(text) else { return };
    let from = Side::Caller;
    let relayed = match &frame {
        ClientFrame::Offer(offer) => ServerFrame::Offer { call: offer.call, from, payload: offer.payload },
        ClientFrame::Answer(answer) => ServerFrame::Answer { call: answer.call, from, payload: answer.payload },
        ClientFrame::Candidates(all) => ServerFrame::Candidates { call: all.call, from, payload: &all.payload },
        ClientFrame::Park(park) => offered(park.payload),
        ClientFrame::Restart(asked) => ServerFrame::Restart {
            call: asked.call,
            after: asked.after,
            replace: asked.replace,
            lost: asked.lost,
        },
        ClientFrame::Sends(told) => {
            ServerFrame::Sends { call: told.call, picture: told.picture, sound: told.sound }
        }
        ClientFrame::Chat(chat) => ServerFrame::Chat { call: chat.call, from, text: &chat.text },
        _ => return,
    };
    let out = serde_json::to_string(&relayed).expect("what was read can be written");
    match &frame {
        // Opaque payloads are copied to the letter.
        ClientFrame::Offer(frame) | ClientFrame::Answer(frame) => assert!(out.contains(frame.payload.get())),
        ClientFrame::Park(frame) => assert!(out.contains(frame.payload.get())),
        ClientFrame::Candidates(frame) => {
            assert!(frame.payload.iter().all(|candidate| out.contains(candidate.get())));
        }
        _ => {}
    }
    // The other side's browser must be able to read any output.
    serde_json::from_str::<serde_json::Value>(&out).expect("what we send is JSON");
});
