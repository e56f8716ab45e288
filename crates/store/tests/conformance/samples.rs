//! Rows, events and changes for checks: the least that is whole.
#![allow(clippy::expect_used)]

use entitlement::{
    Entitlement, Event, EventKind, Holds, JsonObject, Moment, NotificationReason, Party, Record, Set, Status,
};
use ids::{AccountId, EntitlementKey, RequestIdentity, RouteId, TargetId};
use store::{Change, Claim, ClaimChange, Notice, Row, RowChange, SavedAnswer};

/// When the checks play.
pub const START: Moment = Moment(1_800_000_000_000);

/// An account with one route.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub account: AccountId,
    pub route: RouteId,
}

/// A born, ACTIVE entitlement of `BANGO` in slot 1, created by a change at [`START`].
pub fn row(place: Place, key: u128, customer: &str) -> Row {
    let key = EntitlementKey(key);
    Row {
        key,
        account: place.account,
        route: place.route,
        own_id: None,
        slot: Some(1),
        revision: 1,
        last_event: 1,
        due_at: None,
        state: Entitlement {
            record: record(&key.to_string(), customer).into(),
            version: 1,
            last_event_at: START,
            last_merchant_event_at: None,
            holds: Holds::default(),
            pending_update: None,
            ending: None,
            pending_until: None,
            merchants_turn: false,
            merchant_extension: JsonObject::new(),
            wish: None,
            operation: None,
            duty: None,
            unborn: false,
        },
    }
}

fn record(id: &str, customer: &str) -> Record {
    Record {
        entitlement_id: id.into(),
        status: Status::Active,
        date_created: START,
        date_activated: Some(START),
        date_ended: None,
        date_suspended: None,
        date_resumed: None,
        date_last_updated: START,
        customer_identifier: customer.into(),
        merchant_account_key: "BANGO".into(),
        product_key: "MUSIC".into(),
        offer_key: None,
        activation_code: None,
        entitlement_display_name: Some("Music".into()),
        date_expiry: None,
        extension_data: JsonObject::new(),
        notification_url: Some("http://127.0.0.1:8080/inbox/default".into()),
        external_entitlement_id: None,
        shared_customer_id: "c2hhcmVkLWN1c3RvbWVy".into(),
        bango_user_id: "123456789012".into(),
        merchant_entitlement_id: id.into(),
        finance_data: JsonObject::new(),
    }
}

/// The same under the reseller's own id.
pub fn with_own_id(mut row: Row, id: &str) -> Row {
    row.own_id = Some(id.into());
    row.state.record.entitlement_id = id.into();
    row.state.record.merchant_entitlement_id = id.into();
    row
}

/// An event of that kind with what it sets.
pub fn event(version: u32, at: Moment, kind: EventKind, sets: Vec<Set>) -> Event {
    Event { at, by: Party::Reseller, kind, reason: None, version, sets }
}

/// The change that makes a row, with its `Created` event and nothing else.
pub fn create(row: Row) -> Change {
    let at = row.state.record.date_created;
    let created = event(1, at, EventKind::Created, vec![Set::Record(row.state.record.clone())]);
    Change {
        account: row.account,
        at,
        claim: ClaimChange::None,
        row: RowChange::Insert(Box::new(row)),
        events: vec![created],
        request: None,
        notices: Vec::new(),
        callbacks: Vec::new(),
        callback_done: None,
        wakes_lanes: false,
        closed: None,
        audit: None,
    }
}

/// The change that gives a row a new display name, with an event; `row` is what is stored, and
/// becomes what is stored after it.
pub fn rename(row: &mut Row, name: &str, at: Moment) -> Change {
    row.revision += 1;
    row.last_event += 1;
    row.state.version += 1;
    row.state.last_event_at = at;
    row.state.record.entitlement_display_name = Some(name.into());
    row.state.record.date_last_updated = at.whole_second();
    let sets = vec![Set::EntitlementDisplayName(Some(name.into()))];
    let events = vec![event(row.state.version, at, EventKind::DetailsUpdated, sets)];
    Change { at, events, ..touch(row) }
}

/// The change that writes the row as it now is, without an event; its revision counts already.
pub fn touch(row: &Row) -> Change {
    Change {
        row: RowChange::Update(Box::new(row.clone())),
        events: Vec::new(),
        at: row.state.last_event_at,
        ..create(row.clone())
    }
}

/// A change of nothing but a claim.
pub fn only_claim(account: AccountId, claim: ClaimChange) -> Change {
    Change {
        account,
        at: START,
        claim,
        row: RowChange::None,
        events: Vec::new(),
        request: None,
        notices: Vec::new(),
        callbacks: Vec::new(),
        callback_done: None,
        wakes_lanes: false,
        closed: None,
        audit: None,
    }
}

/// The same change under a request identity that is answered with it.
pub fn claimed(change: Change, identity: &str) -> Change {
    let key = change.row().map(|row| row.key);
    Change {
        claim: ClaimChange::Insert(Claim { key, ..claim(identity, Some(answer(1))) }),
        request: Some(identity.into()),
        ..change
    }
}

/// A claim of that identity.
pub fn claim(identity: &str, answer: Option<SavedAnswer>) -> Claim {
    Claim { identity: self::identity(identity), fingerprint: [7; 16], key: None, operation: None, answer, at: START }
}

/// An identity.
pub fn identity(text: &str) -> RequestIdentity {
    RequestIdentity::parse(text).expect("samples give good identities")
}

/// An answer with the record at a version.
pub fn answer(version: u32) -> SavedAnswer {
    SavedAnswer::Record { http: 200, form: 1, code: 0, version, parameters: None }
}

/// The same change with a notice to a target about its first event.
pub fn noticed(mut change: Change, target: u32) -> Change {
    change.notices.push(Notice {
        target: TargetId(target),
        event: 0,
        reason: NotificationReason::MetadataUpdate,
        form: 1,
        reason_field: None,
        not_before: None,
    });
    change
}

/// Numbers that look random and are the same in every run (splitmix64).
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..below`.
    pub fn below(&mut self, below: u64) -> u64 {
        self.next() % below
    }
}
