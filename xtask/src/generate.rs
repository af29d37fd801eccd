//! `cargo xtask generate`: rewrites the files that are generated from Rust.
//!
//! The generators are the tests that prove the files current: with `CALLBOX_UPDATE` they write before they
//! compare. So a file cannot be generated in one way and checked in another.

use anyhow::Result;

use crate::steps::{cargo, run};

/// Crate and test of each generated file.
const GENERATORS: [(&str, &str); 4] = [
    ("callbox-protocol", "the_typescript_types_are_current"),
    ("callbox-settings", "example_config_is_current"),
    ("callbox-server", "the_openapi_document_is_current"),
    ("callbox-monitor", "the_table_of_figures_is_current"),
];

/// Runs each generator.
pub(crate) fn run_generators() -> Result<()> {
    for (package, test) in GENERATORS {
        let mut command = cargo(&["test", "--locked", "--lib", "--package", package, "--", test]);
        run(command.env("CALLBOX_UPDATE", "1"))?;
    }
    Ok(())
}
