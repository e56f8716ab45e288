//! The writer's side of one transaction, and what it remembers between them: whose mode an
//! account has, the last feed position it gave out, and how long the log has become. The log is
//! copied back between transactions, after the answers have left: nobody waits for it but the next.

use super::fault::Fault;
use super::kept::Inserts;
use crate::Restoration;
use entitlement::Moment;
use ids::AccountId;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;
use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// The writer's connection with what it remembers.
#[derive(Debug)]
pub(super) struct Session<'c> {
    pub(super) connection: &'c Connection,
    pub(super) inserts: Inserts<'c>,
    heads: HashMap<AccountId, Head>,
    /// The last restoration of the file, if it went through one.
    restored: Option<Restoration>,
    /// Pages in the log after the last commit.
    log_pages: LogPages,
}

/// Pages in the log before it is copied back: 1,000 has the best p99 with ascending keys, 20,000
/// nearly doubles random keys at a p99 of 100 ms and more; this lies between.
const CHECKPOINT_PAGES: i32 = 4_000;

/// What the writer remembers of an account.
#[derive(Debug, Clone, Copy)]
struct Head {
    live: bool,
    position: i64,
    /// Given out in this transaction, not yet in the account's row.
    moved: bool,
}

/// How long the log is, kept up by SQLite: in the place of its own hook, which would copy the log back
/// inside COMMIT.
#[derive(Debug, Clone, Default)]
pub(super) struct LogPages(Arc<AtomicI32>);

impl LogPages {
    pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<Self> {
        let pages = Self::default();
        let noted = pages.clone();
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            noted.0.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(pages)
    }
}

impl<'c> Session<'c> {
    pub(super) fn new(connection: &'c Connection, restored: Option<Restoration>, log_pages: LogPages) -> Self {
        Self { connection, inserts: Inserts::new(connection), heads: HashMap::new(), restored, log_pages }
    }

    /// The least sequence for a lane of an entitlement that was created then.
    pub(super) fn sequence_least(&self, created_at: Moment) -> u32 {
        Restoration::sequence_least(self.restored.as_ref(), created_at)
    }

    /// Whether the log should be copied back.
    pub(super) fn log_is_long(&self) -> bool {
        self.log_pages.0.load(Ordering::Relaxed) >= CHECKPOINT_PAGES
    }

    /// Copies the log back as far as readers allow. What cannot be copied now, for whatever reason,
    /// stays in the log, and is tried again after the next commit.
    pub(super) fn copy_back(&self) {
        let checkpoint = self.connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)");
        let _ = checkpoint.and_then(|mut statement| statement.query_row([], |_| Ok(())));
    }

    pub(super) fn begin(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)
    }

    pub(super) fn commit(&mut self) -> rusqlite::Result<()> {
        for (account, head) in self.heads.iter_mut().filter(|(_, head)| head.moved) {
            self.connection
                .prepare_cached("UPDATE account SET position = ?2 WHERE id = ?1")?
                .execute((account.0, head.position))?;
            head.moved = false;
        }
        self.connection.prepare_cached("COMMIT")?.execute([]).map(drop)
    }

    /// Undoes the transaction, if SQLite has not done so already.
    pub(super) fn roll_back(&mut self) {
        self.forget();
        if !self.connection.is_autocommit() {
            // Where this fails, the next BEGIN fails too, and says why.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    /// What it remembers does not hold any more.
    pub(super) fn forget(&mut self) {
        self.heads.clear();
    }

    pub(super) fn is_live(&mut self, account: AccountId) -> Result<bool, Fault> {
        Ok(self.head(account)?.live)
    }

    /// The next place in the account's feed.
    pub(super) fn next_position(&mut self, account: AccountId) -> Result<i64, Fault> {
        let head = self.head(account)?;
        head.position += 1;
        head.moved = true;
        Ok(head.position)
    }

    fn head(&mut self, account: AccountId) -> Result<&mut Head, Fault> {
        use std::collections::hash_map::Entry;
        match self.heads.entry(account) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let head = self
                    .connection
                    .prepare_cached("SELECT live, position FROM account WHERE id = ?1")?
                    .query_row([account.0], |row| Ok(Head { live: row.get(0)?, position: row.get(1)?, moved: false }))
                    .optional()?
                    .ok_or_else(|| Fault::Content(format!("account {} is unknown", account.0)))?;
                Ok(unknown.insert(head))
            }
        }
    }
}
