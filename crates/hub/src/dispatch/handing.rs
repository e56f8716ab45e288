//! Lanes that are handed over: what a commit brings into an empty lane is sent from memory, by the hub that commits.
//! Everything else is found by claims, as if nothing were ever handed over.

use super::lanes::LEASE_MS;
use crate::Hub;
use entitlement::Event;
use std::sync::{Arc, PoisonError, RwLock};
use store::{
    Change, HandOver, HandedLane, Happened, LaneOutcome, LaneResult, LaneWork, NotificationState, Row,
    StoredNotification,
};
use tokio::sync::{OwnedRwLockReadGuard, OwnedSemaphorePermit, Semaphore, mpsc};

/// Lanes on their way from a commit to the end of their attempt; what is more is left to claims.
const HANDED_MAX: usize = 512;

/// The test clock stands as long as one of these is held.
pub(super) type ClockStands = Arc<OwnedRwLockReadGuard<()>>;

/// A lane that was handed over.
pub(super) struct Handed {
    pub(super) work: LaneWork,
    pub(super) place: Place,
    pub(super) clock_stands: ClockStands,
}

/// Kept until the attempt is over.
pub(super) type Place = Arc<OwnedSemaphorePermit>;

/// From commits to the worker.
pub(crate) struct Handing {
    /// While there is a worker.
    to: RwLock<Option<mpsc::Sender<Handed>>>,
    places: Arc<Semaphore>,
}

impl Default for Handing {
    fn default() -> Self {
        Self { to: RwLock::default(), places: Arc::new(Semaphore::new(HANDED_MAX)) }
    }
}

impl Handing {
    /// From now on lanes are handed over.
    pub(super) fn open(&self) -> mpsc::Receiver<Handed> {
        let (to, from) = mpsc::channel(HANDED_MAX);
        *self.to.write().unwrap_or_else(PoisonError::into_inner) = Some(to);
        from
    }

    /// From now on none is, but those whose commits are under way.
    pub(super) fn close(&self) {
        *self.to.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn to(&self) -> Option<mpsc::Sender<Handed>> {
        self.to.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Hub {
    /// How the lanes that a change finds empty are handed over, if they can be: to whom they are sent is known and
    /// has room, and nothing but this change is in the way.
    pub(crate) fn hand_over(&self, change: &Change) -> Option<HandOver> {
        let is_at_once = !change.wakes_lanes && change.notices.iter().all(|notice| notice.not_before.is_none());
        if change.notices.is_empty() || !is_at_once || !self.store.hands_over() {
            return None;
        }
        let row = change.row()?;
        self.url_of(row)?;
        let to = self.handing.to()?;
        let clock_stands = Arc::new(Arc::clone(&self.clock_moves).try_read_owned().ok()?);
        let most = u32::try_from(change.notices.len()).ok()?;
        let place = Arc::new(Arc::clone(&self.handing.places).try_acquire_many_owned(most).ok()?);
        let (hub, heads, row) = (self.clone(), heads(change, row), row.clone());
        Some(HandOver::new(LEASE_MS, move |lanes| {
            let works = lanes.iter().filter_map(|lane| work(lane, &heads, &row));
            let handed = works.map(|work| Handed { work, place: place.clone(), clock_stands: clock_stands.clone() });
            let left: Vec<Handed> = handed.filter_map(|handed| to.try_send(handed).err()).map(unsent).collect();
            if !left.is_empty() {
                tokio::spawn(async move { hub.give_back(left).await });
            }
        }))
    }

    /// Nobody is there to send them.
    pub(super) async fn give_back(&self, handed: Vec<Handed>) {
        let now = self.store.now();
        let release = |Handed { work, .. }: &Handed| LaneResult::of(work, LaneOutcome::Release, now);
        self.settle(handed.iter().map(release).collect()).await;
    }
}

fn unsent(error: mpsc::error::TrySendError<Handed>) -> Handed {
    error.into_inner()
}

/// What is told to a target first, as it lies in the lane.
struct Head {
    notification: StoredNotification,
    event: Happened,
}

/// Of each target.
fn heads(change: &Change, row: &Row) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::with_capacity(change.notices.len());
    for notice in &change.notices {
        let Some(event) = change.events.get(notice.event) else {
            continue;
        };
        if heads.iter().all(|head| head.notification.target != notice.target) {
            heads.push(head(change, row, notice, event));
        }
    }
    heads
}

fn head(change: &Change, row: &Row, notice: &store::Notice, event: &Event) -> Head {
    let later = u32::try_from(change.events.len() - 1 - notice.event).unwrap_or(0);
    let notification = StoredNotification {
        key: row.key,
        target: notice.target,
        // Of the lane, which is not known yet.
        sequence: 0,
        event: row.last_event - later,
        version: event.version,
        reason: notice.reason,
        form: notice.form,
        reason_field: notice.reason_field.clone(),
        committed_at: change.at,
        held_ms: 0,
        state: NotificationState::Waiting,
        attempts: 0,
        last_status: None,
        last_error: None,
        done_at: None,
    };
    Head { notification, event: Happened { why: event.reason.clone() } }
}

/// What a claim would have found.
fn work(lane: &HandedLane, heads: &[Head], row: &Row) -> Option<LaneWork> {
    let HandedLane { key, target, sequence, fence, failures } = *lane;
    let Head { notification, event } = heads.iter().find(|head| head.notification.target == target)?;
    let notification = StoredNotification { sequence, ..notification.clone() };
    Some(LaneWork { key, target, fence, failures, notification, row: row.clone(), event: Some(event.clone()) })
}
