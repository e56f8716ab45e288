//! What SQLite says of itself, and whether the schema is the one this program makes.

use crate::sqlite::fault::{Fault, Meaning};
use crate::sqlite::migrations;
use crate::{Depth, EngineCheck, EngineFault, EngineHealth};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Of a broken file SQLite names at most so many places.
const PLACES_MAX: usize = 100;

pub(super) fn of(connection: &Connection, depth: Depth) -> Result<EngineHealth, Fault> {
    let mut health = EngineHealth { faults: Vec::new(), is_readable: false, left_out: Vec::new() };
    match schema(connection) {
        Ok(faults) => {
            health.is_readable = faults.is_empty() || is_whole(connection)?;
            health.faults = faults;
        }
        Err(Fault::Engine(error)) if Meaning::of(&error) == Meaning::Broken => {
            health.faults.push(EngineFault { kind: EngineCheck::Structure, what: error.to_string() });
        }
        Err(fault) => return Err(fault),
    }
    let structure = match depth {
        Depth::Quick => format!("PRAGMA quick_check({PLACES_MAX})"),
        Depth::Full => format!("PRAGMA integrity_check({PLACES_MAX})"),
    };
    look(connection, &mut health, EngineCheck::Structure, "the structure of the file", &structure)?;
    if health.is_readable {
        let references = "SELECT 'row ' || rowid || ' of ' || \"table\" || ' names a row of ' || parent || ' that is \
                          not there' FROM pragma_foreign_key_check LIMIT 100";
        look(connection, &mut health, EngineCheck::References, "references between tables", references)?;
    }
    Ok(health)
}

/// Every line but `ok` is a fault. What is broken off or cannot be looked at is named.
fn look(
    connection: &Connection,
    health: &mut EngineHealth,
    kind: EngineCheck,
    name: &'static str,
    sql: &str,
) -> Result<(), Fault> {
    let lines = connection.prepare(sql).and_then(|mut statement| {
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
    });
    match lines {
        Ok(lines) => {
            let faults = lines.into_iter().filter(|line| line != "ok");
            health.faults.extend(faults.map(|what| EngineFault { kind, what }));
        }
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => {
            health.left_out.push(name);
        }
        Err(error) if Meaning::of(&error) == Meaning::Broken => {
            health.faults.push(EngineFault { kind, what: error.to_string() });
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// What of tables, indexes and migrations is not as this program makes them.
fn schema(connection: &Connection) -> Result<Vec<EngineFault>, Fault> {
    let fault = |what| EngineFault { kind: EngineCheck::Schema, what };
    let known = migrations::newest();
    match migrations::version(connection)? {
        Some(found) if found == known => {}
        Some(found) => {
            return Ok(vec![fault(format!("schema version {found}; this program reads version {known}"))]);
        }
        None => return Ok(vec![fault("no data file of entitle".to_owned())]),
    }
    let (expected, mut found) = (objects(&migrations::fresh()?)?, objects(connection)?);
    let mut faults = Vec::new();
    for (name, sql) in expected {
        match found.remove(&name) {
            None => faults.push(fault(format!("{name} is missing"))),
            Some(own) if own != sql => faults.push(fault(format!("{name} is another than this program makes"))),
            Some(_) => {}
        }
    }
    faults.extend(found.into_keys().map(|name| fault(format!("{name} is not one of this program's"))));
    Ok(faults)
}

/// Whether everything is there that the examination reads by.
fn is_whole(connection: &Connection) -> Result<bool, Fault> {
    if migrations::version(connection)? != Some(migrations::newest()) {
        return Ok(false);
    }
    let (expected, found) = (objects(&migrations::fresh()?)?, objects(connection)?);
    Ok(expected.iter().filter(|(name, _)| name.starts_with("table ")).all(|(name, sql)| found.get(name) == Some(sql)))
}

/// Tables and indexes by name, with their texts.
fn objects(connection: &Connection) -> Result<BTreeMap<String, String>, Fault> {
    connection
        .prepare(
            "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
        )?
        .query_and_then([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
