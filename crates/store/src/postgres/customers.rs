//! What is kept of one customer: found, and written anew in its place. A rewriting takes its rows in the
//! order of all batches (`batch`): claims, entitlements, the audit. What follows an entitlement is its own,
//! and nobody writes it without holding the entitlement, or its lane.

use super::administration::{APPEND, AUDIT_END, Entries, HOLD_AUDIT, audit_end};
use super::claims::{self, claim_columns};
use super::connect::{Connection, Purpose};
use super::connections::Connections;
use super::fault::Fault;
use super::homes::Homes;
use super::moving::Moving;
use super::rows::{self, row_columns};
use super::transactions::transact;
use super::values::{self, Day, Id, bound, count, count_opt, get, number};
use crate::codec::{self, answer_columns, stage_number};
use crate::customer::named;
use crate::{
    ClaimsPage, NamingPage, Rewriting, RewritingDone, Rewritten, RewrittenClaim, Row, StoreError, StoredEvent,
};
use ids::{AccountId, EntitlementKey, RequestIdentity};
use std::collections::HashMap;
use std::sync::Arc;

const OF: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM (SELECT * FROM entitlement WHERE account = $1 AND customer = $2 OFFSET 0) e \
     JOIN route r ON r.id = e.route WHERE $3::uuid IS NULL OR e.key > $3 ORDER BY e.key LIMIT $4"
);

