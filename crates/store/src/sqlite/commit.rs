//! One change inside the writer's transaction: check everything, then write, so that a change
//! that fails a check has written nothing.

use super::events::NewEvent;
use super::fault::Fault;
use super::session::Session;
use super::stored::{self, Stored};
use super::{administration, callbacks, claims, events, lanes, operations, rows};
use crate::prepared::Prepared;
use crate::{Cause, Change, ClaimChange, Committed, Conflict, Loaded, Row, RowChange};
use rusqlite::Connection;

/// Applies the change, or says what stands in its way.
pub(super) fn apply(session: &mut Session<'_>, prepared: &Prepared) -> Result<Committed, Fault> {
    let change = &prepared.change;
    let live = session.is_live(change.account)?;
    if let Some(row) = creates_plainly(change)
        && write_new(session, prepared, row, live)?
    {
        write_events(session, prepared, row)?;
        write_beside(session.connection, change)?;
        return Ok(Committed::Done);
    }
    // A key stood in the way and nothing is written: the checks say which.
    match check(session.connection, change, live)? {
        Err(cause) => {
            let found = found(session.connection, change)?;
            Ok(Committed::Conflict(Box::new(Conflict { cause, found })))
        }
        Ok(stored) => {
            write(session, prepared, live, stored.as_ref())?;
            Ok(Committed::Done)
        }
    }
}

/// A new entitlement under the hub's own id, the usual create: the unique keys are its checks, so
/// that nothing is looked up twice.
fn creates_plainly(change: &Change) -> Option<&Row> {
    let RowChange::Insert(row) = &change.row else {
        return None;
    };
    let claims_at_most = matches!(change.claim, ClaimChange::None | ClaimChange::Insert(_));
    (row.own_id.is_none() && claims_at_most && change.callback_done.is_none()).then_some(row)
}

/// Writes claim and row. False, and nothing written, where a unique key stands in the way.
fn write_new(session: &mut Session<'_>, prepared: &Prepared, row: &Row, live: bool) -> rusqlite::Result<bool> {
    let change = &prepared.change;
    if let ClaimChange::Insert(claim) = &change.claim
        && !claims::insert_where_free(session, change.account, claim)?
    {
        return Ok(false);
    }
    if stored::insert_where_free(session, row, live, prepared)? {
        return Ok(true);
    }
    if let ClaimChange::Insert(claim) = &change.claim {
        claims::take_back(session.connection, change.account, &claim.identity)?;
    }
    Ok(false)
}

/// The checks in their order. The stored row, where one is changed.
fn check(connection: &Connection, change: &Change, live: bool) -> Result<Result<Option<Stored>, Cause>, Fault> {
    let claimed = match &change.claim {
        ClaimChange::Insert(claim) => claims::exists(connection, change.account, &claim.identity)?,
        ClaimChange::Answer(claim) => !claims::waits(connection, change.account, claim)?,
        ClaimChange::None | ClaimChange::AnswerOf(..) | ClaimChange::Free(_) | ClaimChange::FreeOf(_) => false,
    };
    if claimed {
        return Ok(Err(Cause::Claim));
    }
    let stored = match expected(&change.row) {
        None => None,
        Some((key, revision)) => match stored::by_key(connection, key)? {
            Some(stored) if stored.revision == revision => Some(stored),
            _ => return Ok(Err(Cause::Revision)),
        },
    };
    if let RowChange::Insert(row) = &change.row
        && stored::id_is_used(connection, row, live)?
    {
        return Ok(Err(Cause::Id));
    }
    if let Some(row) = change.row()
        && stored::slot_is_taken(connection, row)?
    {
        return Ok(Err(Cause::Slot));
    }
    match change.callback_done {
        Some(id) if !callbacks::exists(connection, id)? => Ok(Err(Cause::Callback)),
        _ => Ok(Ok(stored)),
    }
}

/// Which revision a change expects to find.
fn expected(change: &RowChange) -> Option<(ids::EntitlementKey, u32)> {
    match change {
        RowChange::None | RowChange::Insert(_) => None,
        RowChange::Update(row) => Some((row.key, row.revision.saturating_sub(1))),
        RowChange::Remove { key, revision } => Some((*key, *revision)),
    }
}

