//! What happens here, counted: an atomic number for each counter, for as long as the process runs.
//!
//! Any code adds to them, from any thread, and waits for nobody. They are the process's and not a server's: lines of the
//! log are counted too, and these have no owner. Refuses names that are made while it runs: `callbox_monitor::Counter`
//! has them all, and is the bound.

use callbox_monitor::Counter;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

static COUNTS: [AtomicU64; Counter::COUNT] = [const { AtomicU64::new(0) }; Counter::COUNT];

/// It happened once more.
pub fn add(counter: Counter) {
    add_many(counter, 1);
}

/// It happened so often.
pub fn add_many(counter: Counter, count: u64) {
    COUNTS[counter.index()].fetch_add(count, Ordering::Relaxed);
}

/// How often each happened so far.
pub fn counts() -> [u64; Counter::COUNT] {
    COUNTS.each_ref().map(|count| count.load(Ordering::Relaxed))
}

/// Counts the warnings and errors of the log, also those that `log` keeps out of it: one place for all sites, so that none
/// is forgotten.
#[derive(Debug)]
pub struct LogLines;

impl<S: Subscriber> Layer<S> for LogLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() <= Level::WARN {
            let module = metadata.module_path().unwrap_or(metadata.target());
            add(Counter::of_log(*metadata.level() == Level::ERROR, module));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;
    use tracing_subscriber::layer::SubscriberExt as _;

    fn sources(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|end| end == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn every_counter_is_added_to_somewhere() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut text = String::new();
        sources(&crates.join("callbox-server/src"), &mut text);
        // Which event goes to which counter; each of these functions is called by the server.
        text.push_str(&fs::read_to_string(crates.join("callbox-monitor/src/metric/counted.rs")).unwrap());
        let words: HashSet<&str> =
            text.split(|c: char| !(c.is_alphanumeric() || c == ':' || c == '_')).collect();
        for counter in Counter::ALL {
            let is_added = [format!("Counter::{counter:?}"), format!("Self::{counter:?}")]
                .iter()
                .any(|word| words.contains(word.as_str()));
            assert!(is_added, "nobody adds to {}", counter.name());
        }
    }

    #[test]
    fn a_warning_and_an_error_are_counted_and_other_lines_are_not() {
        let before = counts();
        let counted = tracing_subscriber::registry().with(LogLines);
        tracing::subscriber::with_default(counted, || {
            tracing::warn!("a test warns");
            tracing::error!("a test fails");
            tracing::error!("and again");
            tracing::info!("a test says something");
        });
        let after = counts();
        let rise = |counter: Counter| after[counter.index()] - before[counter.index()];
        assert_eq!((rise(Counter::LogWarnServer), rise(Counter::LogErrorServer)), (1, 2));
        assert_eq!(rise(Counter::LogErrorStore), 0);
    }
}