pub(super) async fn of(
    connections: &Connections,
    account: AccountId,
    customer: &str,
    after: Option<EntitlementKey>,
    limit: usize,
) -> Result<Vec<Row>, Fault> {
    let values: [values::Value<'_>; 4] = [&i64::from(account.0), &customer, &after.map(Id::from), &bound(limit)];
    connections.read(OF, &values).await?.iter().map(|row| rows::read(row, 0)).collect()
}

/// Along the feed's index: a page is bounded, however much there is.
const NAMING: &str = "SELECT max(position), count(*), \
         coalesce(array_agg(DISTINCT key ORDER BY key) FILTER (WHERE names), '{}'::uuid[]) \
     FROM (SELECT position, key, strpos(sets, $3) > 0 OR strpos(sets, $4) > 0 AS names FROM event \
         WHERE account = $1 AND position > $2 ORDER BY position LIMIT $5) page";

pub(super) async fn naming(
    connections: &Connections,
    account: AccountId,
    customer: &str,
    after: i64,
    limit: usize,
) -> Result<NamingPage, Fault> {
    let [in_record, as_field] = named(customer);
    let held = connections.own(Purpose::Keys).await?;
    let values: [values::Value<'_>; 5] = [&i64::from(account.0), &after, &in_record, &as_field, &bound(limit)];
    let found = held.query(NAMING, &values).await?;
    held.give_back();
    let Some(row) = found.first() else {
        return Ok(NamingPage::default());
    };
    let last: Option<i64> = get(row, 0)?;
    let keys: Vec<Id> = get(row, 2)?;
    Ok(NamingPage {
        keys: keys.into_iter().map(|id| EntitlementKey(id.0)).collect(),
        last: last.filter(|_| get(row, 1).is_ok_and(|seen: i64| seen == bound(limit))),
    })
}

const CLAIMS: &str = concat!(
    "WITH page AS MATERIALIZED (SELECT * FROM claim WHERE number > $1 ORDER BY number LIMIT $2) SELECT ",
    claim_columns!(),
    ", c.identity, p.last, p.seen FROM (SELECT max(number) AS last, count(*) AS seen FROM page) p \
     LEFT JOIN page c ON account_of(c.home) = $3 AND c.key = ANY ($4::uuid[]) ORDER BY c.number"
);

pub(super) async fn claims_of(
    connections: &Connections,
    account: AccountId,
    keys: &[EntitlementKey],
    after: u64,
    limit: usize,
) -> Result<ClaimsPage, Fault> {
    let keys: Vec<Id> = keys.iter().map(|key| Id::from(*key)).collect();
    let values: [values::Value<'_>; 4] = [&number(after), &bound(limit), &i64::from(account.0), &keys];
    let found = connections.search(CLAIMS, &values).await?;
    let mut page = ClaimsPage::default();
    for row in &found {
        let last = count_opt(row, claims::COLUMNS + 1)?;
        page.last = last.filter(|_| get(row, claims::COLUMNS + 2).is_ok_and(|seen: i64| seen == bound(limit)));
        let Some(text) = get::<Option<&str>>(row, claims::COLUMNS)? else {
            continue;
        };
        let identity = RequestIdentity::parse(text);
        let identity = identity.ok_or_else(|| Fault::Content("a claim has no identity".into()))?;
        page.claims.extend(claims::read_opt(connections, row, Some(&identity)).await?);
    }
    Ok(page)
}

/// Writes all of it, or says what stands in the way and has written nothing.
pub(super) async fn rewrite(
    connections: &Connections,
    rewriting: Rewriting,
    homes: Homes,
) -> Result<RewritingDone, StoreError> {
    let rewriting = Arc::new(rewriting);
    transact(connections, Purpose::Keys, move |connection| {
        let rewriting = Arc::clone(&rewriting);
        Box::pin(async move { rewrite_in(connection, &rewriting, homes).await })
    })
    .await
}

const HOLD_CLAIM: &str = "SELECT number, answered_on FROM claim WHERE home = $1 AND identity = $2 FOR UPDATE";

const HOLD: &str = "SELECT e.key, e.revision, e.since, e.home FROM unnest($1::uuid[]) AS i(key) \
     CROSS JOIN LATERAL (SELECT key, revision, since, home FROM entitlement WHERE key = i.key FOR UPDATE) e";

const HAS_OPEN: &str = "SELECT FROM entitlement WHERE account = $1 AND customer = $2 AND slot IS NOT NULL LIMIT 1";

async fn rewrite_in(connection: &Connection, rewriting: &Rewriting, homes: Homes) -> Result<RewritingDone, Fault> {
    let account = i64::from(rewriting.account.0);
    let mut claims: Vec<(i64, &RewrittenClaim)> =
        rewriting.claims.iter().map(|claim| (homes.of(claim.identity.as_str()), claim)).collect();
    claims.sort_by_key(|(home, claim)| (*home, claim.identity.as_str()));
    let mut held = Vec::with_capacity(claims.len());
    for (home, claim) in claims {
        let identity = claim.identity.as_str();
        if let Some(row) = connection.query(HOLD_CLAIM, &[&home, &identity]).await?.first() {
            held.push((claim, get::<i64>(row, 0)?, get::<Option<Day>>(row, 1)?));
        }
    }
    let mut entitlements: Vec<&Rewritten> = rewriting.entitlements.iter().collect();
    entitlements.sort_by_key(|one| one.row.key);
    let keys: Vec<Id> = entitlements.iter().map(|one| one.row.key.into()).collect();
    let (mut since, mut was_at) = (HashMap::new(), HashMap::new());
    for row in connection.query(HOLD, &[&keys]).await? {
        let key = values::key(&row, 0)?;
        since.insert(key, (count::<u32>(&row, 1)?, get::<Day>(&row, 2)?));
        was_at.insert(key, get::<i64>(&row, 3)?);
    }
    let is_as_read = |one: &&Rewritten| {
        since.get(&one.row.key).is_some_and(|(revision, _)| *revision == one.row.revision.saturating_sub(1))
    };
    if !entitlements.iter().all(is_as_read) {
        return Ok(RewritingDone::ChangedMeanwhile);
    }
    if let Some(customer) = &rewriting.none_open_of
        && !connection.query(HAS_OPEN, &[&account, customer]).await?.is_empty()
    {
        return Ok(RewritingDone::Open);
    }
    for (claim, number, day) in held {
        write_claim(connection, claim, number, day).await?;
    }
    let mut moves = Vec::new();
    for one in entitlements {
        if let Some((_, since)) = since.get(&one.row.key) {
            write_entitlement(connection, one, *since).await?;
        }
        let home = homes.of(&one.row.state.record.customer_identifier);
        moves.extend((was_at.get(&one.row.key) != Some(&home)).then(|| (one.row.key.into(), home)));
    }
    Moving::of(moves).move_all(connection).await?;
    if let Some(entry) = &rewriting.entry {
        connection.batch(HOLD_AUDIT).await?;
        let mut end = audit_end(&connection.query(AUDIT_END, &[]).await?)?;
        let mut entries = Entries::default();
        entries.add(&mut end, entry);
        connection.execute(APPEND, &entries.values()).await?;
    }
    Ok(RewritingDone::Done)
}

const UPDATE: &str = "UPDATE entitlement SET customer = $3, status = $4, product = $5, offer = $6, external_id = $7, \
     updated_at = $8, due_at = $9, revision = $10, version = $11, last_event = $12, unborn = $13, in_flight = $14, \
     rest = $15 WHERE key = $1 AND account = $2";

const EVENTS: &str = "UPDATE event v SET reason = i.reason, request = i.request, sets = i.sets \
     FROM unnest($2::bigint[], $4::text[], $5::text[], $6::text[]) AS i(sequence, reason, request, sets) \
     WHERE v.key = $1 AND v.sequence = i.sequence AND v.day >= $3";

const FORGET_ERRORS: &str = "UPDATE notification SET last_error = NULL WHERE key = $1 AND last_error IS NOT NULL \
     AND day >= $2";

async fn write_entitlement(connection: &Connection, one: &Rewritten, since: Day) -> Result<(), Fault> {
    let Row { key, account, revision, last_event, due_at, state, .. } = &one.row;
    let (id, record) = (Id::from(*key), &state.record);
    let values: [values::Value<'_>; 15] = [
        &id,
        &i64::from(account.0),
        &record.customer_identifier,
        &record.status.as_str(),
        &record.product_key,
        &record.offer_key,
        &record.external_entitlement_id,
        &record.date_last_updated.0,
        &due_at.map(|at| at.0),
        &i64::from(*revision),
        &i64::from(state.version),
        &i64::from(*last_event),
        &state.unborn,
        &i16::from(stage_number(state)),
        &codec::rest_text(state),
    ];
    connection.execute(UPDATE, &values).await?;
    let text = key.to_string();
    let sequences: Vec<i64> = one.events.iter().map(|stored| stored.sequence.into()).collect();
    let reason = |stored: &StoredEvent| stored.event.reason.as_ref().map(codec::reason_text);
    let reasons: Vec<Option<String>> = one.events.iter().map(reason).collect();
    let requests: Vec<Option<&str>> = one.events.iter().map(|stored| stored.request.as_deref()).collect();
    let sets: Vec<String> = one.events.iter().map(|stored| codec::sets_text(&stored.event.sets, &text)).collect();
    let written = connection.execute(EVENTS, &[&id, &sequences, &since, &reasons, &requests, &sets]).await?;
    if usize::try_from(written) != Ok(one.events.len()) {
        // They were being moved to another day's partition: what was written is undone, and it can be asked for again.
        return Err(Fault::Refused(StoreError::Busy));
    }
    if one.forgets_errors {
        connection.execute(FORGET_ERRORS, &[&id, &since]).await?;
    }
    Ok(())
}

const FINGERPRINT: &str = "UPDATE claim SET fingerprint = $2 WHERE number = $1";

const ANSWER: &str = "UPDATE claim SET http = $2, form = $3, code = $4, version = $5, \
     answered_on = CASE WHEN $6 THEN coalesce(answered_on, today()) END WHERE number = $1 AND http IS NOT NULL";

const FORGET_TEXT: &str = "DELETE FROM answer WHERE claim = $1 AND day = $2";

const PUT_TEXT: &str = "INSERT INTO answer (home, claim, day, text) \
     SELECT home, number, answered_on, $2 FROM claim WHERE number = $1 AND answered_on IS NOT NULL";

async fn write_claim(
    connection: &Connection,
    claim: &RewrittenClaim,
    number: i64,
    day: Option<Day>,
) -> Result<(), Fault> {
    connection.execute(FINGERPRINT, &[&number, &claim.fingerprint.as_slice()]).await?;
    let Some(answer) = &claim.answer else {
        return Ok(());
    };
    let (http, form, code, version, text) = answer_columns(Some(answer));
    let values: [values::Value<'_>; 6] = [
        &number,
        &http.map(i32::from),
        &form.map(i16::from),
        &code.map(i16::from),
        &version.map(i64::from),
        &text.is_some(),
    ];
    connection.execute(ANSWER, &values).await?;
    if let Some(day) = day {
        connection.execute(FORGET_TEXT, &[&number, &day]).await?;
    }
    if let Some(text) = text {
        connection.execute(PUT_TEXT, &[&number, &text]).await?;
    }
    Ok(())
}
