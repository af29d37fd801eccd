//! Bans, reports, roles, keys, and the end of an account.

use callbox_protocol::account::{Attributes, Profile, Role};
use callbox_protocol::call::Outcome;
use callbox_protocol::http::ReportReason;
use callbox_protocol::id::{ActId, ApiKeyId, BanId, BlockId, LoginId, ReportId};
use callbox_protocol::moderation::{Act, ApiKeyItem, BanScope, ReportStatus};
use callbox_store::{
    BanOutcome, By, CreateKeyOutcome, DeleteOutcome, Known, NewAttributes, NewBan, NewGuest, NewLogin,
    NewReport, ReportOutcome, SetRoleOutcome, Standing, Suspect, UserEvent,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::world::{DAY_MS, NOW, World, call, call_id, ended, guest, login, shown, user};

fn ban(person: u8, scopes: &[BanScope], days: Option<u64>) -> NewBan {
    NewBan {
        user: user(person),
        scopes: scopes.to_vec(),
        reason: "shouts".to_owned(),
        told: "Please do not shout.".to_owned(),
        by: by(1),
        report: None,
        expires_at: days.map(|days| NOW.plus(days * DAY_MS)),
    }
}

fn by(number: u8) -> By {
    By { moderator: user(99), act: ActId::from_bytes([number; 16]) }
}

fn ids() -> impl Fn() -> BanId + Clone + Send + 'static {
    let next = Arc::new(AtomicU8::new(1));
    move || BanId::from_bytes([next.fetch_add(1, Ordering::SeqCst); 16])
}

async fn report(world: &World, number: u8, reporter: u8, reported: u8) {
    let new = NewReport {
        id: ReportId::from_bytes([number; 16]),
        call: call_id(number),
        reporter: user(reporter),
        reported: user(reported),
        reason: ReportReason::Spam,
        note: String::new(),
        lines: Vec::new(),
    };
    world.store.report(new, 0, NOW).await.unwrap();
}

