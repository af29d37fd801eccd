//! Tests of `stack.rs`.

use super::*;
use proptest::prelude::*;

fn short(stack: &str) -> Vec<(String, String, u32, u32, bool)> {
    let short = |frame: Frame| (frame.function, frame.file, frame.line, frame.column, frame.is_in_app);
    frames(stack).into_iter().map(short).collect()
}

fn of(
    function: &str,
    file: &str,
    line: u32,
    column: u32,
    is_in_app: bool,
) -> (String, String, u32, u32, bool) {
    (function.to_owned(), file.to_owned(), line, column, is_in_app)
}

#[test]
fn the_three_engines_are_read() {
    let v8 = "TypeError: x is not a function\n    at Call.render (https://a.example/assets/9f/call.js?v=1:10:20)\n    at async new Foo (https://a.example/b.js:1:2)\n    at https://a.example/c.js:3:4\n    at Array.map (<anonymous>)\n    at t.run [as go] (chrome-extension://abc/x.js:5:6)";
    assert_eq!(
        short(v8),
        [
            of("render", "/assets/9f/call.js", 10, 20, true),
            of("Foo", "/b.js", 1, 2, true),
            of("", "/c.js", 3, 4, true),
            of("run", "/x.js", 5, 6, false),
        ]
    );
    let gecko = "render@https://a.example/assets/call.js:10:20\n@https://a.example/c.js:3:4\nrun/<@https://a.example/node_modules/x/y.js:1:1\n";
    assert_eq!(
        short(gecko),
        [
            of("render", "/assets/call.js", 10, 20, true),
            of("", "/c.js", 3, 4, true),
            of("run", "/node_modules/x/y.js", 1, 1, false),
        ]
    );
    let webkit =
        "render@https://a.example/call.js:10:20\n[native code]\nglobal code@https://a.example/d.js:7:8";
    assert_eq!(short(webkit), [of("render", "/call.js", 10, 20, true), of("", "/d.js", 7, 8, true)]);
    assert_eq!(short("at https://a.example/only-a-line.js:12"), [of("", "/only-a-line.js", 12, 0, true)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_or_left_out(stack in "(at |@|[a-z(): /.@\n0-9]){0,300}|\\PC{0,300}") {
        let frames = frames(&stack);
        prop_assert!(frames.len() <= FRAMES_MAX);
        prop_assert!(frames.iter().all(|frame| !frame.file.contains(['?', '#', '\n'])));
    }
}
