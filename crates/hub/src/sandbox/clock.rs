//! Moving the test clock: from one due moment to the next, each fired at its own moment, in
//! order, before the clock goes on (docs/API.md section 8).

use crate::Hub;
use entitlement::{Event, Moment};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;
use store::StoreError;
use tokio::time::{Instant, sleep, timeout};
use wire::print_date;

/// The mover answers after so long, and goes on behind the answer.
const ANSWER_AFTER: Duration = Duration::from_secs(30);
/// Something due that will not move (held by a running request) is waited for so long.
const STUCK_WITHIN: Duration = Duration::from_secs(2);
const STUCK_LOOK: Duration = Duration::from_millis(5);
/// A forecast shows at most so much.
const FORECAST_MAX: usize = 100;
/// Counting what is left stops here.
const LEFT_MAX: usize = 10_000;

/// Something that fired while the clock moved.
#[derive(Debug, Clone)]
pub(crate) struct Fired {
    at: Moment,
    entitlement: String,
    what: &'static str,
}

/// How far the clock came.
pub(crate) struct Moved {
    pub(crate) fired: Vec<Fired>,
    pub(crate) left: usize,
}

impl Fired {
    pub(crate) fn print(&self) -> String {
        let at = print_date(self.at);
        format!("{{\"at\":\"{at}\",\"entitlementId\":\"{}\",\"event\":\"{}\"}}", self.entitlement, self.what)
    }
}

impl Hub {
    /// Moves the clock to `target`, firing what is due on the way.
    pub(crate) async fn move_clock(&self, target: Moment) -> Result<Moved, StoreError> {
        let mover = self.clone();
        let moving = tokio::spawn(async move { mover.run_to(target).await });
        match timeout(ANSWER_AFTER, moving).await {
            Ok(Ok(moved)) => moved.map(|fired| Moved { fired, left: 0 }),
            Ok(Err(_)) => Err(StoreError::Busy),
            Err(_) => {
                let left = self.store.due(target, LEFT_MAX).await?.len();
                let fired = self.journal().as_ref().and_then(|journal| (**journal).clone()).unwrap_or_default();
                Ok(Moved { fired, left })
            }
        }
    }

    /// What is planned, earliest first.
    pub(crate) async fn forecast(&self) -> Result<Vec<(Moment, String)>, StoreError> {
        let mut planned = Vec::new();
        for (at, key) in self.store.due(Moment(i64::MAX), FORECAST_MAX).await? {
            if let Ok(Some(row)) = self.row(key).await {
                planned.push((at, row.state.record.entitlement_id));
            }
        }
        Ok(planned)
    }

    /// Writes down what a commit brought, while the clock moves.
    pub(crate) fn note_fired(&self, entitlement: &str, events: &[Event]) {
        if let Some(Some(journal)) = self.journal().as_deref_mut() {
            journal.extend(events.iter().map(|event| Fired {
                at: event.at,
                entitlement: entitlement.to_owned(),
                what: event.kind.as_str(),
            }));
        }
    }

    /// Whether the test clock is on its way.
    pub(crate) fn is_clock_moving(&self) -> bool {
        self.journal().is_some_and(|journal| journal.is_some())
    }

    fn journal(&self) -> Option<MutexGuard<'_, Option<Vec<Fired>>>> {
        let sandbox = self.sandbox.as_ref()?;
        Some(sandbox.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn run_to(&self, target: Moment) -> Result<Vec<Fired>, StoreError> {
        let _clock_moves = self.clock_moves.write().await;
        if let Some(mut journal) = self.journal() {
            *journal = Some(Vec::new());
        }
        let ran = self.fire_until(target).await;
        let fired = self.journal().and_then(|mut journal| journal.take()).unwrap_or_default();
        ran.map(|()| fired)
    }

    async fn fire_until(&self, target: Moment) -> Result<(), StoreError> {
        let mut stuck_since = None;
        loop {
            let done = self.run_due().await + self.deliver_due().await;
            let now = self.store.now();
            match self.store.next_due().await? {
                Some(next) if next <= now && done > 0 => stuck_since = None,
                Some(next) if next <= now => {
                    // Held by a running request or a leased attempt: it will pass, or stays due.
                    if stuck_since.get_or_insert_with(Instant::now).elapsed() > STUCK_WITHIN {
                        return self.set_clock(target).await;
                    }
                    sleep(STUCK_LOOK).await;
                }
                Some(next) if next <= target => {
                    stuck_since = None;
                    self.set_clock(next).await?;
                }
                Some(_) | None => return self.set_clock(target).await,
            }
        }
    }

    async fn set_clock(&self, to: Moment) -> Result<(), StoreError> {
        let behind = to.0 - self.store.now().0;
        if behind <= 0 {
            return Ok(());
        }
        self.store.set_clock_offset(self.store.clock_offset_ms() + behind).await
    }
}
