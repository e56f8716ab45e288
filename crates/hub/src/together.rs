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
use std::sync::{Mutex, MutexGuard as StdMutexGuard, PoisonError};
use std::time::Duration;
use store::Counted;
use tokio::sync::{MutexGuard, watch};
use tokio::time::{Instant, sleep};
use wire::ErrorAnswer;

/// How old what others did may become: a quarter of what is promised.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Entries of the audit that are read at once.
const ENTRIES_MAX: usize = 1_000;
/// Acts that change who sells what, and what is signed with.
const CATALOG: [&str; 2] = ["catalog.", "secret."];
/// Acts that change who is let in.
const CREDENTIALS: [&str; 1] = ["credential."];
/// All counts are told in every so manieth look, a minute apart: those of long ago are forgotten.
const TELL_ALL_EVERY: u32 = 240;
/// Who has not heard the others for so long does not know when they counted what.
const SILENCE: Duration = Duration::from_secs(1);

/// What each of the others had counted of each name when it was last heard.
#[derive(Debug, Default)]
pub(crate) struct Others(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    counts: HashMap<(String, u128), u64>,
    at: Option<Instant>,
    /// What this one has told.
    told: HashMap<String, u64>,
}

impl Others {
    /// What is new since it was last told; all of it every so often, since what was told is forgotten.
    fn to_tell(&self, counted: Vec<(String, u64)>, all: bool) -> Vec<(String, u64)> {
        let heard = self.heard();
        counted.into_iter().filter(|(name, count)| all || heard.told.get(name) != Some(count)).collect()
    }

    fn told(&self, counted: Vec<(String, u64)>) {
        self.heard().told.extend(counted);
    }

    /// How much more they have counted, by name. What was counted before somebody was first heard of is his
    /// own affair; and after a silence nobody knows when it was counted, and what has come back meanwhile.
    fn more(&self, counts: Vec<Counted>, now: Instant) -> HashMap<String, u64> {
        let mut heard = self.heard();
        let is_after_a_silence = heard.at.is_none_or(|at| now.saturating_duration_since(at) > SILENCE);
        let mut more: HashMap<String, u64> = HashMap::new();
        let mut known = HashMap::with_capacity(counts.len());
        for Counted { name, node, count } in counts {
            let key = (name, node);
            let before = heard.counts.get(&key).copied().filter(|_| !is_after_a_silence);
            let new = before.map_or(0, |before| count.saturating_sub(before));
            if new > 0 {
                *more.entry(key.0.clone()).or_default() += new;
            }
            known.insert(key, count);
        }
        heard.counts = known;
        heard.at = Some(now);
        more
    }

