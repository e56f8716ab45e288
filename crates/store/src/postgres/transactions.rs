//! A transaction of one's own, for what operators and workers change. Changes go another way, many in
//! one transaction: `committer`.

use super::connect::{Connection, Purpose};
use super::connections::Connections;
use super::fault::{Fault, Meaning};
use crate::StoreError;
use std::future::Future;
use std::pin::Pin;

/// What a transaction does, on the connection it was begun on.
pub(super) type Step<'c, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'c>>;

/// A transaction that another one stood in the way of is tried so often.
const TRIES_MAX: usize = 5;

/// Carries it out whole or not at all; again where another transaction was in the way.
pub(super) async fn transact<T>(
    connections: &Connections,
    purpose: Purpose,
    mut step: impl for<'c> FnMut(&'c Connection) -> Step<'c, T> + Send,
) -> Result<T, StoreError> {
    let mut left = TRIES_MAX;
    loop {
        left -= 1;
        match once(connections, purpose, &mut step).await {
            Err(Fault::Engine(error)) if left > 0 && is_worth_another(Meaning::of(&error)) => {}
            outcome => return Ok(outcome?),
        }
    }
}

const fn is_worth_another(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Again | Meaning::Taken | Meaning::Lost)
}

async fn once<T>(
    connections: &Connections,
    purpose: Purpose,
    step: &mut (impl for<'c> FnMut(&'c Connection) -> Step<'c, T> + Send),
) -> Result<T, Fault> {
    let held = connections.own(purpose).await?;
    held.batch("BEGIN").await?;
    // Where it fails the connection is closed, which undoes the transaction.
    let value = step(&held).await?;
    match held.batch("SET LOCAL statement_timeout = 0; COMMIT").await {
        Ok(()) => {
            held.give_back();
            Ok(value)
        }
        // Whether it reached the server nobody knows.
        Err(error) if Meaning::of(&error) == Meaning::Lost => {
            Err(StoreError::Unknown(super::fault::said(&error)).into())
        }
        Err(error) => Err(error.into()),
    }
}
