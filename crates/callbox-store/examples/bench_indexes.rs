//! Frequent queries with their indexes and without: `bench_indexes FOLDER|URL ENGINE` on the data that `seed` made.
//! Prints rows for `cargo xtask bench indexes`.
//!
//! Each is asked for many people, then its indexes are dropped, it is asked again, the indexes are made anew, and it is
//! asked once more; medians count, and the answers have to be the same. Only what is not a key can be dropped: a login is
//! found by a unique hash, which is its own index.
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock; that is what it is for")]

use anyhow::{Context as _, ensure};
use callbox_protocol::http::ReportReason;
use callbox_protocol::id::{ActId, BanId, CallId, ReportId, UserId};
use callbox_protocol::moderation::{BanScope, ReportStatus};
use callbox_protocol::time::UnixMillis;
use callbox_store::{By, DataLocation, LoginFound, NewBan, NewReport, Options, Store, Suspect, hash_token};
use std::io::Write as _;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The people who are asked about; banned ones come after them.
const PEOPLE: usize = 4_000;
const BANNED: usize = 1_000;
const REPORTS_EACH: usize = 4;
/// Asked with the indexes, twice; without them as long as this takes.
const QUESTIONS: usize = 400;
const TIME_WITHOUT: Duration = Duration::from_secs(2);

type Answer<'a> = Pin<Box<dyn Future<Output = anyhow::Result<usize>> + 'a>>;

/// A query, and the code that answers it.
struct Case {
    what: &'static str,
    indexes: &'static [&'static str],
    ask: for<'a> fn(&'a Store, &'a Person) -> Answer<'a>,
}

struct Person {
    found: LoginFound,
    email: String,
}

