//! What must hold after every case, whatever happened in it: the hub is sound in itself, the
//! merchant agrees with it, nothing was done twice, everybody was told once and in order.

use crate::harness::Case;
use crate::merchant::{State, There};
use entitlement::{Entitlement, NotifySwitches, Stage, Status, apply, effects, fold};
use hub::doctor::{self, Wanted};
use std::collections::{HashMap, HashSet};
use store::{Row, Store};

/// Calls that do no harm when they come again: ends and repairs that the hub owes by itself.
const HARMLESS: [&str; 3] = ["terminate", "suspendAgain", "updateBack"];

impl Case {
    /// Looks at everything once it is quiet.
    pub fn audit(&self) {
        self.quiet();
        assert_eq!(self.store().left(), 0, "a scripted fault was never met");
        for row in self.rows() {
            assert!(!row.state.unborn, "a report shows what never came to be");
            self.told_once(&row);
        }
        self.doctor_finds_nothing();
        self.done_once();
        self.operations_are_kept();
        self.merchant_agrees();
        self.delivered_in_order();
    }

    /// Rows, histories, slots, lanes, feeds, operations, request identities.
    fn doctor_finds_nothing(&self) {
        let wanted = Wanted { limits: self.limits(), ..Wanted::default() };
        let examined = self.block(doctor::run(self.store().examine(), &wanted, &mut |_| ())).unwrap();
        assert_eq!(examined.findings, [], "the doctor has findings");
    }

    /// By route, as the catalog has them.
    fn limits(&self) -> HashMap<ids::RouteId, u32> {
        self.rows().iter().map(|row| (row.route, self.plan.limit)).collect()
    }

    /// Every event has exactly the notification it obliges, in the lane's order.
    fn told_once(&self, row: &Row) {
        let switches = NotifySwitches { own_changes: true, on_create: false };
        let history = self.history(row.key);
        let mut state = fold(history.iter().take(1).map(|stored| &stored.event)).unwrap();
        let mut obliged = Vec::new();
        for stored in &history {
            if stored.sequence > 1 {
                apply(&mut state, &stored.event);
            }
            obliged.extend(effects(&state, &stored.event, switches).map(|reason| (stored.sequence, reason)));
        }
        let stored = self.notifications(row.key);
        assert!(stored.iter().map(|one| one.sequence).eq(1..=stored.len() as u32), "a lane has no gaps");
        let there: Vec<_> = stored.iter().map(|one| (one.event, one.reason)).collect();
        assert_eq!(there, obliged, "told exactly what was to be told: {history:#?}");
    }

    fn done_once(&self) {
        for (request, effect) in self.merchant.effects() {
            let harmless = HARMLESS.contains(&effect.kind.as_str());
            assert!(harmless || effect.times == 1, "{request} was done more than once: {effect:?}");
        }
        for (id, there) in self.merchant.there() {
            assert!(there.creates <= 1, "{id} was created more than once");
        }
    }

    /// What was ever asked of the merchant is open, or kept as closed.
    fn operations_are_kept(&self) {
        let open: Vec<_> =
            self.rows().iter().filter_map(|row| row.state.operation.as_ref()).map(|open| open.id.to_string()).collect();
        for call in self.merchant.calls().iter().filter(|call| call.kind != "activationInfo") {
            let id = ids::OperationId(ids::parse_uuid(&call.request).unwrap());
            let closed = self.block(self.store().inner().closed_operation(id)).unwrap();
            assert!(closed.is_some() != open.contains(&call.request), "{call:?}, {closed:?}");
        }
    }

    fn merchant_agrees(&self) {
        let mut there = self.merchant.there();
        for row in self.rows() {
            let found = there.remove(&row.key.to_string());
            let stage = row.state.operation.as_ref().map(|operation| operation.stage);
            if matches!(stage, None | Some(Stage::Queued)) {
                let now = self.clock.read().0;
                assert!(agrees(&row.state, found.as_ref(), now), "they disagree: {:#?}\n{found:#?}", row.state);
            }
        }
        there.retain(|_, there| there.state != State::Ended);
        assert_eq!(there.len(), 0, "the merchant serves what the hub does not know: {there:#?}");
    }

    /// First arrivals in order; whatever came again was the same byte by byte.
    fn delivered_in_order(&self) {
        let mut bodies: HashMap<String, String> = HashMap::new();
        let mut firsts = Vec::new();
        for came in self.receiver.came() {
            match bodies.get(&came.id) {
                Some(body) => assert_eq!(*body, came.body, "the same id, another body"),
                None => {
                    firsts.push(came.id.clone());
                    bodies.insert(came.id, came.body);
                }
            }
        }
        for row in self.rows() {
            let expected: Vec<String> = self.notifications(row.key).iter().map(id_of).collect();
            let ids: HashSet<&String> = expected.iter().collect();
            let arrived: Vec<String> = firsts.iter().filter(|id| ids.contains(id)).cloned().collect();
            assert_eq!(arrived, expected, "delivered, each, in order");
        }
    }
}

fn id_of(stored: &store::StoredNotification) -> String {
    ids::NotificationId { key: stored.key, target: stored.target, sequence: stored.sequence }.to_string()
}

fn agrees(e: &Entitlement, there: Option<&There>, now: i64) -> bool {
    let record = &e.record;
    let Some(there) = there else {
        return !record.status.is_open();
    };
    let same_product = there.product == record.product_key;
    match record.status {
        Status::Pending if e.pending_update.is_some() => there.asked.as_ref() == Some(&record.product_key),
        Status::Pending => there.state == State::Waiting && same_product,
        Status::Active => there.state == State::Active && same_product && !there.suspended && there.ends_at.is_none(),
        Status::ActiveEnding => {
            there.state == State::Active && !there.suspended && there.ends_at == record.date_ended.map(|at| at.0)
        }
        Status::Suspended => there.state == State::Active && there.suspended,
        Status::Cancelled | Status::Revoked => there.state == State::Ended || there.ends_at.is_some_and(|at| at <= now),
        Status::Failed => false,
    }
}
