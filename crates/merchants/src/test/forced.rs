//! The answers that magic numbers force, whatever the product. Nothing is remembered between
//! calls: the number stands in the operation's note, and whoever asks again finds there how it
//! was meant.

use super::magic::{MagicNumber, MagicResult};
use super::{TestMerchant, at_once, done, period};
use crate::{Call, Purpose};
use entitlement::{Answer, Ask, Given, Refusal, RefusalKind};

impl TestMerchant {
    /// The answer a magic number forces.
    pub(super) fn forced(&self, call: &Call<'_>, number: MagicNumber) -> Answer {
        let is_first = call.purpose == Purpose::First;
        match number.result {
            MagicResult::Ok => self.as_usual(call, self.by_product(call)),
            MagicResult::Activated | MagicResult::Ended => done(),
            MagicResult::Created => Answer::Accepted(Given::default()),
            MagicResult::ActivationRequired | MagicResult::ActivationUrl => self.user_acts(call),
            MagicResult::ActivationCode => self.code(call),
            MagicResult::Ending => ending(call),
            MagicResult::Accepted if !is_first => self.as_usual(call, self.found_by_product(call)),
            MagicResult::Accepted if call.operation.ask == Ask::Create => Answer::Accepted(Given::default()),
            MagicResult::Accepted => Answer::Queued(Given::default()),
            MagicResult::Denied => refused(RefusalKind::RefusedUser, number),
            MagicResult::NotSupported => refused(RefusalKind::NotSupported, number),
            MagicResult::Error | MagicResult::Timeout if is_first => Answer::Unknown,
            MagicResult::Error => Answer::NotDone,
            MagicResult::Timeout => self.as_usual(call, self.found_by_product(call)),
        }
    }

    /// What the product does, or what `MUSIC` does where the product's way is to do nothing.
    fn as_usual(&self, call: &Call<'_>, by_product: Answer) -> Answer {
        match by_product {
            Answer::Refused(_) | Answer::CertainFailure(_) if call.operation.ask == Ask::Create => self.user_acts(call),
            Answer::Refused(_) | Answer::CertainFailure(_) => at_once(call),
            done => done,
        }
    }

    fn code(&self, call: &Call<'_>) -> Answer {
        let given = self.given_code(call);
        if call.operation.ask == Ask::Create { Answer::Done(given) } else { Answer::Code(given) }
    }
}

/// The end of the month-long period since activation, whatever the merchant. What was never
/// active ends now, say the rules.
fn ending(call: &Call<'_>) -> Answer {
    let since = call.entitlement.record.date_activated.unwrap_or(call.now);
    match period::end_of_month_long_period(since, call.now) {
        Some(at) => Answer::EndsAt { given: Given::default(), at },
        None => done(),
    }
}

fn refused(kind: RefusalKind, number: MagicNumber) -> Answer {
    Answer::Refused(Refusal { kind, message: Some(format!("The test merchant says no, as {number} asks.")) })
}

#[cfg(test)]
mod tests {
    use super::super::{MagicType, PageKey};
    use super::*;
    use crate::{Connector, Prepared};
    use entitlement::{Create, Entitlement, JsonObject, Moment, Record, Status, open_create};
    use ids::{EntitlementKey, OperationId};

    const NOW: Moment = Moment(1_773_144_000_000);

    fn created(product: &str) -> Entitlement {
        let text = String::new;
        let record = Record {
            entitlement_id: text(),
            status: Status::Pending,
            date_created: NOW,
            date_activated: None,
            date_ended: None,
            date_suspended: None,
            date_resumed: None,
            date_last_updated: NOW,
            customer_identifier: text(),
            merchant_account_key: super::super::BANGO_US.to_owned(),
            product_key: product.to_owned(),
            offer_key: None,
            activation_code: None,
            entitlement_display_name: None,
            date_expiry: None,
            extension_data: JsonObject::new(),
            notification_url: None,
            external_entitlement_id: None,
            shared_customer_id: text(),
            bango_user_id: text(),
            merchant_entitlement_id: text(),
            finance_data: JsonObject::new(),
        };
        let create = Create { record, extra_information: JsonObject::new(), pending_until: None };
        open_create(create, OperationId(1), NOW)
    }

    /// What is answered, and what is promised along with it.
    fn asked(product: &str, result: MagicResult, purpose: Purpose) -> (Answer, usize) {
        let mut entitlement = created(product);
        let number = MagicNumber { kind: MagicType::Create, result };
        entitlement.operation.as_mut().unwrap().note = Some(number.to_string());
        let operation = entitlement.operation.as_ref().unwrap();
        let extra_information = &JsonObject::new();
        let call = Call {
            key: EntitlementKey(7),
            entitlement: &entitlement,
            operation,
            purpose,
            extra_information,
            reseller: "",
            now: NOW,
        };
        match TestMerchant::new(PageKey::new([1; 32]), "http://here").prepare(&call) {
            Prepared::Answered(answered) => (answered.answer, answered.promises.len()),
            Prepared::Send(_) => panic!("the test merchant sends nothing"),
        }
    }

    #[test]
    fn whoever_asks_again_learns_how_a_lost_answer_was_meant() {
        for product in ["MUSIC", "MUSIC_LATER", "MUSIC_NO"] {
            for result in [MagicResult::Error, MagicResult::Timeout] {
                assert_eq!(asked(product, result, Purpose::First), (Answer::Unknown, 0), "{product}");
            }
            for again in [Purpose::Repeat, Purpose::Inquiry] {
                assert_eq!(asked(product, MagicResult::Error, again), (Answer::NotDone, 0), "{product}");
                let found = asked(product, MagicResult::Timeout, again);
                match product {
                    "MUSIC_LATER" => assert_eq!(found, (Answer::Accepted(Given::default()), 1)),
                    _ => assert!(matches!(found, (Answer::UserActs { .. }, 0)), "{product} {found:?}"),
                }
            }
        }
    }

    #[test]
    fn what_was_accepted_is_activated_by_itself_and_what_was_created_is_not() {
        for product in ["MUSIC", "MUSIC_LATER"] {
            let accepted = || Answer::Accepted(Given::default());
            assert_eq!(asked(product, MagicResult::Accepted, Purpose::First), (accepted(), 1), "{product}");
            assert_eq!(asked(product, MagicResult::Created, Purpose::First), (accepted(), 0), "{product}");
        }
    }
}