stories! {
    async fn a_ban_hits_the_user_their_devices_and_whoever_else_is_there(world) {
        world.make_admin(99).await;
        world.store.create_guest(guest(1, None)).await.unwrap();
        world.store.create_guest(guest(2, None)).await.unwrap();
        // The third shares the first one's browser.
        let shared = NewLogin { device: Some([1; 32]), ..login(30) };
        world.store.create_guest(NewGuest { login: shared, ..guest(3, None) }).await.unwrap();
        world.events();
        let scopes = [BanScope::User, BanScope::Device, BanScope::Device, BanScope::Address];
        let banned = world.store.ban(ban(1, &scopes, Some(7)), ids(), NOW).await.unwrap();
        let BanOutcome::Banned(items) = banned else { panic!("{banned:?}") };
        assert_eq!(items.iter().map(|item| item.scope).collect::<Vec<_>>(), [BanScope::User, BanScope::Device]);
        let events = world.events();
        assert_eq!((&events[0], events.len()), (&UserEvent::Banned(user(1)), 3), "{events:?}");
        assert!(events.contains(&ended(1, &[1])) && events.contains(&ended(3, &[30])), "{events:?}");
        let by_user = Suspect { user: Some(user(1)), ..Suspect::default() };
        let by_device = Suspect { device: Some(&[1; 32]), ..Suspect::default() };
        for suspect in [by_user, by_device] {
            assert!(world.store.is_banned(suspect, NOW).await.unwrap());
            assert!(!world.store.is_banned(suspect, NOW.plus(7 * DAY_MS)).await.unwrap());
        }
        assert!(!world.store.is_banned(Suspect::default(), NOW).await.unwrap());
        let bans = world.store.bans(None, 10, NOW).await.unwrap();
        assert_eq!(bans.len(), 2);
        assert!(world.store.lift_ban(bans[0].id, by(2), NOW).await.unwrap());
        assert!(!world.store.lift_ban(bans[0].id, by(3), NOW).await.unwrap());
        assert_eq!(world.store.bans(None, 10, NOW).await.unwrap(), bans[1..]);
        let nobody = world.store.ban(ban(9, &scopes, None), ids(), NOW).await.unwrap();
        assert!(matches!(nobody, BanOutcome::NoSuchUser), "{nobody:?}");
        let admin = world.store.ban(ban(99, &scopes, None), ids(), NOW).await.unwrap();
        assert!(matches!(admin, BanOutcome::NotPermitted), "{admin:?}");
    }

    async fn the_queue_has_both_parties_and_what_is_decided_leaves_it(world) {
        world.make_admin(99).await;
        for number in 1..=3 {
            world.store.create_guest(guest(number, None)).await.unwrap();
        }
        report(&world, 1, 1, 2).await;
        report(&world, 2, 3, 2).await;
        world.store.ban(ban(2, &[BanScope::User], None), ids(), NOW).await.unwrap();
        let open = world.store.reports(ReportStatus::Open, None, 10, NOW).await.unwrap();
        assert_eq!(open.iter().map(|one| one.reporter.user).collect::<Vec<_>>(), [user(3), user(1)]);
        let reported = &open[0].reported;
        assert_eq!((reported.user, reported.reports, reported.is_banned), (user(2), 2, true));
        assert_eq!((open[0].reporter.reports, open[0].reporter.is_banned), (0, false));
        let id = open[0].id;
        let led = NewBan { report: Some(id), by: by(4), ..ban(2, &[BanScope::Device], None) };
        let more = || BanId::from_bytes([90; 16]);
        world.store.ban(led, more, NOW).await.unwrap();
        assert!(!world.store.dismiss_report(id, by(5), NOW).await.unwrap());
        assert_eq!(world.store.reports(ReportStatus::Open, None, 10, NOW).await.unwrap().len(), 1);
        assert_eq!(world.store.reports(ReportStatus::Banned, None, 10, NOW).await.unwrap()[0].id, id);
        assert_eq!(world.store.reported(id).await.unwrap(), Some(user(2)));
        // Undone, it is open again, and all of it is written down.
        assert!(world.store.reopen_report(id, by(6), NOW).await.unwrap());
        assert!(!world.store.reopen_report(id, by(7), NOW).await.unwrap());
        assert!(world.store.dismiss_report(id, by(8), NOW).await.unwrap());
        let acts = world.store.acts(None, 10).await.unwrap();
        let told: Vec<_> = acts.iter().map(|act| (act.act, act.user, act.detail.as_str())).collect();
        let about = Some(user(2));
        assert_eq!(told, [
            (Act::Dismissed, about, ""),
            (Act::Reopened, about, ""),
            (Act::Banned, about, "shouts"),
            (Act::Banned, about, "shouts"),
        ]);
        assert_eq!(acts[0].moderator, user(99));
        assert_eq!(world.store.acts(Some(acts[2].id), 10).await.unwrap(), acts[3..]);
    }

    async fn whoever_meets_a_ban_reads_why_and_a_neighbour_reads_nothing_of_it(world) {
        let marked = |number: u8| {
            let login = NewLogin { device: Some([number; 32]), address: Some([7; 32]), ..login(number) };
            NewGuest { login, ..guest(number, None) }
        };
        for number in 1..=2 {
            world.store.create_guest(marked(number)).await.unwrap();
        }
        assert!(!world.store.is_slow(&[7; 32], NOW).await.unwrap());
        world.make_admin(99).await;
        world.store.ban(ban(1, &[BanScope::User, BanScope::Device, BanScope::Address], Some(7)), ids(), NOW).await.unwrap();
        let until = Some(NOW.plus(7 * DAY_MS));
        for (suspect, told) in [
            (Suspect { user: Some(user(1)), ..Suspect::default() }, "Please do not shout."),
            (Suspect { device: Some(&[1; 32]), address: Some(&[7; 32]), user: None }, "Please do not shout."),
            (Suspect { device: Some(&[2; 32]), address: Some(&[7; 32]), user: Some(user(2)) }, ""),
        ] {
            let standing = Some(Standing { told: told.to_owned(), expires_at: until });
            assert_eq!(world.store.standing_ban(suspect, NOW).await.unwrap(), standing);
        }
        // Guests are made slowly there, whatever was banned, for a day.
        assert!(world.store.is_slow(&[7; 32], NOW).await.unwrap());
        assert!(!world.store.is_slow(&[7; 32], NOW.plus(DAY_MS)).await.unwrap());
        assert!(!world.store.is_slow(&[8; 32], NOW).await.unwrap());
    }

    async fn three_verified_people_hold_somebody_until_the_last_report_is_decided_on(world) {
        for number in [1, 5, 6] {
            world.store.create_guest(guest(number, None)).await.unwrap();
        }
        for number in 2..=4 {
            let email = format!("{number}@example.org");
            world.store.create_admin(user(number), email, "hash".to_owned(), None, NOW).await.unwrap();
            if number > 2 {
                world.store.set_role(user(number), Role::User, user(2)).await.unwrap();
            }
        }
        let tell = async |number: u8, reporter: u8, at| {
            let new = NewReport {
                id: ReportId::from_bytes([number; 16]),
                call: call_id(number),
                reporter: user(reporter),
                reported: user(1),
                reason: ReportReason::Spam,
                note: String::new(),
                lines: Vec::new(),
            };
            world.store.report(new, 3, at).await.unwrap()
        };
        // Two guests, one person twice, and one a day ago are not three verified people.
        for (number, reporter, at) in
            [(1, 5, NOW), (2, 6, NOW), (3, 2, NOW.minus(DAY_MS + 1)), (4, 3, NOW), (5, 3, NOW), (6, 4, NOW)]
        {
            assert_eq!(tell(number, reporter, at).await, ReportOutcome::Reported, "report {number}");
        }
        assert!(!world.store.is_held(user(1)).await.unwrap());
        world.events();
        assert_eq!(tell(7, 2, NOW).await, ReportOutcome::Held);
        assert_eq!(world.events(), [UserEvent::Held(user(1), true)]);
        assert_eq!(tell(8, 2, NOW).await, ReportOutcome::Reported, "held already");
        assert!(world.store.is_held(user(1)).await.unwrap());
        assert!(world.store.search_people(&Known::Id(user(1)), NOW).await.unwrap()[0].is_held);
        for number in 1..=8 {
            assert!(world.store.is_held(user(1)).await.unwrap());
            let id = ReportId::from_bytes([number; 16]);
            assert!(world.store.dismiss_report(id, by(20 + number), NOW).await.unwrap());
            let expected = if number == 8 { vec![UserEvent::Held(user(1), false)] } else { Vec::new() };
            assert_eq!(world.events(), expected, "report {number}");
        }
        assert!(!world.store.is_held(user(1)).await.unwrap());
        assert_eq!(tell(9, 4, NOW).await, ReportOutcome::Reported, "what was looked at does not count again");
    }

    async fn moderators_are_reminded_of_the_oldest_report_once_and_seldom(world) {
        const HOUR: u64 = 3_600_000;
        for number in 1..=2 {
            world.store.create_guest(guest(number, None)).await.unwrap();
        }
        world.store.create_admin(user(3), "a@example.org".to_owned(), "hash".to_owned(), None, NOW).await.unwrap();
        let due = async |now| world.store.due_reminder(HOUR, 6 * HOUR, now).await.unwrap();
        assert_eq!(due(NOW.plus(HOUR)).await, None);
        report(&world, 1, 1, 2).await;
        report(&world, 2, 3, 2).await;
        assert_eq!(due(NOW.plus(HOUR - 1)).await, None);
        let first = due(NOW.plus(HOUR)).await.unwrap();
        assert_eq!((first.open, first.to), (2, vec!["a@example.org".to_owned()]));
        world.store.reminded(first.report, NOW.plus(HOUR)).await.unwrap();
        assert_eq!(due(NOW.plus(20 * HOUR)).await, None, "the same one is not mentioned again");
        world.store.dismiss_report(first.report, by(1), NOW).await.unwrap();
        assert_eq!(due(NOW.plus(7 * HOUR - 1)).await, None);
        let second = due(NOW.plus(7 * HOUR)).await.unwrap();
        assert_ne!(second.report, first.report);
    }

    async fn people_are_found_by_what_a_moderator_knows(world) {
        world.store.create_admin(user(1), "ann@example.org".to_owned(), "hash".to_owned(), None, NOW).await.unwrap();
        for (number, name) in [(1, "Ann Lee"), (2, "ANNA"), (3, ""), (4, "Zo\u{eb} 100%")] {
            if number > 1 {
                world.store.create_guest(guest(number, None)).await.unwrap();
            }
            let profile = Profile { name: name.to_owned(), ..Profile::default() };
            world.store.set_profile(user(number), profile).await.unwrap();
        }
        report(&world, 1, 3, 2).await;
        let found = async |known: Known| {
            let people = world.store.search_people(&known, NOW).await.unwrap();
            people.into_iter().map(|person| person.user).collect::<Vec<_>>()
        };
        let name = |name: &str| Known::Name(name.to_owned());
        assert_eq!(found(name("ann")).await, [user(2), user(1)]);
        assert_eq!(found(name("Zo\u{eb}")).await, [user(4)]);
        assert_eq!(found(name("%")).await, [user(4)]);
        assert_eq!(found(name("nobody")).await, []);
        assert_eq!(found(Known::Id(user(3))).await, [user(3)]);
        assert_eq!(found(Known::Email("ann@example.org".to_owned())).await, [user(1)]);
        assert_eq!(world.store.search_people(&Known::Id(user(2)), NOW).await.unwrap()[0].reports, 1);
    }

    async fn an_admin_is_made_once_more_by_the_same_address_and_the_last_one_stays(world) {
        assert!(!world.store.has_admin().await.unwrap());
        let make = async |number: u8, email: &str| {
            let login = Some(login(number));
            world.store.create_admin(user(number), email.to_owned(), "hash".to_owned(), login, NOW).await.unwrap()
        };
        assert_eq!(make(1, "a@example.org").await.id, user(1));
        assert_eq!(make(2, "a@example.org").await.id, user(1));
        assert!(world.store.has_admin().await.unwrap());
        assert_eq!(world.store.set_role(user(1), Role::User, user(1)).await.unwrap(), SetRoleOutcome::LastAdmin);
        assert_eq!(make(3, "b@example.org").await.id, user(3));
        assert_eq!(world.store.set_role(user(1), Role::Moderator, user(3)).await.unwrap(), SetRoleOutcome::Set);
        assert_eq!(world.store.set_role(user(9), Role::Moderator, user(3)).await.unwrap(), SetRoleOutcome::NoSuchUser);
        assert_eq!(world.store.set_role(user(1), Role::Admin, user(1)).await.unwrap(), SetRoleOutcome::NotPermitted);
        assert!(world.store.set_plan(user(1), Some("gold".to_owned())).await.unwrap());
        let person = world.store.person(user(1), NOW).await.unwrap().unwrap();
        assert_eq!((person.role, person.plan.as_deref()), (Role::Moderator, Some("gold")));
        let people = world.store.people(None, 1, NOW).await.unwrap();
        assert_eq!(people[0].id, user(3));
        assert_eq!(world.store.people(Some(user(3)), 10, NOW).await.unwrap()[0].id, user(1));
    }

    async fn a_key_is_found_by_its_hash_until_it_is_ended(world) {
        world.make_admin(1).await;
        let id = ApiKeyId::from_bytes([1; 16]);
        let item = ApiKeyItem { id, name: "shop".to_owned(), created_at: NOW, last_used_at: None };
        assert_eq!(world.store.create_api_key(item.clone(), [7; 32], user(1)).await.unwrap(), CreateKeyOutcome::Created);
        assert_eq!(world.store.api_key_by_hash(&[7; 32], NOW).await.unwrap(), Some(id));
        world.store.settle().await.unwrap();
        assert_eq!(world.store.api_keys().await.unwrap(), [ApiKeyItem { last_used_at: Some(NOW), ..item }]);
        assert!(world.store.delete_api_key(id).await.unwrap());
        assert!(!world.store.delete_api_key(id).await.unwrap());
        assert_eq!(world.store.api_key_by_hash(&[7; 32], NOW).await.unwrap(), None);
    }

    async fn a_part_of_a_calls_attributes_stays_where_only_the_other_is_set(world) {
        let set = async |public: Option<&str>, private: Option<&str>| {
            let new = NewAttributes { public: public.map(str::to_owned), private: private.map(str::to_owned) };
            world.store.set_call_attributes(call_id(1), new, NOW).await.unwrap()
        };
        assert_eq!(world.store.call_attributes(call_id(1)).await.unwrap(), Attributes::default());
        set(None, Some("{\"b\":2}")).await;
        let kept = set(Some("{\"a\":1}"), None).await;
        assert_eq!((kept.public["a"].as_u64(), kept.private["b"].as_u64()), (Some(1), Some(2)));
        assert_eq!(world.store.call_attributes(call_id(1)).await.unwrap(), kept);
    }

    async fn a_deleted_account_is_gone_at_once_and_its_rows_step_by_step(world) {
        for number in 1..=3 {
            world.store.create_guest(guest(number, None)).await.unwrap();
        }
        world.store.record_call(Box::new(call(1, Outcome::Success)));
        world.store.block(BlockId::from_bytes([1; 16]), user(1), user(2), NOW).await.unwrap();
        world.store.block(BlockId::from_bytes([2; 16]), user(2), user(1), NOW).await.unwrap();
        world.store.create_invite([1; 32], user(1), NOW.plus(DAY_MS), NOW).await.unwrap();
        world.store.rate_call(call_id(1), user(1), 3, NOW).await.unwrap();
        let export = world.store.export(user(1), LoginId::from_bytes([1; 16]), true, NOW).await.unwrap().unwrap();
        assert_eq!((export.calls.len(), export.blocks.len(), export.logins.len()), (1, 1, 1));
        world.events();
        let outcome = world.store.delete_account(user(1), shown(1, None), NOW).await.unwrap();
        assert_eq!((outcome, world.events()), (Ok(DeleteOutcome::Deleted), vec![ended(1, &[1])]));
        assert_eq!(world.store.person(user(1), NOW).await.unwrap(), None);
        assert_eq!(world.store.login_by_token_hash(&[1; 32], NOW).await.unwrap(), None);
        assert_eq!(world.store.sweep(NOW).await.unwrap(), 1);
        assert_eq!(world.store.sweep(NOW).await.unwrap(), 0);
        assert_eq!(world.store.invite(&[1; 32], NOW).await.unwrap(), None);
        assert!(world.store.blocked_by(user(2)).await.unwrap().is_empty());
        // The other one keeps the call, with nobody in it.
        let calls = world.store.calls_of(user(2), None, 10).await.unwrap();
        assert_eq!((calls.len(), calls[0].partner_name.as_str()), (1, ""));
    }

    async fn guests_whom_nobody_used_for_ninety_days_are_taken_away(world) {
        for number in 1..=3 {
            world.store.create_guest(guest(number, None)).await.unwrap();
        }
        world.store.set_plan(user(2), Some("gold".to_owned())).await.unwrap();
        let later = NOW.plus(90 * DAY_MS);
        assert_eq!(world.store.sweep(later).await.unwrap(), 0);
        assert!(world.store.login_by_token_hash(&[3; 32], NOW.plus(20 * DAY_MS)).await.unwrap().is_some());
        world.store.settle().await.unwrap();
        assert_eq!(world.store.sweep(later.plus(1)).await.unwrap(), 1);
        assert_eq!(world.store.person(user(1), later).await.unwrap(), None);
        // A user who paid, and one who returned, stay.
        for number in [2, 3] {
            assert!(world.store.person(user(number), later).await.unwrap().is_some());
        }
    }
}
