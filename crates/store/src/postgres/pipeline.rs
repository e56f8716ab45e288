//! Several statements in one round trip: all are sent before the first answer is waited for. The server
//! carries them out in their order, each with a snapshot of its own.

use super::connect::Connection;
use super::values::Value;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use tokio_postgres::{Error, Row, Statement};

type Answer = Result<Vec<Row>, Error>;

/// Statements that are ready to be sent.
pub(super) struct Pipeline<'a> {
    connection: &'a Connection,
    steps: Vec<(Statement, Vec<Value<'a>>)>,
}

/// A pipeline that did not go through.
#[derive(Debug)]
pub(super) struct Broken {
    /// Which statement was the first that failed, from 0 on.
    pub(super) step: usize,
    pub(super) error: Error,
}

impl<'a> Pipeline<'a> {
    pub(super) const fn new(connection: &'a Connection) -> Self {
        Self { connection, steps: Vec::new() }
    }

    /// Adds a statement; returns its number. What is not prepared yet, is now: nothing may have to wait
    /// for the server between the statements.
    pub(super) async fn add(&mut self, sql: &'static str, values: Vec<Value<'a>>) -> Result<usize, Error> {
        self.steps.push((self.connection.statement(sql).await?, values));
        Ok(self.steps.len() - 1)
    }

    /// Sends all of them; the rows of each, or the first failure. Either way every answer has come.
    pub(super) async fn run(self) -> Result<Vec<Vec<Row>>, Broken> {
        let Self { connection, steps } = self;
        let sent = steps.iter().map(|(statement, values)| connection.send(statement, values));
        let mut answers = Vec::with_capacity(steps.len());
        for (step, answer) in all(sent.collect()).await.into_iter().enumerate() {
            answers.push(answer.map_err(|error| Broken { step, error })?);
        }
        Ok(answers)
    }
}

/// Polls all, in their order: the first time each of them sends.
async fn all<F: Future<Output = Answer>>(futures: Vec<F>) -> Vec<Answer> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut answers: Vec<Option<Answer>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, answer) in waiting.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(came) = future.as_mut().poll(context) {
                *answer = Some(came);
            }
        }
        if answers.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}
