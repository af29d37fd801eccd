//! Tests of `cache.rs`: those who wait, and commits that nobody knows of.

use super::*;
use crate::commits::DOUBT_MS;
use callbox_core::cache::{Kind, Tag, Tags};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::oneshot;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const TAG: Tag = Tag::of(Kind::User, [1; 16]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question;

impl Key for Question {}

fn cache(commits: &Arc<Commits>) -> Arc<SharedCache<Question, u32>> {
    Arc::new(SharedCache::new(Limits::default(), Arc::clone(commits), |_| 1))
}

/// As a read gives it that began now.
fn answer(commits: &Commits, value: u32) -> Dependent<u32> {
    Dependent { value, tags: vec![TAG], deadline: None, as_of: commits.last(), reads: 1 }
}

#[tokio::test]
async fn of_a_thousand_who_wait_for_a_reader_that_goes_away_one_reads() {
    let commits = Arc::<Commits>::default();
    let (kept, reads) = (cache(&commits), Arc::new(AtomicU32::new(0)));
    let (begun, has_begun) = oneshot::channel();
    let leader = tokio::spawn({
        let kept = Arc::clone(&kept);
        async move {
            let read = async {
                let _ = begun.send(());
                std::future::pending::<Result<Dependent<u32>, Infallible>>().await
            };
            kept.get(&Question, NOW, read).await
        }
    });
    has_begun.await.unwrap();
    let waiting: Vec<_> = (0..1_000)
        .map(|_| {
            let (kept, reads, commits) = (Arc::clone(&kept), Arc::clone(&reads), Arc::clone(&commits));
            tokio::spawn(async move {
                let read = async {
                    reads.fetch_add(1, Ordering::Relaxed);
                    // The others have their turn meanwhile.
                    tokio::task::yield_now().await;
                    Ok::<_, Infallible>(answer(&commits, 7))
                };
                kept.get(&Question, NOW, read).await.unwrap().value
            })
        })
        .collect();
    tokio::task::yield_now().await;
    leader.abort();
    for one in waiting {
        assert_eq!(one.await.unwrap(), 7);
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_every_reader_fails_nobody_waits_for_all_of_them() {
    let commits = Arc::<Commits>::default();
    let kept = cache(&commits);
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let read = async {
                    tokio::task::yield_now().await;
                    Err::<Dependent<u32>, _>("no database")
                };
                kept.get(&Question, NOW, read).await.map(|hit| hit.value)
            })
        })
        .collect();
    for one in asking {
        assert_eq!(one.await.unwrap(), Err("no database"));
    }
}

#[tokio::test]
async fn nothing_is_kept_that_a_commit_without_an_answer_may_yet_change() {
    let commits = Arc::<Commits>::default();
    let kept = cache(&commits);
    let told = Arc::new(AtomicU32::new(0));
    commits.watch(Box::new({
        let told = Arc::clone(&told);
        move |_, tags| told.store(u32::try_from(tags.len()).unwrap(), Ordering::Relaxed)
    }));
    let ask = async |value, at| {
        let read = async { Ok::<_, Infallible>(answer(&commits, value)) };
        kept.get(&Question, at, read).await.unwrap().value
    };
    assert_eq!((ask(1, NOW).await, ask(2, NOW).await), (1, 1), "it is kept");
    let mut tags = Tags::default();
    tags.push(TAG);
    commits.touch(tags);
    commits.doubt(&[TAG]);
    told.store(0, Ordering::Relaxed);
    for value in 3..6 {
        assert_eq!(ask(value, NOW.plus(u64::from(value))).await, value, "it may have come meanwhile");
    }
    assert_eq!(told.load(Ordering::Relaxed), 0, "nobody is told of each look");
    let read = answer(&commits, 5);
    assert!(
        commits.is_doubtful(&read.tags, NOW.plus(6)) && commits.versions().is_current(&read.tags, read.as_of)
    );
    let late = NOW.plus(3 + DOUBT_MS);
    assert_eq!(ask(6, late).await, 6);
    assert_eq!(told.load(Ordering::Relaxed), 1, "once it is over, whoever watches is told");
    assert_eq!((ask(7, late).await, ask(8, late).await), (7, 7), "and it is kept again");
}
