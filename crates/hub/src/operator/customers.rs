//! What is kept of one customer of a reseller, shown whole, and erased (docs/decisions/0038). Either is asked
//! for step by step: an answer says from where on to ask again, so that no call takes long and a hub has time
//! for others between them. Here: the steps, and whom they are about. What a step does stands in `erasing` and
//! `exporting`.

mod erased;
mod erasing;
mod exporting;
mod refusals;

use super::asked::{Asked, invalid};
use super::unknown_path;
use crate::catalog::Account;
use crate::execute::from_store;
use crate::{Answer, Hub};
use ids::EntitlementKey;
use serde_json::{Value, json};
use std::sync::Arc;
use store::Row;
use wire::ErrorAnswer;

/// Entitlements of one step: each may have a long history.
const ROWS: usize = 20;
/// Events of histories that one step looks through.
const EVENTS: usize = 20_000;
/// Request identities that one step looks through.
const CLAIMS: usize = 20_000;
/// customerIdentifier is no longer, in characters (docs/API.md section 3).
const CUSTOMER_CHARS_MAX: usize = 256;

type Answered = Result<Answer, Box<ErrorAnswer>>;

/// A customer of a reseller, as the one call says.
pub(super) struct Customer {
    account: Arc<Account>,
    identifier: String,
    /// What stands in its place once it is erased.
    token: String,
}

/// Where to go on. The parts come in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Entitlements under the identifier, after this one.
    Own(Option<EntitlementKey>),
    /// Entitlements under the token: what was erased before, and may have been written to since.
    Erased(Option<EntitlementKey>),
    /// Histories of what is another customer's by now, after this position.
    Histories(i64),
    /// Request identities, after this number.
    Claims(u64),
}

impl Hub {
    pub(super) async fn for_customer(&self, account: Arc<Account>, verb: &str, asked: &Asked) -> Answered {
        let identifier = asked.text("customerIdentifier")?.to_owned();
        if identifier.chars().count() > CUSTOMER_CHARS_MAX || identifier.chars().any(char::is_control) {
            let hint = format!("1 to {CUSTOMER_CHARS_MAX} characters without control characters.");
            return Err(invalid("customerIdentifier", &hint));
        }
        if asked.optional("note")?.is_some_and(|note| note.contains(&identifier)) {
            return Err(invalid("note", "It stays in the audit for good: leave the customer's name out."));
        }
        let token = self.pseudonyms.token(account.live, &account.reseller, "customer", &identifier);
        let customer = Customer { account, identifier, token };
        match verb {
            "export" => self.export_customer(&customer, asked).await,
            "erase" => self.erase_customer(&customer, asked).await,
            _ => Err(Box::new(unknown_path())),
        }
    }

    /// The next entitlements under a name, and the place after them: the part that follows where it was all.
    async fn rows_under(
        &self,
        customer: &Customer,
        name: &str,
        after: Option<EntitlementKey>,
    ) -> Result<(Vec<Row>, Option<EntitlementKey>), Box<ErrorAnswer>> {
        let rows =
            self.store.of_customer(customer.account.id, name.to_owned(), after, ROWS).await.map_err(from_store)?;
        let next = rows.last().filter(|_| rows.len() == ROWS).map(|row| row.key);
        Ok((rows, next))
    }

    /// All entitlements of the customer, under either name.
    async fn keys_of(&self, customer: &Customer) -> Result<Vec<EntitlementKey>, Box<ErrorAnswer>> {
        let mut keys = Vec::new();
        for name in [&customer.identifier, &customer.token] {
            let mut after = None;
            loop {
                let (rows, next) = self.rows_under(customer, name, after).await?;
                keys.extend(rows.iter().map(|row| row.key));
                if next.is_none() {
                    break;
                }
                after = next;
            }
        }
        Ok(keys)
    }
}

impl Customer {
    /// Whether an id that stays says the identifier.
    fn is_named_in(&self, id: &str) -> bool {
        says(id, &self.identifier)
    }

    /// As the audit names it.
    fn subject(&self) -> String {
        format!("{} of {} {}", self.token, self.account.reseller, if self.account.live { "live" } else { "test" })
    }
}

/// Whether a text says a name, in any letter case: not inside a longer word, where any short one is found.
fn says(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let ends = |next: Option<char>| next.is_none_or(|one| !one.is_alphanumeric());
    text.match_indices(&name)
        .any(|(at, found)| ends(text[..at].chars().next_back()) && ends(text[at + found.len()..].chars().next()))
}

impl Place {
    const FIRST: Self = Self::Own(None);

    /// Reads where an answer said to go on.
    fn read(cursor: &Value) -> Result<Self, Box<ErrorAnswer>> {
        let after = &cursor["after"];
        let key = after.as_str().and_then(ids::parse_uuid).map(EntitlementKey);
        let read = match cursor["part"].as_str() {
            None if cursor.is_null() => Some(Self::FIRST),
            Some("own") => Some(Self::Own(key)),
            Some("erased") => Some(Self::Erased(key)),
            Some("histories") => after.as_i64().map(Self::Histories),
            Some("requests") => after.as_u64().map(Self::Claims),
            _ => None,
        };
        read.ok_or_else(|| invalid("cursor", "Send the cursor of the answer before, or none to begin."))
    }

    /// The same as it is printed.
    fn print(self) -> Value {
        let key = |key: Option<EntitlementKey>| key.map(|key| key.to_string());
        match self {
            Self::Own(after) => json!({ "part": "own", "after": key(after) }),
            Self::Erased(after) => json!({ "part": "erased", "after": key(after) }),
            Self::Histories(after) => json!({ "part": "histories", "after": after }),
            Self::Claims(after) => json!({ "part": "requests", "after": after }),
        }
    }

    /// The place after entitlements were looked at under the name of this part.
    const fn after_rows(self, next: Option<EntitlementKey>) -> Self {
        match (self, next) {
            (Self::Own(_), Some(_)) => Self::Own(next),
            (Self::Own(_), None) => Self::Erased(None),
            (Self::Erased(_), Some(_)) => Self::Erased(next),
            (Self::Erased(_), None) | (Self::Histories(_), _) => Self::Histories(i64::MIN),
            (Self::Claims(_), _) => Self::Claims(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_word_of_its_own() {
        for text in ["anna", "ANNA-1", "order.anna", "annas-anna"] {
            assert!(says(text, "Anna"), "{text}");
        }
        for text in ["", "annas", "hanna", "anna1"] {
            assert!(!says(text, "anna"), "{text}");
        }
        assert!(!says("01a2016b-694c-7000-84af-c7d2b7feaf85", "c7"));
    }

    #[test]
    fn a_place_is_read_as_it_was_printed() {
        let key = Some(EntitlementKey(7));
        for place in [Place::FIRST, Place::Own(key), Place::Erased(None), Place::Histories(-3), Place::Claims(9)] {
            assert_eq!(Place::read(&place.print()).ok(), Some(place));
        }
        assert_eq!(Place::read(&Value::Null).ok(), Some(Place::FIRST));
        for wrong in [json!({ "part": "all" }), json!({ "part": "requests", "after": -1 }), json!(1)] {
            assert!(Place::read(&wrong).is_err(), "{wrong}");
        }
    }
}
