//! Fills a database with users and calls, the same each time but for their age: `seed FOLDER|URL [USERS] [CALLS]`.
//!
//! User N has the token `bench-token-N` with 31 digits, so that a benchmark can be any of them. Each has a name and
//! ten blocks; each call is between two of them, and a third of the calls is rated.
#![expect(clippy::disallowed_methods, reason = "it reads the clock once, for data of today")]

use anyhow::Context as _;
use callbox_protocol::account::{LoginKind, Profile};
use callbox_protocol::call::{CallKind, CallRecord, CandidateKind, EndCause, Outcome, Path as MediaPath};
use callbox_protocol::id::{BlockId, CallId, LoginId, UserId};
use callbox_protocol::time::UnixMillis;
use callbox_protocol::user::AgeClass;
use callbox_store::{DataLocation, NewGuest, NewLogin, Options, Store, hash_token};
use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// Half an hour ago: logins of long ago are invalid.
static START: LazyLock<u64> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    u64::try_from(now).unwrap_or_default() - 30 * 60 * 1_000
});
/// Writes under way at once.
const AT_ONCE: u64 = 200;
const BLOCKS: u64 = 10;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let place = args.first().context("seed FOLDER|URL [USERS] [CALLS]")?;
    let number = |place: usize, otherwise: u64| args.get(place).map_or(Ok(otherwise), |text| text.parse());
    let (users, calls) = (number(1, 5_000)?, number(2, 1_000_000)?);
    // PostgreSQL is locked by a folder, too.
    let scratch = std::env::temp_dir().join(format!("callbox-seed-{}", std::process::id()));
    let options = match DataLocation::parse(place) {
        DataLocation::Folder(folder) => Options::embedded(&folder),
        DataLocation::Url(url) => Options { url: Some(url), ..Options::embedded(&scratch) },
    };
    let store = Arc::new(Store::connect(&options).await?);
    at_once(0..users, |number| make_user(Arc::clone(&store), number)).await?;
    let blocks = users * BLOCKS.min(users - 1);
    at_once(0..blocks, |number| make_block(Arc::clone(&store), number, users)).await?;
    for number in 0..calls {
        store.record_call(Box::new(call(number, users)));
        // The queue has a bound.
        if number % 500 == 499 {
            store.settle().await?;
        }
    }
    at_once(0..calls / 3, |number| make_rating(Arc::clone(&store), 3 * number, users)).await?;
    store.close().await;
    let _ = std::fs::remove_dir_all(scratch);
    Ok(())
}

async fn at_once<F>(numbers: std::ops::Range<u64>, job: impl Fn(u64) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut next = numbers.start;
    while next < numbers.end {
        let end = numbers.end.min(next + AT_ONCE);
        let jobs: Vec<_> = (next..end).map(|number| tokio::spawn(job(number))).collect();
        for job in jobs {
            job.await??;
        }
        next = end;
    }
    Ok(())
}

/// Ids begin with their time; the rest is as good as random.
fn id(number: u64, kind: u8) -> [u8; 16] {
    let mut random = [kind; 10];
    random[2..].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    *UserId::new(UnixMillis(*START + number), random).as_bytes()
}

fn user_id(number: u64) -> UserId {
    UserId::from_bytes(id(number, 1))
}

async fn make_user(store: Arc<Store>, number: u64) -> anyhow::Result<()> {
    let login = NewLogin {
        id: LoginId::from_bytes(id(number, 2)),
        token_hash: hash_token(&format!("bench-token-{number:031}")),
        kind: LoginKind::Guest,
        label: "Firefox on Linux".to_owned(),
        device: None,
        address: None,
    };
    let (user, now) = (user_id(number), UnixMillis(*START + number));
    store.create_guest(NewGuest { user, age: Some(AgeClass::Adult), login, now }).await?;
    let bio = "I like long walks and short calls.".to_owned();
    let profile = Profile { name: format!("User {number}"), bio, ..Profile::default() };
    store.set_profile(user, profile).await?;
    Ok(())
}

async fn make_block(store: Arc<Store>, number: u64, users: u64) -> anyhow::Result<()> {
    let (blocker, place) = (number % users, number / users + 1);
    let blocked = (blocker + place * 37) % users;
    let block = BlockId::from_bytes(id(number, 3));
    store.block(block, user_id(blocker), user_id(blocked), UnixMillis(*START)).await?;
    Ok(())
}

/// Two different people, both spread over all.
fn sides(number: u64, users: u64) -> (u64, u64) {
    let caller = number % users;
    let callee = (caller + 1 + (number / users * 7_919 + number) % (users - 1)) % users;
    (caller, callee)
}

fn call(number: u64, users: u64) -> CallRecord {
    let (caller, callee) = sides(number, users);
    let is_success = !number.is_multiple_of(20);
    let path = Some(MediaPath { local: CandidateKind::Host, remote: CandidateKind::Srflx });
    CallRecord {
        call: CallId::from_bytes(id(number, 4)),
        kind: CallKind::Random,
        caller: user_id(caller),
        callee: user_id(callee),
        matched_at: UnixMillis(*START + number),
        confirmed_ms: Some(120),
        offer_ms: Some(130),
        answer_ms: Some(190),
        caller_connected_ms: Some(310),
        callee_connected_ms: Some(320),
        caller_dtls_ms: Some(40),
        callee_dtls_ms: Some(41),
        caller_first_frame_ms: is_success.then_some(450),
        callee_first_frame_ms: is_success.then_some(460),
        caller_path: path,
        callee_path: path,
        restarts_ms: Vec::new(),
        is_restored: false,
        ended_ms: 240_000,
        cause: EndCause::Hangup,
        ended_by: None,
        outcome: if is_success { Outcome::Success } else { Outcome::Failure },
    }
}

async fn make_rating(store: Arc<Store>, number: u64, users: u64) -> anyhow::Result<()> {
    let (caller, _) = sides(number, users);
    let stars = u8::try_from(number % 5 + 1)?;
    store.rate_call(CallId::from_bytes(id(number, 4)), user_id(caller), stars, UnixMillis(*START)).await?;
    Ok(())
}
