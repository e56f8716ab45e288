//! What must be so, from the journals alone: which versions each entitlement has, who made each
//! of them, and which notifications they oblige.
//!
//! Every change that clients send changes something, so each answered one has a version of its
//! own; a version that nobody was answered is the user's Confirm, or the merchant's activation by
//! itself, or something done twice.

use super::client::{Client, LATER};
use super::journal::{Entry, Kind};
use super::writes::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// One entitlement.
pub(crate) struct Life<'j> {
    pub(crate) customer: &'j str,
    /// Its last version.
    pub(crate) version: u32,
    /// The answer that showed the last version, unless that was the user's or the merchant's doing.
    pub(crate) last: Option<&'j Entry>,
    /// The notifications it has to bring, in their order.
    pub(crate) told: Vec<&'static str>,
}

/// All of them, by id.
pub(crate) struct Expected<'j> {
    pub(crate) lives: BTreeMap<&'j str, Life<'j>>,
}

#[derive(Default)]
struct Found<'j> {
    customer: &'j str,
    created: Option<&'j Entry>,
    changes: BTreeMap<u32, &'j Entry>,
    activations: BTreeSet<&'j str>,
}

impl<'j> Expected<'j> {
    /// Reads the journals.
    pub(crate) fn of(clients: &'j [Client], verdict: &mut Verdict) -> Self {
        let mut found: BTreeMap<&str, Found<'_>> = BTreeMap::new();
        for entry in clients.iter().flat_map(|client| &client.journal).filter(|entry| entry.is_success()) {
            let one = found.entry(&entry.entitlement).or_default();
            one.customer = &entry.planned.customer;
            one.read(entry, verdict);
        }
        let lives = found.into_iter().filter_map(|(id, one)| Some((id, one.life(id, verdict)?))).collect();
        Self { lives }
    }

    /// How many there must be altogether.
    pub(crate) fn notifications(&self) -> usize {
        self.lives.values().map(|life| life.told.len()).sum()
    }
}

impl<'j> Found<'j> {
    fn read(&mut self, entry: &'j Entry, verdict: &mut Verdict) {
        match (entry.planned.kind, entry.answer.etag()) {
            (Kind::Confirm, _) => {
                // Pressed again after a kill it is pressed once.
                self.activations.insert(&entry.planned.request.path);
            }
            (Kind::Create | Kind::Twin, Some(1)) => {
                self.created = Some(entry);
                if entry.planned.request.body.contains(LATER) {
                    self.activations.insert(LATER);
                }
            }
            (Kind::Change(_), Some(version)) => {
                if let Some(other) = self.changes.insert(version, entry) {
                    verdict.wrong(format!("two writes have version {version}: {other:?} and {entry:?}"));
                }
            }
            (Kind::Create | Kind::Twin | Kind::Change(_), etag) => {
                verdict.wrong(format!("ETag {etag:?} in the answer to {entry:?}"));
            }
        }
    }

    fn life(self, id: &str, verdict: &mut Verdict) -> Option<Life<'j>> {
        let Some(created) = self.created else {
            verdict.wrong(format!("{id} was changed and never created"));
            return None;
        };
        let activations = self.activations.len();
        let version = u32::try_from(1 + self.changes.len() + activations).expect("few enough");
        let mut told = Vec::new();
        let mut unnamed = 0;
        for number in 2..=version {
            match self.changes.get(&number).map(|entry| entry.planned.kind) {
                Some(Kind::Change(reasons)) => told.extend(reasons),
                _ => {
                    unnamed += 1;
                    told.push("ACTIVATION_SUCCESS");
                }
            }
        }
        if unnamed != activations {
            let versions: Vec<&u32> = self.changes.keys().collect();
            verdict.doubled.push(format!("{id}: versions {versions:?} and {activations} activations leave gaps"));
        }
        let last = if version == 1 { Some(created) } else { self.changes.get(&version).copied() };
        Some(Life { customer: self.customer, version, last, told })
    }
}
