//! The feed: all of a reseller's events in the order of their commits, a page at a time, waiting
//! for the next one where that is asked (docs/API.md section 4.12).

mod body;

use super::bells::Listener;
use crate::Hub;
use crate::answer::Answer;
use crate::catalog::Account;
use crate::execute::from_store;
use crate::http::Asker;
use crate::load::Place;
use ids::{AccountId, EntitlementKey};
use std::time::Duration;
use store::StoredEvent;
use tokio::time::{Instant, sleep, timeout_at};
use wire::{ErrorAnswer, Fault, FeedRequest};

/// A feed is answered so long after its wait at the latest (docs/API.md section 1).
const ANSWER_AFTER_WAIT: Duration = Duration::from_secs(2);
/// Whoever waits looks by itself this often: for events of other nodes, and whether its credential
/// still holds.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Whoever may wait gets what comes within this in one page. Else a reader of a busy account would
/// be answered with every batch of commits, some hundred times a second.
const GATHER_FOR: Duration = Duration::from_millis(10);

type Answered<T> = Result<T, Box<ErrorAnswer>>;
/// An event of the feed with its entitlement.
type Fed = (EntitlementKey, StoredEvent);

/// When a feed with this query is answered at the latest.
pub(crate) fn feed_within(query: Option<&str>) -> Duration {
    let wait_s = FeedRequest::parse(query).map_or(0, |asked| asked.wait_s);
    Duration::from_secs(wait_s as u64) + ANSWER_AFTER_WAIT
}

impl Hub {
    /// A page of the feed.
    pub(crate) async fn feed(
        &self,
        account: &Account,
        query: Option<&str>,
        asker: &Asker,
        place: Place,
    ) -> Answered<Answer> {
        let asked = FeedRequest::parse(query).map_err(|faults| Box::new(ErrorAnswer::faults(faults)))?;
        let after = match asked.after {
            Some(after) => after,
            None => self.feed_begins_after(account.id).await?,
        };
        let (head, _place) = self.head_past(after, account.id, &asked, asker, place).await?;
        self.feed_from(account, &asked, after, head).await
    }

    /// A page of what is there now, whatever `wait` says.
    pub(crate) async fn feed_now(&self, account: &Account, query: &str) -> Answered<Answer> {
        let asked = FeedRequest::parse(Some(query)).map_err(|faults| Box::new(ErrorAnswer::faults(faults)))?;
        let after = match asked.after {
            Some(after) => after,
            None => self.feed_begins_after(account.id).await?,
        };
        let head = self.feed_head(account.id).await?;
        self.feed_from(account, &asked, after, head).await
    }

    async fn feed_from(&self, account: &Account, asked: &FeedRequest, after: u64, head: u64) -> Answered<Answer> {
        let events = self.feed_page(account.id, after, head, asked.limit).await?;
        let cursor = events.last().map_or(after, |(_, event)| event.position);
        Ok(Answer::plain(200, self.feed_body(cursor, events).await?))
    }

    /// The position before the oldest event kept.
    async fn feed_begins_after(&self, account: AccountId) -> Answered<u64> {
        // The head first: what comes in between is not passed over.
        let head = self.feed_head(account).await?;
        let oldest = self.store.feed(account, 0, 1).await.map_err(from_store)?;
        Ok(oldest.first().map_or(head, |(_, event)| event.position - 1))
    }

    /// The feed's last position, once there is one after `after`, or the wait is over. Who waits for it
    /// leaves its place to others meanwhile.
    async fn head_past(
        &self,
        after: u64,
        account: AccountId,
        asked: &FeedRequest,
        asker: &Asker,
        mut place: Place,
    ) -> Answered<(u64, Place)> {
        let mut head = self.feed_head(account).await?;
        if asked.wait_s == 0 || self.feed_bells.is_stopping() {
            return Ok((head, place));
        }
        if head == after {
            let Some(listener) = self.feed_bells.listen(account) else {
                return Ok((head, place));
            };
            drop(place);
            head = self.head_moved(after, &listener, account, asked, asker).await?;
            place = self.load.take(account)?;
        }
        let is_less_than_a_page = head > after && head - after < asked.limit as u64;
        if is_less_than_a_page && !self.feed_bells.is_stopping() {
            sleep(GATHER_FOR).await;
            head = self.feed_head(account).await?;
        }
        Ok((head, place))
    }

    /// Waits until the head is another, the time is over, or the hub stops.
    async fn head_moved(
        &self,
        from: u64,
        listener: &Listener<'_>,
        account: AccountId,
        asked: &FeedRequest,
        asker: &Asker,
    ) -> Answered<u64> {
        let end = Instant::now() + Duration::from_secs(asked.wait_s as u64);
        let mut credentials = self.credentials_epoch.subscribe();
        loop {
            let ring = listener.next_ring();
            let head = self.feed_head(account).await?;
            let now = Instant::now();
            if head != from || now >= end || self.feed_bells.is_stopping() {
                return Ok(head);
            }
            tokio::select! {
                _ = timeout_at(end.min(now + LOOK_EVERY), ring) => {}
                _ = credentials.changed() => {}
            }
            self.authorize(asker).await?;
        }
    }

    async fn feed_head(&self, account: AccountId) -> Answered<u64> {
        self.store.feed_head(account).await.map_err(from_store)
    }

    /// The events after a position, which follow it without a gap, or it is no position any more. A
    /// page ends before a gap: whoever stands there is told (docs/decisions/0020).
    async fn feed_page(&self, account: AccountId, after: u64, head: u64, limit: usize) -> Answered<Vec<Fed>> {
        let there = head.checked_sub(after).ok_or_else(expired)?;
        if there == 0 {
            return Ok(Vec::new());
        }
        let limit = usize::try_from(there).unwrap_or(limit).min(limit);
        let events = self.store.feed(account, after, limit).await.map_err(from_store)?;
        match events.first() {
            Some((_, first)) if first.position == after + 1 => Ok(without_gap(events, after + 1)),
            Some(_) | None => Err(expired()),
        }
    }
}

/// What follows each other from that position on.
fn without_gap(events: Vec<Fed>, first: u64) -> Vec<Fed> {
    events.into_iter().zip(first..).take_while(|((_, event), at)| event.position == *at).map(|(fed, _)| fed).collect()
}

fn expired() -> Box<ErrorAnswer> {
    Box::new(ErrorAnswer::faults(vec![Fault {
        field: "after".to_owned(),
        rule: "cursor-expired",
        message: "after parameter is invalid".to_owned(),
        hint: Some(
            "The feed does not go on from there any more. Build your copy anew: read a report to its last page, \
             then the feed from the feedCursor of the report's first page."
                .to_owned(),
        ),
    }]))
}
