//! What a command needs, in one snapshot.

use super::fault::Fault;
use super::{claims, rows};
use crate::{Load, Loaded, Target};
use rusqlite::Connection;

/// All of it in the reader's snapshot.
pub(super) fn load(connection: &Connection, load: &Load) -> Result<Loaded, Fault> {
    let account = load.account;
    let mut loaded = Loaded::default();
    if let Some(identity) = &load.identity {
        loaded.claim = claims::by_identity(connection, account, identity)?;
    }
    match &load.target {
        Target::Nothing => {}
        Target::Id(id) => loaded.row = rows::by_id(connection, account, id)?.map(Box::new),
        Target::Key(key) => loaded.row = rows::by_key(connection, *key)?.map(Box::new),
        Target::Customer(route, customer) => loaded.open = rows::open(connection, account, *route, customer)?,
    }
    Ok(loaded)
}