/// What a load would have said, in the same transaction.
fn found(connection: &Connection, change: &Change) -> Result<Loaded, Fault> {
    let claim = match change.claim.identity() {
        Some(identity) => claims::by_identity(connection, change.account, identity)?,
        None => None,
    };
    let row = match &change.row {
        RowChange::None => None,
        RowChange::Insert(row) => match (rows::by_key(connection, row.key)?, &row.own_id) {
            (None, Some(id)) => rows::by_id(connection, row.account, id)?,
            (row, _) => row,
        },
        RowChange::Update(row) => rows::by_key(connection, row.key)?,
        RowChange::Remove { key, .. } => rows::by_key(connection, *key)?,
    };
    let open = match change.row() {
        Some(row) => rows::open(connection, row.account, row.route, &row.state.record.customer_identifier)?,
        None => Vec::new(),
    };
    Ok(Loaded { claim, row: row.map(Box::new), open })
}

fn write(session: &mut Session<'_>, prepared: &Prepared, live: bool, stored: Option<&Stored>) -> Result<(), Fault> {
    let change = &prepared.change;
    match (&change.row, stored) {
        (RowChange::Insert(row), _) => stored::insert(session, row, live, prepared)?,
        (RowChange::Update(row), Some(stored)) => stored::update(session.connection, stored, row, &prepared.rest)?,
        (RowChange::Remove { .. }, Some(stored)) => stored::remove(session.connection, stored)?,
        (RowChange::None | RowChange::Update(_) | RowChange::Remove { .. }, _) => {}
    }
    if let Some(row) = change.row() {
        write_events(session, prepared, row)?;
    }
    write_claim(session, change)?;
    write_beside(session.connection, change)
}

/// Call-backs, the operation that ended, and what an operator did.
fn write_beside(connection: &Connection, change: &Change) -> Result<(), Fault> {
    if let Some(id) = change.callback_done {
        callbacks::remove(connection, id)?;
    }
    for callback in &change.callbacks {
        callbacks::insert(connection, callback)?;
    }
    if let Some(closed) = &change.closed {
        operations::insert(connection, closed)?;
    }
    if let Some(entry) = &change.audit {
        administration::append(connection, entry)?;
    }
    Ok(())
}

fn write_events(session: &mut Session<'_>, prepared: &Prepared, row: &Row) -> Result<(), Fault> {
    let change = &prepared.change;
    // Both fit: `Prepared::new` has looked.
    let first = row.last_event + 1 - change.events.len() as u32;
    for (at, (event, sets)) in change.events.iter().zip(&prepared.sets).enumerate() {
        let sequence = first + at as u32;
        let request = change.request.as_deref();
        events::insert(session, &NewEvent { account: change.account, key: row.key, sequence, event, request, sets })?;
    }
    // An inserted entitlement has no lane yet; its second notice may have one.
    let mut is_first = matches!(change.row, RowChange::Insert(_));
    for notice in &change.notices {
        let Some(event) = change.events.get(notice.event) else {
            continue;
        };
        let told = lanes::Told {
            account: change.account,
            key: row.key,
            event: first + notice.event as u32,
            version: event.version,
            at: change.at,
            sequence_least: session.sequence_least(row.state.record.date_created),
        };
        lanes::append(session, notice, &told, is_first)?;
        is_first = false;
    }
    if change.wakes_lanes {
        lanes::wake(session.connection, row.key, change.at)?;
    }
    Ok(())
}

fn write_claim(session: &mut Session<'_>, change: &Change) -> rusqlite::Result<()> {
    let connection = session.connection;
    match &change.claim {
        ClaimChange::None => Ok(()),
        ClaimChange::Insert(claim) => claims::insert(session, change.account, claim),
        ClaimChange::Answer(claim) => claims::answer_one(connection, change.account, claim, change.at),
        ClaimChange::AnswerOf(operation, answer) => claims::answer_all_of(connection, *operation, answer, change.at),
        ClaimChange::Free(identity) => claims::free(connection, change.account, identity),
        ClaimChange::FreeOf(operation) => claims::free_all_of(connection, *operation),
    }
}
