//! What changes rarely: accounts, routes, credentials, the catalog, settings; and emptying.

use super::connect::{Connection, Purpose};
use super::connections::Connections;
use super::fault::Fault;
use super::transactions::transact;
use super::values::{count, get, moment_opt, number};
use crate::{AccountRow, CredentialRow, Restoration, StoreError};
use ids::{AccountId, RouteId};
use tokio_postgres::Row;

/// Where the sandbox's clock offset lies among the settings.
pub(super) const CLOCK_OFFSET: &str = "clock.offset_ms";
/// How often test data were emptied: the clock of every process begins anew with it.
pub(super) const CLOCK_RESETS: &str = "clock.resets";

/// The number of an organisation in a mode, made if new: with so many homes, or as many as is usual. In a restored
/// store it may have been there before, with a feed: a new one goes on behind that.
pub(super) async fn account(
    connections: &Connections,
    organisation: &str,
    live: bool,
    homes: Option<u16>,
    restored: Option<&Restoration>,
) -> Result<AccountId, Fault> {
    let find = "SELECT id FROM account WHERE organisation = $1 AND live = $2";
    let make = "INSERT INTO account (organisation, live, position) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let make_with = "INSERT INTO account (organisation, live, position, homes) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT DO NOTHING";
    if let Some(row) = connections.read(find, &[&organisation, &live]).await?.first() {
        return count(row, 0).map(AccountId);
    }
    let floor = restored.map_or(0, |restored| number(restored.feed_floor));
    match homes.map(i32::from) {
        None => connections.execute(make, &[&organisation, &live, &floor]).await?,
        Some(homes) => connections.execute(make_with, &[&organisation, &live, &floor, &homes]).await?,
    };
    made(&connections.read(find, &[&organisation, &live]).await?).map(AccountId)
}

/// The number of a route of an account, made if new.
pub(super) async fn route(connections: &Connections, account: AccountId, merchant: &str) -> Result<RouteId, Fault> {
    let find = "SELECT id FROM route WHERE account = $1 AND merchant = $2";
    let make = "INSERT INTO route (account, merchant) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let account = i64::from(account.0);
    if let Some(row) = connections.read(find, &[&account, &merchant]).await?.first() {
        return count(row, 0).map(RouteId);
    }
    connections.execute(make, &[&account, &merchant]).await?;
    made(&connections.read(find, &[&account, &merchant]).await?).map(RouteId)
}

/// The number of what was made.
fn made(found: &[Row]) -> Result<u32, Fault> {
    found.first().map_or_else(|| Err(Fault::Content("what was made is not there".into())), |row| count(row, 0))
}

pub(super) async fn accounts(connections: &Connections) -> Result<Vec<AccountRow>, Fault> {
    let read =
        |row: &Row| Ok(AccountRow { id: AccountId(count(row, 0)?), organisation: get(row, 1)?, live: get(row, 2)? });
    connections.read("SELECT id, organisation, live FROM account ORDER BY id", &[]).await?.iter().map(read).collect()
}

const CREDENTIAL: &str = "SELECT user_name, account, password_hash, old_password_hash, old_password_until, revoked_at \
     FROM credential WHERE user_name = $1";

const CREDENTIALS: &str = "SELECT user_name, account, password_hash, old_password_hash, old_password_until, \
     revoked_at FROM credential ORDER BY user_name";

fn read_credential(row: &Row) -> Result<CredentialRow, Fault> {
    let old: Option<String> = get(row, 3)?;
    Ok(CredentialRow {
        user: get(row, 0)?,
        account: AccountId(count(row, 1)?),
        password_hash: get(row, 2)?,
        old_password: old.zip(moment_opt(row, 4)?),
        revoked_at: moment_opt(row, 5)?,
    })
}

pub(super) async fn credentials(connections: &Connections) -> Result<Vec<CredentialRow>, Fault> {
    connections.read(CREDENTIALS, &[]).await?.iter().map(read_credential).collect()
}

pub(super) async fn credential(connection: &Connection, user: &str) -> Result<Option<CredentialRow>, Fault> {
    connection.query(CREDENTIAL, &[&user]).await?.first().map(read_credential).transpose()
}

pub(super) async fn put_credential(connection: &Connection, credential: &CredentialRow) -> Result<(), Fault> {
    let sql = "INSERT INTO credential (user_name, account, password_hash, old_password_hash, old_password_until, \
               revoked_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_name) DO UPDATE SET \
               account = excluded.account, password_hash = excluded.password_hash, \
               old_password_hash = excluded.old_password_hash, old_password_until = excluded.old_password_until, \
               revoked_at = excluded.revoked_at";
    let CredentialRow { user, account, password_hash, old_password, revoked_at } = credential;
    let (old_hash, old_until) = old_password.as_ref().map(|(hash, until)| (hash, until.0)).unzip();
    let account = i64::from(account.0);
    let revoked_at = revoked_at.map(|at| at.0);
    connection.execute(sql, &[user, &account, password_hash, &old_hash, &old_until, &revoked_at]).await?;
    Ok(())
}

