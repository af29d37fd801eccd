//! Tests of `packed.rs`.

use super::*;

fn id() -> ViewId {
    ViewId::from_bytes([7; 16])
}
const AT: UnixMillis = UnixMillis(1_790_000_000_123);

/// A view with calls, as one in three is.
fn text() -> String {
    format!(
        r#"{{"view":"{}","number":3,"started_at":{},"visible_ms":123456,"is_final":true,"route":"/call","release":"2.4.1","device":"phone","navigation":"soft","weight":1.0,"vitals":{{"fcp":912.4,"lcp":1312.2,"cls":0.0123,"inp":104.0,"ttfb":150.1,"fid":6.2,"load":null}},"errors":[],"events":[{{"name":"screen:call","count":1}},{{"name":"chat","count":12}}],"calls":[{{"call":"01934d2e-7d3a-7c11-9a41-5e0f3c9b2a77","outcome":"failure","cause":"media_failed","at_ms":1041,"setup_ms":812,"duration_ms":123456,"quality":{{"level":"good","score":78,"rtt_ms":92,"jitter_ms":12,"loss_permille":7,"is_relayed":true}}}}],"complaints":0,"connection":{{"level":"good","score":78,"rtt_ms":92,"jitter_ms":12,"loss_permille":7,"is_relayed":true}}}}"#,
        id(),
        AT.0
    )
}

fn view() -> VisitView {
    serde_json::from_str(&text()).unwrap()
}

#[test]
fn a_view_comes_back_from_a_third_of_its_bytes() {
    let (view, packed) = (view(), pack(&view()));
    assert_eq!(unpack(&packed, id(), AT), Some(view));
    assert!(packed.len() * 3 <= text().len(), "{} of {}", packed.len(), text().len());
}

#[test]
fn a_view_of_the_version_before_is_read() {
    assert_eq!(unpack(text().as_bytes(), id(), AT), Some(view()));
}

#[test]
fn the_largest_view_comes_back() {
    let mut large = view();
    large.errors = (0..10_u8)
        .map(|number| callbox_protocol::monitoring::VisitError {
            fingerprint: format!("{number:032}"),
            kind: callbox_protocol::beacon::ErrorKind::Error,
            name: "\u{1f4de}".repeat(60),
            message: (0..300_u32)
                .filter_map(|n| char::from_u32(0x4E00 + n * 37 * u32::from(number + 1)))
                .collect(),
            count: 10_000,
            at_ms: u32::MAX,
        })
        .collect();
    large.calls = vec![large.calls[0].clone(); 10];
    assert_eq!(unpack(&pack(&large), id(), AT), Some(large));
}

#[test]
fn bytes_of_strangers_are_no_view() {
    let packed = pack(&view());
    for len in 0..packed.len() {
        assert_eq!(unpack(&packed[..len], id(), AT), None, "{len}");
    }
    for place in 0..packed.len() {
        let mut changed = packed.clone();
        changed[place] ^= 0x55;
        // It may be another view; it is no panic.
        let _ = unpack(&changed, id(), AT);
    }
    assert_eq!(unpack(b"\x02anything", id(), AT), None);
}

#[test]
fn what_grows_beyond_all_bounds_is_no_view() {
    let mut deflate = Compress::new(Compression::best(), false);
    let mut bomb = Vec::with_capacity(1 << 20);
    let text = format!("{{\"route\":\"{}\"}}", "a".repeat(1 << 20));
    deflate.compress_vec(text.as_bytes(), &mut bomb, FlushCompress::Finish).unwrap();
    assert!(bomb.len() < 4_096);
    assert_eq!(inflated(&bomb), None);
}
