//! What browsers reported: groups of errors, visits, and their end.

use callbox_protocol::beacon::{DeviceKind, Navigation, Vitals};
use callbox_protocol::id::{ViewId, VisitId};
use callbox_protocol::monitoring::{ErrorSample, VisitView};
use callbox_protocol::time::UnixMillis;
use callbox_store::{ErrorFilter, Seen, SeenError, SeenUser, SeenView};
use std::sync::Arc;

use crate::world::{DAY_MS, NOW};

const HOUR_MS: u64 = 60 * 60 * 1_000;

fn visit(number: u8) -> VisitId {
    VisitId::from_bytes([number; 16])
}

fn error(group: u16, at: UnixMillis, release: &str) -> (SeenError, SeenError) {
    let mut fingerprint = [7; 16];
    fingerprint[..2].copy_from_slice(&group.to_be_bytes());
    let sample =
        ErrorSample { visit: visit(1), route: "/".to_owned(), device: DeviceKind::Desk, frames: Vec::new() };
    let own = SeenError {
        fingerprint,
        version: 1,
        kind: "error",
        name: "TypeError".to_owned(),
        message: format!("message {group}"),
        why: "why".to_owned(),
        at,
        count: 2,
        weighted: 20,
        release: release.to_owned(),
        sample,
    };
    let other = SeenError { fingerprint: [0; 16], kind: "other", ..own.clone() };
    (own, other)
}

fn view(number: u8, of: VisitId, sequence: u32, user: Option<[u8; 32]>, at: UnixMillis) -> SeenView {
    let view = ViewId::from_bytes([number; 16]);
    let body = VisitView {
        view,
        number: number.into(),
        started_at: at,
        visible_ms: sequence,
        is_final: false,
        route: "/call".to_owned(),
        release: None,
        device: DeviceKind::Phone,
        navigation: Navigation::Hard,
        weight: 1.0,
        vitals: Vitals { cls: Some(0.0), ..Vitals::default() },
        errors: Vec::new(),
        events: Vec::new(),
        calls: Vec::new(),
        complaints: 0,
        connection: None,
    };
    SeenView { visit: of, view, user, sequence, at, body }
}

