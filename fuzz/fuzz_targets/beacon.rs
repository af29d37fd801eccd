//! Any text as a beacon: it is read or refused, what is taken is within its bounds, and its errors have a group.
//!
//! Run by `cargo xtask fuzz beacon`. A crash, a hang or a text that grows is a finding.
#![no_main]

use callbox_monitor::{Desk, SourceMap, check_beacon, frames, group};
use callbox_protocol::beacon::{BEACON_BYTES_MAX, Beacon, ERROR_MESSAGE_CHARS_MAX, ROUTE_CHARS_MAX};
use callbox_protocol::time::UnixMillis;
use libfuzzer_sys::fuzz_target;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fuzz_target!(|text: &str| {
    if let Ok(map) = SourceMap::parse(text) {
        map.find(1, 1);
        map.find(u32::MAX, u32::MAX);
    }
    if text.len() > BEACON_BYTES_MAX {
        return;
    }
    let Ok(beacon) = Beacon::parse(text) else { return };
    let Ok((mut beacon, _)) = check_beacon(beacon, NOW) else { return };
    assert!(beacon.route.chars().count() <= ROUTE_CHARS_MAX && beacon.started_at <= NOW);
    for error in &beacon.errors {
        assert!(error.message.chars().count() <= ERROR_MESSAGE_CHARS_MAX);
        let frames = frames(error.stack.as_deref().unwrap_or_default());
        let group = group(error.kind, &error.name, &error.message, &frames);
        assert!(group.message.chars().count() <= ERROR_MESSAGE_CHARS_MAX);
    }
    Desk::new(NOW).take(&mut beacon, NOW);
});
