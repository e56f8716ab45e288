//! Connections: the one that writes and those that read.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// How long another process (a person's sqlite3) may hold the file before we say `Busy`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared per connection; there are fewer texts than this but for reports.
const STATEMENTS_KEPT: usize = 96;

/// The log file is cut back to this after a burst.
const LOG_BYTES_KEPT: u32 = 64 << 20;

/// A reader's page cache; the operating system caches the file as well.
const READER_CACHE_MIB: u32 = 8;

/// The connection that writes. Makes the file where it is empty.
pub(super) fn writer(path: &Path, cache_mib: u32, pages_max: Option<u32>) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare_once(&connection)?;
    connection.execute_batch(&format!(
        "PRAGMA page_size = 4096;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = {LOG_BYTES_KEPT};
         PRAGMA cache_size = -{};",
        cache_mib * 1024
    ))?;
    limit_pages(&connection, pages_max)?;
    Ok(connection)
}

/// Bounds the file's size; `None` lifts the bound.
pub(super) fn limit_pages(connection: &Connection, pages_max: Option<u32>) -> rusqlite::Result<()> {
    /// What SQLite itself allows.
    const NO_LIMIT: u32 = 4_294_967_294;
    connection.query_row(&format!("PRAGMA max_page_count = {}", pages_max.unwrap_or(NO_LIMIT)), [], |_| Ok(()))
}

/// A connection that reads. The file must exist. An immutable file is one that nobody can change,
/// so that no lock and nothing beside it is needed.
pub(super) fn reader(path: &Path, is_immutable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_immutable {
        Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    prepare_once(&connection)?;
    connection
        .execute_batch(&format!("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{};", READER_CACHE_MIB * 1024))?;
    Ok(connection)
}

/// The file's name in the form that says so.
fn immutable(path: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut uri = b"file:".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'?' | b'#' | b'%' => uri.extend(format!("%{byte:02X}").bytes()),
            other => uri.push(*other),
        }
    }
    uri.extend(b"?immutable=1");
    OsString::from_vec(uri)
}

/// Statements stay prepared, and their plans do not depend on the values bound: without the plan
/// guarantee SQLite plans a look-up by id anew each time, which costs more than the look-up.
fn prepare_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}
