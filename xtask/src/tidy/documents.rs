//! Files that the documents name exist: prose that no check touches goes stale.
//!
//! Looks at `code spans` that look like paths of this repository, and at links, in the Markdown at the root and
//! in docs/. A name may be short, as the prose needs it: `hub/frames.rs` stands for the one file that ends so.
//! Code blocks are commands and examples, and are not looked at.

use super::Faults;
use super::repository::{Repository, joined};

const EXTENSIONS: [&str; 12] =
    ["rs", "ts", "tsx", "mjs", "js", "toml", "md", "json", "sql", "css", "html", "yml"];
/// Files that are an operator's or a user's, not the repository's.
const ELSEWHERE: [&str; 5] = ["callbox.toml", "package.json", "tsconfig.json", "index.html", "main.tsx"];

/// House rule: name only files that are there.
pub(crate) fn named_files_exist(repository: &Repository) -> Faults {
    let documents = repository.sources(&["md"]).filter(|source| {
        !source.path.contains('/') || (source.path.starts_with("docs/") && !source.path[5..].contains('/'))
    });
    let mut faults = Faults::new();
    for document in documents {
        for (number, name) in spans(&document.text) {
            if looks_like_a_path(repository, name) && !exists(repository, name) {
                faults.push(format!("{}:{number}: there is no `{name}`", document.path));
            }
        }
        let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, target) in links(&document.text) {
            if !leads_somewhere(repository, folder, target) {
                faults.push(format!("{}:{number}: the link leads nowhere: {target}", document.path));
            }
        }
    }
    faults
}

/// Code spans with their line numbers, outside code blocks.
fn spans(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |span| (number, span)))
}

/// Targets of links and pictures with their line numbers, outside code blocks.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(number, line)| {
        line.split("](").skip(1).filter_map(move |rest| Some((number, rest.split_once(')')?.0)))
    })
}

fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_block = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        (!in_block && !is_fence).then_some((index + 1, line))
    })
}

fn looks_like_a_path(repository: &Repository, name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    if !plain || name.starts_with(['/', '-']) || ELSEWHERE.contains(&name) {
        return false;
    }
    let has_extension = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && !stem.ends_with('/') && EXTENSIONS.contains(&extension)
    });
    let in_our_folder = name.split_once('/').is_some_and(|(first, rest)| {
        !rest.is_empty() && repository.files.iter().any(|file| file.path.starts_with(&format!("{first}/")))
    });
    has_extension || in_our_folder || (name.ends_with('/') && name.len() > 1)
}

/// Is there a file or a folder with this path, or with one that ends so?
fn exists(repository: &Repository, name: &str) -> bool {
    let name = format!("/{}", name.trim_start_matches("./").trim_end_matches('/'));
    repository.files.iter().any(|file| {
        let path = format!("/{}", file.path);
        path.ends_with(&name) || path.contains(&format!("{name}/"))
    })
}

fn leads_somewhere(repository: &Repository, folder: &str, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return true;
    }
    let path = joined(folder, path);
    let inside = format!("{path}/");
    path.is_empty() || repository.files.iter().any(|file| file.path == path || file.path.starts_with(&inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Faults {
        let files = [("README.md", text), ("docs/PROTOCOL.md", ""), ("crates/server/src/hub/frames.rs", "")];
        named_files_exist(&Repository::of(&files))
    }

    #[test]
    fn a_file_that_is_gone_is_a_fault_with_its_line() {
        assert_eq!(
            faults("One.\nSee `crates/server/src/gone.rs`."),
            ["README.md:2: there is no `crates/server/src/gone.rs`"]
        );
    }

    #[test]
    fn full_names_short_names_and_folders_are_found() {
        assert!(
            faults("`crates/server/src/hub/frames.rs`, `hub/frames.rs`, `frames.rs`, `crates/server/`")
                .is_empty()
        );
        assert_eq!(faults("`rames.rs`").len(), 1);
    }

    #[test]
    fn routes_types_and_commands_are_not_taken_for_files() {
        let text = "`/v1/stats`, `text/html`, `cargo xtask check`, `@callbox/client`, `next_action()`, `a -> b`\n\
                    ```sh\ncat `crates/gone.rs`\n```";
        assert!(faults(text).is_empty());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_a_fault() {
        assert!(faults("[a](docs/PROTOCOL.md#x) [b](https://example.org) [c](#here)").is_empty());
        assert_eq!(
            faults("![picture](docs/call.png)"),
            ["README.md:1: the link leads nowhere: docs/call.png"]
        );
    }
}
