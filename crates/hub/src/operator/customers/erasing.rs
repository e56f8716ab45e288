//! One step of an erasure. What a step writes is durable, whole, and not written again by a later run: an
//! erasure that was broken off goes on where it is asked for anew, from the beginning.

use super::refusals::{at_work_refusal, open_refusal, untold_refusal};
use super::{CLAIMS, Customer, EVENTS, Place, ROWS, erased};
use crate::answer::unavailable;
use crate::execute::{TRIES_MAX, contended, from_store};
use crate::operator::asked::{Asked, invalid};
use crate::operator::{MembersOf, envelope};
use crate::{Answer, Hub};
use entitlement::{StillNeeded, may_be_erased};
use ids::{EntitlementKey, RequestIdentity};
use serde_json::{Value, json};
use store::{AuditEntry, Load, NotificationState, Rewriting, RewritingDone, Rewritten, RewrittenClaim, Row, Target};
use wire::ErrorAnswer;

/// Events written in one transaction, but for an entitlement that has more.
const EVENTS_AT_ONCE: usize = 1_000;
/// Request identities written in one transaction.
const CLAIMS_AT_ONCE: usize = 200;

type Answered = Result<Answer, Box<ErrorAnswer>>;
type Done<T> = Result<T, Box<ErrorAnswer>>;

/// A step, and what has come of it so far.
struct Step<'a> {
    hub: &'a Hub,
    customer: &'a Customer,
    /// Only counted.
    dry_run: bool,
    /// Notifications may still wait.
    undelivered: bool,
    /// For the audit, until something is written.
    entry: Option<AuditEntry>,
    entitlements: usize,
    histories: usize,
    events: usize,
    requests: usize,
    /// What names the customer and stays.
    kept: Vec<String>,
}

impl Hub {
    /// Carries out one step. The first looks whether anything is in the way of all of it.
    pub(super) async fn erase_customer(&self, customer: &Customer, asked: &Asked) -> Answered {
        let flag = |name: &str| match &asked.body[name] {
            Value::Null => Ok(false),
            Value::Bool(on) => Ok(*on),
            _ => Err(invalid(name, "true or false.")),
        };
        let cursor = &asked.body["cursor"];
        let is_audited = cursor["audited"] == true;
        let mut entry = asked.entry("customer.erase", &customer.subject(), self.store.now())?;
        entry.after = Some("erased".to_owned());
        let mut step = Step {
            hub: self,
            customer,
            dry_run: flag("dryRun")?,
            undelivered: flag("undelivered")?,
            entry: (!is_audited).then_some(entry),
            entitlements: 0,
            histories: 0,
            events: 0,
            requests: 0,
            kept: Vec::new(),
        };
        if cursor.is_null() {
            step.refuse_if_needed().await?;
        }
        let next = match Place::read(cursor)? {
            place @ (Place::Own(after) | Place::Erased(after)) => Some(step.entitlements(place, after).await?),
            Place::Histories(after) => Some(step.histories(after).await?),
            Place::Claims(after) => step.claims(after).await?,
        };
        let left = if next.is_none() && !step.dry_run { step.left().await? } else { Vec::new() };
        Ok(Answer::plain(200, envelope(&step.print(next, &left))))
    }
}

