//! Tests of `backups.rs`.

use super::*;
use callbox_store::Store;

#[test]
fn names_are_times_that_sort_and_nothing_else_has_one() {
    assert_eq!(name(UnixMillis(1_795_687_140_123)), "2026-11-26T09-59-00Z");
    assert!(is_name(&name(UnixMillis(1_795_687_140_123))));
    for other in ["mine", "2026-11-26", ".2026-11-26T09-59-00Z.part", "2026-11-26T09-59-00Z-old"] {
        assert!(!is_name(other), "{other}");
    }
}

#[tokio::test]
async fn backups_come_on_time_and_only_so_many_stay() {
    let home = tempfile::tempdir().unwrap();
    let plan = Plan {
        data: home.path().join("data"),
        folder: home.path().join("backups"),
        every_ms: 24 * HOUR_MS,
        keep: 2,
        reserve_bytes: 0,
    };
    let store = Store::open(&plan.data).unwrap();
    let backups = Backups::new(Clock::system());
    let now = Clock::system().now();
    assert_eq!(backups.look(&plan, now), now.plus(FIRST_MS), "a new server");
    for day in 0..3 {
        let made = plan.make(now.plus(day * 24 * HOUR_MS));
        assert_eq!(backups.note(&plan, made, now), now.plus(plan.every_ms));
    }
    assert_eq!(callbox_store::backups(&plan.folder, is_name).unwrap().len(), 2);
    store.close().await;
    // The next process continues where this one was.
    let next = Backups::new(Clock::system());
    let due = next.look(&plan, Clock::system().now());
    assert!(due > now.plus(23 * HOUR_MS) && due < now.plus(25 * HOUR_MS), "{due:?}");
    assert!(next.stats().unwrap().at.is_some());
}

#[tokio::test]
async fn a_backup_that_fails_is_tried_again_and_the_last_good_one_stays_known() {
    let home = tempfile::tempdir().unwrap();
    let (data, folder) = (home.path().join("data"), home.path().join("backups"));
    let plan = Plan { data, folder, every_ms: 24 * HOUR_MS, keep: 2, reserve_bytes: 0 };
    Store::open(&plan.data).unwrap().close().await;
    let backups = Backups::new(Clock::system());
    let now = Clock::system().now();
    backups.note(&plan, plan.make(now), now);
    let greedy = Plan { reserve_bytes: u64::MAX / 2, ..plan.clone() };
    assert!(greedy.make(now.plus(HOUR_MS)).unwrap_err().to_string().contains("no room"));
    // The same second again: the name is taken.
    let due = backups.note(&plan, plan.make(now), now);
    assert_eq!(due, now.plus(RETRY_MS));
    let told = backups.stats().unwrap();
    assert!(told.at.is_some() && told.failure.is_some(), "{told:?}");
}
