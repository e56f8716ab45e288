//! What is found, as plain values: which check, where, what is wrong, what to do.

use serde_json::{Value, json};
use std::fmt;

/// What to do where the file itself is damaged.
const RESTORE: &str = "Stop the hub, keep a copy of the file, and restore the newest backup in which doctor finds \
                       nothing (docs/BACKUP.md).";
/// What to do where the file is sound and what stands in it is not.
const REPORT: &str = "Report it with this line: either the hub has a defect or somebody has written into the file. \
                      Keep a copy of the file; the other entitlements are not concerned.";

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// Pages and trees of the file.
    Structure,
    /// Tables and indexes, their version.
    Schema,
    /// Rows that name rows.
    References,
    /// Everything can be read.
    Unreadable,
    /// The rules' invariants (docs/LIFECYCLE.md section 8).
    Rules,
    /// The history is whole and folds to the row.
    History,
    /// A slot is held exactly while open.
    Slot,
    /// No slot is above the route's limit.
    SlotAboveLimit,
    /// Index columns are what they are derived from.
    IndexColumn,
    /// An entitlementId names one entitlement.
    Identity,
    /// Account, route and mode agree.
    Account,
    /// Positions have no gaps.
    Feed,
    /// Counters of lanes agree with their notifications.
    Lane,
    /// Notifications tell of events that oblige them.
    Notification,
    /// At most one operation is open, and what is open has not ended.
    Operation,
    /// Request identities point to what is there.
    Claim,
    /// Nothing stands without its entitlement.
    Orphan,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Wrong, and of no consequence for a reseller by itself.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// In a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Check {
    /// A stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Schema => "schema",
            Self::References => "references",
            Self::Unreadable => "unreadable",
            Self::Rules => "rules",
            Self::History => "history",
            Self::Slot => "slot",
            Self::SlotAboveLimit => "slot-above-limit",
            Self::IndexColumn => "index-column",
            Self::Identity => "identity",
            Self::Account => "account",
            Self::Feed => "feed",
            Self::Lane => "lane",
            Self::Notification => "notification",
            Self::Operation => "operation",
            Self::Claim => "claim",
            Self::Orphan => "orphan",
        }
    }

    /// How bad a finding of it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::SlotAboveLimit => Severity::Note,
            Self::IndexColumn | Self::Orphan => Severity::Warning,
            Self::Structure
            | Self::Schema
            | Self::References
            | Self::Unreadable
            | Self::Rules
            | Self::History
            | Self::Slot
            | Self::Identity
            | Self::Account
            | Self::Feed
            | Self::Lane
            | Self::Notification
            | Self::Operation
            | Self::Claim => Severity::Error,
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::Structure | Self::References | Self::Unreadable => RESTORE,
            Self::Schema => {
                "Start the entitle that wrote the file: it brings an older one to its schema. Where a table or index \
                 is missing, somebody has changed the file: restore a backup (docs/BACKUP.md)."
            }
            Self::Rules
            | Self::History
            | Self::Slot
            | Self::Identity
            | Self::Account
            | Self::Notification
            | Self::Operation => REPORT,
            Self::SlotAboveLimit => "Nothing: a lowered limit leaves alone what is there, and lets in no more.",
            Self::IndexColumn => {
                "Any change of the entitlement writes it anew, for example a PATCH of its extensionData. Until then \
                 it may be looked after at the wrong moment. Report it."
            }
            Self::Feed => {
                "Readers of this feed may have passed over something: let the reseller build its copy anew from a \
                 report, then report this."
            }
            Self::Lane => {
                "`entitle notifications list --entitlement ID` shows what waits, `entitle notifications replay` sends \
                 it beside the lane. Report it."
            }
            Self::Claim => {
                "A repeat under this identity cannot be answered as the first time. Look at the entitlement before \
                 anybody sends it with a new identity. Report it."
            }
            Self::Orphan => "Nothing uses it. Report it; a later release may remove it.",
        }
    }
}

/// Something that is not as it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// Where: an entitlement, an account, a table.
    pub place: String,
    /// What is wrong there. Names fields, never their values.
    pub what: String,
}

impl Finding {
    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "check": self.check.as_str(),
            "severity": self.check.severity().as_str(),
            "where": self.place,
            "what": self.what,
            "whatToDo": self.check.what_to_do(),
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, place, what } = self;
        write!(f, "{} {}: {place}: {what}", check.severity().as_str(), check.as_str())
    }
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    /// Accounts, each with its feed.
    pub accounts: u64,
    /// Entitlements.
    pub entitlements: u64,
    /// Events of their histories.
    pub events: u64,
    /// Their notifications.
    pub notifications: u64,
    /// Request identities.
    pub claims: u64,
}

/// What an examination brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Examination {
    /// What is wrong, in the order it was met.
    pub findings: Vec<Finding>,
    /// Findings beyond the wanted number.
    pub left_out: u64,
    /// What would have taken too long beside a running hub.
    pub not_looked_at: Vec<&'static str>,
    /// What was looked at.
    pub looked: Looked,
}

impl Examination {
    /// Whether nothing is wrong; notes are no findings.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.left_out == 0 && self.findings.iter().all(|finding| finding.check.severity() == Severity::Note)
    }

    pub(super) fn add(&mut self, finding: Finding, findings_max: usize) {
        if self.findings.len() < findings_max {
            self.findings.push(finding);
        } else {
            self.left_out += 1;
        }
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Looked { accounts, entitlements, events, notifications, claims } = self.looked;
        json!({
            "clean": self.is_clean(),
            "findings": self.findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
            "findingsLeftOut": self.left_out,
            "notLookedAt": self.not_looked_at,
            "lookedAt": {
                "accounts": accounts, "entitlements": entitlements, "events": events,
                "notifications": notifications, "requestIdentities": claims,
            },
        })
    }
}

/// Collects the findings of one place.
pub(super) struct At {
    place: String,
    findings: Vec<Finding>,
}

impl At {
    pub(super) fn new(place: String) -> Self {
        Self { place, findings: Vec::new() }
    }

    pub(super) fn say(&mut self, check: Check, what: impl Into<String>) {
        self.findings.push(Finding { check, place: self.place.clone(), what: what.into() });
    }

    pub(super) fn say_if(&mut self, is_wrong: bool, check: Check, what: impl Into<String>) {
        if is_wrong {
            self.say(check, what);
        }
    }

    pub(super) fn end(self) -> Vec<Finding> {
        self.findings
    }
}
