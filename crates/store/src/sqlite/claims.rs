//! Request identities.

use super::fault::Fault;
use super::rows::{bytes, key_at};
use super::session::Session;
use crate::codec::{answer_columns, read_answer};
use crate::{Claim, SavedAnswer};
use entitlement::Moment;
use ids::{AccountId, OperationId, RequestIdentity};
use rusqlite::{Connection, params};

pub(super) fn by_identity(
    connection: &Connection,
    account: AccountId,
    identity: &RequestIdentity,
) -> Result<Option<Claim>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT fingerprint, key, operation, at, http, form, code, version, answer FROM claim \
         WHERE account = ?1 AND identity = ?2",
    )?;
    let mut found = statement.query((account.0, identity.as_str()))?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let key = row.get_ref(1)?.as_blob_or_null().is_ok_and(|blob| blob.is_some());
    Ok(Some(Claim {
        identity: identity.clone(),
        fingerprint: row.get(0)?,
        key: if key { Some(key_at(row, 1)?) } else { None },
        operation: row.get::<_, Option<[u8; 16]>>(2)?.map(|id| OperationId(u128::from_be_bytes(id))),
        answer: answer(row)?,
        at: Moment(row.get(3)?),
    }))
}

fn answer(row: &rusqlite::Row<'_>) -> Result<Option<SavedAnswer>, Fault> {
    let text: Option<String> = row.get(8)?;
    Ok(read_answer((row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, text))?)
}

pub(super) fn exists(
    connection: &Connection,
    account: AccountId,
    identity: &RequestIdentity,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM claim WHERE account = ?1 AND identity = ?2")?
        .exists((account.0, identity.as_str()))
}

/// Whether the claim is there, bound to the same operation, and waits for its answer.
pub(super) fn waits(connection: &Connection, account: AccountId, claim: &Claim) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM claim WHERE account = ?1 AND identity = ?2 AND operation IS ?3 AND http IS NULL",
        )?
        .exists((account.0, claim.identity.as_str(), claim.operation.map(|id| id.0.to_be_bytes())))
}

pub(super) fn insert(session: &mut Session<'_>, account: AccountId, claim: &Claim) -> rusqlite::Result<()> {
    match insert_where_free(session, account, claim)? {
        true => Ok(()),
        // Looked for before; what is in the way now is a defect.
        false => Err(rusqlite::Error::StatementChangedRows(0)),
    }
}

/// A claim; nothing where the identity is claimed.
pub(super) const INSERT: &str = "INSERT INTO claim (account, identity, fingerprint, key, operation, at, http, form, \
     code, version, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";

/// Inserts a claim. False, and nothing written, where the identity is claimed.
pub(super) fn insert_where_free(
    session: &mut Session<'_>,
    account: AccountId,
    claim: &Claim,
) -> rusqlite::Result<bool> {
    let (http, form, code, version, text) = answer_columns(claim.answer.as_ref());
    session
        .inserts
        .claim
        .get()?
        .execute(params![
            account.0,
            claim.identity.as_str(),
            claim.fingerprint,
            claim.key.map(bytes),
            claim.operation.map(|id| id.0.to_be_bytes()),
            claim.at.0,
            http,
            form,
            code,
            version,
            text,
        ])
        .map(|inserted| inserted > 0)
}

/// Takes back what this very transaction has claimed.
pub(super) fn take_back(
    connection: &Connection,
    account: AccountId,
    identity: &RequestIdentity,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM claim WHERE account = ?1 AND identity = ?2")?
        .execute((account.0, identity.as_str()))
        .map(drop)
}

pub(super) fn answer_one(
    connection: &Connection,
    account: AccountId,
    claim: &Claim,
    at: Moment,
) -> rusqlite::Result<()> {
    let (http, form, code, version, text) = answer_columns(claim.answer.as_ref());
    connection
        .prepare_cached(
            "UPDATE claim SET answered_at = ?3, http = ?4, form = ?5, code = ?6, version = ?7, answer = ?8 \
             WHERE account = ?1 AND identity = ?2",
        )?
        .execute(params![account.0, claim.identity.as_str(), at.0, http, form, code, version, text])
        .map(drop)
}

pub(super) fn answer_all_of(
    connection: &Connection,
    operation: OperationId,
    answer: &SavedAnswer,
    at: Moment,
) -> rusqlite::Result<()> {
    let (http, form, code, version, text) = answer_columns(Some(answer));
    connection
        .prepare_cached(
            "UPDATE claim SET answered_at = ?2, http = ?3, form = ?4, code = ?5, version = ?6, answer = ?7 \
             WHERE operation = ?1 AND http IS NULL",
        )?
        .execute(params![operation.0.to_be_bytes(), at.0, http, form, code, version, text])
        .map(drop)
}

/// An identity that has its answer keeps it.
pub(super) fn free(connection: &Connection, account: AccountId, identity: &RequestIdentity) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM claim WHERE account = ?1 AND identity = ?2 AND http IS NULL")?
        .execute((account.0, identity.as_str()))
        .map(drop)
}

pub(super) fn free_all_of(connection: &Connection, operation: OperationId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM claim WHERE operation = ?1 AND http IS NULL")?
        .execute([operation.0.to_be_bytes()])
        .map(drop)
}

/// Removes answered claims older than `before`, oldest first. Stops at the first claimed later:
/// numbers ascend with time closely enough, and what is passed over comes with the next call.
pub(super) fn forget(connection: &Connection, before: Moment, limit: usize) -> rusqlite::Result<usize> {
    let ids = {
        let mut statement = connection.prepare_cached(
            "SELECT id, at, http IS NOT NULL AND coalesce(answered_at, at) < ?1 FROM claim ORDER BY id",
        )?;
        let mut found = statement.query([before.0])?;
        let mut ids: Vec<i64> = Vec::new();
        while let Some(row) = found.next()? {
            if row.get::<_, i64>(1)? >= before.0 || ids.len() >= limit {
                break;
            }
            if row.get(2)? {
                ids.push(row.get(0)?);
            }
        }
        ids
    };
    let mut delete = connection.prepare_cached("DELETE FROM claim WHERE id = ?1")?;
    for id in &ids {
        delete.execute([id])?;
    }
    Ok(ids.len())
}