impl Step<'_> {
    fn print(&self, next: Option<Place>, left: &[String]) -> String {
        let cursor = next.map(|place| {
            let mut cursor = place.print();
            cursor["audited"] = Value::Bool(self.entry.is_none());
            cursor
        });
        json!({
            "token": self.customer.token,
            "entitlements": self.entitlements,
            "histories": self.histories,
            "events": self.events,
            "requests": self.requests,
            "kept": self.kept,
            "left": left,
            "cursor": cursor,
        })
        .members()
    }

    /// Nothing is erased while something of it is needed.
    async fn refuse_if_needed(&mut self) -> Done<()> {
        let (mut open, mut at_work, mut untold) = (Vec::new(), Vec::new(), Vec::new());
        let mut after = None;
        loop {
            let (rows, next) = self.hub.rows_under(self.customer, &self.customer.identifier, after).await?;
            for row in &rows {
                let id = row.state.record.entitlement_id.clone();
                match may_be_erased(&row.state) {
                    Err(StillNeeded::Open) => open.push(id),
                    Err(StillNeeded::AtWork) => at_work.push(id),
                    Ok(()) if !self.undelivered && self.is_untold(row).await? => untold.push(id),
                    Ok(()) => {}
                }
            }
            if next.is_none() {
                break;
            }
            after = next;
        }
        match (open.as_slice(), at_work.as_slice(), untold.as_slice()) {
            ([], [], []) => Ok(()),
            ([], [], untold) => Err(untold_refusal(untold)),
            ([], at_work, _) => Err(at_work_refusal(at_work)),
            (open, _, _) => Err(open_refusal(open)),
        }
    }

    async fn is_untold(&self, row: &Row) -> Done<bool> {
        let waiting = Some(NotificationState::Waiting);
        let found = self.hub.store.notifications(row.account, Some(row.key), waiting, 1).await;
        Ok(!found.map_err(from_store)?.is_empty())
    }

    /// Erases the next entitlements under one of the customer's names.
    async fn entitlements(&mut self, place: Place, after: Option<EntitlementKey>) -> Done<Place> {
        let is_own = matches!(place, Place::Own(_));
        let name = if is_own { &self.customer.identifier } else { &self.customer.token };
        let (rows, next) = self.hub.rows_under(self.customer, name, after).await?;
        let mut last = after;
        let mut written = Vec::new();
        let mut events = 0;
        for row in rows {
            let (key, id) = (row.key, row.state.record.entitlement_id.clone());
            match may_be_erased(&row.state) {
                // It came since the first step has looked.
                Err(StillNeeded::Open) if is_own => return Err(open_refusal(&[id])),
                Err(StillNeeded::AtWork) if is_own => return Err(at_work_refusal(&[id])),
                // Of somebody who calls himself like a token: no customer of ours.
                Err(StillNeeded::Open | StillNeeded::AtWork) => {}
                Ok(()) => {
                    if let Some(one) = self.erased(row).await? {
                        events += one.events.len();
                        written.push(one);
                    }
                }
            }
            last = Some(key);
            if events >= EVENTS_AT_ONCE {
                // The rest with the next step.
                self.write(written, Vec::new(), is_own).await?;
                return Ok(place.after_rows(last));
            }
        }
        self.write(written, Vec::new(), is_own).await?;
        Ok(place.after_rows(next.and(last)))
    }

    async fn erased(&mut self, row: Row) -> Done<Option<Rewritten>> {
        if let Some(id) = row.own_id.as_ref().filter(|id| self.customer.is_named_in(id)) {
            self.kept.push(format!("entitlementId {id}"));
        }
        let history = self.hub.store.history(row.key, None).await.map_err(from_store)?;
        Ok(erased::entitlement(&self.hub.pseudonyms, self.customer, row, history))
    }

    /// Looks through the next part of the feed for the customer's name in histories of others.
    async fn histories(&mut self, after: i64) -> Done<Place> {
        let (account, customer) = (self.customer.account.id, self.customer.identifier.clone());
        let page = self.hub.store.naming_customer(account, customer, after, EVENTS).await.map_err(from_store)?;
        for key in page.keys {
            self.rename_in(key).await?;
        }
        Ok(page.last.map_or(Place::Claims(0), Place::Histories))
    }

    async fn rename_in(&mut self, key: EntitlementKey) -> Done<()> {
        for _ in 0..TRIES_MAX {
            let Some(row) = self.hub.row(key).await? else {
                return Ok(());
            };
            // In a dry run, and where it was created meanwhile.
            if row.state.record.customer_identifier == self.customer.identifier {
                return Ok(());
            }
            let history = self.hub.store.history(key, None).await.map_err(from_store)?;
            let Some(one) = erased::history(self.customer, *row, history) else {
                return Ok(());
            };
            let mut claims = Vec::new();
            let mut kept = Vec::new();
            for identity in one.events.iter().filter_map(|stored| stored.request.as_deref()) {
                claims.extend(self.hidden(identity).await?);
                if self.customer.is_named_in(identity) {
                    kept.push(format!("request {identity}"));
                }
            }
            let (events, requests) = (one.events.len(), claims.len());
            if self.try_write(vec![one], claims, false).await? == RewritingDone::Done {
                self.histories += 1;
                self.kept.extend(kept);
                self.events += events;
                self.requests += requests;
                return Ok(());
            }
        }
        Err(Box::new(contended()))
    }

    /// The claim of a request that named the customer.
    async fn hidden(&self, identity: &str) -> Done<Option<RewrittenClaim>> {
        let identity = RequestIdentity::parse(identity);
        let load = Load { account: self.customer.account.id, target: Target::Nothing, identity };
        let found = self.hub.store.load(load).await.map_err(from_store)?.claim;
        Ok(found.and_then(|claim| erased::fingerprint(&self.hub.pseudonyms, &claim)))
    }

    /// Looks through the next request identities for those of the customer's entitlements.
    async fn claims(&mut self, after: u64) -> Done<Option<Place>> {
        let keys = self.hub.keys_of(self.customer).await?;
        if keys.is_empty() {
            return Ok(None);
        }
        let account = self.customer.account.id;
        let page = self.hub.store.claims_of(account, keys, after, CLAIMS).await.map_err(from_store)?;
        let mut written = Vec::new();
        for claim in &page.claims {
            if self.customer.is_named_in(claim.identity.as_str()) {
                self.kept.push(format!("request {}", claim.identity));
            }
            written.extend(erased::claim(&self.hub.pseudonyms, claim));
        }
        while !written.is_empty() {
            let rest = written.split_off(written.len().min(CLAIMS_AT_ONCE));
            self.write(Vec::new(), std::mem::replace(&mut written, rest), false).await?;
        }
        Ok(page.last.map(Place::Claims))
    }

    /// Writes, and says where somebody else wrote the same meanwhile: the step can be repeated.
    async fn write(&mut self, entitlements: Vec<Rewritten>, claims: Vec<RewrittenClaim>, is_own: bool) -> Done<()> {
        let (count, requests) = (entitlements.len(), claims.len());
        let events = entitlements.iter().map(|one| one.events.len()).sum::<usize>();
        match self.try_write(entitlements, claims, is_own).await? {
            RewritingDone::Done => {
                self.entitlements += count;
                self.events += events;
                self.requests += requests;
                Ok(())
            }
            RewritingDone::Open => Err(open_refusal(&self.left().await?)),
            RewritingDone::ChangedMeanwhile => {
                let message = "Something of this customer has changed meanwhile; nothing of this step was written.";
                Err(Box::new(unavailable("contended", message, 1).with_hint("Run it again: it goes on from here.")))
            }
        }
    }

    async fn try_write(
        &mut self,
        entitlements: Vec<Rewritten>,
        claims: Vec<RewrittenClaim>,
        is_own: bool,
    ) -> Done<RewritingDone> {
        if self.dry_run || (entitlements.is_empty() && claims.is_empty()) {
            return Ok(RewritingDone::Done);
        }
        let rewriting = Rewriting {
            account: self.customer.account.id,
            none_open_of: is_own.then(|| self.customer.identifier.clone()),
            entitlements,
            claims,
            entry: self.entry.clone(),
        };
        let done = self.hub.store.rewrite(rewriting).await.map_err(from_store)?;
        if done == RewritingDone::Done {
            self.entry = None;
        }
        Ok(done)
    }

    /// What is there under the identifier now.
    async fn left(&self) -> Done<Vec<String>> {
        let (rows, _) = self.hub.rows_under(self.customer, &self.customer.identifier, None).await?;
        Ok(rows.iter().take(ROWS).map(|row| row.state.record.entitlement_id.clone()).collect())
    }
}
