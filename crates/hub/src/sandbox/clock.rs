//! Moving the test clock: from one due moment to the next, each fired at its own moment, in
//! order, before the clock goes on (docs/API.md section 8.2). What a line of it says stands in
//! `journal.rs`.

use super::journal::{Happening, What};
use crate::Hub;
use crate::catalog::Route;
use entitlement::{Entitlement, Moment, Stage, forecast, work_due};
use ids::{AccountId, NotificationId};
use std::time::Duration;
use store::StoreError;
use tokio::time::{Instant, sleep, timeout};

/// The mover answers after so long, and goes on behind the answer.
const ANSWER_AFTER: Duration = Duration::from_secs(30);
/// Something due that will not move is waited for so long, then passed by; it stays due.
const STUCK_WITHIN: Duration = Duration::from_secs(2);
const STUCK_LOOK: Duration = Duration::from_millis(5);
/// A forecast shows at most so much.
const FORECAST_MAX: usize = 100;
/// Counting what is left stops here.
const LEFT_MAX: usize = 10_000;
/// Later than everything.
const EVER: Moment = Moment(i64::MAX);

/// How far the clock came.
pub(crate) struct Moved {
    pub(crate) fired: Vec<Happening>,
    pub(crate) left: usize,
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
                let left = self.due_after(Moment(i64::MIN)).await?.into_iter().filter(|at| *at <= target).count();
                let fired = self.journal().as_ref().and_then(|journal| (**journal).clone()).unwrap_or_default();
                Ok(Moved { fired, left })
            }
        }
    }

    /// What is planned of an account's, earliest first.
    pub(crate) async fn planned(&self, account: AccountId) -> Result<Vec<Happening>, StoreError> {
        let mut planned = Vec::new();
        for (_, key) in self.store.due(EVER, FORECAST_MAX).await? {
            if let Ok(Some((row, _, route))) = self.row_and_route(key).await {
                let events = forecast(&row.state, &route.facts);
                planned.extend(events.iter().map(|event| Happening::of(&row, event.at, What::Event(event.kind))));
                planned.extend(next_call(&row.state, &route).map(|at| Happening::of(&row, at, What::Operation)));
            }
        }
        for callback in self.store.callbacks_due(EVER, FORECAST_MAX).await? {
            if let Ok(Some(row)) = self.row(callback.key).await {
                planned.push(Happening::of(&row, callback.at, What::CallBack));
            }
        }
        for (at, key, target, sequence) in self.store.lanes_due(EVER, FORECAST_MAX).await? {
            if let Ok(Some(row)) = self.row(key).await {
                let id = NotificationId { key, target, sequence };
                planned.push(Happening::of(&row, at, What::Delivery(id, None)));
            }
        }
        planned.retain(|happening| happening.account == account);
        planned.sort_by_key(|happening| happening.at);
        planned.truncate(FORECAST_MAX);
        Ok(planned)
    }

    async fn run_to(&self, target: Moment) -> Result<Vec<Happening>, StoreError> {
        let _clock_moves = self.clock_moves.write().await;
        if let Some(mut journal) = self.journal() {
            *journal = Some(Vec::new());
        }
        let ran = self.fire_until(target).await;
        let fired = self.journal().and_then(|mut journal| journal.take()).unwrap_or_default();
        ran.map(|()| fired)
    }

    async fn fire_until(&self, target: Moment) -> Result<(), StoreError> {
        // What will not move is passed by, with everything due at its moment.
        let mut passed_by = None;
        let mut stuck_since = None;
        loop {
            let next = match passed_by {
                None => self.store.next_due().await?,
                Some(passed_by) => self.due_after(passed_by).await?.into_iter().min(),
            };
            let Some(next) = next.filter(|next| *next <= target.max(self.store.now())) else {
                return self.set_clock(target).await;
            };
            self.set_clock(next).await?;
            if self.run_due(next).await + self.deliver_due(next).await > 0 {
                stuck_since = None;
                continue;
            }
            if self.leases.end_by(next) {
                // A merchant is still being asked: the clock waits, and the lease runs out in real time.
                stuck_since = None;
                sleep(STUCK_LOOK).await;
            } else if stuck_since.get_or_insert_with(Instant::now).elapsed() > STUCK_WITHIN {
                (passed_by, stuck_since) = (Some(next), None);
            } else {
                sleep(STUCK_LOOK).await;
            }
        }
    }

    /// The moments, later than this one, at which something is due.
    async fn due_after(&self, after: Moment) -> Result<Vec<Moment>, StoreError> {
        let entitlements = self.store.due(EVER, LEFT_MAX).await?.into_iter().map(|(at, _)| at);
        let callbacks = self.store.callbacks_due(EVER, LEFT_MAX).await?.into_iter().map(|callback| callback.at);
        let lanes = self.store.lanes_due(EVER, LEFT_MAX).await?.into_iter().map(|(at, ..)| at);
        Ok(entitlements.chain(callbacks).chain(lanes).filter(|at| *at > after).collect())
    }

    async fn set_clock(&self, to: Moment) -> Result<(), StoreError> {
        let behind = to.0 - self.store.now().0;
        if behind <= 0 {
            return Ok(());
        }
        self.store.set_clock_offset(self.store.clock_offset_ms() + behind).await
    }
}

/// When the merchant is called next about what is open or owed, if nothing else happens. What is
/// in flight is being called.
fn next_call(e: &Entitlement, route: &Route) -> Option<Moment> {
    let Some(operation) = &e.operation else {
        return e.duty.as_ref().map(|_| e.last_event_at);
    };
    if operation.stage == Stage::InFlight {
        return None;
    }
    let at = [operation.next_at, operation.deadline].into_iter().flatten().min()?;
    work_due(e, &route.facts, at).map(|_| at)
}