stories! {
    async fn errors_count_in_their_group_their_release_and_their_hour(world) {
        let data = world.store.monitoring();
        let errors = vec![error(1, NOW, "1.0"), error(1, NOW.plus(HOUR_MS), "1.1"), error(2, NOW.plus(5), "")];
        assert_eq!(data.add_seen(Arc::new(Seen { errors, ..Seen::default() })).await.unwrap(), 0);
        data.settle().await.unwrap();
        let now = NOW.plus(2 * HOUR_MS);
        let all = data.error_groups(&ErrorFilter::default(), 10, now).await.unwrap();
        let [first, second] = &all[..] else { panic!("{all:?}") };
        assert_eq!((first.count, first.weighted, first.first_at, first.last_at), (4, 40, NOW, NOW.plus(HOUR_MS)));
        let releases: Vec<_> = first.releases.iter().map(|one| (one.release.as_str(), one.count)).collect();
        assert_eq!(releases, [("1.0", 2), ("1.1", 2)]);
        assert_eq!(first.hours.iter().map(|hour| hour.count).collect::<Vec<_>>(), [2, 2]);
        assert_eq!((second.count, second.releases.len(), second.sample.is_some()), (2, 0, true));
        let filtered = async |filter: ErrorFilter| data.error_groups(&filter, 10, now).await.unwrap().len();
        assert_eq!(filtered(ErrorFilter { release: "1.1".to_owned(), ..ErrorFilter::default() }).await, 1);
        assert_eq!(filtered(ErrorFilter { release: "2".to_owned(), ..ErrorFilter::default() }).await, 0);
        assert_eq!(filtered(ErrorFilter { new_since: NOW.plus(1), ..ErrorFilter::default() }).await, 1);
        let (own, _) = error(1, NOW, "");
        assert_eq!(filtered(ErrorFilter { before: Some(own.fingerprint), ..ErrorFilter::default() }).await, 1);
        data.sweep_errors(NOW.plus(36 * DAY_MS)).await.unwrap();
        assert_eq!(filtered(ErrorFilter::default()).await, 0);
    }

    async fn beyond_three_hundred_groups_errors_count_as_other(world) {
        let data = world.store.monitoring();
        let errors = (1..=310).map(|group| error(group, NOW.plus(group.into()), "")).collect();
        assert_eq!(data.add_seen(Arc::new(Seen { errors, ..Seen::default() })).await.unwrap(), 10);
        // One that is there goes on to count, and `other` is one of the groups.
        let errors = vec![error(1, NOW, ""), error(999, NOW, "")];
        assert_eq!(data.add_seen(Arc::new(Seen { errors, ..Seen::default() })).await.unwrap(), 1);
        data.settle().await.unwrap();
        let all = data.error_groups(&ErrorFilter::default(), 400, NOW).await.unwrap();
        let other = all.iter().find(|group| group.kind == "other").unwrap();
        assert_eq!((all.len(), other.count), (301, 22));
    }

    async fn a_visit_has_the_last_word_of_each_view_and_goes_after_a_week(world) {
        let data = world.store.monitoring();
        let views = vec![
            view(2, visit(1), 1, None, NOW.plus(10)),
            view(1, visit(1), 2, None, NOW),
            view(1, visit(1), 1, None, NOW),
            view(3, visit(2), 1, None, NOW),
        ];
        data.add_seen(Arc::new(Seen { views, ..Seen::default() })).await.unwrap();
        data.settle().await.unwrap();
        let (started_at, last_at, views) = data.visit(visit(1)).await.unwrap().unwrap();
        assert_eq!((started_at, last_at), (NOW, NOW.plus(10)));
        let said: Vec<_> = views.iter().map(|view| (view.number, view.visible_ms)).collect();
        assert_eq!(said, [(1, 2), (2, 1)]);
        assert_eq!(data.sweep_visits(NOW.plus(7 * DAY_MS)).await.unwrap(), 0);
        assert_eq!(data.sweep_visits(NOW.plus(7 * DAY_MS + 11)).await.unwrap(), 2);
        data.settle().await.unwrap();
        assert_eq!(data.visit(visit(1)).await.unwrap(), None);
    }

    async fn all_of_a_user_goes_and_nothing_of_another(world) {
        let data = world.store.monitoring();
        let (one, other) = ([1; 32], [2; 32]);
        let views = vec![view(1, visit(1), 1, Some(one), NOW), view(2, visit(2), 1, Some(other), NOW)];
        let users = [(one, 0), (one, 0), (other, 0), (one, 40), (other, 41)]
            .map(|(user, day)| SeenUser { user, at: NOW.plus(day * DAY_MS) });
        data.add_seen(Arc::new(Seen { views, users: users.to_vec(), ..Seen::default() })).await.unwrap();
        data.settle().await.unwrap();
        let active = async |from, to| data.active_users(today() + from..today() + to).await.unwrap();
        assert_eq!((active(0, 1).await, active(0, 42).await, active(40, 41).await), (2, 2, 1));
        data.erase_user(one, NOW.plus(40 * DAY_MS)).await.unwrap();
        data.settle().await.unwrap();
        assert!(data.visit(visit(1)).await.unwrap().is_none() && data.visit(visit(2)).await.unwrap().is_some());
        assert_eq!((active(0, 1).await, active(40, 41).await, active(0, 42).await), (1, 0, 1));
    }

    async fn users_are_counted_once_in_whatever_days_and_their_days_go_after_13_months(world) {
        let data = world.store.monitoring();
        let user = |number: u8| [number; 32];
        // The first day, one in the middle and the last of 100, which are more than three rows of a user.
        let days: [(u8, u64); 8] = [(1, 0), (1, 1), (1, 99), (2, 31), (2, 32), (3, 63), (4, 64), (5, 99)];
        let users = days.map(|(number, day)| SeenUser { user: user(number), at: NOW.plus(day * DAY_MS) });
        data.add_seen(Arc::new(Seen { users: users.to_vec(), ..Seen::default() })).await.unwrap();
        data.settle().await.unwrap();
        for from in 0..100_u32 {
            for to in [from, from + 1, from + 2, from + 33, 100] {
                let came = |number: u8| days.iter().any(|(user, day)| *user == number && (u64::from(from)..u64::from(to)).contains(day));
                let expected = (1..=5).filter(|number| came(*number)).count() as u64;
                let found = data.active_users(today() + from..today() + to).await.unwrap();
                assert_eq!(found, expected, "{from} to {to}");
            }
        }
        // The first day that is kept is the 32nd, and then none is.
        data.sweep_users(NOW.plus((396 + 32) * DAY_MS)).await.unwrap();
        data.settle().await.unwrap();
        let active = async |from, to| data.active_users(today() + from..today() + to).await.unwrap();
        assert_eq!((active(0, 32).await, active(32, 33).await, active(0, 100).await), (0, 1, 5));
        data.sweep_users(NOW.plus((396 + 100) * DAY_MS)).await.unwrap();
        data.settle().await.unwrap();
        assert_eq!(active(0, 100).await, 0);
    }
}

/// The day of [`NOW`] since 1970.
fn today() -> u32 {
    u32::try_from(NOW.0 / DAY_MS).unwrap()
}
