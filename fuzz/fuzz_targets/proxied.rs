//! Any bytes as a connection's first ones: never more is asked for than a header may have, and what is a header stays one
//! whatever stands behind it.
//!
//! Run by `cargo xtask fuzz proxied`.
#![no_main]

use callbox_core::proxied::{Beginning, HEADER_BYTES_MAX, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut taken = 0;
    loop {
        match read(&bytes[..taken]) {
            Ok(Beginning::More(more)) => {
                assert!(more > 0 && taken + more <= HEADER_BYTES_MAX);
                if taken + more > bytes.len() {
                    return;
                }
                taken += more;
            }
            Ok(Beginning::Header(_)) => {
                // Nothing shorter was one.
                assert!((0..taken).all(|end| !matches!(read(&bytes[..end]), Ok(Beginning::Header(_)))));
                return;
            }
            Ok(Beginning::Own) | Err(_) => return,
        }
    }
});
