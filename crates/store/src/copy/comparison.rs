//! Two stores, compared record by record: both are read in the order of keys, page beside page.

use super::ends::Source;
use super::error::{CopyError, Difference};
use super::record::{Key, Record, in_words};
use super::table::Table;
use super::{Part, Telling};
use crate::{AuditBroken, AuditChain};
use std::cmp::Ordering;

/// So many differences are kept; the rest is counted.
const DIFFERENCES_MAX: usize = 100;

/// What a comparison has found.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// Records that were looked at, of all tables.
    pub records: u64,
    /// What they carry.
    pub bytes: u64,
    /// Records that are not the same on both sides.
    pub differences: u64,
    /// The first of them.
    pub first: Vec<Difference>,
    /// Entries of the audit, and where its chain does not hold, if it does not.
    pub audit: (u64, Option<AuditBroken>),
}

/// Compares everything.
pub(super) async fn compare(
    from: &mut dyn Source,
    to: &mut dyn Source,
    page: usize,
    telling: &mut Telling<'_>,
) -> Result<Compared, CopyError> {
    let mut compared = Compared::default();
    for table in Table::ALL {
        Comparison { from, to, table, page, compared: &mut compared, chain: AuditChain::default() }
            .run(telling)
            .await?;
    }
    Ok(compared)
}

struct Comparison<'a> {
    from: &'a mut dyn Source,
    to: &'a mut dyn Source,
    table: Table,
    page: usize,
    compared: &'a mut Compared,
    chain: AuditChain,
}

impl Comparison<'_> {
    async fn run(mut self, telling: &mut Telling<'_>) -> Result<(), CopyError> {
        let mut after = None;
        loop {
            let (ours, theirs) = tokio::join!(
                self.from.page(self.table, after.clone(), self.page),
                self.to.page(self.table, after.clone(), self.page)
            );
            let (ours, theirs) = (ours?, theirs?);
            after = if ours == theirs {
                self.follow_audit(&ours);
                ours.last().filter(|_| ours.len() == self.page).map(|last| last.key(self.table).to_vec())
            } else {
                self.differ(&ours, &theirs)
            };
            self.compared.records += ours.len() as u64;
            self.compared.bytes += ours.iter().map(Record::bytes).sum::<u64>();
            telling.tell(Part::Comparing, self.compared.records);
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Both pages up to the key to which both reach; from there on both are read again. None at the end.
    fn differ(&mut self, ours: &[Record], theirs: &[Record]) -> Option<Key> {
        let table = self.table;
        let end = |page: &[Record]| page.last().filter(|_| page.len() == self.page).map(|one| one.key(table).to_vec());
        let bound = match (end(ours), end(theirs)) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        let is_within = |record: &&Record| bound.as_ref().is_none_or(|bound| record.key(table) <= bound.as_slice());
        let mut ours = ours.iter().take_while(is_within).peekable();
        let mut theirs = theirs.iter().take_while(is_within).peekable();
        loop {
            let order = match (ours.peek(), theirs.peek()) {
                (None, None) => return bound,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.key(table).cmp(other.key(table)),
            };
            let one = ours.next_if(|_| order.is_le());
            let other = theirs.next_if(|_| order.is_ge());
            self.look(one, other);
        }
    }

    fn look(&mut self, one: Option<&Record>, other: Option<&Record>) {
        let what = match (one, other) {
            (Some(one), Some(other)) if one == other => return,
            (Some(one), Some(other)) => format!("differs in {}", fields(self.table, one, other)),
            (Some(_), None) => "is missing".to_owned(),
            (None, _) => "is only in the copy".to_owned(),
        };
        self.compared.differences += 1;
        if self.compared.first.len() < DIFFERENCES_MAX {
            let key = one.or(other).map_or(&[][..], |record| record.key(self.table));
            self.compared.first.push(Difference { record: in_words(self.table, key), what });
        }
    }

    fn follow_audit(&mut self, records: &[Record]) {
        if self.table != Table::Audit {
            return;
        }
        for record in records.iter().filter_map(Record::audit) {
            self.compared.audit.0 += 1;
            if self.compared.audit.1.is_none() {
                self.compared.audit.1 = self.chain.follow(&record).err();
            }
        }
    }
}

fn fields(table: Table, one: &Record, other: &Record) -> String {
    let pairs = one.0.iter().zip(&other.0);
    let different = table.columns().iter().zip(pairs).filter(|(_, (one, other))| one != other);
    different.map(|((name, _), _)| *name).collect::<Vec<_>>().join(", ")
}
