//! One run: guests, connects, rest, set-ups with cuts, a storm, and what came of it.

use anyhow::{Result, bail, ensure};
use std::rc::Rc;
use std::time::Duration;

use crate::clock::{Nanos, now};
use crate::costs::Costs;
use crate::guests;
use crate::options::Signal;
use crate::plan::Plan;
use crate::process::{Memory, listen_overflows};
use crate::report::{Connects, Idle, Report, Setups, Storm, Verdict};
use crate::script::{Script, Settings};
use crate::shell::{Shell, wait_until};
use crate::sign_ins::Running;
use crate::wire::Wire;

/// Longer than any server needs for 10,000 connects that is worth measuring.
const CONNECT_PATIENCE: Duration = Duration::from_mins(2);
/// From the plan's making to its first set-up.
const LEAD: Duration = Duration::from_millis(50);
/// Callbox's limit of a person's seeks and skips: so often in a row, then once in so many seconds.
const SEEKS_IN_A_ROW: f64 = 10.0;
const SECONDS_PER_SEEK: f64 = 2.0;

/// Plays everything that the options ask for.
pub(crate) async fn run(options: &Signal) -> Result<Report> {
    let plan = plan(options)?;
    let logins = guests::make(options.server, options.wire, options.clients).await?;
    let measured = options.duration.as_secs_f64() * options.rate;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the plan has bounded it")]
    let settings = Settings {
        wire: options.wire,
        cuts: options.cuts,
        warmup_setups: plan.setups - (measured.round() as usize).min(plan.setups),
        patience: options.patience,
        seed: options.seed,
    };
    let shell = Shell::new(options.server, Script::new(settings, logins), options.clients)?;
    let agenda = shell.run_agenda();
    let before = options.pid.map(Memory::of).transpose()?;
    let connects = connect(&shell, options).await?;
    let idle = rest(options, before).await?;
    let setups = if options.connects { None } else { Some(play(&shell, options, plan).await?) };
    let storm = match options.storm {
        Some(within) => Some(storm(&shell, options, within).await?),
        None => None,
    };
    ensure!(!agenda.is_finished(), "the alarm broke");
    let (counts, faults, refused) =
        shell.with(|script| (script.tally.counts, script.faults(), script.tally.refused.clone()));
    shell.close_all();
    // The closes are on their way; the process's end must not turn them into resets.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let verdict = Verdict::of(counts, faults, setups.as_ref(), options.lateness_ms);
    let (wire, clients) = (options.wire, options.clients);
    Ok(Report {
        wire,
        clients,
        connects,
        idle,
        setups,
        storm,
        counts,
        faults: faults.into(),
        refused,
        verdict,
    })
}

fn plan(options: &Signal) -> Result<Plan> {
    let length = options.warmup + options.duration;
    let plan = Plan::new(options.clients, options.rate, length, options.next)?;
    #[expect(clippy::cast_precision_loss, reason = "rounds are few")]
    let rounds = plan.rounds() as f64;
    let allowed = SEEKS_IN_A_ROW + length.as_secs_f64() / SECONDS_PER_SEEK;
    if options.wire == Wire::Callbox && !options.connects {
        ensure!(
            rounds <= allowed,
            "each client would seek {rounds} times, and the server allows {allowed:.0}: take more of them"
        );
    }
    Ok(plan)
}

async fn connect(shell: &Rc<Shell>, options: &Signal) -> Result<Connects> {
    let (start, costs, overflows) = (now(), Costs::of(options.pid)?, listen_overflows());
    shell.connect_all(options.at_once);
    let is_all = || shell.with(|script| script.ready() >= script.expected());
    if !wait_until(is_all, CONNECT_PATIENCE).await {
        let (ready, refused) = shell.with(|script| (script.ready(), script.tally.refused.clone()));
        let failure = shell.first_failure().unwrap_or_else(|| format!("{refused:?}"));
        bail!("only {ready} of {} clients are connected: {failure}", options.clients);
    }
    let seconds = now().since(start).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let per_second = options.clients as f64 / seconds;
    let costs = Costs::of(options.pid)?.since(&costs);
    Ok(Connects {
        seconds,
        per_second,
        server_cpu_share: costs.server.map(|cpu| cpu / seconds),
        generator_cpu_share: costs.own / seconds,
        others_cpu_share: costs.others().map(|cpu| cpu / seconds),
        listen_overflows: listen_overflows() - overflows,
    })
}

async fn rest(options: &Signal, before: Option<Memory>) -> Result<Option<Idle>> {
    let (Some(pid), Some(before)) = (options.pid, before) else { return Ok(None) };
    tokio::time::sleep(options.settle).await;
    Ok(Some(Idle::new(before, Memory::of(pid)?, options.clients)))
}

async fn play(shell: &Rc<Shell>, options: &Signal, plan: Plan) -> Result<Setups> {
    let start = now().plus(LEAD);
    let (measured_from, end) = (start.plus(options.warmup), start.plus(options.warmup + options.duration));
    shell.with(|script| script.play(plan.starting(start)));
    let sign_ins = options.sign_ins.map(|rate| Running::start(options.server, rate));
    sleep_until(measured_from).await;
    let costs = Costs::of(options.pid)?;
    sleep_until(end).await;
    let costs = Costs::of(options.pid)?.since(&costs);
    let sign_ins = match sign_ins {
        Some(running) => Some(running.stop().await?),
        None => None,
    };
    // Clients that are away reconnect, and what is on its way arrives, or the script gives up.
    let is_over = || shell.with(|script| script.is_over() && script.ready() >= script.expected());
    wait_until(is_over, options.patience + Duration::from_secs(5)).await;
    let (rate, length) = (options.rate, options.duration);
    Ok(shell.with(|script| Setups::new(rate, length, &script.tally, costs, sign_ins)))
}

async fn storm(shell: &Rc<Shell>, options: &Signal, within: Duration) -> Result<Storm> {
    let memory = || options.pid.map(Memory::of).transpose();
    let before = memory()?;
    let start = now();
    let within_ms = u64::try_from(within.as_millis())?;
    shell.with(|script| script.handle_storm(within_ms, now()));
    let mut peak = before;
    let is_back = || {
        // Reading it walks the process's pages: cheap beside a storm.
        let now = memory().ok().flatten();
        peak = peak.zip(now).map(|(peak, now)| if now.rss_kb > peak.rss_kb { now } else { peak });
        shell.with(|script| script.ready() >= script.expected())
    };
    let all_back = wait_until(is_back, CONNECT_PATIENCE).await;
    let seconds = now().since(start).as_secs_f64();
    tokio::time::sleep(options.settle).await;
    let returns = shell.with(|script| script.tally.returns.summary());
    Ok(Storm { within_s: within.as_secs_f64(), all_back, seconds, returns, before, peak, after: memory()? })
}

async fn sleep_until(at: Nanos) {
    tokio::time::sleep(at.since(now())).await;
}
