//! Tests of `grant.rs`.

use super::*;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn grant() -> Grant {
    let party = |number| (UserId::from_bytes([number; 16]), LoginId::from_bytes([number + 100; 16]));
    Grant {
        call: CallId::from_bytes([7; 16]),
        kind: CallKind::Invite,
        relay_policy: RelayPolicy::Always,
        matched_at: NOW,
        side: Side::Callee,
        parties: [party(1), party(2)],
        invite: Some(InviteKey([9; 32])),
        epoch: 0xe1,
    }
}

#[test]
fn a_grant_is_read_back_for_a_day() {
    let grants = Grants::new(&[1; 32]);
    let random = Grant {
        kind: CallKind::Random,
        relay_policy: RelayPolicy::UntilBothStay,
        invite: None,
        side: Side::Caller,
        ..grant()
    };
    for grant in [grant(), random] {
        let text = grants.seal(&grant);
        assert_eq!(grants.open(&text, NOW), Some(grant.clone()));
        assert_eq!(grants.open(&text, NOW.plus(VALID_MS - 1)), Some(grant));
        assert_eq!(grants.open(&text, NOW.plus(VALID_MS)), None);
    }
    assert_eq!(grant().to_bytes().len(), SAID_BYTES_INVITE);
}

#[test]
fn a_grant_does_not_show_who_the_other_is() {
    let text = Grants::new(&[1; 32]).seal(&grant());
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
    for party in grant().parties {
        assert!(!bytes.windows(16).any(|part| part == party.0.as_bytes() || part == party.1.as_bytes()));
    }
}

#[test]
fn only_what_this_key_sealed_is_a_grant() {
    let grants = Grants::new(&[1; 32]);
    let text = grants.seal(&grant());
    assert_eq!(Grants::new(&[2; 32]).open(&text, NOW), None);
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'w' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(grants.open(&changed, NOW), None, "changed at {place}: {changed}");
    }
    for text in ["", "0", &"A".repeat(64), &"é".repeat(64), &"A".repeat(100_000)] {
        assert_eq!(grants.open(text, NOW), None);
    }
}
