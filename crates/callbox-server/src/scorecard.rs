//! The scorecard, of the figures that are kept: `callbox scorecard`, and what `GET /v1/scorecard` reads.
//!
//! The arithmetic is `callbox_monitor::scorecard`'s. The command opens the data itself, so the server must not run.

use anyhow::{Context as _, bail};
use callbox_monitor::scorecard::{Baseline, Inputs, Measured, Span, csv, markdown, questions};
use callbox_settings::monitor::MonitorSettings;
use callbox_store::StoreError;
use std::io::Read as _;
use std::path::Path;

use crate::clock::Clock;
use crate::config::Config;
use crate::database;
use crate::monitor::Monitor;

/// One more than a baseline may have.
const FILE_BYTES_MAX: u64 = 64 * 1_024 + 1;

/// How a scorecard is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables, and all definitions.
    Markdown,
    /// The answer of `GET /v1/scorecard`.
    Json,
    /// The promises, a line each.
    Csv,
}

/// What is asked on the command line.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The days of now.
    pub current: String,
    /// The days before, or a file.
    pub baseline: Option<String>,
    /// Prices and shares.
    pub inputs: String,
    /// How it is written.
    pub format: Format,
}

/// What was measured in these days.
pub async fn measure(monitor: &Monitor, span: Span) -> Result<Measured, StoreError> {
    let mut answers = Vec::new();
    for question in questions(span) {
        answers.push(monitor.query(question).await?);
    }
    Ok(Measured::new(span, &answers))
}

/// The text of the scorecard.
pub async fn write(config: &Config, wish: &Wish, clock: Clock) -> anyhow::Result<String> {
    let now = clock.now();
    let current = Span::parse(&wish.current, now).context("`--current`")?;
    let inputs = Inputs::parse(&wish.inputs).context("`--inputs`")?;
    // A file that is there is meant, whatever its name.
    let file = wish.baseline.as_deref().map(Path::new).filter(|path| path.is_file());
    let days = wish.baseline.as_deref().filter(|_| file.is_none());
    let days = days.map(|text| Span::parse(text, now)).transpose();
    let days = days.context("`--baseline` is neither a file that is there nor days")?;
    let imported = file.map(read_baseline).transpose()?;
    let store = match database::open(&config.database).await {
        Ok(store) => store,
        Err(error)
            if matches!(error.downcast_ref(), Some(StoreError::InUse(_) | StoreError::DatabaseInUse)) =>
        {
            bail!(
                "a server uses these data: ask it (`GET /v1/scorecard`), or copy them by `callbox backup` and take `--data-dir` of the copy"
            )
        }
        Err(error) => return Err(error),
    };
    let monitor = Monitor::new(MonitorSettings { is_on: true }, &store, clock);
    let read = async {
        let now = measure(&monitor, current).await?;
        let before = match days {
            Some(days) => Some(measure(&monitor, days).await?.into_baseline()),
            None => None,
        };
        Ok::<_, StoreError>((now, before))
    };
    let read = read.await;
    store.close().await;
    let (found, before) = read.context("the figures cannot be read")?;
    let baseline = imported.or(before).unwrap_or_default();
    let card = found.card(&baseline, &inputs, config.database.url.is_some());
    Ok(match wish.format {
        Format::Markdown => markdown(&card),
        Format::Csv => csv(&card),
        Format::Json => serde_json::to_string_pretty(&card)? + "\n",
    })
}

fn read_baseline(path: &Path) -> anyhow::Result<Baseline> {
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {} as text", path.display()))?;
    Baseline::from_csv(&text).with_context(|| path.display().to_string())
}
