//! A copy that is stopped at any moment goes on where it was, and until it is finished its target is no store.

use crate::filled::fill;
use crate::places::{Engine, Own, PAGE, compare, copy, in_time};
use store::copy::{Copied, CopyError, Part, Progress};
use tokio::sync::Notify;

/// Copies until that happens; nothing if it does.
pub async fn copy_until(
    from: &Own,
    to: &Own,
    mut happens: impl FnMut(Progress) -> bool + Send,
) -> Option<Result<Copied, CopyError>> {
    let stop = Notify::new();
    let mut told = |progress| {
        if happens(progress) {
            stop.notify_one();
        }
    };
    let (from, to) = (from.place(), to.place());
    let copying = async {
        tokio::select! {
            biased;
            () = stop.notified() => None,
            done = store::copy::copy(&from, &to, PAGE, &mut told) => Some(done),
        }
    };
    in_time("a copy that is stopped", copying).await
}

pub async fn copy_to_the_comparison(from: &Own, to: &Own) {
    assert!(copy_until(from, to, |progress| progress.part == Part::Comparing).await.is_none());
}

async fn goes_on_however_often_it_is_stopped(one: Engine, other: Engine) {
    let (from, to) = (Own::make(one).await, Own::make(other).await);
    fill(&from).await;
    let (mut stops, mut before) = (0_u64, 0);
    let copied = loop {
        let mut pages = 0;
        let mut begun = None;
        let done = copy_until(&from, &to, |progress| {
            begun.get_or_insert(progress.done);
            pages += 1;
            // Further each time, so that it comes to an end; the comparison begins anew each time.
            pages > 2 + stops / 4
        })
        .await;
        if let Some(done) = done {
            break done.unwrap();
        }
        stops += 1;
        let refused = to.open().await.err().unwrap();
        assert!(refused.contains("holds an unfinished copy of") && refused.contains("store copy"), "{refused}");
        assert!(begun.unwrap() > 0 && stops < 1_000);
        before = before.max(begun.unwrap());
    };
    assert!(stops > 9, "it was stopped {stops} times");
    assert_eq!((copied.found, copied.compared.differences), (Some(copied.compared.records - copied.records), 0));
    assert_eq!(compare(&from, &to).await.differences, 0);
    to.open().await.unwrap().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn into_a_database_it_goes_on_however_often_it_is_stopped() {
    goes_on_however_often_it_is_stopped(Engine::Sqlite, Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn into_a_file_it_goes_on_however_often_it_is_stopped() {
    goes_on_however_often_it_is_stopped(Engine::Postgres, Engine::Sqlite).await;
}

#[tokio::test]
async fn what_was_copied_is_not_copied_again() {
    let (from, to) = (Own::make(Engine::Sqlite).await, Own::make(Engine::Sqlite).await);
    fill(&from).await;
    copy_to_the_comparison(&from, &to).await;
    let copied = copy(&from, &to).await.unwrap();
    assert_eq!((copied.records, copied.found), (0, Some(copied.compared.records)));
}
