//! Notifications: only the head of a lane is tried, claimed under a lease with a fencing number.
//! The next one starts after the success or dead-lettering of the one before is durable
//! (docs/API.md section 7).

use super::attempts::{Flight, held};
use super::endpoints::Boarding;
use super::handing::{ClockStands, Handed, Place};
use super::is_stopping;
use super::pace::Pace;
use crate::Hub;
use entitlement::Moment;
use std::sync::Arc;
use store::{LaneOutcome, LaneResult, LaneWork};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// A claim's lease outlasts its attempt and the commit of its result.
pub(super) const LEASE_MS: i64 = 30_000;
/// Lanes claimed at once.
const CLAIM_MAX: usize = 128;
/// Attempts under way at once, all endpoints together.
const ATTEMPTS_MAX: usize = 512;
/// Results are settled together.
const SETTLE_MAX: usize = 256;

/// Claims, sends, settles; until told to stop.
pub(super) async fn worker(hub: Hub, mut stopping: watch::Receiver<bool>) {
    let (results, mut done) = mpsc::channel(ATTEMPTS_MAX);
    let mut flights = Flights::new(results);
    // The test clock stands until what is under way is settled: its retry has a moment of its own.
    let mut clock_stands = None;
    let mut pace = Pace::new(Instant::now());
    let mut claiming = None;
    let mut handed = hub.handing.open();
    while !is_stopping(&stopping) {
        flights.gather(&mut done);
        hub.settle_beside(&mut flights);
        hub.end_waits();
        if flights.are_over() {
            clock_stands = None;
        }
        let now = Instant::now();
        // Without room it is waited until something has landed.
        let room = hub.room(&flights);
        let may_claim = claiming.is_none() && room > 0;
        if may_claim && pace.is_due(now) {
            claiming = hub.claim_beside(room, now);
            if claiming.is_none() {
                // While the clock moves, or waits for it, its mover claims.
                pace.rests(now);
            }
        }
        if let Some(soon) = hub.endpoints.next_look() {
            pace.expects(now + soon);
        }
        tokio::select! {
            // Now, and not when this turn began: a claim that has begun since may have missed it.
            () = hub.lanes_bell.notified() => pace.expects(Instant::now()),
            () = flights.next(&mut done) => {}
            Some(first) = handed.recv() => hub.take_over(first, &mut handed, &mut flights, &mut clock_stands),
            Claimed { began, room, works, stands } = claimed(&mut claiming) => {
                pace.claimed(began, room, works.len());
                if !works.is_empty() {
                    clock_stands.get_or_insert(stands);
                }
                hub.take_off_all(works, &mut flights);
            }
            () = sleep_until(pace.look_at()), if may_claim && claiming.is_none() => {}
            _ = stopping.changed() => {}
        }
    }
    if claiming.is_some() {
        let Claimed { works, stands, .. } = claimed(&mut claiming).await;
        clock_stands.get_or_insert(stands);
        hub.take_off_all(works, &mut flights);
    }
    hub.handing.close();
    handed.close();
    let mut left = Vec::new();
    while let Some(handed) = handed.recv().await {
        left.push(handed);
    }
    hub.give_back(left).await;
    for flight in hub.endpoints.take_waiting() {
        tokio::spawn(flight.cancelled(LaneOutcome::Release, hub.store.now()));
    }
    hub.settle_beside(&mut flights);
    while !flights.are_over() {
        flights.next(&mut done).await;
        flights.gather(&mut done);
        hub.settle_beside(&mut flights);
    }
}

/// Attempts under way, and what became of them until it is stored. Results are stored while the next lanes are
/// claimed, each in a task of its own: both wait for the disk.
pub(super) struct Flights {
    results: mpsc::Sender<LaneResult>,
    under_way: usize,
    landed: Vec<LaneResult>,
    /// So many, by this task.
    storing: Option<(usize, JoinHandle<()>)>,
}

impl Flights {
    pub(super) fn new(results: mpsc::Sender<LaneResult>) -> Self {
        Self { results, under_way: 0, landed: Vec::new(), storing: None }
    }

    /// Waits until one has landed, or what is being stored is.
    async fn next(&mut self, done: &mut mpsc::Receiver<LaneResult>) {
        let Self { under_way, landed, storing, .. } = self;
        tokio::select! {
            Some(result) = done.recv(), if *under_way > 0 => {
                *under_way -= 1;
                landed.push(result);
            }
            () = stored(storing) => {}
        }
    }

    /// What has landed by now, as much as is settled together.
    fn gather(&mut self, done: &mut mpsc::Receiver<LaneResult>) {
        while self.landed.len() < SETTLE_MAX
            && let Ok(result) = done.try_recv()
        {
            self.under_way -= 1;
            self.landed.push(result);
        }
    }

    fn are_over(&self) -> bool {
        self.under_way == 0 && self.landed.is_empty() && self.storing.is_none()
    }

    fn unsettled(&self) -> usize {
        self.landed.len() + self.storing.as_ref().map_or(0, |(count, _)| *count)
    }
}

/// A claim under way, in a task of its own: what was handed over does not wait for it.
struct Claiming {
    began: Instant,
    room: usize,
    stands: ClockStands,
    task: JoinHandle<Vec<LaneWork>>,
}

/// What it has brought.
struct Claimed {
    began: Instant,
    room: usize,
    works: Vec<LaneWork>,
    stands: ClockStands,
}

