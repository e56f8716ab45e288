//! What the test merchant does later by itself: it activates what it has accepted, and confirms what it
//! has queued. A promise is stored in the same commit as the answer that gave it.

use super::{MagicResult, end_of_paid_period, is_later, magic_number};
use crate::{Call, Promise};
use entitlement::{Answer, Ask, Entitlement, Given, MerchantEvent, Moment, Told};
use ids::{EntitlementKey, OperationId, parse_uuid};

/// The calls that follow this answer.
pub(super) fn promises(call: &Call<'_>, answer: &Answer) -> Vec<Promise> {
    let says = match (answer, &call.operation.ask) {
        (Answer::Accepted(_), Ask::Create) if activates_later(call) => "activate".to_owned(),
        (Answer::Queued(_), Ask::Cancel(_)) => "terminate soft".to_owned(),
        (Answer::Queued(_), Ask::Revoke(_)) => "terminate now".to_owned(),
        (Answer::Queued(_), _) => format!("complete {}", call.operation.id),
        _ => return Vec::new(),
    };
    vec![Promise::after_confirm_time(call, says)]
}

/// `CREATED` stays as it is; whatever else was accepted is activated by itself.
fn activates_later(call: &Call<'_>) -> bool {
    magic_number(call).map_or_else(|| is_later(call), |number| number.result != MagicResult::Created)
}

/// What a promise says once its moment has come, about the entitlement as it then is. `None`
/// where the text is not one of ours.
pub(super) fn said(says: &str, key: EntitlementKey, entitlement: &Entitlement, now: Moment) -> Option<MerchantEvent> {
    let what = match says.split_once(' ') {
        None if says == "activate" => Told::Activated(Given::default()),
        Some(("complete", id)) => Told::Completed { operation: OperationId(parse_uuid(id)?), done: true },
        Some(("terminate", "now")) => Told::Terminated { immediate: true, at: None, reason: None },
        Some(("terminate", "soft")) => {
            Told::Terminated { immediate: false, at: soft_end(key, entitlement, now), reason: None }
        }
        _ => return None,
    };
    Some(MerchantEvent { what, occurred_at: None })
}

fn soft_end(key: EntitlementKey, entitlement: &Entitlement, now: Moment) -> Option<Moment> {
    let operation = entitlement.operation.as_ref()?;
    let extra = entitlement::JsonObject::new();
    let purpose = crate::Purpose::First;
    let call = Call { key, entitlement, operation, purpose, extra_information: &extra, reseller: "", now };
    end_of_paid_period(&call)
}
