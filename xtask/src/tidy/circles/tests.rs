//! Tests of `circles.rs`.

use super::*;

#[test]
fn files_that_name_each_other_are_a_fault_also_by_way_of_a_third() {
    let repository = Repository::of(&[
        ("crates/a/src/lib.rs", "pub mod one;\nuse crate::one::One;\n"),
        ("crates/a/src/one.rs", "use crate::two::deep::{Deep, deep};\nuse crate::A_CONSTANT;\n"),
        ("crates/a/src/two.rs", "mod deep;\n"),
        ("crates/a/src/two/deep.rs", "fn f() { crate::three::g() }\n"),
        ("crates/a/src/three.rs", "// crate::four is not named here\nuse crate::one;\n"),
        ("crates/a/src/four.rs", "use crate::three;\n#[cfg(test)]\nmod tests {\n    use crate::four;\n}\n"),
    ]);
    let circle = "crates/a/src/one.rs, crates/a/src/three.rs, crates/a/src/two/deep.rs";
    assert_eq!(files_name_each_other_in_no_circle(&repository), [format!("3 files in a circle: {circle}")]);
}

#[test]
fn a_group_a_sibling_and_a_parent_that_passes_an_item_on_close_a_circle_too() {
    let repository = Repository::of(&[
        ("crates/a/src/lib.rs", "mod backup;\nmod sql;\n"),
        ("crates/a/src/backup.rs", "use crate::sql::STEPS;\n"),
        ("crates/a/src/sql.rs", "mod log;\nmod migrate;\npub(crate) use migrate::STEPS;\n"),
        ("crates/a/src/sql/migrate.rs", "use crate::{\n    Error,\n    backup,\n};\nuse super::sql_of;\n"),
        ("crates/a/src/sql/log.rs", "use super::other::Other;\n"),
        ("crates/a/src/sql/other.rs", "fn f() { super::log::write(); crate::Error::new() }\n"),
    ]);
    assert_eq!(
        files_name_each_other_in_no_circle(&repository),
        [
            "2 files in a circle: crates/a/src/backup.rs, crates/a/src/sql/migrate.rs",
            "2 files in a circle: crates/a/src/sql/log.rs, crates/a/src/sql/other.rs"
        ]
    );
}

#[test]
fn a_late_import_and_a_type_close_a_circle_too() {
    let repository = Repository::of(&[
        ("sdk/src/index.ts", "export { a } from \"./core/a.js\";\n"),
        ("sdk/src/core/a.ts", "export const load = async () => (await import(\"../mock.js\")).mock();\n"),
        ("sdk/src/mock.ts", "import type { A } from \"./index.js\";\n"),
        ("sdk/src/other.tsx", "import { a } from \"./index.js\";\n"),
    ]);
    assert_eq!(files_name_each_other_in_no_circle(&repository).len(), 1);
}
