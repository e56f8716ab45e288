//! What changes rarely: accounts, routes, credentials, the catalog, settings; and emptying.

use super::fault::Fault;
use super::restored;
use super::session::Session;
use crate::{AccountRow, CredentialRow};
use entitlement::Moment;
use ids::{AccountId, RouteId};
use rusqlite::{Connection, OptionalExtension, params};

/// Where the sandbox's clock offset lies among the settings.
const CLOCK_OFFSET: &str = "clock.offset_ms";

pub(super) fn account(connection: &Connection, organisation: &str, live: bool) -> Result<Option<AccountId>, Fault> {
    Ok(connection
        .prepare_cached("SELECT id FROM account WHERE organisation = ?1 AND live = ?2")?
        .query_row((organisation, live), |row| row.get(0).map(AccountId))
        .optional()?)
}

/// Whether an account is a live one.
pub(super) fn is_live(connection: &Connection, account: AccountId) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT live FROM account WHERE id = ?1")?.query_row([account.0], |row| row.get(0))
}

/// In a restored store it may have been there before, with a feed: a new one goes on behind that.
pub(super) fn insert_account(connection: &Connection, organisation: &str, live: bool) -> Result<AccountId, Fault> {
    let floor = restored::newest(connection)?.map_or(0, |restored| restored.feed_floor);
    let position = i64::try_from(floor).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT INTO account (organisation, live, position) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute((organisation, live, position))?;
    account(connection, organisation, live)?.ok_or_else(|| Fault::Content("the new account is not there".into()))
}

pub(super) fn accounts(connection: &Connection) -> Result<Vec<AccountRow>, Fault> {
    connection
        .prepare_cached("SELECT id, organisation, live FROM account ORDER BY id")?
        .query_and_then([], |row| {
            Ok(AccountRow { id: AccountId(row.get(0)?), organisation: row.get(1)?, live: row.get(2)? })
        })?
        .collect()
}

pub(super) fn route(connection: &Connection, account: AccountId, merchant: &str) -> Result<Option<RouteId>, Fault> {
    Ok(connection
        .prepare_cached("SELECT id FROM route WHERE account = ?1 AND merchant = ?2")?
        .query_row((account.0, merchant), |row| row.get(0).map(RouteId))
        .optional()?)
}

pub(super) fn insert_route(connection: &Connection, account: AccountId, merchant: &str) -> Result<RouteId, Fault> {
    connection
        .prepare_cached("INSERT INTO route (account, merchant) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((account.0, merchant))?;
    route(connection, account, merchant)?.ok_or_else(|| Fault::Content("the new route is not there".into()))
}

pub(super) fn credentials(connection: &Connection) -> Result<Vec<CredentialRow>, Fault> {
    connection
        .prepare_cached(
            "SELECT user, account, password_hash, old_password_hash, old_password_until, revoked_at \
             FROM credential ORDER BY user",
        )?
        .query_and_then([], |row| {
            let old: (Option<String>, Option<i64>) = (row.get(3)?, row.get(4)?);
            Ok(CredentialRow {
                user: row.get(0)?,
                account: AccountId(row.get(1)?),
                password_hash: row.get(2)?,
                old_password: old.0.zip(old.1.map(Moment)),
                revoked_at: row.get::<_, Option<i64>>(5)?.map(Moment),
            })
        })?
        .collect()
}

pub(super) fn put_credential(connection: &Connection, credential: &CredentialRow) -> Result<(), Fault> {
    let CredentialRow { user, account, password_hash, old_password, revoked_at } = credential;
    let old = old_password.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO credential (user, account, password_hash, old_password_hash, old_password_until, revoked_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (user) DO UPDATE SET account = excluded.account, \
             password_hash = excluded.password_hash, old_password_hash = excluded.old_password_hash, \
             old_password_until = excluded.old_password_until, revoked_at = excluded.revoked_at",
        )?
        .execute(params![
            user,
            account.0,
            password_hash,
            old.map(|(hash, _)| hash),
            old.map(|(_, until)| until.0),
            revoked_at.map(|at| at.0),
        ])?;
    Ok(())
}

pub(super) fn catalog(connection: &Connection) -> Result<Option<(u32, String)>, Fault> {
    Ok(connection
        .prepare_cached("SELECT version, document FROM catalog_version ORDER BY version DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

pub(super) fn put_catalog(connection: &Connection, document: &str, at: Moment) -> Result<u32, Fault> {
    Ok(connection
        .prepare_cached(
            "INSERT INTO catalog_version (version, document, at) \
             SELECT coalesce(max(version), 0) + 1, ?1, ?2 FROM catalog_version RETURNING version",
        )?
        .query_row((document, at.0), |row| row.get(0))?)
}

pub(super) fn setting(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, Fault> {
    Ok(connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub(super) fn put_setting(connection: &Connection, name: &str, value: &[u8]) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute((name, value))?;
    Ok(())
}

pub(super) fn clock_offset(connection: &Connection) -> Result<i64, Fault> {
    let Some(value) = setting(connection, CLOCK_OFFSET)? else {
        return Ok(0);
    };
    let text = String::from_utf8_lossy(&value);
    text.parse().map_err(|_| Fault::Content(format!("the clock's offset '{text}' is no number")))
}

pub(super) fn put_clock_offset(connection: &Connection, offset_ms: i64) -> Result<(), Fault> {
    put_setting(connection, CLOCK_OFFSET, offset_ms.to_string().as_bytes())
}

/// Empties all test data. Without live data whole tables go at once, which takes no time.
pub(super) fn empty_test_data(session: &mut Session<'_>) -> Result<(), Fault> {
    const ALL: &str = "DELETE FROM event; DELETE FROM claim; DELETE FROM lane; DELETE FROM notification; \
                       DELETE FROM callback; DELETE FROM operation; DELETE FROM entitlement;";
    const TEST_ONLY: &str = "
        DELETE FROM event WHERE account IN (SELECT id FROM account WHERE live = 0);
        DELETE FROM claim WHERE account IN (SELECT id FROM account WHERE live = 0);
        DELETE FROM notification WHERE account IN (SELECT id FROM account WHERE live = 0);
        DELETE FROM lane WHERE key NOT IN (SELECT key FROM entitlement WHERE live = 1);
        DELETE FROM callback WHERE key NOT IN (SELECT key FROM entitlement WHERE live = 1);
        DELETE FROM operation WHERE key IN (SELECT key FROM entitlement WHERE live = 0);
        DELETE FROM entitlement WHERE live = 0;";
    let live: bool = session.connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM account WHERE live = 1 AND position > 0) \
         OR EXISTS (SELECT 1 FROM claim WHERE account IN (SELECT id FROM account WHERE live = 1)) \
         OR EXISTS (SELECT 1 FROM entitlement WHERE account IN (SELECT id FROM account WHERE live = 1))",
        [],
        |row| row.get(0),
    )?;
    session.connection.execute_batch(if live { TEST_ONLY } else { ALL })?;
    session.connection.execute("UPDATE account SET position = 0 WHERE live = 0", [])?;
    put_clock_offset(session.connection, 0)?;
    session.forget();
    Ok(())
}
