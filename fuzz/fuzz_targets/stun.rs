//! Any bytes as a datagram of somebody unproven: nothing is kept, and no answer is longer than twice the question.
//!
//! Run by `cargo xtask fuzz stun`.
#![no_main]

use callbox_turn::{Action, ClientAddr, FiveTuple, HEADROOM, Limits, Millis, Options, Relay, Shared, TAILROOM, Transport};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|datagram: &[u8]| {
    let ports = 50_000..=50_009;
    let options = Options {
        realm: "callbox".into(),
        secret: vec![1],
        nonce_key: [2; 32],
        ports: ports.clone(),
        own_ports: ports.clone(),
        external_v4: Some([203, 0, 113, 10].into()),
        external_v6: None,
        rules: callbox_turn::peers::Rules::default(),
        is_strict: false,
        limits: Limits::default(),
    };
    let mut relay = Relay::new(options, Arc::new(Shared::new(ports)), 1);
    let mut buffer = vec![0; HEADROOM + datagram.len() + TAILROOM];
    buffer[HEADROOM..HEADROOM + datagram.len()].copy_from_slice(datagram);
    let client = ClientAddr(([198, 51, 100, 1], 4_000).into());
    let server = ([203, 0, 113, 10], 3_478).into();
    let from = FiveTuple { client, server, transport: Transport::Udp };
    let range = HEADROOM..HEADROOM + datagram.len();
    assert_eq!(relay.handle_client(from, &mut buffer, range, Millis(1_790_000_000_000)), None);
    while let Some(action) = relay.next_action() {
        let Action::Answer { to, bytes } = action else { panic!("{action:?}") };
        assert!(to == from && bytes.len() + 28 <= 2 * (datagram.len() + 28));
    }
    assert_eq!(relay.counters().allocations, 0);
});
