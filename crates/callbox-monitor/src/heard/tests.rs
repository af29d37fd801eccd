//! Tests of `heard.rs`.

use super::*;

const NOW: UnixMillis = UnixMillis(1_000_000_000);

fn said(number: u32, excellent_s: u32, score: u8) -> Quality {
    let call = CallId::from_bytes(u128::from(number).to_be_bytes());
    let text = format!(
        r#"{{"call":"{call}","excellent_s":{excellent_s},"good_s":0,"poor_s":0,"disconnected_s":0,
            "score":{score},"score_min":1,"rtt_ms":20,"jitter_ms":1,"loss_permille":0,"received_kbps":1,
            "sent_kbps":1,"freezes":0,"freeze_ms":0,"interruptions":0,"restarts":0,"audio_only_s":0}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn scores(heard: &mut Heard, number: u32) -> [Option<u8>; 2] {
    heard.take(said(number, 0, 0).call).map(|one| one.map(|one| one.score))
}

#[test]
fn a_side_that_fell_silent_is_remembered_while_the_other_speaks() {
    let mut heard = Heard::default();
    heard.note(Side::Callee, &said(1, 30, 70), NOW);
    for half_minute in 0..200 {
        heard.note(Side::Caller, &said(1, 30, 80), NOW.plus(half_minute * 30_000));
    }
    assert_eq!(scores(&mut heard, 1), [Some(80), Some(70)]);
    assert_eq!(scores(&mut heard, 1), [None, None]);
}

#[test]
fn a_call_of_which_nothing_comes_is_forgotten_and_an_empty_summary_says_nothing() {
    let mut heard = Heard::default();
    heard.note(Side::Caller, &said(1, 30, 80), NOW);
    heard.note(Side::Caller, &said(2, 0, 80), NOW);
    heard.note(Side::Caller, &said(3, 30, 80), NOW.plus(GENERATION_MS));
    assert_eq!((heard.young.len(), heard.old.len()), (1, 1));
    heard.note(Side::Caller, &said(3, 30, 80), NOW.plus(2 * GENERATION_MS));
    assert_eq!((scores(&mut heard, 1), scores(&mut heard, 2)), ([None; 2], [None; 2]));
    assert_eq!(scores(&mut heard, 3), [Some(80), None]);
}

#[test]
fn a_flood_of_calls_finds_an_end() {
    let mut heard = Heard::default();
    for number in 0..u32::try_from(CALLS_MAX).unwrap() + 10 {
        heard.note(Side::Caller, &said(number, 30, 80), NOW);
    }
    assert_eq!(heard.young.len(), CALLS_MAX);
    heard.note(Side::Callee, &said(1, 30, 81), NOW);
    assert_eq!(scores(&mut heard, 1), [Some(80), Some(81)], "who is known goes on");
}
