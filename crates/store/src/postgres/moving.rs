//! Entitlements that come to another home, because another customer has them: everything that hangs on one goes
//! along. Whoever moves them holds the entitlements, and holds their lanes before those are moved.

use super::connect::Connection;
use super::fault::Fault;
use super::lanes::HOLD_ALL;
use super::pipeline::Pipeline;
use super::values::Id;
use tokio_postgres::Error;

/// Which, in the order of their keys, and where to.
#[derive(Debug, Default)]
pub(super) struct Moving {
    keys: Vec<Id>,
    homes: Vec<i64>,
}

macro_rules! move_all {
    ($table:literal) => {
        move_all!($table, "ctid AS place", "t.ctid = x.place")
    };
    // A place is one within the partition of its day.
    (of_days $table:literal) => {
        move_all!($table, "ctid AS place, day", "t.ctid = x.place AND t.day = x.day")
    };
    ($table:literal, $place:literal, $is_there:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " t SET home = x.home FROM (SELECT i.home, there.* FROM unnest($1::uuid[], $2::bigint[]) AS i(key, home) \
             CROSS JOIN LATERAL (SELECT ",
            $place,
            " FROM ",
            $table,
            " WHERE key = i.key OFFSET 0) there OFFSET 0) x WHERE ",
            $is_there
        )
    };
}

/// With the entitlement. Its customer's slot is wanted in the new home only: where it was taken there since the look,
/// that breaks the transaction off.
pub(super) const ENTITLEMENTS: [&str; 4] =
    [move_all!("entitlement"), move_all!("callback"), move_all!("operation"), move_all!(of_days "event")];

/// Once the lanes are held: a lane that a worker changes meanwhile is found at another place afterwards.
pub(super) const LANES: [&str; 2] = [move_all!("lane"), move_all!(of_days "notification")];

impl Moving {
    pub(super) fn of(mut moves: Vec<(Id, i64)>) -> Self {
        moves.sort_unstable();
        let (keys, homes) = moves.into_iter().unzip();
        Self { keys, homes }
    }

    /// Ascending.
    pub(super) fn keys(&self) -> &[Id] {
        &self.keys
    }

    /// Whichever of the two lists `steps` is.
    pub(super) async fn add_to<'p>(&'p self, pipeline: &mut Pipeline<'p>, steps: &[&'static str]) -> Result<(), Error> {
        if !self.keys.is_empty() {
            for sql in steps {
                pipeline.add(sql, vec![&self.keys, &self.homes]).await?;
            }
        }
        Ok(())
    }

    /// All of it, one after the other.
    pub(super) async fn move_all(&self, connection: &Connection) -> Result<(), Fault> {
        if self.keys.is_empty() {
            return Ok(());
        }
        for sql in ENTITLEMENTS {
            connection.execute(sql, &[&self.keys, &self.homes]).await?;
        }
        connection.query(HOLD_ALL, &[&self.keys]).await?;
        for sql in LANES {
            connection.execute(sql, &[&self.keys, &self.homes]).await?;
        }
        Ok(())
    }
}
