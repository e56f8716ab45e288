//! What is left of an entitlement, and of a remembered answer: values made of values.

use super::Customer;
use crate::Pseudonyms;
use crate::answer::told;
use entitlement::{Names, Set, renamed_event};
use serde_json::Value;
use store::{Claim, Rewritten, RewrittenClaim, Row, SavedAnswer, StoredEvent};
use wire::ResponseCode;

/// Says instead of what a refusal said.
const ERASED: &str = "What was said here has been erased.";

/// One of the customer's, erased; `None` where nothing is left to do.
pub(super) fn entitlement(
    names: &Pseudonyms,
    customer: &Customer,
    row: Row,
    history: Vec<StoredEvent>,
) -> Option<Rewritten> {
    let Customer { account, .. } = customer;
    let token = |what: &str, text: &str| names.token(account.live, &account.reseller, what, text);
    // Pseudonyms are derived from whom it was created for.
    let born = born_to(&history).unwrap_or(&row.state.record.customer_identifier);
    let (born, merchant) = (token("customer", born), &row.state.record.merchant_account_key);
    let left = Names {
        entitlement_id: &row.state.record.entitlement_id,
        customer: &|text| token("customer", text),
        external: &|text| token("external", text),
        shared_customer_id: names.shared_customer_id(account.live, &account.reseller, merchant, &born),
        bango_user_id: names.bango_user_id(account.live, &account.reseller, &born),
    };
    let events = changed(history, |stored| {
        let event = left.event(&stored.event);
        StoredEvent { request: None, event, ..stored.clone() }
    });
    let state = left.state(&row.state);
    if events.is_empty() && state == row.state {
        return None;
    }
    Some(Rewritten { row: Row { revision: row.revision + 1, state, ..row }, events, forgets_errors: true })
}

/// One that is another customer's by now, with this one called by his token in its history.
pub(super) fn history(customer: &Customer, row: Row, history: Vec<StoredEvent>) -> Option<Rewritten> {
    let events = changed(history, |stored| {
        let event = renamed_event(&stored.event, &customer.identifier, &customer.token);
        StoredEvent { event, ..stored.clone() }
    });
    let row = Row { revision: row.revision + 1, ..row };
    (!events.is_empty()).then_some(Rewritten { row, events, forgets_errors: false })
}

fn changed(history: Vec<StoredEvent>, change: impl Fn(&StoredEvent) -> StoredEvent) -> Vec<StoredEvent> {
    let pairs = history.into_iter().map(|stored| (change(&stored), stored));
    pairs.filter(|(after, before)| after != before).map(|(after, _)| after).collect()
}

fn born_to(history: &[StoredEvent]) -> Option<&String> {
    let sets = &history.first()?.event.sets;
    sets.iter().find_map(|set| if let Set::Record(record) = set { Some(&record.customer_identifier) } else { None })
}

/// A remembered answer without what was said, under a fingerprint that nobody can guess; `None` where nothing
/// is left to do.
pub(super) fn claim(names: &Pseudonyms, claim: &Claim) -> Option<RewrittenClaim> {
    let fingerprint = names.erased_fingerprint(claim.fingerprint);
    let answer = claim.answer.as_ref().map(answer);
    if fingerprint == claim.fingerprint && answer == claim.answer {
        return None;
    }
    Some(RewrittenClaim { identity: claim.identity.clone(), fingerprint, answer })
}

/// The same of an answer whose words stay: only the fingerprint is over what the customer was called.
pub(super) fn fingerprint(names: &Pseudonyms, claim: &Claim) -> Option<RewrittenClaim> {
    let fingerprint = names.erased_fingerprint(claim.fingerprint);
    let rewritten = RewrittenClaim { identity: claim.identity.clone(), fingerprint, answer: None };
    (fingerprint != claim.fingerprint).then_some(rewritten)
}

/// A record is printed from its history, which is erased; a URL that was given with it is not given again.
fn answer(answer: &SavedAnswer) -> SavedAnswer {
    match answer {
        SavedAnswer::Record { http, form, code: _, version, parameters: Some(_) } => {
            let code = ResponseCode::Ok.index();
            SavedAnswer::Record { http: *http, form: *form, code, version: *version, parameters: None }
        }
        SavedAnswer::Record { parameters: None, .. } => answer.clone(),
        SavedAnswer::Literal { http, body } => SavedAnswer::Literal { http: *http, body: literal(body) },
    }
}

/// A refusal with its code and rule, without its words: they may quote what was sent, or what a merchant said.
fn literal(body: &str) -> String {
    let (code, _) = told(body);
    let mut error = serde_json::from_str::<Value>(body).ok().map(|mut body| body["error"].take()).unwrap_or_default();
    if let Some(members) = error.as_object_mut() {
        members.retain(|name, _| ["origin", "field", "rule", "retryable"].contains(&name.as_str()));
        members.insert("hint".to_owned(), Value::Null);
        members.insert("fields".to_owned(), Value::Array(Vec::new()));
    }
    let mut out = format!("{{\"responseCode\":\"{}\",\"responseMessage\":\"{ERASED}\"", code.as_str());
    out.push_str(",\"parameters\":{},\"error\":");
    out.push_str(&error.to_string());
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_and_rule_and_no_word() {
        let body = "{\"responseCode\":\"NOT_AVAILABLE\",\"responseMessage\":\"Anna owes us\",\"parameters\":{},\
                    \"error\":{\"origin\":\"MERCHANT\",\"field\":\"\",\"rule\":\"not-sold\",\"hint\":\"Anna\",\
                    \"retryable\":false,\"fields\":[{\"message\":\"Anna\"}]}}";
        let left = literal(body);
        assert!(!left.contains("Anna"), "{left}");
        assert_eq!(told(&left), told(body));
        let read: Value = serde_json::from_str(&left).unwrap();
        assert_eq!((&read["error"]["origin"], &read["error"]["retryable"]), (&"MERCHANT".into(), &false.into()));
        assert_eq!(literal(&left), left, "erased twice is erased once");
    }

    #[test]
    fn an_answer_with_a_url_is_one_without() {
        let with = |code: ResponseCode, parameters: Option<&str>| SavedAnswer::Record {
            http: 202,
            form: 1,
            code: code.index(),
            version: 1,
            parameters: parameters.map(str::to_owned),
        };
        let left = answer(&with(ResponseCode::ClientActionRequired, Some("{\"url\":\"https://x\"}")));
        assert_eq!(left, with(ResponseCode::Ok, None));
        assert_eq!(answer(&left), left);
    }
}
