//! Request identities as they are read, and forgotten.

use super::connect::Purpose;
use super::connections::Connections;
use super::fault::Fault;
use super::values::{Day, Id, count_opt, get, moment};
use crate::Claim;
use crate::codec::read_answer;
use entitlement::Moment;
use ids::{EntitlementKey, OperationId, RequestIdentity};
use tokio_postgres::Row;

/// A claim without its account and identity, in the order [`read_opt`] takes it.
macro_rules! claim_columns {
    () => {
        "c.fingerprint, c.key, c.operation, c.at, c.http, c.form, c.code, c.version, c.number, c.answered_on"
    };
}
pub(super) use claim_columns;

/// How many columns those are.
pub(super) const COLUMNS: usize = 10;

/// Reads the first columns, where an outer join may have found nothing. The text of an answer, where it has
/// one, lies in a partition of its day: most answers have none, and most claims are never asked for again.
pub(super) async fn read_opt(
    connections: &Connections,
    row: &Row,
    identity: Option<&RequestIdentity>,
) -> Result<Option<Claim>, Fault> {
    let text = match get::<Option<Day>>(row, 9)? {
        Some(day) => Some(text(connections, get(row, 8)?, day).await?),
        None => None,
    };
    read(row, identity, text)
}

async fn text(connections: &Connections, claim: i64, day: Day) -> Result<String, Fault> {
    let found = connections.read("SELECT text FROM answer WHERE claim = $1 AND day = $2", &[&claim, &day]).await?;
    let gone = || Err(Fault::Content(format!("the text of claim {claim}'s answer is not there")));
    found.first().map_or_else(gone, |row| get(row, 0))
}

fn read(row: &Row, identity: Option<&RequestIdentity>, text: Option<String>) -> Result<Option<Claim>, Fault> {
    let (Some(identity), Some(fingerprint)) = (identity, get::<Option<&[u8]>>(row, 0)?) else {
        return Ok(None);
    };
    let fingerprint = fingerprint
        .try_into()
        .map_err(|_| Fault::Content(format!("the claim of {identity:?} has a fingerprint of another length")))?;
    Ok(Some(Claim {
        identity: identity.clone(),
        fingerprint,
        key: get::<Option<Id>>(row, 1)?.map(|id| EntitlementKey(id.0)),
        operation: get::<Option<Id>>(row, 2)?.map(|id| OperationId(id.0)),
        answer: read_answer((
            narrow::<i32, u16>(row, 4)?,
            narrow::<i16, u8>(row, 5)?,
            narrow::<i16, u8>(row, 6)?,
            count_opt(row, 7)?,
            text,
        ))?,
        at: moment(row, 3)?,
    }))
}

/// A small number of a narrow column.
fn narrow<'a, C, T>(row: &'a Row, column: usize) -> Result<Option<T>, Fault>
where
    C: tokio_postgres::types::FromSql<'a> + Copy + std::fmt::Display,
    T: TryFrom<C>,
{
    let out_of_range = |number: C| Fault::Content(format!("{number} is out of range"));
    get::<Option<C>>(row, column)?.map(|number| T::try_from(number).map_err(|_| out_of_range(number))).transpose()
}

/// Claims that are looked at in one go.
const LOOK: i64 = 1_000;

/// Removes answered claims older than `before`, oldest first. Stops at the first claimed later:
/// numbers ascend with time closely enough, and what is passed over comes with the next call.
pub(super) async fn forget(connections: &Connections, before: Moment, limit: usize) -> Result<usize, Fault> {
    let held = connections.own(Purpose::Keys).await?;
    let mut old: Vec<i64> = Vec::new();
    let mut after = 0_i64;
    'pages: loop {
        let sql = "SELECT number, at, http IS NOT NULL AND coalesce(answered_at, at) < $1 FROM claim \
                   WHERE number > $2 ORDER BY number LIMIT $3";
        let page = held.query(sql, &[&before.0, &after, &LOOK]).await?;
        for row in &page {
            after = get(row, 0)?;
            if get::<i64>(row, 1)? >= before.0 || old.len() >= limit {
                break 'pages;
            }
            if get(row, 2)? {
                old.push(after);
            }
        }
        if page.is_empty() {
            break;
        }
    }
    let gone = held.execute("DELETE FROM claim WHERE number = ANY($1) AND http IS NOT NULL", &[&old]).await?;
    held.give_back();
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}
