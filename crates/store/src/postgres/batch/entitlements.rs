//! Rows of a batch.

use super::Entry;
use crate::codec::stage_number;
use crate::postgres::moving::{self, Moving};
use crate::postgres::pipeline::Pipeline;
use crate::postgres::values::{Day, Id, Value};
use crate::{Row, RowChange};
use tokio_postgres::Error;

/// What happens to entitlements.
#[derive(Debug)]
pub(super) struct Entitlements<'a> {
    today: Day,
    removed: Vec<Id>,
    changed: Rows<'a>,
    new: Rows<'a>,
    own_ids: OwnIds<'a>,
}

/// Ids that new ones were given by resellers, in their order.
#[derive(Debug, Default)]
struct OwnIds<'a> {
    ids: Vec<&'a str>,
    live: Vec<bool>,
    accounts: Vec<i64>,
    keys: Vec<Id>,
}

/// Columns of rows.
#[derive(Debug, Default)]
struct Rows<'a> {
    keys: Vec<Id>,
    accounts: Vec<i64>,
    homes: Vec<i64>,
    live: Vec<bool>,
    routes: Vec<i64>,
    own_ids: Vec<Option<&'a str>>,
    customers: Vec<&'a str>,
    slots: Vec<Option<i64>>,
    statuses: Vec<&'a str>,
    products: Vec<&'a str>,
    offers: Vec<Option<&'a str>>,
    external_ids: Vec<Option<&'a str>>,
    created_at: Vec<i64>,
    updated_at: Vec<i64>,
    due_at: Vec<Option<i64>>,
    revisions: Vec<i64>,
    versions: Vec<i64>,
    last_events: Vec<i64>,
    unborn: Vec<bool>,
    in_flight: Vec<i16>,
    rest: Vec<&'a str>,
}

macro_rules! insert {
    ($rest:literal) => {
        concat!(
            "INSERT INTO entitlement AS e (key, account, live, route, own_id, customer, slot, status, product, offer, \
             external_id, created_at, updated_at, due_at, revision, version, last_event, unborn, in_flight, rest, \
             home, since) SELECT i.*, $22::date \
             FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::bigint[], $5::text[], $6::text[], \
             $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], \
             $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::boolean[], $19::smallint[], \
             $20::text[], $21::bigint[]) i",
            $rest
        )
    };
}

/// Plain: a key or a slot that was taken since the look breaks the transaction off.
const INSERT: &str = insert!("");

/// The rows are there and held, and their revisions are compared. An upsert all the same: a join could be
/// planned the other way round, by reading the whole table. `since` goes back where the server's date does.
const UPDATE: &str = insert!(
    " ON CONFLICT (key, home) DO UPDATE SET customer = excluded.customer, slot = excluded.slot, \
      status = excluded.status, product = excluded.product, offer = excluded.offer, \
      external_id = excluded.external_id, updated_at = excluded.updated_at, due_at = excluded.due_at, \
      revision = excluded.revision, version = excluded.version, last_event = excluded.last_event, \
      unborn = excluded.unborn, in_flight = excluded.in_flight, rest = excluded.rest, \
      since = least(e.since, excluded.since)"
);

/// Plain, too: an own id that was taken since.
const OWN_IDS: &str = "INSERT INTO own_id (id, live, account, key) \
     SELECT * FROM unnest($1::text[], $2::boolean[], $3::bigint[], $4::uuid[])";

const REMOVE: &str = "WITH gone AS (DELETE FROM entitlement WHERE ctid = ANY (ARRAY (SELECT t.place \
         FROM unnest($1::uuid[]) AS i(key) CROSS JOIN LATERAL (SELECT ctid AS place FROM entitlement \
             WHERE key = i.key OFFSET 0) t)) RETURNING own_id, live) \
     DELETE FROM own_id WHERE ctid = ANY (ARRAY (SELECT t.place FROM gone g \
         CROSS JOIN LATERAL (SELECT ctid AS place FROM own_id WHERE id = g.own_id AND live = g.live OFFSET 0) t))";

