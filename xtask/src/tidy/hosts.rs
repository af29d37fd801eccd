//! No file names the host of a package registry, or a folder that exists on one person's machine only.
//!
//! Each machine chooses its own mirror: a lock file with hosts in it fails elsewhere. The
//! names below are put together from halves, so that this file does not break its own rule.

use super::Faults;
use super::repository::Repository;

const REGISTRIES: [(&str, &str); 8] = [
    ("registry.npmjs", ".org"),
    ("registry.yarnpkg", ".com"),
    ("static.crates", ".io"),
    ("index.crates", ".io"),
    ("files.pythonhosted", ".org"),
    ("pypi", ".org"),
    ("deb.debian", ".org"),
    ("\"resolved\": \"", "http"),
];
const HOMES: [(&str, &str); 3] = [("/root", "/"), ("/home", "/"), ("/Users", "/")];

/// House rule: the same clone builds on every machine.
pub(crate) fn no_file_names_a_registry_or_home(repository: &Repository) -> Faults {
    let words = REGISTRIES.iter().chain(&HOMES).map(|(a, b)| format!("{a}{b}"));
    let words: Vec<String> = words.collect();
    let mut faults = Faults::new();
    for file in &repository.files {
        for (index, line) in file.text.lines().enumerate() {
            let said = words.iter().find(|word| line.contains(*word));
            faults.extend(said.map(|word| format!("{}:{}: names {word}", file.path, index + 1)));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_with_hosts_is_a_fault_and_one_without_is_not() {
        let with = format!("{{ \"resolved\": \"{}s://mirror.example/a.tgz\" }}", "http");
        let faults = no_file_names_a_registry_or_home(&Repository::of(&[("package-lock.json", &with)]));
        assert_eq!(faults.len(), 1);
        let without = "{ \"version\": \"1.0.0\", \"resolved\": \"sdk\", \"link\": true }";
        assert!(
            no_file_names_a_registry_or_home(&Repository::of(&[("package-lock.json", without)])).is_empty()
        );
    }

    #[test]
    fn a_path_on_somebodys_machine_is_a_fault() {
        let home = ["/home", "/"].concat();
        let text = format!("one\nsee {home}me/notes");
        let faults = no_file_names_a_registry_or_home(&Repository::of(&[("a.md", &text)]));
        assert_eq!(faults, [format!("a.md:2: names {home}")]);
    }
}
