//! The built-in test merchant (docs/API.md section 8): its behaviour follows the product key, so
//! that a program without special headers reaches every answer, and a magic number forces one. It
//! owns no state: everything it says follows from the entitlement, the operation and the clock.

mod acting;
mod codes;
mod forced;
mod magic;
mod period;
mod promises;
mod tokens;

pub use acting::{ActingMerchant, Part};
pub use magic::{MagicNumber, MagicResult, MagicType};
pub use tokens::{ActivationToken, PageKey};

use crate::{Answered, Call, Connector, Prepared, Promise, Purpose, Response};
use entitlement::{Answer, Ask, Entitlement, Failure, Given, MerchantEvent, Moment, Refusal, RefusalKind};
use ids::EntitlementKey;

/// The merchant whose cancel ends at once.
pub const BANGO: &str = "BANGO";
/// The merchant whose cancel answers with the end of the current month-long period.
pub const BANGO_US: &str = "BANGO_US";

/// Confirmations of queued operations, and late activations, come after so long.
pub const CONFIRMS_AFTER_MS: i64 = 5_000;
/// An activation URL works for a day.
pub const URL_LIVES_S: i64 = 24 * 3600;

/// The test merchant; one serves both of its account keys.
#[derive(Debug)]
pub struct TestMerchant {
    page_key: PageKey,
    /// Scheme and host of activation URLs, without a trailing slash.
    public_url: String,
}

impl TestMerchant {
    /// A test merchant whose activation pages lie under `public_url`.
    #[must_use]
    pub fn new(page_key: PageKey, public_url: &str) -> Self {
        Self { page_key, public_url: public_url.trim_end_matches('/').to_owned() }
    }

    fn answer(&self, call: &Call<'_>) -> Answer {
        match magic_number(call) {
            Some(number) => self.forced(call, number),
            None if call.purpose == Purpose::Inquiry => self.found_by_product(call),
            None => self.by_product(call),
        }
    }

    /// What is found when it is asked how an operation ended: what was queued is done. Everything
    /// else is told as the first time, since this merchant remembers nothing.
    fn found_by_product(&self, call: &Call<'_>) -> Answer {
        match self.by_product(call) {
            Answer::Queued(_) => at_once(call),
            other => other,
        }
    }

    fn by_product(&self, call: &Call<'_>) -> Answer {
        match &call.operation.ask {
            Ask::Create => self.create(call),
            Ask::ActivationInfo => self.activation_info(call),
            Ask::Update { product, .. } => self.update(call, &product.product_key),
            Ask::Cancel(_) | Ask::Suspend { .. } | Ask::Resume { .. } | Ask::Undo { .. } | Ask::Revoke(_) => {
                later_or(call, at_once(call))
            }
            Ask::Terminate { .. } | Ask::SuspendAgain | Ask::UpdateBack => done(),
        }
    }

    fn create(&self, call: &Call<'_>) -> Answer {
        match call.entitlement.record.product_key.as_str() {
            "MUSIC_NOW" => done(),
            "MUSIC_CODE" => Answer::Done(self.given_code(call)),
            "MUSIC_LATER" => Answer::Accepted(Given::default()),
            "MUSIC_NO" => refused(),
            "MUSIC_DOWN" => Answer::CertainFailure(Failure::Unreachable),
            _ => self.user_acts(call),
        }
    }

    fn activation_info(&self, call: &Call<'_>) -> Answer {
        if is_later(call) {
            // It activates by itself and has no page to offer.
            return Answer::Refused(Refusal { kind: RefusalKind::NotSupported, message: None });
        }
        self.user_acts(call)
    }

    fn update(&self, call: &Call<'_>, target: &str) -> Answer {
        match target {
            "MUSIC_NO" => refused(),
            "MUSIC_DOWN" => Answer::CertainFailure(Failure::Unreachable),
            "MUSIC_ASK" => self.user_acts(call),
            _ => later_or(call, at_once(call)),
        }
    }

    fn given_code(&self, call: &Call<'_>) -> Given {
        Given { activation_code: Some(codes::activation_code(&self.page_key, call.key)), ..Given::default() }
    }

    fn user_acts(&self, call: &Call<'_>) -> Answer {
        let expires_at = call.now.plus_s(URL_LIVES_S).whole_second();
        let token = ActivationToken { key: call.key, expires_at };
        let url = format!("{}/activate/{}", self.public_url, token.print(&self.page_key));
        Answer::UserActs { given: Given::default(), url, expires_at: Some(expires_at) }
    }
}

impl Connector for TestMerchant {
    fn prepare(&self, call: &Call<'_>) -> Prepared {
        let answer = self.answer(call);
        let promises = promises::promises(call, &answer);
        Prepared::Answered(Answered { answer, promises })
    }

    fn read(&self, _call: &Call<'_>, _response: &Response) -> Answer {
        // It never asks for anything to be sent.
        Answer::Unknown
    }

    fn is_built_in(&self) -> bool {
        true
    }

    fn said(&self, says: &str, key: EntitlementKey, entitlement: &Entitlement, now: Moment) -> Option<MerchantEvent> {
        promises::said(says, key, entitlement, now)
    }
}

fn done() -> Answer {
    Answer::Done(Given::default())
}

fn refused() -> Answer {
    let message = Some("The test merchant refuses this product for every user.".to_owned());
    Answer::Refused(Refusal { kind: RefusalKind::RefusedUser, message })
}

fn later_or(call: &Call<'_>, at_once: Answer) -> Answer {
    if is_later(call) { Answer::Queued(Given::default()) } else { at_once }
}

/// The answer this operation was told to get, if it was.
fn magic_number(call: &Call<'_>) -> Option<MagicNumber> {
    MagicNumber::parse(call.operation.note.as_deref()?)
}

fn is_later(call: &Call<'_>) -> bool {
    call.entitlement.record.product_key == "MUSIC_LATER"
}

/// The answer where nothing is queued.
fn at_once(call: &Call<'_>) -> Answer {
    match &call.operation.ask {
        Ask::Cancel(_) => cancelled(call),
        Ask::Create
        | Ask::ActivationInfo
        | Ask::Update { .. }
        | Ask::Suspend { .. }
        | Ask::Resume { .. }
        | Ask::Undo { .. }
        | Ask::Revoke(_)
        | Ask::Terminate { .. }
        | Ask::SuspendAgain
        | Ask::UpdateBack => done(),
    }
}

fn cancelled(call: &Call<'_>) -> Answer {
    match end_of_paid_period(call) {
        Some(at) => Answer::EndsAt { given: Given::default(), at },
        None => done(),
    }
}

/// `BANGO_US` lets a used service run to the end of the month paid for; one that was never active
/// has no such month.
fn end_of_paid_period(call: &Call<'_>) -> Option<Moment> {
    let record = &call.entitlement.record;
    if record.merchant_account_key != BANGO_US {
        return None;
    }
    period::end_of_month_long_period(record.date_activated?, call.now)
}

impl Promise {
    fn after_confirm_time(call: &Call<'_>, says: String) -> Self {
        Self { at: call.now.plus_ms(CONFIRMS_AFTER_MS), says }
    }
}
