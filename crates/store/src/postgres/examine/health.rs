//! Whether the schema is the one this program makes, whether the indexes are whole, and whether what rows
//! name is there.

use crate::postgres::connect::{Connection, Purpose};
use crate::postgres::connections::Connections;
use crate::postgres::fault::{Fault, Meaning, said};
use crate::postgres::migrations::{self, Noted, SchemaStep, StepKind};
use crate::postgres::values::get;
use crate::{Depth, EngineCheck, EngineFault, EngineHealth};
use std::collections::BTreeMap;
use tokio_postgres::error::SqlState;

pub(super) async fn of(connections: &Connections, steps: &[SchemaStep], depth: Depth) -> Result<EngineHealth, Fault> {
    let mut health = EngineHealth { faults: Vec::new(), is_readable: false, left_out: Vec::new() };
    look_at_schema(connections, steps, &mut health).await?;
    look_at_indexes(connections, depth, &mut health).await?;
    if health.is_readable {
        look_at_references(connections, &mut health).await?;
    }
    Ok(health)
}

/// Compares with a schema that the migrations make beside it, in a transaction that is undone.
async fn look_at_schema(
    connections: &Connections,
    steps: &[SchemaStep],
    health: &mut EngineHealth,
) -> Result<(), Fault> {
    let fault = |what| EngineFault { kind: EngineCheck::Schema, what };
    let held = connections.own(Purpose::Search).await?;
    let noted = Noted::all(&held).await?;
    let known = migrations::newest(steps);
    let is_noted = |step: &&SchemaStep| noted.iter().any(|noted| noted.number == step.number);
    let lacking = |step: &&SchemaStep| step.kind == StepKind::Expand && !is_noted(step);
    if steps.iter().any(|step| lacking(&step)) {
        let found = noted.last().map_or_else(|| "none".to_owned(), |noted| noted.number.to_string());
        health.faults.push(fault(format!("schema version {found}; this program reads version {known}")));
        return Ok(());
    }
    if noted.last().is_some_and(|noted| noted.number > known) {
        health.left_out.push("the schema (a newer program has expanded it)");
        health.is_readable = true;
        return Ok(());
    }
    let mut own = objects(&held).await?;
    // Dropped with its transaction still open, the connection takes all of it along.
    let expected = match expected(&held, &migrations::all(steps.iter().filter(is_noted))).await {
        Err(Fault::Engine(error)) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            health.left_out.push("the schema (it needs the right to make one beside it)");
            health.is_readable = true;
            return Ok(());
        }
        expected => expected?,
    };
    health.is_readable = true;
    for (name, text) in expected {
        let what = match own.remove(&name) {
            Some(found) if found == text => continue,
            Some(_) => format!("{name} is another than this program makes"),
            None => format!("{name} is missing"),
        };
        health.is_readable &= !name.starts_with("table ");
        health.faults.push(fault(what));
    }
    health.faults.extend(own.into_keys().map(|name| fault(format!("{name} is not one of this program's"))));
    Ok(())
}

async fn expected(connection: &Connection, schema: &str) -> Result<BTreeMap<String, String>, Fault> {
    connection.batch("BEGIN; CREATE SCHEMA entitle_expected; SET LOCAL search_path = entitle_expected").await?;
    connection.batch(schema).await?;
    objects(connection).await
}

