//! Tests of `set.rs`: what is told, and when.

use super::*;
use crate::{Counter, Distribution, Gauge, Sketch};
use proptest::prelude::*;

const STEP: u64 = 10_000;
const MINUTE: u64 = 60_000;

const RULES: &str = r#"
[[rule]]
name = "many_calls"
about = "Many calls run."
metric = "calls_running"
fire = "> 100"
clear = "< 80"

[[rule]]
name = "long_queue"
about = "Many writes wait."
metric = "write_queue"
fire = "> 10"
clear = "< 5"
inhibited_by = ["many_calls"]
mute_after_deploy = "5m"
"#;

/// A server whose gauges are set, looked at each ten seconds.
struct World {
    alerts: Alerts,
    now: UnixMillis,
    gauges: Vec<(Gauge, f64)>,
}

impl World {
    fn new(rules: &str) -> Self {
        Self::of(&Rules::parse(rules).unwrap())
    }

    fn of(rules: &Rules) -> Self {
        let alerts = Alerts::new(rules, Parts::default(), None);
        Self { alerts, now: UnixMillis(1_795_694_400_000), gauges: Vec::new() }
    }

    fn set(&mut self, gauge: Gauge, value: f64) {
        self.gauges.retain(|(known, _)| *known != gauge);
        self.gauges.push((gauge, value));
    }

    /// So many looks; what was told, as `+rule`, `-rule` or `~rule`.
    fn run(&mut self, looks: u64) -> String {
        let mut told = Vec::new();
        for _ in 0..looks {
            let mut interval = Interval::default();
            for (gauge, value) in &self.gauges {
                interval.set_gauge(*gauge, *value);
            }
            self.alerts.handle_interval(&interval, self.now);
            for notice in self.alerts.next_notices() {
                let sign = if notice.is_flapping {
                    '~'
                } else if notice.is_firing {
                    '+'
                } else {
                    '-'
                };
                told.push(format!("{sign}{}", notice.rule));
            }
            self.now = self.now.plus(STEP);
        }
        told.join(" ")
    }

    fn restart(&mut self, rules: &Rules) {
        let kept = Kept::parse(&self.alerts.kept().text()).unwrap();
        self.alerts = Alerts::new(rules, Parts::default(), Some(kept));
    }

    fn state(&self, rule: &str) -> View {
        self.alerts.views(self.now).into_iter().find(|view| view.rule == rule).unwrap()
    }
}

#[test]
fn what_fires_is_told_once_and_again_after_four_hours_and_its_end_once() {
    let mut world = World::new(RULES);
    world.set(Gauge::Calls, 150.0);
    assert_eq!(world.run(1), "+many_calls");
    assert_eq!(world.run(4 * 360 - 1), "");
    assert_eq!(world.run(2), "+many_calls", "after four hours");
    world.set(Gauge::Calls, 90.0);
    assert_eq!(world.run(10), "", "between the limits");
    assert_eq!(
        (world.state("many_calls").state, world.state("many_calls").value),
        (AlertState::Firing, Some("90".into()))
    );
    world.set(Gauge::Calls, 10.0);
    assert_eq!(world.run(10), "-many_calls");
    world.gauges.clear();
    world.run(10);
    assert_eq!(world.state("many_calls").state, AlertState::NoData);
}

#[test]
fn a_restart_tells_nothing_anew_and_forgets_nothing() {
    let mut world = World::new(RULES);
    world.set(Gauge::Calls, 150.0);
    assert_eq!(world.run(3), "+many_calls");
    world.restart(&rules());
    assert_eq!(world.run(10), "");
    assert_eq!(world.alerts.firing(world.now).len(), 1);
    world.gauges.clear();
    world.restart(&rules());
    assert_eq!(world.run(10), "", "no data is no recovery, and no news");
    world.set(Gauge::Calls, 10.0);
    world.restart(&rules());
    assert_eq!(world.run(3), "-many_calls");
    assert_eq!(Kept::parse("{}").map_err(|_| ()), Err(()));
    assert!(matches!(
        Kept::parse(&world.alerts.kept().text().replace("\"version\":1", "\"version\":9")),
        Err(crate::alert::KeptAlertsError::Version(9))
    ));
}

