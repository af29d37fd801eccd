//! The store's contract, tested on both engines: SQLite in a folder of its own, PostgreSQL in a database of its own,
//! and that once more through pgbouncer in transaction mode.
//!
//! `cargo xtask test` starts a private PostgreSQL and names it in `CALLBOX_TEST_POSTGRES`, and a pgbouncer before it in
//! `CALLBOX_TEST_PGBOUNCER`; without them the part that needs them says so and does nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

/// Each story becomes a test on either engine, and through the pool.
macro_rules! stories {
    ($($(#[$attribute:meta])* async fn $name:ident($world:pat_param) $body:block)*) => {
        $($(#[$attribute])* async fn $name($world: $crate::world::World) $body)*
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::world::World::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some(world) = $crate::world::World::postgres().await else { return };
                super::$name(world).await;
            })*
        }
        mod pgbouncer {
            $(#[tokio::test]
            async fn $name() {
                let Some(world) = $crate::world::World::pgbouncer().await else { return };
                super::$name(world).await;
            })*
        }
    };
}

mod accounts;
mod audit;
mod browsers;
mod copy;
mod credentials;
mod dependencies;
mod embedded;
mod figures;
mod hands;
mod identities;
mod import;
mod kept;
mod moderation;
mod oracle;
mod postgres;
mod spine;
mod story;
mod world;
