//! One step of an export: what is kept of a customer, in the words in which the hub shows it.

use super::{CLAIMS, Customer, EVENTS, Place};
use crate::execute::from_store;
use crate::http::{notification_line, quoted};
use crate::operator::asked::Asked;
use crate::operator::envelope;
use crate::{Answer, Hub};
use entitlement::{Event, Set};
use ids::EntitlementKey;
use store::{Claim, Row, StoredEvent};
use wire::{ErrorAnswer, print_date, push_object, push_record};

/// Notifications of one entitlement: none has as many.
const NOTIFICATIONS_MAX: usize = 100_000;

type Answered = Result<Answer, Box<ErrorAnswer>>;
type Told<T> = Result<T, Box<ErrorAnswer>>;

impl Hub {
    /// Shows the next part. The first is written down: whoever reads all of a person is named.
    pub(super) async fn export_customer(&self, customer: &Customer, asked: &Asked) -> Answered {
        let place = Place::read(&asked.body["cursor"])?;
        let (mut entitlements, mut histories, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        if place == Place::FIRST {
            let entry = asked.entry("customer.export", &customer.subject(), self.store.now())?;
            self.store.administer(Vec::new(), entry).await.map_err(from_store)?;
        }
        let next = match place {
            Place::Own(after) | Place::Erased(after) => {
                let is_own = matches!(place, Place::Own(_));
                let name = if is_own { &customer.identifier } else { &customer.token };
                let (rows, next) = self.rows_under(customer, name, after).await?;
                for row in &rows {
                    entitlements.push(self.shown(row).await?);
                }
                Some(place.after_rows(next))
            }
            Place::Histories(after) => {
                let (account, named) = (customer.account.id, customer.identifier.clone());
                let page = self.store.naming_customer(account, named, after, EVENTS).await.map_err(from_store)?;
                for key in page.keys {
                    histories.extend(self.named_in(customer, key).await?);
                }
                Some(page.last.map_or(Place::Claims(0), Place::Histories))
            }
            Place::Claims(after) => {
                let keys = self.keys_of(customer).await?;
                let page = self.store.claims_of(customer.account.id, keys, after, CLAIMS).await.map_err(from_store)?;
                for claim in &page.claims {
                    answers.push(self.answered(claim).await?);
                }
                page.last.map(Place::Claims)
            }
        };
        Ok(Answer::plain(200, envelope(&print(customer, &entitlements, &histories, &answers, next))))
    }

    /// An entitlement as a read shows it, with all that hangs on it.
    async fn shown(&self, row: &Row) -> Told<String> {
        let record = &row.state.record;
        let happened = self.happened(row).await?;
        let told = self.store.notifications(row.account, Some(row.key), None, NOTIFICATIONS_MAX).await;
        let told = told.map_err(from_store)?;
        let mut out = String::from("{\"entitlement\":{");
        push_record(&mut out, record);
        out.push_str("},\"merchantExtensionData\":");
        push_object(&mut out, &row.state.merchant_extension);
        out.push_str(",\"history\":");
        out.push_str(&crate::questions::whole_history(row, &happened, &told));
        let lines: Vec<String> = told.iter().map(|one| notification_line(one, Some(&record.entitlement_id))).collect();
        out.push_str(&format!(",\"notifications\":[{}]}}", lines.join(",")));
        Ok(out)
    }

    /// Where the customer is named in the history of what is another's by now.
    async fn named_in(&self, customer: &Customer, key: EntitlementKey) -> Told<Option<String>> {
        let Some(row) = self.row(key).await? else {
            return Ok(None);
        };
        if row.state.record.customer_identifier == customer.identifier {
            return Ok(None);
        }
        let history = self.store.history(key, None).await.map_err(from_store)?;
        let lines: Vec<String> = history
            .iter()
            .filter(|stored| names(&stored.event, &customer.identifier))
            .map(|StoredEvent { event, .. }| {
                format!("{{\"at\":\"{}\",\"event\":\"{}\"}}", print_date(event.at), event.kind.as_str())
            })
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let id = quoted(&row.state.record.entitlement_id);
        Ok(Some(format!("{{\"entitlementId\":{id},\"namedIn\":[{}]}}", lines.join(","))))
    }

    /// A request with the answer that is remembered for its repeats.
    async fn answered(&self, claim: &Claim) -> Told<String> {
        let mut out = format!(
            "{{\"requestId\":{},\"at\":\"{}\",\"entitlementId\":",
            quoted(claim.identity.as_str()),
            print_date(claim.at)
        );
        let row = match claim.key {
            Some(key) => self.row(key).await?,
            None => None,
        };
        out.push_str(&row.map_or("null".to_owned(), |row| quoted(&row.state.record.entitlement_id)));
        match &claim.answer {
            Some(answer) => {
                let again = self.print_again(claim, answer).await?;
                out.push_str(&format!(",\"http\":{},\"answer\":{}}}", again.http, again.body));
            }
            None => out.push_str(",\"http\":null,\"answer\":null}"),
        }
        Ok(out)
    }
}

fn names(event: &Event, customer: &str) -> bool {
    let in_record = |set: &Set| matches!(set, Set::Record(record) if record.customer_identifier == customer);
    let as_field = |set: &Set| matches!(set, Set::CustomerIdentifier(named) if named == customer);
    event.sets.iter().any(|set| in_record(set) || as_field(set))
}

fn print(
    customer: &Customer,
    entitlements: &[String],
    histories: &[String],
    answers: &[String],
    next: Option<Place>,
) -> String {
    let cursor = next.map_or("null".to_owned(), |place| place.print().to_string());
    format!(
        "\"token\":{},\"entitlements\":[{}],\"histories\":[{}],\"answers\":[{}],\"cursor\":{cursor}",
        quoted(&customer.token),
        entitlements.join(","),
        histories.join(","),
        answers.join(","),
    )
}