    fn heard(&self) -> StdMutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows what operators do through others, until told to stop.
pub(crate) async fn follower(hub: Hub, mut stopping: watch::Receiver<bool>) {
    if !hub.is_one_of_several() {
        return;
    }
    let (mut seen, mut said) = (None, None);
    loop {
        let followed = tokio::select! {
            followed = async { sleep(LOOK_EVERY).await; hub.follow(&mut seen).await } => followed,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        let failed = followed.err().map(|error| error.to_string());
        // The same words four times a second help nobody.
        if failed != said
            && let Some(error) = &failed
        {
            tracing::error!(error, "what another hub's operators did cannot be followed; the old catalog goes on");
        }
        said = failed;
    }
}

/// Counts with the others, until told to stop.
pub(crate) async fn counter(hub: Hub, mut stopping: watch::Receiver<bool>) {
    if !hub.is_one_of_several() {
        return;
    }
    for look in 0_u32.. {
        tokio::select! {
            () = async {
                sleep(LOOK_EVERY).await;
                hub.count_with_others(look.is_multiple_of(TELL_ALL_EVERY)).await;
            } => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
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

    /// `seen`: the audit's head as it was when all before it had been followed.
    async fn follow(&self, seen: &mut Option<u64>) -> Result<(), HubError> {
        let head = self.store.audit_head().await?;
        if *seen == Some(head) {
            return Ok(());
        }
        // Before the lock, which an operator may hold for seconds: what is revoked is so at once.
        self.reload_credentials().await?;
        self.follow_to_end(&mut *self.applied.lock().await).await?;
        *seen = Some(head);
        Ok(())
    }

    async fn follow_to_end(&self, applied: &mut Applied) -> Result<(), HubError> {
        if self.store.audit_head().await? < applied.as_of {
            // Another server took over that lacks the newest acts: nothing known here is certain any more.
            self.reload_credentials().await?;
            return self.read_anew(applied).await;
        }
        let (mut end, mut acts) = (applied.as_of, Vec::new());
        loop {
            let entries = self.store.audit(end, ENTRIES_MAX).await?;
            let Some(last) = entries.last() else { break };
            end = last.number;
            acts.extend(entries.into_iter().map(|one| one.entry.act));
        }
        let is_any = |begins: &[&str]| acts.iter().any(|act| begins.iter().any(|begin| act.starts_with(begin)));
        if is_any(&CREDENTIALS) {
            self.reload_credentials().await?;
        }
        if is_any(&CATALOG) {
            self.read_anew(applied).await?;
        }
        applied.as_of = end;
        Ok(())
    }

    async fn read_anew(&self, applied: &mut Applied) -> Result<(), HubError> {
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

    /// Where it fails each hub goes on counting by itself.
    async fn count_with_others(&self, all: bool) {
        let catalog = self.catalog();
        let counted: Vec<(String, u64)> =
            catalog.senders().filter_map(|(user, sender)| Some((user.clone(), sender.gate.taken()?))).collect();
        if counted.is_empty() {
            return;
        }
        let to_tell = self.others.to_tell(counted, all);
        let Ok(counts) = self.store.count_together(to_tell.clone()).await else { return };
        self.others.told(to_tell);
        let now = Instant::now();
        for (user, count) in self.others.more(counts, now) {
            if let Some(sender) = catalog.sender(&user) {
                sender.gate.count_others(count, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const B: u128 = 2;
    const C: u128 = 3;

    fn counts(counts: &[(u128, u64)]) -> Vec<Counted> {
        counts.iter().map(|(node, count)| Counted { name: "acme".into(), node: *node, count: *count }).collect()
    }

    /// What is taken over of each of these looks, a quarter of a second apart.
    fn more(looks: &[&[(u128, u64)]]) -> Vec<u64> {
        let (others, begin) = (Others::default(), Instant::now());
        let more = |(at, look): (u32, &&[(u128, u64)])| {
            others.more(counts(look), begin + LOOK_EVERY * at).get("acme").copied().unwrap_or(0)
        };
        (0..).zip(looks).map(more).collect()
    }

    #[test]
    fn what_others_counted_before_they_were_heard_of_is_not_taken_over() {
        assert_eq!(
            more(&[&[(B, 5)], &[(B, 9)], &[(B, 9)], &[(B, 10), (C, 700)], &[(B, 10), (C, 702)]]),
            [0, 4, 0, 1, 2]
        );
    }

    #[test]
    fn a_table_that_was_emptied_costs_nobody_his_requests() {
        // As after a crash of the server: first one is there again, then the other.
        let looks: [&[(u128, u64)]; 5] =
            [&[(B, 500), (C, 900)], &[(B, 501), (C, 901)], &[], &[(B, 503)], &[(B, 504), (C, 905)]];
        assert_eq!(more(&looks), [0, 2, 0, 0, 1]);
    }

    #[test]
    fn after_a_silence_what_was_missed_is_not_taken_over() {
        let (others, begin) = (Others::default(), Instant::now());
        let at = |ms| begin + Duration::from_millis(ms);
        others.more(counts(&[(B, 1)]), at(0));
        assert_eq!(others.more(counts(&[(B, 1_000)]), at(5_000)).len(), 0);
        assert_eq!(others.more(counts(&[(B, 1_003)]), at(5_250))["acme"], 3);
    }

    #[test]
    fn what_is_as_it_was_is_not_told_again() {
        let others = Others::default();
        let counted = |count| vec![("acme".to_owned(), count), ("birch".to_owned(), 0)];
        others.told(others.to_tell(counted(1), true));
        assert_eq!(others.to_tell(counted(1), false), []);
        assert_eq!(others.to_tell(counted(2), false), [("acme".to_owned(), 2)]);
        assert_eq!(others.to_tell(counted(1), true).len(), 2);
    }
}