#[test]
fn a_silence_holds_a_notice_back_until_it_ends() {
    let mut world = World::new(RULES);
    assert!(matches!(
        world.alerts.handle_silence("nobody", "", world.now.plus(MINUTE), world.now),
        Err(SilenceError::Rule(_))
    ));
    let until = world.now.plus(10 * MINUTE);
    let silence = world.alerts.handle_silence("many_calls", "a party", until, world.now).unwrap();
    world.set(Gauge::Calls, 150.0);
    assert_eq!(world.run(30), "");
    assert_eq!(world.state("many_calls").silenced_until, Some(until));
    world.restart(&rules());
    assert_eq!(world.run(30), "", "the next process knows it");
    assert_eq!(world.run(2), "+many_calls", "it fires still");
    let all = world.alerts.handle_silence("*", "work", world.now.plus(MINUTE), world.now).unwrap();
    world.set(Gauge::Calls, 0.0);
    assert_eq!(world.run(1), "-many_calls", "whoever heard of the beginning hears of the end");
    assert!(all.id > silence.id && world.alerts.end_silence(all.id) && !world.alerts.end_silence(all.id));
    for _ in 0..SILENCES_MAX {
        world.alerts.handle_silence("*", "", world.now.plus(MINUTE), world.now).unwrap();
    }
    assert_eq!(world.alerts.handle_silence("*", "", world.now.plus(1), world.now), Err(SilenceError::Full));
}

#[test]
fn what_another_rule_says_already_is_not_told_and_neither_is_what_follows_a_deploy() {
    let mut world = World::new(RULES);
    world.set(Gauge::Calls, 150.0);
    world.set(Gauge::WriteQueue, 50.0);
    assert_eq!(world.run(5), "+many_calls");
    assert_eq!(world.state("long_queue").inhibited_by.as_deref(), Some("many_calls"));
    world.set(Gauge::Calls, 0.0);
    assert_eq!(world.run(5), "-many_calls +long_queue");
    world.set(Gauge::WriteQueue, 0.0);
    assert_eq!(world.run(1), "-long_queue");
    world.alerts.handle_deploy("v2", world.now);
    world.set(Gauge::WriteQueue, 50.0);
    assert_eq!(world.run(29), "", "for five minutes");
    assert_eq!(world.run(3), "+long_queue");
    for number in 0..150 {
        world.alerts.handle_deploy(&number.to_string(), world.now);
    }
    let last = world.alerts.deploys().last().map(|deploy| deploy.name.as_str());
    assert_eq!((world.alerts.deploys().len(), last), (DEPLOYS_MAX, Some("149")));
}

#[test]
fn a_rule_that_flaps_is_told_of_once_and_then_where_it_stands() {
    let mut world = World::new(RULES);
    let mut told = String::new();
    for _ in 0..30 {
        for value in [150.0, 0.0] {
            world.set(Gauge::Calls, value);
            told = format!("{told} {}", world.run(1));
        }
    }
    let told: Vec<_> = told.split_whitespace().collect();
    assert_eq!(told.iter().filter(|one| one.starts_with('~')).count(), 1, "{told:?}");
    assert_eq!(told.len(), 6, "five changes, and that it flaps: {told:?}");
    assert!(world.state("many_calls").is_flapping);
    world.set(Gauge::Calls, 150.0);
    assert_eq!(world.run(720), "+many_calls", "it is steady, and fires");
}

#[test]
fn other_rules_keep_what_goes_on_and_tell_the_end_of_what_is_gone() {
    let mut world = World::new(RULES);
    world.set(Gauge::Calls, 150.0);
    assert_eq!(world.run(2), "+many_calls");
    let changed = Rules::parse(&RULES.replace("Many calls run.", "Too many.")).unwrap();
    world.alerts.handle_rules(&changed, world.now);
    assert_eq!(world.run(3), "");
    world.alerts.handle_rules(&Rules::shipped(), world.now);
    assert_eq!(world.run(1), "-many_calls");
}

#[test]
fn what_a_server_has_not_is_not_applicable_and_never_ok() {
    let mut world = World::new("");
    world.set(Gauge::Ready, 1.0);
    world.set(Gauge::PostgresConnections, 1_000.0);
    world.run(20);
    let of = |rule: &str| world.state(rule).state;
    assert_eq!(of("database_connections"), AlertState::NotApplicable);
    assert_eq!(
        (of("not_ready"), of("cdn_hit_rate"), of("disk")),
        (AlertState::Ok, AlertState::NoData, AlertState::NoData)
    );
    assert!(world.state("cdn_hit_rate").note.contains("issue 13"));
}

