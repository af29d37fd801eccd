//! The frames of a stack, as V8, Gecko and `JavaScriptCore` write them.
//!
//! The format is nobody's standard: a line that cannot be read is left out. Of a URL only the path is kept. Bound: 20
//! frames, the innermost ones.

const FRAMES_MAX: usize = 20;
/// Schemes of code that is not the page's own.
const EXTENSIONS: [&str; 4] =
    ["chrome-extension:", "moz-extension:", "safari-extension:", "safari-web-extension:"];

/// One call of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The function's name; empty if it has none.
    pub function: String,
    /// The path of the file, without host, query and fragment.
    pub file: String,
    /// The line, from 1 on; 0 if it is not known.
    pub line: u32,
    /// The column, from 1 on; 0 if it is not known.
    pub column: u32,
    /// Whether it is the app's own code: no extension of the browser, no library.
    pub is_in_app: bool,
}

/// Reads the frames of `error.stack`, the innermost one first.
pub fn frames(stack: &str) -> Vec<Frame> {
    stack.lines().filter_map(|line| frame(line.trim())).take(FRAMES_MAX).collect()
}

fn frame(line: &str) -> Option<Frame> {
    if let Some(rest) = line.strip_prefix("at ") {
        let (function, place) = match rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
            Some((function, place)) => (function, place),
            None => ("", rest.trim_start_matches("async ")),
        };
        return located(function.trim_start_matches("async ").trim_start_matches("new "), place);
    }
    let (function, place) = line.rsplit_once('@')?;
    located(function, place)
}

fn located(function: &str, place: &str) -> Option<Frame> {
    // `Object.run [as callback]` is `run` of an object whose type a minifier may have made.
    let function = function.split(" [as ").next().unwrap_or_default().trim_end_matches("/<");
    let name = function.rsplit('.').next().unwrap_or_default();
    let (rest, column) = number_after(place)?;
    let (url, line, column) = match number_after(rest) {
        Some((url, line)) => (url, line, column),
        None => (rest, column, 0),
    };
    let is_extension = EXTENSIONS.iter().any(|scheme| url.starts_with(scheme));
    let path = path_of(url);
    let is_library = path.contains("/node_modules/") || path.contains("/vendor/");
    let is_in_app = !is_extension && !is_library && !path.starts_with('<') && !path.is_empty();
    let name = if name.chars().all(|c| c.is_alphanumeric() || "_$#<>".contains(c)) { name } else { "" };
    Some(Frame { function: cut(name, 80), file: cut(path, 200), line, column, is_in_app })
}

fn number_after(text: &str) -> Option<(&str, u32)> {
    let (rest, number) = text.rsplit_once(':')?;
    Some((rest, number.parse().ok()?))
}

fn path_of(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => url,
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

#[cfg(test)]
mod tests;