impl<'a> Entitlements<'a> {
    pub(super) fn of(entries: &[Entry<'a>], today: Day) -> Self {
        let mut entitlements = Self {
            today,
            removed: Vec::new(),
            changed: Rows::default(),
            new: Rows::default(),
            own_ids: OwnIds::of(entries),
        };
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for entry in entries {
            match &entry.prepared.change.row {
                RowChange::None => {}
                RowChange::Insert(row) => new.push((&**row, *entry)),
                RowChange::Update(row) => changed.push((&**row, *entry)),
                RowChange::Remove { key, .. } => entitlements.removed.push(Id::from(*key)),
            }
        }
        // New ones in the order in which they could wait for each other: a slot is wanted by many, a
        // key by nobody else.
        new.sort_by(|(one, _), (other, _)| slot_of(one).cmp(&slot_of(other)));
        changed.sort_by_key(|(row, _)| row.key);
        new.into_iter().for_each(|(row, entry)| entitlements.new.push(row, entry));
        changed.into_iter().for_each(|(row, entry)| entitlements.changed.push(row, entry));
        entitlements
    }

    pub(super) async fn add_to<'p>(&'p self, pipeline: &mut Pipeline<'p>, moving: &'p Moving) -> Result<(), Error> {
        if !self.removed.is_empty() {
            pipeline.add(REMOVE, vec![&self.removed]).await?;
        }
        if !self.changed.keys.is_empty() {
            pipeline.add(UPDATE, [self.changed.values(), vec![&self.today as _]].concat()).await?;
        }
        // Before new ones come: they may want the slots that are left.
        moving.add_to(pipeline, &moving::ENTITLEMENTS).await?;
        if !self.new.keys.is_empty() {
            pipeline.add(INSERT, [self.new.values(), vec![&self.today as _]].concat()).await?;
        }
        let OwnIds { ids, live, accounts, keys } = &self.own_ids;
        if !ids.is_empty() {
            pipeline.add(OWN_IDS, vec![ids, live, accounts, keys]).await?;
        }
        Ok(())
    }
}

impl<'a> OwnIds<'a> {
    fn of(entries: &[Entry<'a>]) -> Self {
        let mut new: Vec<(&'a str, bool, &Row)> = Vec::new();
        for entry in entries {
            if let RowChange::Insert(row) = &entry.prepared.change.row
                && let Some(id) = &row.own_id
            {
                new.push((id, entry.account.live, row));
            }
        }
        new.sort_by_key(|(id, live, _)| (*id, *live));
        let mut own_ids = Self::default();
        for (id, live, row) in new {
            own_ids.ids.push(id);
            own_ids.live.push(live);
            own_ids.accounts.push(row.account.0.into());
            own_ids.keys.push(row.key.into());
        }
        own_ids
    }
}

fn slot_of(row: &Row) -> (ids::AccountId, &str, ids::RouteId, Option<u32>) {
    (row.account, &row.state.record.customer_identifier, row.route, row.slot)
}

impl<'a> Rows<'a> {
    fn push(&mut self, row: &'a Row, entry: Entry<'a>) {
        let record = &row.state.record;
        self.keys.push(row.key.into());
        self.accounts.push(row.account.0.into());
        self.homes.push(entry.was_at);
        self.live.push(entry.account.live);
        self.routes.push(row.route.0.into());
        self.own_ids.push(row.own_id.as_deref());
        self.customers.push(&record.customer_identifier);
        self.slots.push(row.slot.map(i64::from));
        self.statuses.push(record.status.as_str());
        self.products.push(&record.product_key);
        self.offers.push(record.offer_key.as_deref());
        self.external_ids.push(record.external_entitlement_id.as_deref());
        self.created_at.push(record.date_created.0);
        self.updated_at.push(record.date_last_updated.0);
        self.due_at.push(row.due_at.map(|at| at.0));
        self.revisions.push(row.revision.into());
        self.versions.push(row.state.version.into());
        self.last_events.push(row.last_event.into());
        self.unborn.push(row.state.unborn);
        self.in_flight.push(stage_number(&row.state).into());
        self.rest.push(&entry.prepared.rest);
    }

    fn values(&self) -> Vec<Value<'_>> {
        let Self { keys, accounts, homes, live, routes, own_ids, customers, slots, .. } = self;
        let Self { statuses, products, offers, external_ids, created_at, updated_at, due_at, .. } = self;
        let Self { revisions, versions, last_events, unborn, in_flight, rest, .. } = self;
        vec![
            keys,
            accounts,
            live,
            routes,
            own_ids,
            customers,
            slots,
            statuses,
            products,
            offers,
            external_ids,
            created_at,
            updated_at,
            due_at,
            revisions,
            versions,
            last_events,
            unborn,
            in_flight,
            rest,
            homes,
        ]
    }
}