const CASES: [Case; 7] = [
    Case {
        what: "a page of one's calls",
        indexes: &["calls_by_caller", "calls_by_callee"],
        ask: |store, person| {
            Box::pin(async { Ok(store.calls_of(person.found.user.id, None, 20).await?.len()) })
        },
    },
    Case {
        what: "whom one blocked",
        indexes: &["blocks_by_id"],
        ask: |store, person| {
            Box::pin(async { Ok(store.blocks_of(person.found.user.id, None, 20).await?.len()) })
        },
    },
    Case {
        what: "where one is signed in",
        indexes: &["logins_by_user"],
        ask: |store, person| {
            Box::pin(async { Ok(store.logins(person.found.user.id, person.found.login, now()).await?.len()) })
        },
    },
    Case {
        what: "who has an address",
        indexes: &["users_by_email"],
        ask: |store, person| {
            Box::pin(async { Ok(usize::from(store.credentials(&person.email).await?.is_some())) })
        },
    },
    Case {
        what: "the moderators' queue",
        indexes: &["reports_by_status", "reports_by_reported"],
        ask: |store, _| {
            Box::pin(async { Ok(store.reports(ReportStatus::Open, None, 20, now()).await?.len()) })
        },
    },
    Case {
        what: "whether one is banned",
        indexes: &["bans_by_subject"],
        ask: |store, person| {
            Box::pin(async {
                let who = Suspect { user: Some(person.found.user.id), ..Suspect::default() };
                Ok(usize::from(store.is_banned(who, now()).await?))
            })
        },
    },
    Case {
        what: "how the last calls went",
        indexes: &["ratings_by_call"],
        ask: |store, _| Box::pin(async { Ok(store.recent_readings(now()).await?.calls.len()) }),
    },
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [place, engine] = args.as_slice() else { anyhow::bail!("bench_indexes FOLDER|URL ENGINE") };
    let scratch = std::env::temp_dir().join(format!("callbox-indexes-{}", std::process::id()));
    let (options, raw) = match DataLocation::parse(place) {
        DataLocation::Folder(folder) => {
            let raw = rusqlite::Connection::open(folder.join("callbox.db"))?;
            raw.busy_timeout(Duration::from_secs(30))?;
            (Options::embedded(&folder), Raw::Sqlite(raw))
        }
        DataLocation::Url(url) => {
            let (client, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
            tokio::spawn(driver);
            (Options { url: Some(url), ..Options::embedded(&scratch) }, Raw::Postgres(client))
        }
    };
    let store = Store::connect(&options).await?;
    let people = prepare(&store, &raw).await?;
    for case in CASES {
        measure(&case, &store, &raw, &people, engine).await?;
    }
    store.close().await;
    let _ = std::fs::remove_dir_all(scratch);
    Ok(())
}

async fn measure(
    case: &Case,
    store: &Store,
    raw: &Raw,
    people: &[Person],
    engine: &str,
) -> anyhow::Result<()> {
    let first = ask(case, store, people, Duration::MAX).await?;
    let mut definitions = Vec::new();
    for index in case.indexes {
        definitions.push(raw.definition(index).await?);
        raw.run(&format!("DROP INDEX {index}")).await?;
    }
    let without = ask(case, store, people, TIME_WITHOUT).await?;
    for definition in definitions {
        raw.run(&definition).await?;
    }
    let second = ask(case, store, people, Duration::MAX).await?;
    ensure!(first.0 == second.0 && first.0.starts_with(&without.0), "{}: other answers", case.what);
    let with = median(first.1.into_iter().chain(second.1).collect());
    let without = median(without.1);
    let (what, indexes) = (case.what, case.indexes.join(", "));
    let less = 100.0 * (1.0 - with / without);
    writeln!(
        std::io::stdout(),
        "{what}, {engine} (peer: without {indexes})|{with:.0} µs|{without:.0} µs|{:.1} ({less:.0} % less)||ok",
        without / with
    )?;
    Ok(())
}

/// The answers, and how many microseconds each took.
async fn ask(
    case: &Case,
    store: &Store,
    people: &[Person],
    time: Duration,
) -> anyhow::Result<(Vec<usize>, Vec<f64>)> {
    let (mut answers, mut times) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for person in people.iter().take(QUESTIONS) {
        let begun = Instant::now();
        answers.push((case.ask)(store, person).await?);
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        if start.elapsed() > time {
            break;
        }
    }
    Ok((answers, times))
}

/// Adds the rows that `seed` does not make: addresses, reports, bans.
async fn prepare(store: &Store, raw: &Raw) -> anyhow::Result<Vec<Person>> {
    raw.run("UPDATE users SET email = lower(replace(name, ' ', '')) || '@example.org'").await?;
    let mut people = Vec::new();
    for number in 0..PEOPLE + BANNED {
        let hash = hash_token(&format!("bench-token-{number:031}"));
        let found = store.login_by_token_hash(&hash, now()).await?.context("fewer users than seeded")?;
        people.push(Person { found, email: format!("user{number}@example.org") });
    }
    for number in 0..PEOPLE * REPORTS_EACH {
        let [reporter, reported] =
            [number, number * 31 + 1].map(|number| people[number % PEOPLE].found.user.id);
        // A tenth is open.
        let note = if number % 10 == 0 { "open" } else { "" }.to_owned();
        let new = NewReport {
            id: ReportId::from_bytes(id(number, 5)),
            call: CallId::from_bytes(id(number, 6)),
            reporter,
            reported,
            reason: ReportReason::Spam,
            note,
            lines: Vec::new(),
        };
        store.report(new, 0, now()).await?;
    }
    raw.run("UPDATE reports SET status = 'dismissed' WHERE note = ''").await?;
    for (number, person) in people.drain(PEOPLE..).enumerate() {
        let (moderator, act) = (UserId::from_bytes([9; 16]), ActId::from_bytes(id(number, 8)));
        let new = NewBan {
            user: person.found.user.id,
            scopes: vec![BanScope::User],
            reason: String::new(),
            told: String::new(),
            by: By { moderator, act },
            report: None,
            expires_at: None,
        };
        store.ban(new, move || BanId::from_bytes(id(number, 7)), now()).await?;
    }
    raw.tidy().await?;
    // Not one after another, as they lie.
    let spread = |place: usize| (place * 1_597) % people.len();
    let order: Vec<usize> = (0..people.len()).map(spread).collect();
    let mut people: Vec<_> = people.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|place| people[place].take()).collect())
}

/// Ids begin with their time; the rest is as good as random.
fn id(number: usize, kind: u8) -> [u8; 16] {
    let mut random = [kind; 10];
    random[2..].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    *UserId::new(now(), random).as_bytes()
}

fn now() -> UnixMillis {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    UnixMillis(u64::try_from(now).unwrap_or_default())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The database itself, for work that no use case does.
enum Raw {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Raw {
    async fn run(&self, sql: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql)?,
            Self::Postgres(client) => client.batch_execute(sql).await?,
        }
        Ok(())
    }

    /// How an index was made.
    async fn definition(&self, index: &str) -> anyhow::Result<String> {
        Ok(match self {
            Self::Sqlite(connection) => {
                let find = "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?1";
                connection.query_row(find, [index], |row| row.get(0))?
            }
            Self::Postgres(client) => {
                client.query_one("SELECT pg_get_indexdef($1::text::regclass)", &[&index]).await?.try_get(0)?
            }
        })
    }

    /// Leaves nothing that is only true right after many writes.
    async fn tidy(&self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.run("VACUUM ANALYZE").await,
        }
    }
}
