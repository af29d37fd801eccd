//! The repository as the rules see it: every file that git tracks or would track, text files read once.
//!
//! Deleted files that are still in the index are left out. Files that are not UTF-8 have a path and no text.

use anyhow::Result;
use std::fs;
use std::path::Path;

use crate::steps::{command, read};

/// One file.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// Empty if it is not text.
    pub(crate) text: String,
}

/// All files, in the order of their paths.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) files: Vec<Source>,
}

impl Repository {
    /// Asks git for the names and reads them.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let names = read(&mut command("git", &args))?;
        let names = names.split('\0').filter(|name| !name.is_empty());
        let mut files: Vec<Source> = names
            .filter_map(|name| {
                let bytes = fs::read(root.join(name)).ok()?;
                Some(Source { path: name.to_owned(), text: String::from_utf8(bytes).unwrap_or_default() })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self { files })
    }

    /// The files with one of these extensions.
    pub(crate) fn sources<'a>(&'a self, extensions: &'a [&str]) -> impl Iterator<Item = &'a Source> {
        self.files.iter().filter(|file| {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            name.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
        })
    }

    /// One file's text, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// A made-up one.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let source = |(path, text): &(&str, &str)| Source { path: (*path).into(), text: (*text).into() };
        Self { files: files.iter().map(source).collect() }
    }
}

/// The path that a relative path means from a folder.
pub(crate) fn joined(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl Source {
    /// Whether it is a file of Rust tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Lines of the product, with their numbers from 1: neither comments nor the unit tests at the end. A
    /// `#[cfg(test)] mod name;` has its tests in another file, so the product continues below it.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut before = "";
        let product = self.text.lines().enumerate().take_while(move |(_, line)| {
            let opens_tests = before == "#[cfg(test)]" && line.starts_with("mod ") && line.ends_with('{');
            before = line;
            !opens_tests
        });
        let numbered = product.map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_the_tests_at_the_end_are_no_product() {
        let text = "//! Header.\nfn a() {}\n  // why\nfn b() {}\n#[cfg(test)]\nmod tests {\nfn c() {}\n}\n";
        let source = Source { path: String::new(), text: text.to_owned() };
        let lines: Vec<_> = source.product_lines().collect();
        assert_eq!(lines, [(2, "fn a() {}"), (4, "fn b() {}"), (5, "#[cfg(test)]")]);
    }

    #[test]
    fn tests_in_another_file_do_not_hide_the_product_below_them() {
        let text = "#[cfg(test)]\nmod tests;\nfn a() {}\n".to_owned();
        let source = Source { path: String::new(), text };
        assert_eq!(source.product_lines().last(), Some((3, "fn a() {}")));
    }

    #[test]
    fn sources_are_told_by_their_extension() {
        let repository = Repository::of(&[("a/b.rs", ""), ("rs", ""), ("c.ts", "")]);
        let found: Vec<_> = repository.sources(&["rs"]).map(|source| source.path.as_str()).collect();
        assert_eq!(found, ["a/b.rs"]);
    }
}
