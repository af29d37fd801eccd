//! The packages that the checks and tests need beside Rust, and the only code that installs anything.
//!
//! npm packages come by `package-lock.json`; Debian and Python packages are listed in `xtask/tools.toml`, and
//! nowhere else. Python packages go into a folder of their own, since Debian guards its Python against pip. Without
//! `--install` or CI=true nothing is touched: the line to run is printed instead.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

use crate::steps::{command, is_there, root, run, target_dir};

/// `xtask/tools.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tools {
    #[serde(default)]
    pub(crate) debian: Vec<Tool>,
    #[serde(default)]
    pub(crate) pypi: Vec<Tool>,
}

/// One package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tool {
    pub(crate) name: String,
    /// A file whose presence says that the package is there; of a Python package in [`pypi_folder`].
    pub(crate) probe: String,
    pub(crate) why: String,
}

impl Tools {
    /// Reads the list.
    pub(crate) fn load() -> Result<Self> {
        let path = root().join("xtask/tools.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// The program of this Debian package, if it is there.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let mut all = self.debian.iter();
        all.find(|tool| tool.name == name && is_installed(tool)).map(|tool| tool.probe.as_str())
    }
}

/// Installs the packages of `xtask/tools.toml` that are missing.
pub(crate) fn tools() -> Result<()> {
    let tools = Tools::load()?;
    let mut debian = missing(&tools.debian, is_installed);
    let pypi = missing(&tools.pypi, is_in_folder);
    if !pypi.is_empty() && !is_there(&mut command("python3", &["-m", "pip", "--version"])) {
        println!("missing: pip, for the Python packages");
        debian.push("python3-pip");
    }
    if !debian.is_empty() {
        apt_get(&["update"])?;
        let mut args = vec!["install", "--yes", "--no-install-recommends"];
        args.extend(&debian);
        apt_get(&args)?;
    }
    if !pypi.is_empty() {
        let folder = pypi_folder();
        let mut args = vec!["-m", "pip", "install", "--upgrade", "--no-input", "--target"];
        args.extend(folder.to_str());
        args.extend(&pypi);
        run(&mut command("python3", &args))?;
    }
    let still = [missing(&tools.debian, is_installed), missing(&tools.pypi, is_in_folder)].concat();
    ensure!(still.is_empty(), "installed, but not where xtask/tools.toml expects it: {}", still.join(", "));
    Ok(())
}

/// Installs the npm packages of the lock file if they differ from it; or says how.
pub(crate) fn npm_packages(may_install: bool) -> Result<()> {
    let root = root();
    if npm_is_current(&root.join("package-lock.json"), &root.join("node_modules/.package-lock.json"))? {
        println!("as in package-lock.json");
        return Ok(());
    }
    if !may_install {
        bail!("npm packages are missing or old: run `npm ci`, or `cargo xtask test --install`");
    }
    run(&mut command("npm", &["ci", "--no-audit", "--no-fund"]))
}

/// Names of the packages that are not there, each announced with what needs it.
fn missing(tools: &[Tool], is_there: fn(&Tool) -> bool) -> Vec<&str> {
    let mut names = Vec::new();
    for tool in tools.iter().filter(|tool| !is_there(tool)) {
        println!("missing: {}, for {}", tool.name, tool.why);
        names.push(tool.name.as_str());
    }
    names
}

fn is_installed(tool: &Tool) -> bool {
    Path::new(&tool.probe).exists()
}

fn is_in_folder(tool: &Tool) -> bool {
    pypi_folder().join(&tool.probe).exists()
}

/// The folder of Python packages; tests find it beside their own folder in the target folder.
fn pypi_folder() -> PathBuf {
    target_dir().join("pypi")
}

fn apt_get(args: &[&str]) -> Result<()> {
    let is_root = command("id", &["-u"]).output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if is_root {
        command("apt-get", args)
    } else {
        println!("not root: asking sudo");
        ensure!(is_there(&mut command("sudo", &["--version"])), "not root, and there is no sudo");
        let mut words = vec!["DEBIAN_FRONTEND=noninteractive", "apt-get"];
        words.extend(args);
        command("sudo", &words)
    };
    run(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Compares the lock file with the one that npm keeps of what it has installed.
fn npm_is_current(wanted: &Path, installed: &Path) -> Result<bool> {
    let wanted = std::fs::read_to_string(wanted).with_context(|| wanted.display().to_string())?;
    let Ok(installed) = std::fs::read_to_string(installed) else {
        return Ok(false);
    };
    let wanted: Value = serde_json::from_str(&wanted).context("package-lock.json")?;
    let installed: Value = serde_json::from_str(&installed).context("npm's note of what it installed")?;
    Ok(installed_is_as_wanted(&wanted, &installed))
}

/// Optional packages are for other systems if they are missing, so only those that are there are compared.
fn installed_is_as_wanted(wanted: &Value, installed: &Value) -> bool {
    let Some(packages) = wanted["packages"].as_object() else {
        return false;
    };
    packages.iter().filter(|(path, _)| path.contains("node_modules/")).all(|(path, package)| {
        let found = &installed["packages"][path];
        let may_lack = package["optional"] == true && found.is_null();
        may_lack || (!found.is_null() && found["version"] == package["version"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lock(version: &str) -> Value {
        json!({ "packages": { "": {}, "node_modules/a": { "version": version } } })
    }

    #[test]
    fn an_older_version_on_disk_is_not_as_the_lock_file_wants() {
        assert!(installed_is_as_wanted(&lock("1.0.0"), &lock("1.0.0")));
        assert!(!installed_is_as_wanted(&lock("1.0.1"), &lock("1.0.0")));
        assert!(!installed_is_as_wanted(&lock("1.0.0"), &json!({ "packages": {} })));
    }

    #[test]
    fn an_optional_package_for_another_system_may_be_absent() {
        let mut wanted = lock("1.0.0");
        wanted["packages"]["node_modules/a"]["optional"] = json!(true);
        assert!(installed_is_as_wanted(&wanted, &json!({ "packages": {} })));
        assert!(!installed_is_as_wanted(&wanted, &lock("0.9.0")));
    }

    #[test]
    fn the_list_of_tools_can_be_read_and_gives_reasons() {
        let tools = Tools::load().unwrap();
        let is_whole = |tool: &Tool| !tool.name.is_empty() && tool.why.len() > 10;
        assert!(tools.debian.iter().all(|tool| is_whole(tool) && tool.probe.starts_with('/')));
        assert!(tools.pypi.iter().all(|tool| is_whole(tool) && !tool.probe.starts_with('/')));
        // No lock file pins them, so their names do.
        assert!(tools.pypi.iter().all(|tool| tool.name.contains("==")));
    }
}
