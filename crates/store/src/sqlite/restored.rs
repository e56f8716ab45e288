//! The restorations of a file: one setting.

use super::accounts;
use super::fault::Fault;
use crate::Restoration;
use rusqlite::Connection;

/// Where they lie among the settings.
const NAME: &str = "restorations";

/// Oldest first.
pub(super) fn all(connection: &Connection) -> Result<Vec<Restoration>, Fault> {
    let Some(value) = accounts::setting(connection, NAME)? else {
        return Ok(Vec::new());
    };
    let text = String::from_utf8_lossy(&value);
    Restoration::read(&text).ok_or_else(|| Fault::Content(format!("the setting {NAME} reads '{text}'")))
}

/// The one that counts.
pub(super) fn newest(connection: &Connection) -> Result<Option<Restoration>, Fault> {
    Ok(all(connection)?.pop())
}

/// Notes one more.
pub(super) fn note(connection: &Connection, restoration: Restoration) -> Result<(), Fault> {
    let mut all = all(connection)?;
    all.push(restoration);
    accounts::put_setting(connection, NAME, Restoration::print(&all).as_bytes())
}
