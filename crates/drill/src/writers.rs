//! Resellers' programs: they write to any hub, and what is not answered, or with 503, they send again under the
//! same identity to the next one. Each writes down what it sent and what came.

use crate::clock::{Clock, pause};
use crate::http::{Connection, Request};
use crate::plan::{Book, Names, Planned};
use crate::random::Random;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use witness::{Answer, Attempt, Operation};

/// A client waits so long for an answer before it asks the next hub.
const PATIENCE: Duration = Duration::from_secs(4);
/// Between two attempts.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);
/// What is not settled so long after the end of the work stays unknown.
const SETTLE_WITHIN_US: u64 = 40_000_000;

/// How much is done.
#[derive(Debug, Clone)]
pub struct Work {
    /// Writers at once.
    pub writers: usize,
    /// Customers that they share.
    pub customers: usize,
    /// A writer waits so long between two requests.
    pub pause_ms: Range<u64>,
    /// Other seeds, other requests.
    pub seed: u64,
}

/// What writers and those who steer them share.
#[derive(Debug)]
pub struct Steering {
    /// Everything is timed by it.
    pub clock: Clock,
    over: AtomicBool,
    settled: AtomicUsize,
}

impl Steering {
    /// From now on.
    #[must_use]
    pub fn start() -> Self {
        Self { clock: Clock::start(), over: AtomicBool::new(false), settled: AtomicUsize::new(0) }
    }

    /// Enough: what was begun is brought to its end, nothing new is begun.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// How many requests were settled so far.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.settled.load(Ordering::Relaxed)
    }

    /// It ends when this is dropped, however who steers comes to an end.
    #[must_use]
    pub const fn ends_when_dropped(&self) -> EndsWhenDropped<'_> {
        EndsWhenDropped(self)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

/// Ends the work with itself.
#[derive(Debug)]
pub struct EndsWhenDropped<'s>(&'s Steering);

impl Drop for EndsWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Writers at work on these hubs until told to end; what they saw.
pub fn work(hubs: &[SocketAddr], credential: &str, work: &Work, steering: &Steering) -> Vec<Operation> {
    let book = Book::default();
    let book = &book;
    std::thread::scope(|scope| {
        let start =
            |number| scope.spawn(move || Writer::new(hubs, credential, number, work).work(work, book, steering));
        let writers: Vec<_> = (0..work.writers).map(start).collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect()
    })
}

struct Writer<'w> {
    hubs: &'w [SocketAddr],
    credential: &'w str,
    connections: Vec<Option<Connection>>,
    random: Random,
    names: Names,
}

impl<'w> Writer<'w> {
    fn new(hubs: &'w [SocketAddr], credential: &'w str, number: usize, work: &Work) -> Self {
        Self {
            hubs,
            credential,
            connections: hubs.iter().map(|_| None).collect(),
            random: Random::new(work.seed.wrapping_mul(7_919).wrapping_add(number as u64)),
            names: Names { writer: format!("w{number}"), count: 0 },
        }
    }

    fn work(mut self, work: &Work, book: &Book, steering: &Steering) -> Vec<Operation> {
        let mut seen = Vec::new();
        while !steering.is_over() {
            let Planned { request, mut operation } = book.plan(work.customers, &mut self.random, &mut self.names);
            self.carry_out(&request, &mut operation, steering);
            book.learn(&operation);
            seen.push(operation);
            pause(self.random.within(work.pause_ms.clone()));
        }
        seen
    }

    fn carry_out(&mut self, request: &Request, operation: &mut Operation, steering: &Steering) {
        let mut node = self.random.below(self.hubs.len());
        let mut given_up_at = u64::MAX;
        loop {
            let attempt = self.attempt(node, request, &steering.clock);
            let is_settled = attempt.answer.as_ref().is_some_and(Answer::is_final);
            operation.attempts.push(attempt);
            if is_settled {
                steering.settled.fetch_add(1, Ordering::Relaxed);
                return;
            }
            if steering.is_over() {
                given_up_at = given_up_at.min(steering.clock.us() + SETTLE_WITHIN_US);
            }
            if operation.is_read() || steering.clock.us() > given_up_at {
                return;
            }
            pause(BETWEEN_ATTEMPTS);
            node = (node + 1) % self.hubs.len();
        }
    }

    fn attempt(&mut self, node: usize, request: &Request, clock: &Clock) -> Attempt {
        let begin_us = clock.us();
        let answer = self.ask(node, request);
        Attempt { node, begin_us, end_us: clock.us(), answer }
    }

    fn ask(&mut self, node: usize, request: &Request) -> Option<Answer> {
        let mut connection = match self.connections[node].take() {
            Some(connection) => connection,
            None => Connection::open_for(self.hubs[node], self.credential, PATIENCE).ok()?,
        };
        let answer = connection.try_ask(request).ok()?;
        self.connections[node] = Some(connection);
        let (status, version, replayed) = (answer.status, answer.etag(), answer.is_replayed());
        Some(Answer { status, version, body: answer.body, replayed })
    }
}
