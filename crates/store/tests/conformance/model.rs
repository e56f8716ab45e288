//! Random changes against a model that knows the rules of the store in forty lines: what must
//! succeed, what must fail and why, and what is there afterwards.

use super::samples::{Dice, Place, claimed, create, noticed, row, touch, with_own_id};
use super::{Factory, Stage, place};
use ids::EntitlementKey;
use std::collections::{BTreeMap, BTreeSet};
use store::{Cause, Change, Committed, Row, RowChange, Target};

const STEPS: usize = 1_500;
const KEYS: u64 = 400;

#[derive(Default)]
struct Model {
    rows: BTreeMap<u128, Row>,
    claims: BTreeSet<(u32, String)>,
    events: BTreeMap<u32, u64>,
    notices: BTreeMap<u128, u32>,
    live: BTreeSet<u32>,
    /// Keys of removed rows: the hub never gives a key twice.
    gone: BTreeSet<u128>,
}

impl Model {
    fn expect(&self, change: &Change) -> Result<(), Cause> {
        if change
            .claim
            .identity()
            .is_some_and(|identity| self.claims.contains(&(change.account.0, identity.as_str().to_owned())))
        {
            return Err(Cause::Claim);
        }
        match &change.row {
            RowChange::Update(row) if self.revision(row.key) != Some(row.revision - 1) => return Err(Cause::Revision),
            RowChange::Remove { key, revision } if self.revision(*key) != Some(*revision) => {
                return Err(Cause::Revision);
            }
            RowChange::Insert(row) if self.id_is_used(row) => return Err(Cause::Id),
            _ => {}
        }
        match change.row() {
            Some(row) if self.slot_is_taken(row) => Err(Cause::Slot),
            _ => Ok(()),
        }
    }

    fn revision(&self, key: EntitlementKey) -> Option<u32> {
        self.rows.get(&key.0).map(|row| row.revision)
    }

    fn id_is_used(&self, new: &Row) -> bool {
        let mode = |row: &Row| self.live.contains(&row.account.0);
        self.rows.contains_key(&new.key.0)
            || self.rows.values().any(|row| new.own_id.is_some() && row.own_id == new.own_id && mode(row) == mode(new))
    }

    fn slot_is_taken(&self, new: &Row) -> bool {
        let customer = |row: &Row| row.state.record.customer_identifier.clone();
        self.rows.values().any(|row| {
            let same = (row.account, row.route, customer(row)) == (new.account, new.route, customer(new));
            row.key != new.key && same && new.slot.is_some() && row.slot == new.slot
        })
    }

    fn apply(&mut self, change: &Change) {
        if let Some(identity) = change.claim.identity() {
            self.claims.insert((change.account.0, identity.as_str().to_owned()));
        }
        match &change.row {
            RowChange::Insert(row) | RowChange::Update(row) => drop(self.rows.insert(row.key.0, (**row).clone())),
            RowChange::Remove { key, .. } => {
                self.rows.remove(&key.0);
                self.gone.insert(key.0);
            }
            RowChange::None => {}
        }
        *self.events.entry(change.account.0).or_default() += change.events.len() as u64;
        if let Some(row) = change.row() {
            *self.notices.entry(row.key.0).or_default() += change.notices.len() as u32;
        }
    }
}

pub async fn random_changes_agree_with_a_model(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let live = place(stage.store.as_ref(), "acme", true).await;
    let other = place(stage.store.as_ref(), "other", false).await;
    let mut model = Model { live: [live.account.0].into(), ..Model::default() };
    let mut dice = Dice(20_260_101);
    let mut done = 0;
    for step in 0..STEPS {
        let place = [stage.place, live, other][dice.below(3) as usize];
        let change = draw(&mut dice, &model, place);
        let expected = model.expect(&change);
        let found = match stage.store.commit(change.clone()).await.unwrap() {
            Committed::Done => Ok(()),
            Committed::Conflict(conflict) => Err(conflict.cause),
        };
        assert_eq!(found, expected, "step {step}: {change:?}");
        if expected.is_ok() {
            model.apply(&change);
            done += 1;
        }
    }
    assert!(done > STEPS / 4, "{done} changes went through");
    agree(&stage, &model, [stage.place, live, other]).await;
}

fn draw(dice: &mut Dice, model: &Model, place: Place) -> Change {
    let key = loop {
        let key = u128::from(dice.below(KEYS)) + 1;
        if !model.gone.contains(&key) {
            break key;
        }
    };
    let customer = format!("c{}", dice.below(60));
    let mut change = match (model.rows.get(&key), dice.below(8)) {
        (Some(row), 0) => {
            let row_change = RowChange::Remove { key: row.key, revision: row.revision - u32::from(dice.below(4) == 0) };
            Change {
                account: row.account,
                row: row_change,
                ..super::samples::only_claim(row.account, store::ClaimChange::None)
            }
        }
        (Some(row), 1..=5) => touch(&changed(dice, row.clone(), customer)),
        _ => {
            let mut row = row(place, key, &customer);
            row.slot = [None, Some(1), Some(2)][dice.below(3) as usize];
            create(if dice.below(3) == 0 { with_own_id(row, &format!("own{}", dice.below(40))) } else { row })
        }
    };
    if dice.below(3) == 0 {
        change = claimed(change, &format!("r{}", dice.below(400)));
    }
    if !change.events.is_empty() && dice.below(2) == 0 {
        change = noticed(change, 0);
    }
    change
}

fn changed(dice: &mut Dice, mut row: Row, customer: String) -> Row {
    row.revision += if dice.below(5) == 0 { 2 } else { 1 };
    if dice.below(3) == 0 {
        row.slot = [None, Some(1), Some(2)][dice.below(3) as usize];
        row.state.record.customer_identifier = customer;
    }
    row.due_at = (dice.below(2) == 0).then(|| super::samples::START.plus_ms(dice.below(1_000) as i64));
    row.state.record.external_entitlement_id = (dice.below(2) == 0).then(|| format!("x{}", dice.below(9)));
    row
}

async fn agree(stage: &Stage, model: &Model, places: [Place; 3]) {
    for key in 1..=u128::from(KEYS) {
        assert_eq!(stage.row(EntitlementKey(key)).await.as_ref(), model.rows.get(&key));
    }
    for place in places {
        let head = stage.store.feed_head(place.account).await.unwrap();
        assert_eq!(head, model.events.get(&place.account.0).copied().unwrap_or(0));
        for customer in 0..60 {
            let load = store::Load {
                account: place.account,
                target: Target::Customer(place.route, format!("c{customer}")),
                identity: None,
            };
            let open = stage.store.load(load).await.unwrap().open;
            let mut expected: Vec<&Row> = model
                .rows
                .values()
                .filter(|row| row.account == place.account && row.slot.is_some())
                .filter(|row| row.state.record.customer_identifier == format!("c{customer}"))
                .collect();
            expected.sort_by_key(|row| row.slot);
            assert_eq!(open.iter().collect::<Vec<_>>(), expected);
        }
    }
    let due = stage.store.due(super::samples::START.plus_s(10), 1_000).await.unwrap();
    assert_eq!(due.len(), model.rows.values().filter(|row| row.due_at.is_some()).count());
}
