//! A future whose panic is a value: the connection lives on, and the caller gets an envelope.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The future ended in a panic, whose text the panic hook has logged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// A future that is polled under guard, where it is pinned.
pub(super) struct Guarded<'a, F>(pub(super) Pin<&'a mut F>);

impl<F: Future> Future for Guarded<'_, F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic the future is dropped and never polled again; what it shared with others
        // (locks) recovers from poisoning, and only commits count.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    #[tokio::test]
    async fn a_panic_becomes_a_value_and_an_answer_stays_one() {
        assert_eq!(Guarded(pin!(async { 7 })).await, Ok(7));
        let broken = pin!(async {
            tokio::task::yield_now().await;
            panic!("on purpose")
        });
        assert_eq!(Guarded(broken).await, Err::<(), _>(Panicked));
    }
}
