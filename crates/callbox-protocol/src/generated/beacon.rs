//! The text of `sdk/src/generated/beacon.ts`: a file of its own, since only the monitor's script needs it.
//!
//! Types and bounds alone, so that it costs a page no byte that it does not use.

use std::fmt::Write as _;
use ts_rs::{Config, TS};

use crate::{beacon, id};

pub(super) fn declarations() -> String {
    let config = Config::new().with_large_int("number");
    let mut out = String::from(
        "// Generated from crates/callbox-protocol by its test `generated`. Do not edit:\n\
         // `cargo xtask generate` writes it anew.\n\
         import type { CallId, QualityLevel, UnixMillis } from \"./protocol.js\";\n\n",
    );
    macro_rules! export {
        ($($kind:ty),* $(,)?) => {$(
            if let Some(docs) = <$kind as TS>::docs() {
                out.push_str(&docs);
            }
            writeln!(out, "export {}\n", <$kind as TS>::decl(&config)).expect("a string takes all");
        )*};
    }
    export!(
        id::VisitId,
        id::ViewId,
        beacon::Beacon,
        beacon::Vitals,
        beacon::DeviceKind,
        beacon::Navigation,
        beacon::BeaconError,
        beacon::ErrorKind,
        beacon::BeaconEvent,
        beacon::BeaconCall,
        beacon::CallOutcome,
        beacon::ConnectionQuality,
    );
    for (name, value) in [
        ("BEACON_VERSION", usize::from(beacon::BEACON_VERSION)),
        ("BEACON_BYTES_MAX", beacon::BEACON_BYTES_MAX),
        ("ROUTE_CHARS_MAX", beacon::ROUTE_CHARS_MAX),
        ("RELEASE_CHARS_MAX", beacon::RELEASE_CHARS_MAX),
        ("OPAQUE_USER_CHARS_MAX", beacon::OPAQUE_USER_CHARS_MAX),
        ("ERRORS_MAX", beacon::ERRORS_MAX),
        ("ERROR_NAME_CHARS_MAX", beacon::ERROR_NAME_CHARS_MAX),
        ("ERROR_MESSAGE_CHARS_MAX", beacon::ERROR_MESSAGE_CHARS_MAX),
        ("ERROR_STACK_CHARS_MAX", beacon::ERROR_STACK_CHARS_MAX),
        ("EVENTS_MAX", beacon::EVENTS_MAX),
        ("EVENT_NAME_CHARS_MAX", beacon::EVENT_NAME_CHARS_MAX),
        ("BEACON_CALLS_MAX", beacon::BEACON_CALLS_MAX),
        ("CALL_CAUSE_CHARS_MAX", beacon::CALL_CAUSE_CHARS_MAX),
    ] {
        writeln!(out, "export const {name} = {value};").expect("a string takes all");
    }
    out
}
