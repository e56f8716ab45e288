//! What an operator does to an entitlement: hold, release, resolve; and sending a notification again.
//! The rules are the same as for everybody; the audit's entry is in the same commit.

use super::asked::{Asked, invalid};
use super::unknown_path;
use crate::catalog::Account;
use crate::dispatch::{claims_settled, settled_operation};
use crate::execute::change::Draft;
use crate::execute::{Caller, TRIES_MAX, Wanted, contended, from_store, not_found};
use crate::turns::TurnKey;
use crate::{Answer, Hub, refusal};
use entitlement::{Reason, Resolution, resolve};
use std::sync::Arc;
use std::time::Duration;
use store::{AuditEntry, Committed, FINGERPRINT_BYTES, Load, Target};
use tokio::time::Instant;
use wire::{ErrorAnswer, ResponseCode};

/// An operator waits no longer than a reseller.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);

type Answered = Result<Answer, Box<ErrorAnswer>>;

impl Hub {
    pub(super) async fn operate_as_operator(
        &self,
        account: Arc<Account>,
        id: &str,
        verb: &str,
        asked: &Asked,
    ) -> Answered {
        let reason = reason(asked)?;
        let now = self.store.now();
        let entry = |act: &str| asked.entry(act, &format!("{} of {}", id, account.reseller), now);
        match verb {
            "hold" => {
                let entry = entry("entitlement.hold")?;
                Ok(self.execute(caller(account, entry), Wanted::Hold(id.to_owned(), reason)).await)
            }
            "release" => {
                let entry = entry("entitlement.release")?;
                Ok(self.execute(caller(account, entry), Wanted::Release(id.to_owned())).await)
            }
            "resolve" => {
                let entry = entry("entitlement.resolve")?;
                self.resolve_one(&account, id, resolution(asked)?, reason, entry).await
            }
            _ => Err(Box::new(unknown_path())),
        }
    }

    /// Settles in the operator's name what nobody could find out (docs/LIFECYCLE.md section 5).
    async fn resolve_one(
        &self,
        account: &Arc<Account>,
        id: &str,
        as_: Resolution,
        reason: Option<Reason>,
        entry: AuditEntry,
    ) -> Answered {
        let deadline = Instant::now() + ANSWER_WITHIN;
        let _turn = self.turn(TurnKey::Entitlement(account.id, &id.to_ascii_lowercase()), deadline).await?;
        for _ in 0..TRIES_MAX {
            let load = Load { account: account.id, target: Target::Id(id.to_owned()), identity: None };
            let row = self.store.load(load).await.map_err(from_store)?.row.ok_or_else(|| Box::new(not_found()))?;
            let now = self.store.now();
            let status = Some(row.state.record.status);
            let decision = resolve(&row.state, as_, reason.clone(), now)
                .map_err(|rejection| Box::new(refusal::rejected(rejection, status, &account.switches)))?;
            let settled = settled_operation(&row, &decision);
            let mut draft = Draft::of(*row);
            draft.decide(&decision, account);
            draft.audit(entry.clone());
            let state = draft.state().cloned();
            let claims = claims_settled(settled, &state, &decision, account);
            if let Committed::Done = self.commit(draft.finish(now, claims, None)).await? {
                return Ok(match state {
                    Some(state) => Answer::record(200, ResponseCode::Ok, None, &state),
                    None => Answer::plain(200, super::envelope("\"removed\":true")),
                });
            }
        }
        Err(Box::new(contended()))
    }

    /// Sends a notification once more, and writes down who had it sent.
    pub(super) async fn replay_as_operator(&self, account: &Account, id: &str, asked: &Asked) -> Answered {
        let entry = asked.entry("notification.replay", id, self.store.now())?;
        // First the entry: what was sent cannot be taken back.
        self.store.administer(Vec::new(), entry).await.map_err(from_store)?;
        self.replay_one(account, id).await
    }
}

fn caller(account: Arc<Account>, entry: AuditEntry) -> Caller {
    Caller {
        account,
        identity: None,
        fingerprint: [0; FINGERPRINT_BYTES],
        if_match: None,
        magic_number: None,
        deadline: Instant::now() + ANSWER_WITHIN,
        audit: Some(Box::new(entry)),
    }
}

fn reason(asked: &Asked) -> Result<Option<Reason>, Box<ErrorAnswer>> {
    let part = |name: &str| asked.optional(name).map(|text| text.map(str::to_owned));
    let reason = Reason {
        category: part("reasonCategory")?,
        code: part("reasonCode")?,
        description: part("reasonDescription")?,
    };
    Ok((reason != Reason { category: None, code: None, description: None }).then_some(reason))
}

fn resolution(asked: &Asked) -> Result<Resolution, Box<ErrorAnswer>> {
    match asked.text("as")? {
        "active" => Ok(Resolution::Active),
        "pending" => Ok(Resolution::Pending),
        "cancelled" => Ok(Resolution::Cancelled),
        _ => Err(invalid("as", "active, pending or cancelled: how it stands at the merchant.")),
    }
}
