//! Thirty made days in the monitor's store, and how long the questions of a first dashboard screen take over them.
//!
//! `made_days FOLDER [DAYS] [USERS]`: begins an empty folder. Beacons go through the desk, figures through the fold, and rows,
//! errors, visits and users' days through the store's own code, as a server does it; only the clock is made. Nothing of
//! it was measured of anybody, and it says so: releases are called `made.1` and `made.2`, and the folder has a file
//! `MADE.txt`. Prints the rows of a bench.
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock; that is what it is for")]
#![expect(clippy::print_stdout, reason = "a benchmark talks to people")]

use anyhow::{Context as _, ensure};
use callbox_monitor::{
    Changes, Counter, Desk, Dimensions, Distribution, Fold, Gauge, Intake, Query, QueryParams, RowKey,
    Sample, When, check_beacon, kept_from, merged, minute_of,
};
use callbox_protocol::beacon::{
    BEACON_VERSION, Beacon, BeaconCall, BeaconError, BeaconEvent, CallOutcome, ConnectionQuality, DeviceKind,
    ErrorKind, Navigation, Vitals,
};
use callbox_protocol::id::{CallId, ViewId, VisitId};
use callbox_protocol::signal::QualityLevel;
use callbox_protocol::time::UnixMillis;
use callbox_server::beacons::{Taken, seen};
use callbox_server::clock::Clock;
use callbox_server::monitor::Monitor;
use callbox_server::source_maps::SourceMaps;
use callbox_settings::monitor::MonitorSettings;
use callbox_store::{ErrorFilter, Monitoring, RowName, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
/// Made at once: as many views as the fold has room for.
const BATCH_MS: u64 = 10 * MINUTE_MS;
const VIEWS_OF_A_VISIT: u32 = 5;
const VISITS_OF_A_USER: u32 = 2;
const CALLS_OF_A_USER: u32 = 9;
const ROUTES: [&str; 12] = [
    "/call",
    "/call",
    "/call",
    "/call",
    "/call",
    "/call",
    "/",
    "/",
    "/account",
    "/i/:code",
    "/moderation",
    "/safety",
];
const ROUNDS: usize = 20;
const BYTES_MAX: u64 = 80_000_000;
const P95_MS_MAX: f64 = 100.0;

/// What a first screen asks: the metric, what is said of it, from when to when, the step, and by what.
type Asked = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);
const SCREEN: &[Asked] = &[
    ("pool_checked_out", "max", "1d", "0m", "15m", ""),
    ("page_load", "p75", "1d", "0m", "15m", ""),
    ("page_load", "p75", "10m", "0m", "10m", ""),
    ("call_success", "", "1d", "0m", "15m", ""),
    ("call_success", "", "1d", "0m", "1d", ""),
    ("browser_errors", "", "1d", "0m", "1h", ""),
    ("page_views", "", "1d", "0m", "1h", "name"),
    ("availability", "", "30d", "0m", "1d", ""),
    ("calls", "", "1d", "0m", "1m", ""),
    ("calls", "", "1d", "0m", "15m", "name"),
    ("calls", "", "8d", "7d", "1h", ""),
    ("call_failures", "", "1d", "0m", "1d", "name"),
    ("call_confirmed", "mean", "1d", "0m", "1h", ""),
    ("call_answer", "mean", "1d", "0m", "1h", ""),
    ("call_ice", "mean", "1d", "0m", "1h", ""),
    ("call_dtls", "mean", "1d", "0m", "1h", ""),
    ("call_first_frame", "p95", "1d", "0m", "1h", ""),
    ("call_score", "good", "1d", "0m", "1h", ""),
    ("call_loss", "p75", "1d", "0m", "1h", ""),
    ("call_rtt", "p75", "1d", "0m", "1h", ""),
    ("lcp", "p75", "1d", "0m", "15m", ""),
    ("inp", "p75", "1d", "0m", "15m", ""),
    ("cls", "p75", "1d", "0m", "15m", ""),
    ("lcp", "good", "1d", "0m", "1d", ""),
    ("inp", "good", "1d", "0m", "1d", ""),
    ("cls", "good", "1d", "0m", "1d", ""),
    ("lcp", "p75", "1d", "0m", "1h", "route"),
    ("lcp", "good", "1d", "0m", "1h", "route"),
    ("inp", "p75", "1d", "0m", "1h", "route"),
    ("fcp", "p75", "1d", "0m", "1h", ""),
    ("ttfb", "p75", "1d", "0m", "1h", ""),
    ("lcp", "count", "1d", "0m", "1h", "device"),
    ("feature_events", "", "7d", "0m", "1d", "name"),
    ("memory", "mean", "1d", "0m", "5m", ""),
    ("relay", "rate", "1d", "0m", "5m", "name"),
    ("http_requests", "sum", "1d", "0m", "1h", "name"),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().context("`made_days FOLDER [DAYS] [USERS]`")?;
    let days: u64 = args.next().map_or(Ok(30), |days| days.parse())?;
    let users: u32 = args.next().map_or(Ok(5_000), |users| users.parse())?;
    let folder = Path::new(&folder);
    ensure!(!folder.join("monitor.db").exists(), "{} has figures already", folder.display());
    std::fs::create_dir_all(folder)?;
    std::fs::write(
        folder.join("MADE.txt"),
        "All figures in this folder are made by `made_days`, for measurements.\n",
    )?;
    let store = Store::open(folder)?;
    let end = Clock::system().now();
    let begun = Instant::now();
    let mut world = World::new(folder, store.monitoring(), end, users);
    for day in (0..days).rev() {
        world.make_day(end.minus((day + 1) * DAY_MS)).await?;
    }
    println!("made {days} days of {users} users in {:.0} s", begun.elapsed().as_secs_f64());
    store.close().await;
    drop((world, store));
    let size = |name: &str| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    let bytes = size("monitor.db") + size("monitor.db-wal");
    ask(folder, end).await?.print(days, users, bytes)
}

