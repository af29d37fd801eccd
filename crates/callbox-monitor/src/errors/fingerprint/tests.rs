//! Tests of `fingerprint.rs`.

use super::super::stack::frames;
use super::*;

fn grouped(name: &str, message: &str, stack: &str) -> Group {
    group(ErrorKind::Error, name, message, &frames(stack))
}

#[test]
fn errors_of_two_releases_are_one_and_other_errors_are_not() {
    let old = grouped(
        "TypeError",
        "call 12 is gone",
        "at Call.render (https://a.example/assets/call-9fA3kQ2x.js:1:200)",
    );
    let new = grouped(
        "TypeError",
        "call 77 is gone",
        "at Call.render (https://a.example/assets/call-7bQQ1k2z.js:3:10)",
    );
    assert_eq!(old, new);
    for other in [
        grouped("RangeError", "call 12 is gone", "at Call.render (https://a.example/assets/call.js:1:200)"),
        grouped("TypeError", "call 12 is here", "at Call.render (https://a.example/assets/call.js:1:200)"),
        grouped("TypeError", "call 12 is gone", "at Call.close (https://a.example/assets/call.js:1:200)"),
        grouped("TypeError", "call 12 is gone", ""),
    ] {
        assert_ne!(other.fingerprint, old.fingerprint, "{other:?}");
    }
    assert_eq!(
        old.why,
        "The same kind (error), the same type (TypeError), the frame `render` in `call.js`, and the same message without what differs."
    );
}

#[test]
fn a_frame_of_the_app_counts_before_one_of_a_library_or_an_extension() {
    let stack = "at go (chrome-extension://x/y.js:1:1)\nat lib (https://a.example/node_modules/l/l.js:1:1)\nat own (https://a.example/own.js:1:1)";
    assert!(grouped("E", "m", stack).why.contains("`own` in `own.js`"));
}

/// The groups of a running server go by it, so a change of the rule needs another version.
#[test]
fn fingerprint_1_stays_as_it_is() {
    let own = grouped("E", "m", "at own (https://a.example/own.js:1:1)").fingerprint;
    assert_eq!(u128::from_be_bytes(own), 0xc1ab_c000_5fbb_7f2e_3ee5_84dd_2428_7d73);
    // By another program, of the bytes `foobar` and a zero.
    assert_eq!(u128::from_be_bytes(hash(&["foobar"])), 0xe01f_cf9a_454f_f78d_a540_f1b2_3234_b288);
}
