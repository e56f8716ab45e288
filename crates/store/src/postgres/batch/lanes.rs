//! Notifications that a batch obliges: appended to their lanes, and lanes that are woken.

use super::{Entry, handed};
use crate::codec::reason_word;
use crate::postgres::lanes::{END_HOLDS, HOLD_ALL, WAKE};
use crate::postgres::moving::{self, Moving};
use crate::postgres::pipeline::Pipeline;
use crate::postgres::values::{Day, Id, Value, get};
use crate::{HandedLane, Restoration};
use std::collections::BTreeMap;
use tokio_postgres::{Error, Row};

/// What happens to lanes.
#[derive(Debug)]
pub(super) struct Lanes<'a> {
    today: Day,
    /// Whom lanes are leased to.
    holder: Id,
    /// By key and target, in the order in which they are held: how many are appended, and when the
    /// first of them is due.
    appended: BTreeMap<(Id, i64), Appended>,
    heads: Heads,
    notices: Notices<'a>,
    woken: Woken,
    /// All lanes that this batch touches, where it does more than append: held at once, in their order.
    held: Vec<Id>,
}

#[derive(Debug, Clone, Copy)]
struct Appended {
    home: i64,
    /// No lower sequence is given out.
    least: i64,
    count: i64,
    due: i64,
    /// Where it was empty it is leased until then; 0: not leased.
    lease_until_ms: i64,
}

#[derive(Debug, Default)]
struct Heads {
    keys: Vec<Id>,
    homes: Vec<i64>,
    targets: Vec<i64>,
    least: Vec<i64>,
    counts: Vec<i64>,
    due: Vec<i64>,
    leases: Vec<i64>,
}

#[derive(Debug, Default)]
struct Notices<'a> {
    accounts: Vec<i64>,
    homes: Vec<i64>,
    keys: Vec<Id>,
    targets: Vec<i64>,
    /// How far before the lane's next number it stands.
    back: Vec<i64>,
    events: Vec<i64>,
    versions: Vec<i64>,
    reasons: Vec<&'static str>,
    forms: Vec<i16>,
    fields: Vec<Option<&'a str>>,
    committed_at: Vec<i64>,
}

#[derive(Debug, Default)]
struct Woken {
    keys: Vec<Id>,
    targets: Vec<Option<i64>>,
    nows: Vec<i64>,
}

/// An empty lane becomes due, or is leased at once; a parked one stays parked. The lane's day never goes back. In a
/// restored store a lane from before goes on with the least sequence of its restoration: there is a gap before it.
const APPEND: &str = "INSERT INTO lane AS l (key, home, target, next, head, attempt_at, head_day, day, \
         lease_until_ms, fence, holder) \
     SELECT key, home, target, least + count, least, due, $7, $7, lease, \
         CASE WHEN lease <> 0 THEN 1 ELSE 0 END, CASE WHEN lease <> 0 THEN $9::uuid END \
     FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $8::bigint[]) \
         AS i(key, home, target, least, count, due, lease) \
     ON CONFLICT (key, target, home) DO UPDATE SET \
         next = greatest(l.next, excluded.head) + excluded.next - excluded.head, \
         head = CASE WHEN l.head = l.next THEN greatest(l.next, excluded.head) ELSE l.head END, \
         day = greatest(l.day, excluded.day), \
         head_day = CASE WHEN l.head = l.next THEN greatest(l.day, excluded.day) ELSE l.head_day END, \
         attempt_at = CASE WHEN l.head = l.next THEN excluded.attempt_at ELSE l.attempt_at END, \
         lease_until_ms = CASE WHEN l.head = l.next THEN excluded.lease_until_ms ELSE l.lease_until_ms END, \
         fence = CASE WHEN l.head = l.next THEN l.fence + excluded.fence ELSE l.fence END, \
         holder = CASE WHEN l.head = l.next THEN coalesce(excluded.holder, l.holder) ELSE l.holder END, \
         woken = l.woken AND l.head <> l.next \
     RETURNING l.key, l.target, l.head, l.fence, l.failures, l.next";

/// The lanes have moved on already, so that places are counted backwards from them.
const NOTIFY: &str = "INSERT INTO notification (account, key, target, sequence, event, version, reason, form, \
         reason_field, committed_at, home, state, day) \
     SELECT i.account, i.key, i.target, l.next - i.back, i.event, i.version, i.reason, i.form, i.field, \
         i.committed_at, i.home, 'waiting', l.day \
     FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], \
         $8::smallint[], $9::text[], $10::bigint[], $11::bigint[]) \
         AS i(account, key, target, back, event, version, reason, form, field, committed_at, home) \
     CROSS JOIN LATERAL (SELECT next, day FROM lane WHERE key = i.key AND target = i.target OFFSET 0) l";

