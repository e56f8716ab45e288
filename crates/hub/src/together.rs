//! Other hubs on the same data: what operators did there counts here within a second, and the requests of a
//! credential are counted together. Where nobody else can be at work on the data, nothing here is done.
//!
//! Everything that operators change goes through the audit, so that its newest number says whether there is
//! something to follow: one look at an index, several times a second. What is due and what has to be sent is
//! shared by leases in the store, not here.

use crate::execute::from_store;
use crate::secrets::opened;
use crate::serving::Applied;
use crate::{Hub, HubError};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::{MutexGuard, watch};
use tokio::time::{Instant, sleep};
use wire::ErrorAnswer;

/// How old what others did may become: a quarter of what is promised.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Entries of the audit that are read at once.
const ENTRIES_MAX: usize = 1_000;
/// What changes who sells what, who is let in, and what is signed with.
const CONCERNS: [&str; 3] = ["catalog.", "credential.", "secret."];

/// What all others have counted of each name, as it was last heard.
#[derive(Debug, Default)]
pub(crate) struct Others(Mutex<HashMap<String, u64>>);

impl Others {
    /// How much more it is than before. What was counted before it was first heard of is their own affair, and
    /// where one of them has gone it may be less.
    fn more(&self, name: String, count: u64) -> u64 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name, count).map_or(0, |before| count.saturating_sub(before))
    }
}

/// Follows the others until told to stop.
pub(crate) async fn worker(hub: Hub, mut stopping: watch::Receiver<bool>) {
    if !hub.is_one_of_several() {
        return;
    }
    let mut said = None;
    loop {
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        let failed = hub.follow().await.err().map(|error| error.to_string());
        // The same words four times a second help nobody.
        if failed != said
            && let Some(error) = &failed
        {
            tracing::error!(error, "what another hub's operators did cannot be followed; the old catalog goes on");
        }
        said = failed;
        hub.count_with_others().await;
    }
}

impl Hub {
    /// Whether others may change what this one goes by. A sandbox has a catalog of its own.
    fn is_one_of_several(&self) -> bool {
        self.store.is_shared() && self.sandbox.is_none()
    }

    /// The catalog in force, by whomever it was applied; held while an operator changes something.
    pub(crate) async fn applied_now(&self) -> Result<MutexGuard<'_, Applied>, Box<ErrorAnswer>> {
        let mut applied = self.applied.lock().await;
        if self.is_one_of_several() {
            self.follow_to_end(&mut applied).await.map_err(|error| match error {
                HubError::Store(error) => from_store(error),
                other => crate::operator::own_fault(&other),
            })?;
        }
        Ok(applied)
    }

    async fn follow(&self) -> Result<(), HubError> {
        // Without the lock, which an operator may hold for seconds.
        let head = self.store.audit_head().await?;
        let mut applied = self.applied.lock().await;
        if head <= applied.as_of { Ok(()) } else { self.follow_to_end(&mut applied).await }
    }

    async fn follow_to_end(&self, applied: &mut Applied) -> Result<(), HubError> {
        let (mut end, mut concerns) = (applied.as_of, false);
        loop {
            let entries = self.store.audit(end, ENTRIES_MAX).await?;
            let Some(last) = entries.last() else { break };
            end = last.number;
            concerns |= entries.iter().any(|one| CONCERNS.iter().any(|begin| one.entry.act.starts_with(begin)));
        }
        if concerns {
            self.read_anew(applied).await?;
        }
        applied.as_of = end;
        Ok(())
    }

    async fn read_anew(&self, applied: &mut Applied) -> Result<(), HubError> {
        self.reload_credentials().await?;
        let newest = Applied::newest(self.store.as_ref()).await?;
        let secrets = opened(self.store.as_ref(), &self.sealing).await?;
        self.put_catalog(self.resolve(&newest.document, &secrets).await?);
        if newest.version != applied.version {
            tracing::info!(version = newest.version, "the catalog that another hub's operator applied is in force");
            // What this hub created by the one before, up to now, keeps what it needs.
            self.keep_later(std::mem::take(&mut applied.document));
        }
        *applied = newest;
        Ok(())
    }

    /// Where it fails each hub goes on counting by itself; what was missed is made up for by the next time.
    async fn count_with_others(&self) {
        let catalog = self.catalog();
        let counted: Vec<(String, u64)> =
            catalog.senders().filter_map(|(user, sender)| Some((user.clone(), sender.gate.taken()?))).collect();
        if counted.is_empty() {
            return;
        }
        let Ok(others) = self.store.count_together(counted).await else { return };
        for (user, count) in others {
            if let Some(sender) = catalog.sender(&user) {
                sender.gate.count_others(self.others.more(user, count), Instant::now());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_counted_before_they_were_heard_of_is_not_taken_over() {
        let others = Others::default();
        let more: Vec<u64> = [5, 9, 9, 2, 4].into_iter().map(|count| others.more("acme".into(), count)).collect();
        assert_eq!(more, [0, 4, 0, 0, 2]);
        assert_eq!(others.more("other".into(), 7), 0);
    }
}
