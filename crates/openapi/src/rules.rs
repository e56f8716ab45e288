//! Every rule id with the HTTP statuses it comes with and what it says (docs/API.md section 2.1).
//! A test holds the list against `hub::all_rules`.

/// One rule id.
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) statuses: &'static [u16],
    pub(crate) meaning: &'static str,
}

const fn rule(id: &'static str, statuses: &'static [u16], meaning: &'static str) -> Rule {
    Rule { id, statuses, meaning }
}

/// What is forced can have any status of a refusal; these are listed one by one.
const FORCED: &[u16] = &[400, 401, 404, 405, 408, 409, 412, 413, 415, 422, 429, 500, 503];

/// The whole list, in alphabetical order.
#[rustfmt::skip]
pub(crate) const RULES: &[Rule] = &[
    rule("already-ended", &[409], "it has ended, which is final"),
    rule("already-ending", &[409], "its end is planned already"),
    rule("already-subscribed", &[422], "the customer has a subscription at the merchant already"),
    rule("api-ended", &[422], "this call has ended and always refuses"),
    rule("benefits-unknown", &[400], "no value of entitlementBenefits"),
    rule("body-broken", &[400], "the body could not be read to its end"),
    rule("body-too-large", &[413], "the body is larger than 256 KiB"),
    rule("body-too-slow", &[408], "the body took longer than 10 s"),
    rule("clock-backwards", &[409], "the test clock never goes backwards"),
    rule("contended", &[503], "too many changes of the same entitlement at once"),
    rule("control-character", &[400], "a control character in an identifier, key or URL"),
    rule("cursor-expired", &[400], "the feed does not go on from this position any more"),
    rule("cursor-invalid", &[400], "a cursor that no answer gave"),
    rule("date-format", &[400], "no RFC 3339 date-time"),
    rule("date-not-future", &[400], "a dateExpiry that is not later than now"),
    rule("date-order", &[400], "createdTo is not later than createdFrom"),
    rule("date-too-far", &[400], "a date in the year 2200 or later"),
    rule("deadline", &[503], "the answer took too long; the operation goes on"),
    rule("draining", &[503], "the hub is being stopped; only readyz says so"),
    rule("empty", &[400], "an empty string or list where something has to stand"),
    rule("ending-by-merchant", &[409], "the merchant planned this end"),
    rule("ending-by-reseller", &[409], "the reseller planned this end"),
    rule("entitlement-id-invalid", &[400], "an own entitlementId of another shape"),
    rule("entitlement-id-mismatch", &[400], "body and path name different entitlements"),
    rule("expiry-not-after-now", &[400], "the dateExpiry had passed when it was to be set"),
    rule("extension-too-large", &[400], "extensionData above 32 KiB"),
    rule("forced", FORCED, "asked for by Prefer: status or by the sandbox's next; nothing was done"),
    rule("headers-too-slow", &[408], "the headers took longer than 10 s"),
    rule("held-by-hub", &[409], "the hub's operator holds it"),
    rule("held-by-merchant", &[409], "the merchant holds it"),
    rule("held-by-reseller", &[409], "the reseller holds it"),
    rule("http-invalid", &[400], "no HTTP, or headers of more than 64 KiB"),
    rule("id-used", &[409], "the entitlementId is used; by whom is not said"),
    rule("identity-invalid", &[400], "no request identity, or two different ones"),
    rule("identity-reused", &[422], "the request identity was used for another request"),
    rule("internal-error", &[500], "the hub's fault; nothing half done stays"),
    rule("json-duplicate-key", &[400], "the same name twice in one object"),
    rule("json-invalid", &[400], "the body is not JSON"),
    rule("json-not-object", &[400], "the body is JSON, but no object"),
    rule("json-too-deep", &[400], "nested deeper than 32 levels"),
    rule("limit-range", &[400], "a limit out of its range"),
    rule("limit-reached", &[400], "the customer has as many as the route allows"),
    rule("magic-number-unknown", &[400], "no magic number, or one for another type of call"),
    rule("media-type", &[415], "the body is not declared as JSON"),
    rule("merchant-bad-request", &[400], "the merchant calls the request faulty"),
    rule("merchant-busy", &[503], "the merchant takes no more now; nothing was done"),
    rule("merchant-misconfigured", &[500], "the merchant refused the hub's own credential"),
    rule("merchant-refused-user", &[422], "the merchant refuses this customer"),
    rule("merchant-unreachable", &[503], "the merchant cannot be reached; nothing was done"),
    rule("merchant-wrong-status", &[409], "the status at the merchant does not allow it"),
    rule("not-active", &[409], "only ACTIVE and ACTIVE-ENDING allow it"),
    rule("not-done", &[422], "the merchant has not carried it out"),
    rule("not-ending", &[409], "there is no planned end to take back"),
    rule("not-nullable", &[400], "a field that cannot be cleared"),
    rule("not-offered", &[422], "this route does not offer it"),
    rule("not-pending", &[409], "only PENDING has something to activate"),
    rule("not-sold", &[422], "merchant, product or offer unknown or not sold to you"),
    rule("not-supported", &[422], "the merchant does not support it"),
    rule("not-suspended", &[409], "it is not suspended"),
    rule("nul-character", &[400], "U+0000, which no field takes"),
    rule("offer-required", &[400], "the product demands an offerKey"),
    rule("one-operation", &[400], "more than one operation for the merchant in one update"),
    rule("operation-in-progress", &[409], "the merchant has not settled an earlier operation"),
    rule("outcome-unknown", &[503], "it may have happened: read it, or repeat under the same identity"),
    rule("overloaded", &[503], "the hub has too many requests at work; nothing was done"),
    rule("password-checks-busy", &[503], "too many passwords are being checked"),
    rule("rate-limited", &[429], "more requests than the credential may send"),
    rule("read-only", &[400], "a field that only hub or merchant set"),
    rule("reason-incomplete", &[400], "a category without a code, or the reverse"),
    rule("reason-twice", &[400], "cancelReason… and revokeReason… disagree"),
    rule("reason-unknown", &[400], "a pair that is not in the table of reasons"),
    rule("reason-without-suspend", &[400], "suspendReason… without a suspend"),
    rule("request-in-progress", &[503], "the first request of this identity still runs"),
    rule("required", &[400], "a field that has to be there is not"),
    rule("resume-first", &[409], "it is suspended and will end: resume it first"),
    rule("sandbox-invalid", &[400], "a sandbox call whose body makes no sense, or a status that cannot be forced"),
    rule("status-not-by-update", &[400], "cancel and revoke have calls of their own"),
    rule("status-unknown", &[400], "no status of an entitlement"),
    rule("store-busy", &[503], "the store has too much to write; nothing was changed"),
    rule("store-full", &[503], "the disk is full; nothing was changed"),
    rule("store-stopped", &[503], "the store has stopped"),
    rule("switch-invalid", &[400], "no switch, or no value of it"),
    rule("test-only", &[400], "a header that only test credentials may send"),
    rule("too-long", &[400], "more characters than the field takes"),
    rule("type", &[400], "a value of another type"),
    rule("unauthorized", &[401], "no accepted credential; one answer for all causes"),
    rule("undo-needs-status", &[409], "it was resumed after the cancel: send status ACTIVE"),
    rule("undo-not-supported", &[422], "the merchant cannot take a planned end back"),
    rule("unknown-entitlement", &[404], "no such entitlement of yours"),
    rule("unknown-field", &[400], "a field this call does not know"),
    rule("unknown-notification", &[404], "no such notification of yours"),
    rule("unknown-path", &[404], "there is nothing at this path"),
    rule("unknown-reseller", &[404], "no resellerIdentifier of yours"),
    rule("url-invalid", &[400], "no absolute http or https URL"),
    rule("url-masked", &[400], "a create with the mask *** in a URL"),
    rule("url-not-https", &[400], "live mode wants https"),
    rule("utf8-invalid", &[400], "the body is not UTF-8"),
    rule("version-mismatch", &[412], "the record has changed since this ETag"),
    rule("wait-range", &[400], "a wait out of its range"),
    rule("wrong-method", &[405], "the path does not answer to this method"),
    rule("wrong-passwords", &[429], "too many wrong passwords from one address; for a minute none is checked"),
];

/// The ids that come with a status.
pub(crate) fn of(status: u16) -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.statuses.contains(&status)).map(|rule| rule.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_hubs() {
        let listed: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(listed, hub::all_rules());
    }
}
