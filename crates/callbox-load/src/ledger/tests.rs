//! Tests of `ledger.rs`.

use super::*;

fn ms(ms: u64) -> Nanos {
    Nanos::default().plus_ms(ms)
}

#[test]
fn a_message_is_late_from_the_instant_at_which_it_was_due() {
    let mut ledger = Ledger::default();
    let mark = ledger.send(3, 0, 0, ms(10));
    assert_eq!(ledger.see(mark, ms(14)), Arrival::Fresh(Duration::from_millis(4)));
    assert_eq!(ledger.faults(), Faults::default());
}

#[test]
fn lost_doubled_and_reordered_messages_are_counted() {
    let mut ledger = Ledger::default();
    let marks: Vec<Mark> = (0..4).map(|sequence| ledger.send(0, 1, sequence, ms(0))).collect();
    for index in [0, 3, 2, 2] {
        ledger.see(marks[index], ms(1));
    }
    assert_eq!(ledger.faults(), Faults { lost: 1, doubled: 1, reordered: 1 });
    assert!(!ledger.is_settled(0));
    ledger.see(marks[1], ms(2));
    assert_eq!(ledger.faults(), Faults { lost: 0, doubled: 1, reordered: 2 });
    assert!(ledger.is_settled(0));
}

#[test]
fn a_side_is_done_when_it_has_sent_and_seen_all() {
    let mut ledger = Ledger::default();
    for sequence in 0..MESSAGES {
        assert!(!ledger.is_done(0, 0));
        ledger.send(0, 0, sequence, ms(0));
        let mark = ledger.send(0, 1, sequence, ms(0));
        ledger.see(mark, ms(1));
    }
    assert!(ledger.is_done(0, 0));
    assert!(!ledger.is_done(0, 1));
    assert!(!ledger.is_done(9, 0));
}

#[test]
fn what_belongs_to_an_attempt_that_was_given_up_is_neither_lost_nor_doubled() {
    let mut ledger = Ledger::default();
    let old = ledger.send(0, 0, 0, ms(0));
    ledger.send(0, 0, 1, ms(0));
    ledger.begin_again(0);
    assert_eq!(ledger.see(old, ms(1)), Arrival::Stale);
    assert_eq!(ledger.faults(), Faults::default());
    let new = ledger.send(0, 0, 0, ms(5));
    assert_eq!(ledger.see(new, ms(6)), Arrival::Fresh(Duration::from_millis(1)));
}
