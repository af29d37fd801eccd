//! `cargo xtask tidy`: the rules of the house that no compiler knows.
//!
//! Each rule is one function with tests beside it; it takes the repository as read from disk and gives its
//! faults as text. They are heuristics on lines, kept simple on purpose: a rule that nobody can read is not
//! obeyed. All rules run, so that one run names every fault.

use anyhow::{Result, bail};

mod arrows;
mod asvs;
mod circles;
mod dependencies;
mod documents;
mod hosts;
mod layout;
mod metadata;
mod repository;
mod sizes;
mod sources;
mod spdx;
mod words;

pub(crate) use repository::Repository;

use metadata::Metadata;

/// The faults, one sentence each, with the place if there is one.
type Faults = Vec<String>;
/// A rule's name, and what breaks it.
type Checked = (&'static str, Faults);

/// Checks every rule and prints the sizes.
pub(crate) fn run() -> Result<()> {
    let repository = Repository::load(crate::steps::root())?;
    println!("{}", sizes::thermometer(&repository));
    let mut rules = rules_on_files(&repository)?;
    rules.extend(rules_on_crates(&repository)?);
    let red: Vec<&Checked> = rules.iter().filter(|(_, faults)| !faults.is_empty()).collect();
    for (rule, faults) in &red {
        println!("\n{rule}: no\n  {}", faults.join("\n  "));
    }
    if !red.is_empty() {
        bail!("{} of {} house rules are broken; STYLE.md says why they are there", red.len(), rules.len());
    }
    println!("{} house rules hold", rules.len());
    Ok(())
}

fn rules_on_files(repository: &Repository) -> Result<Vec<Checked>> {
    Ok(vec![
        ("only the store writes SQL", sources::only_the_store_writes_sql(repository)),
        ("only clock.rs reads a clock", sources::only_the_clock_file_reads_a_clock(repository)),
        ("time and randomness are given", sources::time_and_randomness_are_given(repository)),
        ("only the shell spawns tasks and threads", sources::only_the_shell_spawns(repository)),
        ("pure crates open no socket and no file", sources::pure_crates_act_by_no_means(repository)),
        (
            "unsafe is only in callbox-media's batch.rs",
            sources::unsafe_is_only_in_the_packet_batch(repository),
        ),
        ("every source file opens with a header", sources::every_file_opens_with_a_header(repository)),
        ("every ignored test says why", sources::every_ignored_test_says_why(repository)),
        ("no file is over its cap", sizes::no_file_is_over_its_cap(repository)),
        ("unit tests past 50 lines have a file", sizes::long_unit_tests_have_a_file(repository)),
        ("files name each other in no circle", circles::files_name_each_other_in_no_circle(repository)),
        ("one word for one idea, and the field's", words::banned_words_are_gone(repository)),
        ("the subject of a sentence comes first", words::subjects_come_first(repository)),
        ("files that the documents name exist", documents::named_files_exist(repository)),
        ("every item of ASVS is answered", asvs::every_item_of_asvs_is_answered(repository)),
        ("every crate takes the workspace's lints", layout::every_crate_takes_the_lints(repository)?),
        ("clippy.toml files repeat the general bans", layout::clippy_files_repeat_the_bans(repository)?),
        ("only install.rs installs", layout::only_the_installer_installs(repository)),
        ("the npm lock file is whole", layout::the_npm_lock_file_is_whole(repository)?),
        ("no file names a registry or a home folder", hosts::no_file_names_a_registry_or_home(repository)),
    ])
}

fn rules_on_crates(repository: &Repository) -> Result<Vec<Checked>> {
    let policy = dependencies::Policy::load(repository)?;
    let metadata = Metadata::load(policy.targets())?;
    Ok(vec![
        ("crates depend only as the arrows say", arrows::crates_depend_only_as_the_arrows_say(&metadata)),
        ("pure crates never reach a runtime or a socket", arrows::pure_crates_stay_pure(&metadata)),
        ("a crate's folder has its name", layout::folders_are_named_as_their_crates(&metadata)),
        ("licences are on the allow list", dependencies::licences_are_allowed(&metadata, &policy)),
        ("no crate comes in two versions", dependencies::no_crate_comes_twice(&metadata, &policy)),
        ("dependencies come from crates.io", dependencies::all_come_from_one_place(&metadata)),
    ])
}