async fn claimed(claiming: &mut Option<Claiming>) -> Claimed {
    let works = match claiming {
        // A panic in it is reported where it happens; the leases run out.
        Some(Claiming { task, .. }) => task.await.unwrap_or_default(),
        None => std::future::pending().await,
    };
    match claiming.take() {
        Some(Claiming { began, room, stands, .. }) => Claimed { began, room, works, stands },
        None => std::future::pending().await,
    }
}

async fn stored(storing: &mut Option<(usize, JoinHandle<()>)>) {
    match storing {
        // A panic in it is reported where it happens; the leases run out.
        Some((_, task)) => drop(task.await),
        None => std::future::pending().await,
    }
    *storing = None;
}

impl Hub {
    /// Begins to settle what has landed, unless something is being settled.
    fn settle_beside(&self, flights: &mut Flights) {
        if flights.storing.as_ref().is_some_and(|(_, task)| task.is_finished()) {
            flights.storing = None;
        }
        if flights.landed.is_empty() || flights.storing.is_some() {
            return;
        }
        let landed = std::mem::take(&mut flights.landed);
        let (hub, count) = (self.clone(), landed.len());
        flights.storing = Some((count, tokio::spawn(async move { hub.settle(landed).await })));
    }

    pub(super) async fn settle(&self, landed: Vec<LaneResult>) {
        if landed.is_empty() {
            return;
        }
        for _ in landed.iter().filter(|result| result.outcome == LaneOutcome::Dead) {
            self.watching.figures.gave_up();
        }
        match self.store.settle_lanes(landed).await {
            Ok(0) => {}
            Ok(_) => self.lanes_bell.notify_one(),
            // The leases run out and the attempts are made again: at least once.
            Err(error) => tracing::error!(%error, "results of notifications could not be stored"),
        }
    }

    /// Sends what was handed over by now.
    fn take_over(
        &self,
        first: Handed,
        others: &mut mpsc::Receiver<Handed>,
        flights: &mut Flights,
        clock_stands: &mut Option<ClockStands>,
    ) {
        let now = self.store.now();
        let mut next = Some(first);
        while let Some(Handed { work, place, clock_stands: stands }) = next {
            clock_stands.get_or_insert(stands);
            self.take_off(work, Some(place), flights, now);
            next = others.try_recv().ok();
        }
    }

    /// How many more may be claimed. Who waits for a place makes no attempt yet.
    fn room(&self, flights: &Flights) -> usize {
        let flying = flights.under_way.saturating_sub(self.endpoints.waiting());
        ATTEMPTS_MAX.saturating_sub(flying + flights.unsettled()).min(CLAIM_MAX)
    }

    /// Who has waited too long for a place comes again.
    fn end_waits(&self) {
        let now = self.store.now();
        for (flight, again) in self.endpoints.take_late(now, Instant::now()) {
            tokio::spawn(flight.cancelled(LaneOutcome::Later(again), now));
        }
    }

    /// Begins to claim, unless the test clock moves.
    fn claim_beside(&self, room: usize, began: Instant) -> Option<Claiming> {
        let stands = Arc::new(Arc::clone(&self.clock_moves).try_read_owned().ok()?);
        let hub = self.clone();
        let task = tokio::spawn(async move { hub.claim(hub.store.now(), room).await });
        Some(Claiming { began, room, stands, task })
    }

    async fn claim(&self, by: Moment, room: usize) -> Vec<LaneWork> {
        if room == 0 {
            return Vec::new();
        }
        let claimed = self.store.claim_lanes(by, self.real_now_ms(), LEASE_MS, room).await;
        claimed.unwrap_or_else(|error| {
            tracing::error!(%error, "lanes cannot be claimed");
            Vec::new()
        })
    }

    fn take_off_all(&self, works: Vec<LaneWork>, flights: &mut Flights) {
        let now = self.store.now();
        for work in works {
            self.take_off(work, None, flights, now);
        }
    }

    fn take_off(&self, work: LaneWork, place: Option<Place>, flights: &mut Flights, now: Moment) {
        let Some(url) = self.url_of(&work.row) else {
            let outcome = held(&work, now);
            if outcome == LaneOutcome::Dead {
                self.note_delivery(&work, None);
            }
            return flights.landed.push(LaneResult::of(&work, outcome, now));
        };
        let flight = Flight { work, url: url.clone(), place, results: flights.results.clone() };
        // Before anything is read and printed for an endpoint that has no place.
        match self.endpoints.board(&url, now, Instant::now(), flight) {
            Boarding::Boards(flight) => {
                flights.under_way += 1;
                tokio::spawn(self.clone().fly(flight));
            }
            Boarding::Waits => flights.under_way += 1,
            Boarding::Again(Flight { work, .. }, again) => {
                flights.landed.push(LaneResult::of(&work, LaneOutcome::Later(again), now));
            }
        }
    }

    /// Delivers everything due by a moment, and waits for it; the test clock's way. Returns how
    /// many lanes it took up.
    pub(crate) async fn deliver_due(&self, by: Moment) -> usize {
        let (results, mut done) = mpsc::channel(ATTEMPTS_MAX);
        let mut flights = Flights::new(results);
        let mut attempts = 0;
        loop {
            let works = self.claim(by, self.room(&flights)).await;
            let claimed = works.len();
            attempts += claimed;
            self.take_off_all(works, &mut flights);
            while flights.under_way > 0 {
                flights.next(&mut done).await;
            }
            self.settle(std::mem::take(&mut flights.landed)).await;
            if claimed == 0 {
                return attempts;
            }
        }
    }

    fn real_now_ms(&self) -> i64 {
        self.store.now().0 - self.store.clock_offset_ms()
    }
}
