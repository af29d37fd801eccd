//! The binary `callbox`: the command line, the start, the end.
//!
//! It prints for people on standard output and logs on standard error. Everything it does is in the library.
#![forbid(unsafe_code)]

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use std::io::{IsTerminal as _, Write as _};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use callbox_server::clock::Clock;
use callbox_server::config::{Config, Layers, file_to_read};
use callbox_server::counters::LogLines;
use callbox_server::environment::Environment;
use callbox_server::server::Server;
use callbox_server::{
    admin, alert_command, backups, doctor, files, import, scorecard, security_log, setup_link, source_maps,
};
use callbox_settings::listen::TlsMode;
use callbox_store::{DataLocation, Step};

/// Everything behind a 1-to-1 video app, in one binary.
#[derive(Debug, Parser)]
#[command(name = "callbox", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(Settings),
    /// Show each setting's value and its source; fail if one is wrong.
    CheckConfig(Settings),
    /// Make an admin.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Copy the data folder to a new folder while the server runs, and check the copy.
    Backup {
        #[command(flatten)]
        settings: Settings,
        /// The new folder [default: one named by the time in `backup_dir`].
        #[arg(value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
    /// Replace the contents of the data folder by a backup; the old files are kept beside it. The server must not
    /// run.
    Restore {
        #[command(flatten)]
        settings: Settings,
        /// The backup's folder.
        #[arg(value_name = "FOLDER")]
        from: PathBuf,
    },
    /// Accept the keys that are in the data folder now, if the ones that the data were made with are lost: bans of
    /// browsers and addresses end. The server must not run.
    AcceptKeys(Settings),
    /// Copy all data from the embedded database to PostgreSQL, or the other way, and compare the two. No server may
    /// run on either. A copy that was cut short continues where it was.
    CopyData {
        /// A data folder, or `postgres://USER:PASSWORD@HOST/NAME`.
        #[arg(long, value_name = "FOLDER|URL", env = "CALLBOX_COPY_FROM", hide_env_values = true)]
        from: String,
        /// The other of the two; empty, or of a copy that was cut short.
        #[arg(long, value_name = "FOLDER|URL", env = "CALLBOX_COPY_TO", hide_env_values = true)]
        to: String,
    },
    /// Bring users and profiles of another system here. Says first what would come along, and writes with --apply alone.
    /// The server must not run.
    Import {
        #[command(flatten)]
        settings: Settings,
        /// A CSV file of users, or `postgres://USER:PASSWORD@HOST/NAME`.
        #[arg(value_name = "FILE|URL", env = "CALLBOX_IMPORT_FROM", hide_env_values = true)]
        from: String,
        /// A TOML file that names its tables and columns [default: those of `auth.users` in Supabase].
        #[arg(long, value_name = "FILE")]
        mapping: Option<PathBuf>,
        /// A CSV file to make, with a line for each user and each part that is left out.
        #[arg(long, value_name = "FILE")]
        list: Option<PathBuf>,
        /// Write; without it nothing is changed.
        #[arg(long)]
        apply: bool,
    },
    /// Source maps of your app's scripts, by which the stacks of errors name its sources.
    Sourcemaps {
        #[command(subcommand)]
        command: SourcemapsCommand,
    },
    /// The rules of alerts, a test of whoever is told, and what rules would have told.
    Alerts {
        #[command(subcommand)]
        command: AlertsCommand,
    },
    /// Show each promise of a launch with its target, what was before, what is now, and what it costs. The server must not run:
    /// beside one, `GET /v1/scorecard` answers the same.
    Scorecard {
        #[command(flatten)]
        settings: Settings,
        /// The days of now, in UTC and both included: `2026-11-01..2026-11-30`, or `30d..1d` ago.
        #[arg(long, value_name = "DAYS", default_value = "30d..1d")]
        current: String,
        /// The days before, or a CSV file `name,value,low,high,n` of another stack; without it changes read "no baseline".
        #[arg(long, value_name = "DAYS|FILE")]
        baseline: Option<String>,
        /// Prices and shares, as in `server:40,relay_gb_price:0.01`.
        #[arg(long, value_name = "NAME:NUMBER,..", default_value = "")]
        inputs: String,
        /// How it is written.
        #[arg(long, value_enum, default_value = "markdown")]
        format: scorecard::Format,
    },
    /// Look for faults that would keep the server from working, and say how to fix each; changes nothing.
    Doctor {
        #[command(flatten)]
        settings: Settings,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make the user with this address an admin, with a new password, which is printed; a new user, if nobody has it.
    Create {
        #[command(flatten)]
        settings: Settings,
        /// The admin's address, taken as verified.
        #[arg(long, value_name = "ADDRESS")]
        email: String,
    },
}

#[derive(Debug, Subcommand)]
enum SourcemapsCommand {
    /// Copy the maps of a build into the data folder, also while the server runs. They are served to nobody.
    Upload {
        #[command(flatten)]
        settings: Settings,
        /// The release, as the app gives it to the monitor.
        #[arg(long, value_name = "NAME")]
        release: String,
        /// The folder of the build: every file in it that ends in `.map` is copied.
        #[arg(value_name = "FOLDER")]
        from: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum AlertsCommand {
    /// Show all rules: the shipped ones, and those of the file in `alert_rules`.
    List(Settings),
    /// Tell every target of a test that fires and is over at once; fail if one does not take it.
    Test(Settings),
    /// Show what the rules would have told in the last days, by the figures that are kept. The server must not run.
    Replay {
        #[command(flatten)]
        settings: Settings,
        /// How many days; the last two are known by the minute, those before by the hour.
        #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(alert_command::DAYS_MAX)))]
        days: u32,
    },
}

#[derive(Debug, Args)]
struct Settings {
    /// The name of a server on the internet: HTTPS on port 443, with a certificate that it gets by itself.
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// The address and port to listen on [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// HTTPS: off, acme (see `domain`), files (see `tls_certificate`), or self-signed [default: off].
    #[arg(long, value_name = "MODE")]
    tls: Option<String>,
    /// The folder of the database and the operator token [default: callbox-data].
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// The origin that browsers see, if a proxy is before this server.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The settings file [default: callbox.toml in this folder, if there is one].
    #[arg(long, value_name = "FILE", env = "CALLBOX_CONFIG")]
    config: Option<PathBuf>,
    /// Any other setting; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Settings {
    fn layers(self) -> anyhow::Result<Layers> {
        let mut flags = Vec::new();
        for assignment in self.set {
            let (key, value) = assignment.split_once('=').context("--set takes KEY=VALUE")?;
            flags.push(("--set".to_owned(), key.trim().to_owned(), value.to_owned()));
        }
        let named = [
            ("domain", self.domain),
            ("listen", self.listen),
            ("tls", self.tls),
            ("data_dir", self.data_dir),
            ("public_url", self.public_url),
        ];
        for (key, value) in named {
            if let Some(value) = value {
                flags.push((format!("--{}", key.replace('_', "-")), key.to_owned(), value));
            }
        }
        // Variables that are not UTF-8 cannot be ours.
        let environment =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Ok(Layers { file: file_to_read(self.config), environment: environment.collect(), flags })
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // One line for people: what failed, and why, without our internals.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let environment = Environment::system();
    match command {
        Command::Serve(settings) => runtime()?.block_on(serve(settings.layers()?.load()?, environment))?,
        Command::Admin { command: AdminCommand::Create { settings, email } } => {
            runtime()?.block_on(create_admin(settings.layers()?.load()?, &email, &environment))?;
        }
        Command::Backup { settings, to } => {
            let config = settings.layers()?.load()?;
            let backup = backups::create(&config.backups, &config.database, to, environment.clock.wall())?;
            writeln!(std::io::stdout(), "{} ({} bytes, checked)", backup.folder.display(), backup.bytes)?;
        }
        Command::Restore { settings, from } => {
            let config = settings.layers()?.load()?;
            let aside = backups::restore(&config.database, &from, environment.clock.wall())?;
            let data = config.database.folder.display();
            writeln!(
                std::io::stdout(),
                "{data} is as it was then; what was there is in {}",
                aside.display()
            )?;
        }
        Command::AcceptKeys(settings) => {
            let config = settings.layers()?.load()?;
            runtime()?.block_on(callbox_server::server::accept_keys(&config.database))?;
            writeln!(
                std::io::stdout(),
                "the data go with the keys in {} now",
                config.database.folder.display()
            )?;
        }
        Command::CopyData { from, to } => runtime()?.block_on(copy_data(&from, &to, &environment.clock))?,
        Command::Import { settings, from, mapping, list, apply } => {
            let wish = import::Wish { from, mapping, list, applies: apply };
            runtime()?.block_on(import_users(&settings.layers()?.load()?, &wish, &environment.clock))?;
        }
        Command::CheckConfig(settings) => check_config(&settings.layers()?)?,
        Command::Sourcemaps { command: SourcemapsCommand::Upload { settings, release, from } } => {
            let folder = settings.layers()?.load()?.database.folder;
            let maps = source_maps::upload(&folder, &release, &from)?;
            writeln!(
                std::io::stdout(),
                "{maps} source maps of release {release} are in {}",
                folder.display()
            )?;
        }
        Command::Alerts { command } => return alerts(command, environment),
        Command::Scorecard { settings, current, baseline, inputs, format } => {
            let wish = scorecard::Wish { current, baseline, inputs, format };
            let config = settings.layers()?.load()?;
            let text = scorecard::write(&config, &wish, environment.clock);
            write!(std::io::stdout(), "{}", runtime()?.block_on(text)?)?;
        }
        Command::Doctor { settings, json } => return examine(&settings.layers()?, json, &environment),
    }
    Ok(ExitCode::SUCCESS)
}

fn alerts(command: AlertsCommand, environment: Environment) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    match command {
        AlertsCommand::List(settings) => alert_command::list(&settings.layers()?.load()?, &mut out)?,
        AlertsCommand::Test(settings) => {
            let config = settings.layers()?.load()?;
            let is_well = runtime()?.block_on(alert_command::test(&config, environment, &mut out))?;
            return Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        AlertsCommand::Replay { settings, days } => {
            let config = settings.layers()?.load()?;
            runtime()?.block_on(alert_command::replay_days(&config, days, &environment.clock, &mut out))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn examine(layers: &Layers, is_json: bool, environment: &Environment) -> anyhow::Result<ExitCode> {
    let findings = doctor::run(layers, environment);
    let mut out = std::io::stdout().lock();
    if is_json {
        doctor::write_json(&mut out, &findings)?;
    } else {
        doctor::write(&mut out, &findings)?;
    }
    out.flush()?;
    Ok(if doctor::is_well(&findings) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn create_admin(config: Config, email: &str, environment: &Environment) -> anyhow::Result<()> {
    let password = admin::create(&config.database, email, environment).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{email} is an admin now")?;
    writeln!(out, "password: {password} (shown once; change it under /account)")?;
    Ok(())
}

/// Says how far it is, once a second and at the end of each table.
async fn copy_data(from: &str, to: &str, clock: &Clock) -> anyhow::Result<()> {
    let mut told = (String::new(), Step::Copied, clock.now());
    let tell = |table: &str, step: Step, rows: u64, all: u64| {
        let now = clock.now();
        let is_new = (table, step) != (told.0.as_str(), told.1);
        if !is_new && rows < all && now.since(told.2) < 1_000 {
            return;
        }
        told = (table.to_owned(), step, now);
        let line = match step {
            Step::Replaced => {
                format!(
                    "{table}: {rows} rows of the target were deleted: the source's figures take their place"
                )
            }
            Step::Copied => format!("{table}: {rows} of {all} rows copied"),
            Step::Checked => format!("{table}: {rows} rows compared"),
        };
        // Nobody has to read it.
        let _ = writeln!(std::io::stdout(), "{line}");
    };
    let rows = callbox_store::copy_data(&DataLocation::parse(from), &DataLocation::parse(to), tell).await?;
    writeln!(std::io::stdout(), "{rows} rows were copied; both sides are the same, by count and SHA-256")?;
    Ok(())
}

/// Says how far it is, once a second.
async fn import_users(config: &Config, wish: &import::Wish, clock: &Clock) -> anyhow::Result<()> {
    let mut told = clock.now();
    let tell = |read: u64, all: Option<u64>| {
        let now = clock.now();
        if now.since(told) < 1_000 {
            return;
        }
        told = now;
        let of = all.map(|all| format!(" of {all}")).unwrap_or_default();
        // Nobody has to read it.
        let _ = writeln!(std::io::stderr(), "{read}{of} users read");
    };
    let report = import::run(&config.database, &config.attributes, wish, clock, tell).await?;
    let mut out = std::io::stdout().lock();
    write!(out, "{report}")?;
    if wish.applies {
        writeln!(out, "they are here now; each is asked for their age at the first sign-in")?;
    } else {
        writeln!(out, "nothing was written: run it again with --apply")?;
    }
    Ok(())
}

fn check_config(layers: &Layers) -> anyhow::Result<()> {
    let effective = layers.effective()?;
    let mut out = std::io::stdout().lock();
    for (setting, value, source) in &effective {
        writeln!(out, "{:16} = {:32} # {source}", setting.key, setting.shown(value))?;
    }
    // Each value may be read and yet mean nothing: the file is good only if the server could start with it.
    layers.load()?;
    writeln!(out, "# all settings are valid")?;
    Ok(())
}

/// A thread for each core; on one core only this thread, which saves each wake of another.
fn runtime() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut runtime = if cores == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    runtime.enable_all().build()
}

const CODECS: [&str; 3] = ["stun_types", "stun_proto", "turn_types"];

async fn serve(config: Config, environment: Environment) -> anyhow::Result<()> {
    // Colours are for a terminal; in a file they are noise.
    let has_colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_ansi(has_colours).with_writer(std::io::stderr);
    // The codec of STUN warns of every malformed datagram, and strangers decide how many there are: we count them. An
    // operator who reads little else must still be able to look into an attack.
    let security = LevelFilter::from_level(config.log).max(LevelFilter::INFO);
    let levels = Targets::new()
        .with_default(config.log)
        .with_target(security_log::TARGET, security)
        .with_targets(CODECS.map(|name| (name, LevelFilter::OFF)));
    // Counted also where `log` leaves them out.
    let counted = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(CODECS.map(|name| (name, LevelFilter::OFF)));
    tracing_subscriber::registry().with(lines.with_filter(levels)).with(LogLines.with_filter(counted)).init();
    files::raise_limit(config.limits.sessions_max);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let server = Server::start(config, environment).await?;
    // Nobody has to read it.
    let _ = greet(&server);
    let mut is_lost = false;
    loop {
        tokio::select! {
            () = server.app.store.lost() => {
                is_lost = true;
                break;
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => {
                if let Some(tls) = &server.tls {
                    tls.reload();
                }
            }
        }
    }
    tracing::info!("shutting down: clients are asked to reconnect, then connections are ended");
    server.stop().await;
    tracing::info!("stopped");
    if is_lost {
        bail!("another callbox has taken the database; this one has ended");
    }
    Ok(())
}

/// The text for a new operator. Scripts read the first line. Secrets are for a terminal alone: elsewhere they would
/// stay in a log, and are in files for their owner.
fn greet(server: &Server) -> std::io::Result<()> {
    let is_terminal = std::io::stdout().is_terminal();
    let mut out = std::io::stdout().lock();
    let addr = server.addr;
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    writeln!(out, "callbox is listening on {scheme}://{addr}")?;
    let public_url = server.config.site.public_url.as_ref().map(ToString::to_string);
    match &public_url {
        Some(url) => writeln!(out, "Open {url} in two browsers: they find each other.")?,
        None if addr.ip().is_loopback() => {
            writeln!(out, "Open the address in two tabs: each tab is a guest of its own.")?;
        }
        None => {}
    }
    let own = server.tls.as_ref().filter(|_| server.config.tls.mode == TlsMode::SelfSigned);
    if let Some(fingerprint) = own.and_then(|tls| tls.fingerprint()) {
        writeln!(out, "Browsers will warn of its own certificate; its SHA-256: {fingerprint}")?;
    }
    if server.config.tls.mode == TlsMode::Acme {
        writeln!(out, "Its certificate comes from {}", server.config.tls.acme.directory)?;
    }
    let token_file = server.config.database.folder.join("operator-token");
    if server.is_token_new && is_terminal {
        writeln!(
            out,
            "operator token: {} (shown once; kept in {})",
            server.operator_token,
            token_file.display()
        )?;
    } else {
        writeln!(out, "operator token: kept in {}", token_file.display())?;
    }
    if addr.ip().is_unspecified() && public_url.is_none() {
        let own = if_addrs::get_if_addrs().unwrap_or_default();
        for one in own.iter().filter(|one| one.ip().is_ipv4() && !one.is_loopback()) {
            writeln!(out, "on this network: {scheme}://{}:{}", one.ip(), addr.port())?;
        }
    }
    if let Some(relays) = &server.app.relays {
        writeln!(out, "relay (STUN and TURN, UDP): {}", relays.addr())?;
        writeln!(out, "relay (TURN, TCP): {}", relays.addr())?;
    }
    if let Some(token) = &server.setup_token {
        let origin = public_url.unwrap_or_else(|| format!("{scheme}://{addr}"));
        let link = format!("{origin}/setup#{token}");
        if is_terminal {
            writeln!(out, "there is no admin yet; open this link to become one: {link}")?;
        } else {
            match setup_link::write(&server.config.database.folder, &link) {
                Ok(file) => {
                    let file = file.display();
                    writeln!(out, "there is no admin yet; open the link in {file} to become one")?;
                }
                Err(error) => tracing::error!(%error, "the link for the first admin cannot be written"),
            }
        }
    }
    out.flush()
}
