//! The doctor: everything in a store that has to agree is compared, and what does not is named, with
//! what to do about it. It changes nothing. What it reads comes in short snapshots, so that it may
//! work beside a running hub; what looks wrong is looked at again in a fresh one before it is told.
//!
//! Here: the walk through the store. The checks are pure functions over plain values, by subject in
//! the files beside this one; how the values are read is the engine's business (`store::Examine`).

mod claims;
mod entitlements;
mod feeds;
mod finding;
mod histories;
mod lanes;

pub use finding::{Check, Examination, Finding, Looked, Severity};

use ids::{EntitlementKey, RouteId};
use std::collections::HashMap;
use store::{Depth, EngineCheck, Examine, Examined, ExaminedAccount, Kept, Restoration, StoreError, StoreSize};

/// Rows of a page at first; it grows while pages come quickly.
const PAGE_ROWS: usize = 32;
/// Rows of a page at most. So much is in memory at once.
const PAGE_ROWS_MAX: usize = 512;
/// Positions of a feed, and claims and keys, that are looked at in one snapshot.
const NUMBERS_PAGE: usize = 10_000;
/// Findings kept unless another number is wanted; the rest is counted.
const FINDINGS_MAX: usize = 1_000;

/// How closely to look.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of the engine's own checks.
    pub depth: Depth,
    /// The limit of each route, where the catalog is known.
    pub limits: HashMap<RouteId, u32>,
    /// So many findings are kept, the rest is counted.
    pub findings_max: usize,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { depth: Depth::Quick, limits: HashMap::new(), findings_max: FINDINGS_MAX }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is looking at.
    pub part: &'static str,
    /// Looked at.
    pub done: u64,
    /// At most so much there is; 0 where nobody knows.
    pub all: u64,
}

/// Examines a store, also one that others write into meanwhile.
///
/// # Errors
/// Where the store cannot be read at all; what can be read and is wrong is a finding.
pub async fn run(
    store: &dyn Examine,
    wanted: &Wanted,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Examination, StoreError> {
    let mut visit = Visit::new(store, wanted, progress);
    if visit.engine().await? {
        let known = visit.what_is_known().await;
        visit.survive(known)?;
        let looked = visit.entitlements().await;
        visit.survive(looked)?;
        for of in Kept::ALL {
            let looked = visit.keys(of).await;
            visit.survive(looked)?;
        }
        let looked = visit.feeds().await;
        visit.survive(looked)?;
        let looked = visit.claims().await;
        visit.survive(looked)?;
    }
    Ok(visit.examination)
}

/// What checks know beside what they look at.
struct Context<'w> {
    limits: &'w HashMap<RouteId, u32>,
    restorations: Vec<Restoration>,
}

/// One walk through a store.
struct Visit<'w> {
    store: &'w dyn Examine,
    context: Context<'w>,
    depth: Depth,
    findings_max: usize,
    size: StoreSize,
    /// Where it is, for what cannot be read there.
    place: String,
    examination: Examination,
    progress: &'w mut (dyn FnMut(Progress) + Send),
}

impl<'w> Visit<'w> {
    fn new(store: &'w dyn Examine, wanted: &'w Wanted, progress: &'w mut (dyn FnMut(Progress) + Send)) -> Self {
        Self {
            store,
            context: Context { limits: &wanted.limits, restorations: Vec::new() },
            depth: wanted.depth,
            findings_max: wanted.findings_max,
            size: StoreSize::default(),
            place: String::new(),
            examination: Examination::default(),
            progress,
        }
    }

    fn tell(&mut self, part: &'static str, done: u64, all: u64) {
        (self.progress)(Progress { part, done, all });
    }