/// Tables, indexes and triggers of the schema that is in use, with what makes each of them. Partitions are
/// as their tables are.
async fn objects(connection: &Connection) -> Result<BTreeMap<String, String>, Fault> {
    let sql = "WITH ours AS (SELECT * FROM pg_class \
             WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition) \
         SELECT 'table ' || c.relname, string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), \
             nullif(a.attcollation, 0)::regcollation, a.attnotnull, a.attidentity, a.attgenerated), ', ' \
             ORDER BY a.attnum) \
         FROM ours c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE c.relkind IN ('r', 'p') GROUP BY c.relname \
         UNION ALL SELECT 'index ' || c.relname, \
             replace(pg_get_indexdef(c.oid), quote_ident(current_schema()) || '.', '') FROM ours c \
         WHERE c.relkind IN ('i', 'I') \
         UNION ALL SELECT 'trigger ' || t.tgname, \
             replace(pg_get_triggerdef(t.oid), quote_ident(current_schema()) || '.', '') \
         FROM pg_trigger t JOIN ours c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal";
    let rows = connection.query(sql, &[]).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// By PostgreSQL's own extension for it, where an administrator has installed it.
async fn look_at_indexes(connections: &Connections, depth: Depth, health: &mut EngineHealth) -> Result<(), Fault> {
    const NAME: &str =
        "the structure of the indexes (CREATE EXTENSION amcheck, and let this user execute bt_index_check)";
    let held = connections.own(Purpose::Search).await?;
    let usable = "SELECT coalesce(has_function_privilege(to_regprocedure('bt_index_check(regclass, boolean)')::oid, \
                  'EXECUTE'), false)";
    let rows = held.query(usable, &[]).await?;
    if !rows.first().map(|row| get(row, 0)).transpose()?.unwrap_or(false) {
        if depth == Depth::Full {
            health.left_out.push(NAME);
        }
        held.give_back();
        return Ok(());
    }
    let indexes = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_am a ON a.oid = c.relam \
                   WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i' AND a.amname = 'btree'";
    let full = depth == Depth::Full;
    for row in &held.query(indexes, &[]).await? {
        let name: &str = get(row, 0)?;
        match held.query("SELECT bt_index_check($1::text::regclass, $2)", &[&name, &full]).await {
            Ok(_) => {}
            Err(error) if Meaning::of(&error) == Meaning::Busy => {
                health.left_out.push(NAME);
                break;
            }
            Err(error) if Meaning::of(&error) == Meaning::Refused => {
                let what = format!("{name}: {}", said(&error));
                health.faults.push(EngineFault { kind: EngineCheck::Structure, what });
            }
            Err(error) => return Err(error.into()),
        }
    }
    held.give_back();
    Ok(())
}

/// What no foreign key guards, each by itself: where one takes too long the others are looked at all the same.
const REFERENCES: [(&str, &str); 4] = [
    (
        "routes and accounts of entitlements",
        "SELECT 'entitlement ' || e.key || ' names ' || \
             CASE WHEN r.id IS NULL THEN 'a route' ELSE 'an account' END || ' that is not there' \
         FROM entitlement e LEFT JOIN account a ON a.id = e.account LEFT JOIN route r ON r.id = e.route \
         WHERE a.id IS NULL OR r.id IS NULL LIMIT 100",
    ),
    (
        "ids that resellers chose",
        "(SELECT 'entitlement ' || e.key || ' has an id of its own, and ' || quote_literal(e.own_id) || \
             ' is not kept for it' \
         FROM entitlement e WHERE e.own_id IS NOT NULL AND NOT EXISTS (SELECT FROM own_id o \
             WHERE o.id = e.own_id AND o.live = e.live AND o.account = e.account AND o.key = e.key) LIMIT 100) \
         UNION ALL (SELECT 'the id ' || quote_literal(o.id) || ' is kept for an entitlement that is not there' \
         FROM own_id o WHERE NOT EXISTS (SELECT FROM entitlement e WHERE e.key = o.key AND e.own_id = o.id) LIMIT 100)",
    ),
    (
        "homes of entitlements, lanes and operations",
        "(SELECT 'entitlement ' || e.key || ' is in another home than its customer''s' \
         FROM entitlement e JOIN account a ON a.id = e.account WHERE e.home <> home_of(a.id, a.homes, e.customer) \
         LIMIT 100) \
         UNION ALL (SELECT 'a lane of entitlement ' || l.key || ' is in another home than it' \
         FROM lane l JOIN entitlement e ON e.key = l.key WHERE l.home <> e.home LIMIT 100) \
         UNION ALL (SELECT 'operation ' || o.id || ' is in another home than its entitlement' \
         FROM operation o JOIN entitlement e ON e.key = o.key WHERE o.home <> e.home LIMIT 100)",
    ),
    (
        "homes of request identities",
        "(SELECT 'claim ' || c.number || ' is in another home than its identity''s' \
         FROM claim c LEFT JOIN account a ON a.id = account_of(c.home) \
         WHERE a.id IS NULL OR c.home <> home_of(a.id, a.homes, c.identity) LIMIT 100) \
         UNION ALL (SELECT 'the text of the answer of claim ' || c.number || ' is in another home than it' \
         FROM answer a JOIN claim c ON c.number = a.claim WHERE a.home <> c.home LIMIT 100)",
    ),
];

async fn look_at_references(connections: &Connections, health: &mut EngineHealth) -> Result<(), Fault> {
    for (what, sql) in REFERENCES {
        match connections.search(sql, &[]).await {
            Ok(rows) => {
                for row in &rows {
                    health.faults.push(EngineFault { kind: EngineCheck::References, what: get(row, 0)? });
                }
            }
            Err(Fault::Engine(error)) if Meaning::of(&error) == Meaning::Busy => health.left_out.push(what),
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}