pub(super) async fn catalog(connections: &Connections) -> Result<Option<(u32, String)>, Fault> {
    let sql = "SELECT version, document FROM catalog_version ORDER BY version DESC LIMIT 1";
    connections.read(sql, &[]).await?.first().map(|row| Ok((count(row, 0)?, get(row, 1)?))).transpose()
}

pub(super) async fn setting(connections: &Connections, name: &str) -> Result<Option<Vec<u8>>, Fault> {
    let found = connections.read("SELECT value FROM setting WHERE name = $1", &[&name]).await?;
    found.first().map(|row| get(row, 0)).transpose()
}

const PUT_SETTING: &str = "INSERT INTO setting (name, value) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

pub(super) async fn put_setting(connections: &Connections, name: &str, value: &[u8]) -> Result<(), Fault> {
    connections.execute(PUT_SETTING, &[&name, &value]).await.map(drop)
}

/// The clock's offset, and how often it began anew.
pub(super) async fn clock(connections: &Connections) -> Result<(i64, i64), Fault> {
    let found = connections
        .read("SELECT name, value FROM setting WHERE name IN ($1, $2)", &[&CLOCK_OFFSET, &CLOCK_RESETS])
        .await?;
    let (mut offset, mut resets) = (0, 0);
    for row in &found {
        let (name, value): (&str, &[u8]) = (get(row, 0)?, get(row, 1)?);
        let text = String::from_utf8_lossy(value);
        let number = text.parse().map_err(|_| Fault::Content(format!("the setting {name} '{text}' is no number")))?;
        *(if name == CLOCK_OFFSET { &mut offset } else { &mut resets }) = number;
    }
    Ok((offset, resets))
}

/// Nobody commits while it is emptied: else a change could lose the half of it that was written before.
const HOLD_ALL: &str = "LOCK TABLE claim, answer, entitlement, own_id, callback, operation, lane, notification, event, \
     feed_mark, account IN EXCLUSIVE MODE";

/// Whether there is anything of a live account.
const HAS_LIVE_DATA: &str = "SELECT EXISTS (SELECT FROM account WHERE live AND position > 0) \
     OR EXISTS (SELECT FROM account a CROSS JOIN generate_series(0, a.homes - 1) AS n \
         CROSS JOIN LATERAL (SELECT FROM claim WHERE home = a.id + (n::bigint << 32) LIMIT 1) c WHERE a.live) \
     OR EXISTS (SELECT FROM entitlement WHERE live)";

const EMPTY_ALL: &str = "DELETE FROM event; DELETE FROM claim; DELETE FROM lane; DELETE FROM notification; \
     DELETE FROM callback; DELETE FROM operation; DELETE FROM entitlement; DELETE FROM own_id; DELETE FROM answer; \
     DELETE FROM feed_mark";

macro_rules! empty_homes {
    ($($table:literal),+) => {
        concat!($("DELETE FROM ", $table, " WHERE home IN (SELECT a.id + (n::bigint << 32) FROM account a \
            CROSS JOIN generate_series(0, a.homes - 1) AS n WHERE NOT a.live);"),+)
    };
}

const EMPTY_TEST_ONLY: &str = concat!(
    empty_homes!("claim", "answer", "lane", "callback", "operation"),
    "DELETE FROM event WHERE account IN (SELECT id FROM account WHERE NOT live);
    DELETE FROM notification WHERE account IN (SELECT id FROM account WHERE NOT live);
    DELETE FROM feed_mark WHERE account IN (SELECT id FROM account WHERE NOT live);
    DELETE FROM entitlement WHERE NOT live;
    DELETE FROM own_id WHERE NOT live"
);

/// Empties all test data; the number of the clock's new beginning.
pub(super) async fn empty_test_data(connections: &Connections) -> Result<i64, StoreError> {
    transact(connections, Purpose::Search, |connection| Box::pin(empty_in(connection))).await
}

async fn empty_in(connection: &Connection) -> Result<i64, Fault> {
    // It takes as long as it takes.
    connection.batch("SET LOCAL statement_timeout = 0").await?;
    connection.batch(HOLD_ALL).await?;
    let live: bool = match connection.query(HAS_LIVE_DATA, &[]).await?.first() {
        Some(row) => get(row, 0)?,
        None => true,
    };
    connection.batch(if live { EMPTY_TEST_ONLY } else { EMPTY_ALL }).await?;
    connection.batch("UPDATE account SET position = 0, day = '1970-01-01' WHERE NOT live").await?;
    connection.execute(PUT_SETTING, &[&CLOCK_OFFSET, &b"0".as_slice()]).await?;
    let sql = "INSERT INTO setting AS s (name, value) VALUES ($1, '1') ON CONFLICT (name) DO UPDATE \
               SET value = convert_to((convert_from(s.value, 'UTF8')::bigint + 1)::text, 'UTF8') \
               RETURNING convert_from(value, 'UTF8')::bigint";
    match connection.query(sql, &[&CLOCK_RESETS]).await?.first() {
        Some(row) => get(row, 0),
        None => Err(Fault::Content("the clock's beginnings are not counted".into())),
    }
}