    fn found(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.examination.add(finding, self.findings_max);
        }
    }

    /// The engine's own checks. Whether the rest can be read.
    async fn engine(&mut self) -> Result<bool, StoreError> {
        self.tell("the file", 0, 0);
        let health = match self.store.engine_health(self.depth).await {
            Err(StoreError::Unreadable(what)) => {
                let (check, place) = (Check::Structure, "the file".to_owned());
                self.found(vec![Finding { check, place, what }]);
                return Ok(false);
            }
            other => other?,
        };
        let findings = health.faults.into_iter().map(|fault| {
            let check = match fault.kind {
                EngineCheck::Schema => Check::Schema,
                EngineCheck::Structure => Check::Structure,
                EngineCheck::References => Check::References,
            };
            Finding { check, place: "the file".to_owned(), what: fault.what }
        });
        self.found(findings.collect());
        self.examination.not_looked_at = health.left_out;
        Ok(health.is_readable)
    }

    async fn what_is_known(&mut self) -> Result<(), StoreError> {
        "sizes and restorations".clone_into(&mut self.place);
        self.size = self.store.examine_size().await?;
        self.context.restorations = self.store.restorations().await?;
        Ok(())
    }

    async fn entitlements(&mut self) -> Result<(), StoreError> {
        let (mut after, mut limit) = (None, PAGE_ROWS);
        loop {
            self.place = behind("entitlements", after);
            let page = match self.store.examine_entitlements(after, limit).await {
                Ok(page) => page,
                Err(StoreError::Busy) if limit > 1 => {
                    // A slow disk, or long histories: a snapshot ends after 5 s whatever it has read.
                    limit = (limit / 8).max(1);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.key);
            for examined in &page {
                self.entitlement(examined).await?;
            }
            limit = (limit * 2).min(PAGE_ROWS_MAX);
            self.tell("entitlements", self.examination.looked.entitlements, self.size.entitlements);
        }
    }

    async fn entitlement(&mut self, examined: &Examined) -> Result<(), StoreError> {
        let looked = &mut self.examination.looked;
        looked.entitlements += 1;
        looked.events += examined.history.as_ref().map_or(0, Vec::len) as u64;
        looked.notifications += examined.notifications.as_ref().map_or(0, Vec::len) as u64;
        if entitlements::check(examined, &self.context).is_empty() {
            return Ok(());
        }
        let again = self.store.examine_entitlements(before(examined.key), 1).await?;
        let again = again.iter().filter(|again| again.key == examined.key);
        let findings = again.flat_map(|again| entitlements::check(again, &self.context)).collect();
        self.found(findings);
        Ok(())
    }

    /// Rows of a table whose entitlement is not there.
    async fn keys(&mut self, of: Kept) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            self.place = behind(table(of), after);
            let page = self.store.examine_keys(of, after, NUMBERS_PAGE).await?;
            for orphan in page.orphans {
                let again = self.store.examine_keys(of, before(orphan), 1).await?;
                if again.orphans.contains(&orphan) {
                    let what = format!("{} without an entitlement", table(of));
                    self.found(vec![Finding { check: Check::Orphan, place: format!("key {orphan}"), what }]);
                }
            }
            self.tell(table(of), 0, 0);
            match page.last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn feeds(&mut self) -> Result<(), StoreError> {
        "feeds".clone_into(&mut self.place);
        for account in self.store.examine_accounts().await? {
            self.examination.looked.accounts += 1;
            if self.feed(&account).await?.is_empty() {
                continue;
            }
            let again = self.store.examine_accounts().await?.into_iter().find(|again| again.id == account.id);
            if let Some(again) = again {
                let findings = self.feed(&again).await?;
                self.found(findings);
            }
        }
        Ok(())
    }

    /// One feed up to the position that its account had before the walk began.
    async fn feed(&mut self, account: &ExaminedAccount) -> Result<Vec<Finding>, StoreError> {
        let mut walk = feeds::Walk::begin(account, &self.context.restorations);
        while walk.last() < account.position {
            self.place = format!("{} behind position {}", walk.place(), walk.last());
            let runs = self.store.examine_feed(account.id, walk.last(), NUMBERS_PAGE).await?;
            if !walk.go_on(&runs) {
                break;
            }
            self.tell("feeds", walk.events(), self.size.events);
        }
        Ok(walk.end())
    }

    async fn claims(&mut self) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            self.place = format!("request identities behind number {after}");
            let page = self.store.examine_claims(after, NUMBERS_PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.number;
            for claim in &page {
                self.examination.looked.claims += 1;
                if claims::check(claim).is_none() {
                    continue;
                }
                let again = self.store.examine_claims(claim.number - 1, 1).await?;
                let again = again.iter().filter(|again| again.number == claim.number);
                let findings = again.filter_map(claims::check).collect();
                self.found(findings);
            }
            self.tell("request identities", self.examination.looked.claims, self.size.claims);
        }
    }

    /// What cannot be read is a finding, and the end of its part; what the store cannot do is not.
    fn survive(&mut self, part: Result<(), StoreError>) -> Result<(), StoreError> {
        match part {
            Err(StoreError::Unreadable(what)) => {
                let place = std::mem::take(&mut self.place);
                self.found(vec![Finding { check: Check::Unreadable, place, what }]);
                Ok(())
            }
            other => other,
        }
    }
}

const fn table(of: Kept) -> &'static str {
    match of {
        Kept::Events => "events",
        Kept::Lanes => "lanes",
        Kept::Notifications => "notifications",
        Kept::Callbacks => "call-backs",
    }
}

/// So that a page of one is this key.
fn before(key: EntitlementKey) -> Option<EntitlementKey> {
    key.0.checked_sub(1).map(EntitlementKey)
}

fn behind(part: &str, after: Option<EntitlementKey>) -> String {
    after.map_or_else(|| part.to_owned(), |key| format!("{part} behind key {key}"))
}