/// How long questions took, in ms.
struct Times {
    questions: Vec<f64>,
    screens: Vec<f64>,
    slowest: (f64, String),
}

impl Times {
    fn print(self, days: u64, users: u32, bytes: u64) -> anyhow::Result<()> {
        let Self { questions, screens, slowest } = self;
        let (p95, screen) = (percentile(questions, 95), percentile(screens, 95));
        let of = format!("{days} made days of {users} users");
        let size = u32::try_from(bytes / 1_000)?;
        let ok = |is_ok| if is_ok { "ok" } else { "missed" };
        println!(
            "{of}: size of monitor.db|{:.1} MB|-|-|<= 80 MB|{}",
            f64::from(size) / 1_000.0,
            ok(bytes <= BYTES_MAX)
        );
        let count = SCREEN.len() + 1;
        println!(
            "{of}: p95 of the {count} questions of a first screen|{p95:.1} ms|-|-|<= 100 ms|{}",
            ok(p95 <= P95_MS_MAX)
        );
        println!("{of}: all questions of a screen, one after another, p95|{screen:.0} ms|-|-||ok");
        println!("{of}: the slowest question ({})|{:.1} ms|-|-||ok", slowest.1, slowest.0);
        Ok(())
    }
}

/// Asks as `GET /v1/metrics/query` does, up to the answer's JSON.
async fn ask(folder: &Path, now: UnixMillis) -> anyhow::Result<Times> {
    let store = Store::open(folder)?;
    let monitor = Monitor::new(MonitorSettings { is_on: true }, &store, Clock::manual(now));
    let mut times = Times { questions: Vec::new(), screens: Vec::new(), slowest: (0.0, String::new()) };
    for round in 0..=ROUNDS {
        let screen = Instant::now();
        for (metric, agg, from, to, step, by) in SCREEN {
            let some = |text: &'static str| (!text.is_empty()).then_some(text);
            let (agg, from, to, step, by) = (some(agg), some(from), some(to), some(step), some(by));
            let begun = Instant::now();
            let figures =
                monitor.query(Query::new(&QueryParams { metric, from, to, step, agg, by }, now)?).await?;
            let text = serde_json::to_string(&figures)?;
            let ms = begun.elapsed().as_secs_f64() * 1_000.0;
            ensure!(text.contains("\"counts\":[") && !figures.series.is_empty(), "{metric} has no figures");
            // The first round reads the file.
            if round > 0 {
                times.questions.push(ms);
                if ms > times.slowest.0 {
                    times.slowest =
                        (ms, format!("{metric} {} of {}", agg.unwrap_or("sum"), by.unwrap_or("all")));
                }
            }
        }
        let begun = Instant::now();
        store.monitoring().error_groups(&ErrorFilter::default(), 20, now).await?;
        if round > 0 {
            times.questions.push(begun.elapsed().as_secs_f64() * 1_000.0);
            times.screens.push(screen.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    store.close().await;
    Ok(times)
}

fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * percent / 100).or(values.last()).copied().unwrap_or(f64::NAN)
}

/// Everybody and all that they do.
struct World {
    store: Monitoring,
    maps: SourceMaps,
    desk: Desk,
    random: fastrand::Rng,
    end: UnixMillis,
    users: u32,
}

impl World {
    fn new(folder: &Path, store: Monitoring, end: UnixMillis, users: u32) -> Self {
        let desk = Desk::new(UnixMillis(0));
        Self { store, maps: SourceMaps::new(folder), desk, random: fastrand::Rng::with_seed(20), end, users }
    }

    async fn make_day(&mut self, start: UnixMillis) -> anyhow::Result<()> {
        let batches = u32::try_from(DAY_MS / BATCH_MS)?;
        for batch in 0..batches {
            let from = start.plus(u64::from(batch) * BATCH_MS);
            // Twice as many in the evening as in the mean, and few at night.
            let hour = batch * 24 / batches;
            let share = [4, 2, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 11, 11, 11, 12, 13, 14, 16, 18, 18, 16, 12, 8]
                [hour as usize];
            let part = |of_a_day: u32| of_a_day * share / 218 / 6;
            let mut fold = Fold::default();
            let mut taken = Vec::new();
            for _ in 0..part(self.users * VISITS_OF_A_USER) {
                self.make_visit(&mut fold, &mut taken, from);
            }
            for _ in 0..part(self.users * CALLS_OF_A_USER) {
                self.make_call(&mut fold, from);
            }
            self.make_server(&mut fold, from);
            self.write(&fold, from.plus(BATCH_MS)).await?;
            for part in taken.chunks(256) {
                self.store.add_seen(Arc::new(seen(part, &self.maps))).await?;
            }
        }
        let now = start.plus(DAY_MS);
        self.store.sweep_errors(now).await?;
        while self.store.sweep_visits(now).await? > 0 {}
        self.store.sweep_users(now).await?;
        self.store.sweep_rollups(|step, split| kept_from(step, split, minute_of(now))).await?;
        Ok(())
    }

    /// Rows as the monitor writes them. Minutes that would have been swept by now are left out.
    async fn write(&self, fold: &Fold, now: UnixMillis) -> anyhow::Result<()> {
        let first = |key: &RowKey| kept_from(key.step.minutes(), key.split.number(), minute_of(self.end));
        let changes: Changes = fold.changes(|key| key.at >= first(key));
        let names = changes.keys().map(|key| RowName {
            metric: key.metric,
            step: key.step.minutes(),
            split: key.split.number(),
            at: key.at,
        });
        let names: Vec<_> = names.collect();
        let cells: Vec<_> = changes.into_values().collect();
        let merge = move |place: usize, before: Option<&[u8]>| merged(before, &cells[place]).0;
        Ok(self.store.change_rollups(names, merge, now).await?)
    }

    fn make_visit(&mut self, fold: &mut Fold, taken: &mut Vec<Taken>, from: UnixMillis) {
        let (visit, user) =
            (VisitId::from_bytes(self.random.u128(..).to_be_bytes()), self.random.u32(..self.users));
        let device = [DeviceKind::Phone, DeviceKind::Phone, DeviceKind::Desk][self.random.usize(..3)];
        // A new release halfway.
        let is_late = self.end.since(from) < 15 * DAY_MS;
        let release = if is_late { "made.2" } else { "made.1" };
        for number in 1..=VIEWS_OF_A_VISIT {
            let received_at = from.plus(self.random.u64(..BATCH_MS));
            let mut beacon = self.view(visit, number, device);
            beacon.release = Some(release.to_owned());
            beacon.user = Some(format!("made-{user}"));
            let Ok((mut beacon, _)) = check_beacon(beacon, received_at) else { continue };
            let Intake::New(noted) = self.desk.take(&mut beacon, received_at) else { continue };
            let when = When::now(received_at);
            for Sample { distribution, value, weight, route, release, device, nav, at } in &noted.samples {
                let dimensions = Dimensions { route, device, release, nav };
                fold.observe(*distribution, &dimensions, *value, *weight, When { at: *at, now: received_at });
            }
            for (name, count) in &noted.events {
                fold.feature(name, (*count).into(), when);
                fold.count(Counter::FeatureEvents, (*count).into(), when);
            }
            fold.count(Counter::PageViewsHard, 1, when);
            fold.count(Counter::Visits, u64::from(noted.is_new_visit), when);
            fold.count(Counter::VisibleTime, noted.visible_ms.into(), when);
            fold.count(Counter::BrowserErrorsUncaught, noted.errors.len() as u64, when);
            fold.count(Counter::BeaconsAccepted, 1, when);
            let mut hash = [7; 32];
            hash[..4].copy_from_slice(&user.to_be_bytes());
            taken.push(Taken { beacon, noted, user: Some(hash), received_at });
        }
    }

    fn view(&mut self, visit: VisitId, number: u32, device: DeviceKind) -> Beacon {
        let route = *self.random.choice(&ROUTES).unwrap_or(&"/");
        let slow = if device == DeviceKind::Phone { 1.3 } else { 1.0 };
        let fcp = self.around(700.0) * slow;
        let vitals = Vitals {
            fcp: Some(fcp),
            lcp: Some(fcp + self.around(400.0)),
            cls: Some(if self.random.u8(..4) == 0 { self.around(0.03) } else { 0.0 }),
            inp: (self.random.u8(..4) > 0).then(|| self.around(80.0) * slow),
            ttfb: Some(self.around(150.0)),
            fid: Some(self.around(6.0)),
            load: Some(fcp + self.around(700.0)),
        };
        let is_call = route == "/call";
        let calls = if is_call {
            (0..=self.random.u32(..2)).map(|place| self.reported(place)).collect()
        } else {
            Vec::new()
        };
        let errors = if self.random.u32(..320) == 0 { vec![self.error()] } else { Vec::new() };
        let names: &[&str] = if is_call { &["screen:call", "chat", "rating"] } else { &["screen:landing"] };
        Beacon {
            version: BEACON_VERSION,
            visit,
            view: ViewId::from_bytes(self.random.u128(..).to_be_bytes()),
            view_number: number,
            sequence: 1,
            is_final: true,
            sent_at: UnixMillis(300_000),
            started_at: UnixMillis(self.random.u64(..280_000)),
            visible_ms: self.random.u32(..200_000),
            route: route.to_owned(),
            release: None,
            device,
            navigation: if number == 1 { Navigation::Hard } else { Navigation::Soft },
            weight: 1.0,
            user: None,
            is_driven: false,
            vitals,
            errors,
            errors_dropped: 0,
            events: names.iter().map(|name| BeaconEvent { name: (*name).to_owned(), count: 1 }).collect(),
            calls,
            complaints: 0,
            connection: is_call.then(|| self.quality()),
        }
    }

    fn reported(&mut self, place: u32) -> BeaconCall {
        let is_failed = self.random.u32(..25) == 0;
        BeaconCall {
            call: Some(CallId::from_bytes(self.random.u128(..).to_be_bytes())),
            outcome: Some(if is_failed { CallOutcome::Failure } else { CallOutcome::Success }),
            cause: is_failed.then(|| "media_failed".to_owned()),
            at_ms: place * 100_000,
            setup_ms: Some(400 + self.random.u32(..900)),
            duration_ms: Some(self.random.u32(..400_000)),
            quality: Some(self.quality()),
        }
    }

    fn quality(&mut self) -> ConnectionQuality {
        ConnectionQuality {
            level: Some(QualityLevel::Excellent),
            score: Some(60 + self.random.u8(..35)),
            rtt_ms: Some(20 + self.random.u32(..150)),
            jitter_ms: Some(self.random.u32(..20)),
            loss_permille: Some(self.random.u16(..20)),
            is_relayed: Some(self.random.u8(..6) == 0),
        }
    }

    fn error(&mut self) -> BeaconError {
        let kind = self.random.u32(..40);
        // A name of letters: numbers in messages are taken out.
        let word =
            format!("{}{}", char::from(b'a' + self.random.u8(..5)), char::from(b'a' + self.random.u8(..8)));
        BeaconError {
            kind: ErrorKind::Error,
            name: "TypeError".to_owned(),
            message: format!("cannot read properties of {word}"),
            stack: Some(format!(
                "TypeError: {word}\n    at {word}render (https://a.example/assets/call.js:{kind}:20)\n    at run (https://a.example/assets/app.js:1:2)"
            )),
            count: 1,
            at_ms: 900,
        }
    }

    fn make_call(&mut self, fold: &mut Fold, from: UnixMillis) {
        let when = When::now(from.plus(self.random.u64(..BATCH_MS)));
        fold.count(Counter::Matches, 1, when);
        if self.random.u32(..25) == 0 {
            fold.count(Counter::CallsFailure, 1, when);
            let causes: Vec<Counter> = Counter::family("call_failures").collect();
            fold.count(*self.random.choice(&causes).unwrap_or(&Counter::CallFailuresUnknown), 1, when);
            return;
        }
        fold.count(Counter::CallsSuccess, 1, when);
        fold.count(Counter::CallEndsHangup, 1, when);
        let mut observe = |of, value| _ = fold.observe(of, &Dimensions::default(), value, 1, when);
        for (of, middle) in [
            (Distribution::CallConfirmed, 46.0),
            (Distribution::CallOffer, 60.0),
            (Distribution::CallAnswer, 177.0),
            (Distribution::CallLength, 190.0),
        ] {
            observe(of, self.around(middle));
        }
        for _ in 0..2 {
            for (of, middle) in [
                (Distribution::CallIce, 208.0),
                (Distribution::CallDtls, 118.0),
                (Distribution::CallFirstFrame, 680.0),
                (Distribution::CallRtt, 64.0),
                (Distribution::CallLoss, 0.004),
            ] {
                observe(of, self.around(middle));
            }
            observe(Distribution::CallScore, 95.0 - self.around(9.0).min(95.0));
        }
        if self.random.u8(..10) == 0 {
            observe(Distribution::CallStars, f64::from(1 + self.random.u32(..5)));
        }
    }

    /// What a server says of itself: gauges and the own probe each ten seconds, and some counters.
    fn make_server(&mut self, fold: &mut Fold, from: UnixMillis) {
        for tick in 0..BATCH_MS / 10_000 {
            let when = When::now(from.plus(tick * 10_000));
            for gauge in Gauge::ALL {
                fold.gauge(*gauge, self.around(300.0), when);
            }
            fold.observe(Distribution::Probe, &Dimensions::default(), self.around(2.0), 1, when);
            fold.count(Counter::ProbesUp, 1, when);
            for counter in ["http_requests", "frames", "relay", "relay_packets", "sessions"]
                .into_iter()
                .flat_map(Counter::family)
            {
                fold.count(counter, self.random.u64(1..2_000), when);
            }
        }
    }

    /// A value about this one: half of all are between half of it and twice as much, and few are far from it.
    fn around(&mut self, middle: f64) -> f64 {
        let sum: f64 = (0..4).map(|_| self.random.f64() - 0.5).sum();
        middle * (1.7 * sum).exp()
    }
}