#[test]
fn a_percentile_needs_enough_values_and_a_burn_rate_two_stretches() {
    let mut world = World::new(
        "[[rule]]\nname = \"page_load\"\nfor = \"1m\"\ninhibited_by = []\n[[rule]]\nname = \"uptime_budget\"\ninhibited_by = []",
    );
    let mut run = |minutes: u64, views: u32, load: f64, is_up: bool| {
        let mut told = Vec::new();
        for _ in 0..minutes * 6 {
            let mut interval = Interval::default();
            let mut sketch = Sketch::default();
            (0..views).for_each(|_| assert!(sketch.add(load, 1)));
            interval.add_values(Distribution::PageLoad, &sketch);
            interval.count(if is_up { Counter::ProbesUp } else { Counter::ProbesDown }, 1);
            world.alerts.handle_interval(&interval, world.now);
            told.extend(
                world.alerts.next_notices().into_iter().map(|one| (one.rule, one.is_firing, one.value)),
            );
            world.now = world.now.plus(STEP);
        }
        told
    };
    assert_eq!(run(9, 0, 0.0, true), []);
    // Fewer than 50 in ten minutes.
    assert_eq!(run(7, 1, 9_000.0, true), []);
    let told = run(20, 10, 9_000.0, true);
    assert!(
        matches!(&told[..], [(rule, true, Some(value))] if rule == "page_load" && value.ends_with(" ms")),
        "{told:?}"
    );
    let told = run(30, 10, 1_000.0, true);
    assert!(
        matches!(&told[..], [(rule, false, Some(value))] if rule == "page_load" && value == "1002 ms"),
        "{told:?}"
    );
    // Down for a quarter of an hour: 25 % of the hour, 50 times the budget.
    let told = run(15, 0, 0.0, false);
    assert!(matches!(&told[..], [(rule, true, Some(_))] if rule == "uptime_budget"), "{told:?}");
    // Of a server of two hours these minutes burn for as long as the long stretches have them.
    let told = run(6 * 60 + 30, 0, 0.0, true);
    assert!(matches!(&told[..], [.., (rule, false, _)] if rule == "uptime_budget"), "{told:?}");
}

#[test]
fn absence_is_a_condition_of_its_own() {
    let rule = "[[rule]]\nname = \"silent\"\nabout = \"It is silent.\"\nkind = \"absent\"\nmetric = \"calls_running\"\nwindow = \"1m\"";
    let mut world = World::new(rule);
    world.set(Gauge::Calls, 0.0);
    assert_eq!(world.run(20), "");
    world.gauges.clear();
    assert_eq!(world.run(5), "");
    assert_eq!(world.run(5), "+silent");
    world.set(Gauge::Calls, 0.0);
    assert_eq!(world.run(1), "-silent");
}

fn rules() -> Rules {
    Rules::parse(RULES).unwrap()
}

/// Read once: a thousand times takes seconds.
fn rules_once() -> &'static Rules {
    static READ: std::sync::OnceLock<Rules> = std::sync::OnceLock::new();
    READ.get_or_init(rules)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever comes: nobody hears of an end without a beginning, nor of two beginnings within four hours, and a
    /// restart at any moment changes nothing of what is told.
    #[test]
    fn notices_alternate_and_restarts_do_not_show(steps in prop::collection::vec((0_u8..5, any::<bool>()), 1..200)) {
        let rules = rules_once();
        let (mut one, mut other) = (World::of(rules), World::of(rules));
        let mut is_told = false;
        for (kind, is_restart) in steps {
            for world in [&mut one, &mut other] {
                match kind {
                    0 => world.set(Gauge::Calls, 150.0),
                    1 => world.set(Gauge::Calls, 90.0),
                    2 => world.set(Gauge::Calls, 0.0),
                    3 => world.gauges.clear(),
                    _ => {}
                }
            }
            if is_restart {
                other.gauges.clone_from(&one.gauges);
                // A gauge's memory is a minute of readings; the last of them is what counts.
                if !other.gauges.is_empty() {
                    other.restart(rules);
                }
            }
            let (told, expected) = (other.run(1), one.run(1));
            prop_assert_eq!(&told, &expected);
            match told.as_str() {
                "+many_calls" => prop_assert!(!std::mem::replace(&mut is_told, true)),
                "-many_calls" => prop_assert!(std::mem::replace(&mut is_told, false)),
                "~many_calls" => is_told = true,
                "" => {}
                other => prop_assert!(false, "{}", other),
            }
        }
    }
}