impl<'a> Lanes<'a> {
    pub(super) fn of(entries: &[Entry<'a>], today: Day, holder: Id, moving: &Moving) -> Self {
        let mut lanes = Self {
            today,
            holder,
            appended: BTreeMap::new(),
            heads: Heads::default(),
            notices: Notices::default(),
            woken: Woken::default(),
            held: Vec::new(),
        };
        for entry in entries {
            lanes.push(*entry);
        }
        let Notices { keys, targets, back, .. } = &mut lanes.notices;
        for (back, lane) in back.iter_mut().zip(keys.iter().copied().zip(targets.iter().copied())) {
            // So far it was the place among those of the batch, from 0 on.
            *back = lanes.appended.get(&lane).map_or(0, |appended| appended.count - *back);
        }
        for ((key, target), appended) in &lanes.appended {
            lanes.heads.keys.push(*key);
            lanes.heads.homes.push(appended.home);
            lanes.heads.targets.push(*target);
            lanes.heads.least.push(appended.least);
            lanes.heads.counts.push(appended.count);
            lanes.heads.due.push(appended.due);
            lanes.heads.leases.push(appended.lease_until_ms);
        }
        if !lanes.woken.keys.is_empty() || !moving.keys().is_empty() {
            let touched = lanes.heads.keys.iter().chain(&lanes.woken.keys).chain(moving.keys());
            lanes.held = touched.copied().collect();
            lanes.held.sort_unstable();
            lanes.held.dedup();
        }
        lanes
    }

    fn push(&mut self, entry: Entry<'a>) {
        let change = &entry.prepared.change;
        let Some(row) = change.row() else {
            return;
        };
        let key = Id::from(row.key);
        let least = Restoration::sequence_least(entry.restored.as_ref(), row.state.record.date_created).into();
        let first = i64::from(row.last_event) + 1 - change.events.len() as i64;
        for notice in &change.notices {
            let Some(event) = change.events.get(notice.event) else {
                continue;
            };
            let target = i64::from(notice.target.0);
            let due = notice.not_before.unwrap_or(change.at).0;
            let is_at_once = notice.not_before.is_none();
            let lease_until_ms = entry.lease_until_ms.filter(|_| is_at_once).unwrap_or(0);
            let new = Appended { home: entry.home, least, count: 0, due, lease_until_ms };
            let appended = self.appended.entry((key, target)).or_insert(new);
            let notices = &mut self.notices;
            notices.accounts.push(change.account.0.into());
            notices.homes.push(entry.home);
            notices.keys.push(key);
            notices.targets.push(target);
            notices.back.push(appended.count);
            notices.events.push(first + notice.event as i64);
            notices.versions.push(event.version.into());
            notices.reasons.push(reason_word(notice.reason));
            notices.forms.push(notice.form.into());
            notices.fields.push(notice.reason_field.as_deref());
            notices.committed_at.push(change.at.0);
            appended.count += 1;
        }
        if change.wakes_lanes {
            self.woken.keys.push(key);
            self.woken.targets.push(None);
            self.woken.nows.push(change.at.0);
        }
    }

    /// The step that appends, if there is one: [`handed`](Self::handed) reads it.
    pub(super) async fn add_to<'p>(
        &'p self,
        pipeline: &mut Pipeline<'p>,
        moving: &'p Moving,
    ) -> Result<Option<usize>, Error> {
        let mut appended = None;
        let Woken { keys: woken, targets: any, nows } = &self.woken;
        if !self.held.is_empty() {
            pipeline.add(HOLD_ALL, vec![&self.held]).await?;
        }
        moving.add_to(pipeline, &moving::LANES).await?;
        let Heads { keys, homes, targets, least, counts, due, leases } = &self.heads;
        if !keys.is_empty() {
            let heads: Vec<Value<'_>> =
                vec![keys, homes, targets, least, counts, due, &self.today, leases, &self.holder];
            appended = Some(pipeline.add(APPEND, heads).await?);
            pipeline.add(NOTIFY, self.notices.values()).await?;
        }
        if !woken.is_empty() {
            pipeline.add(END_HOLDS, vec![woken, any, nows]).await?;
            pipeline.add(WAKE, vec![woken, nows]).await?;
        }
        Ok(appended)
    }

    /// Those that were empty and are leased now, out of what the step that appends said.
    pub(super) fn handed(&self, appended: &[Row]) -> Vec<HandedLane> {
        // All of it is durable: what cannot be read is free again when its lease has run out.
        let lanes = appended.iter().filter_map(|row| Some((handed::read(row).ok()?, get::<i64>(row, 5).ok()?)));
        let is_ours = |(lane, next): &(HandedLane, i64)| {
            let appended = self.appended.get(&(lane.key.into(), lane.target.0.into()));
            appended.is_some_and(|appended| {
                appended.lease_until_ms != 0 && next - i64::from(lane.sequence) == appended.count
            })
        };
        lanes.filter(is_ours).map(|(lane, _)| lane).collect()
    }
}

impl Notices<'_> {
    fn values(&self) -> Vec<Value<'_>> {
        let Self { accounts, homes, keys, targets, back, events, versions, reasons, forms, fields, committed_at } =
            self;
        vec![accounts, keys, targets, back, events, versions, reasons, forms, fields, committed_at, homes]
    }
}
