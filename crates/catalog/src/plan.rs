//! Two catalogs compared: what changes, what that means, and what has to stay although the file has
//! it no more. A plan does nothing; whoever applies one commits `merged` and reads what is in use in
//! the same transaction.

mod differences;
mod in_use;
mod json;
mod keep;
mod notes;
mod part;
mod words;

pub use in_use::{Counts, InUse, Use};
pub use part::Part;
pub(crate) use part::parts;

use crate::{Document, Given};

/// What applying a file would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The differences between the catalog that is and `merged`, by part.
    pub changes: Vec<Change>,
    /// What is worth knowing of `merged`, changed or not.
    pub notes: Vec<Note>,
    /// The new catalog: the file, and what had to be kept as retired.
    pub merged: Document,
}

/// What happens to one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub part: Part,
    /// What happens to it.
    pub what: What,
    /// Key by key, `retired` aside; of what is added, the keys that differ from a default.
    pub keys: Vec<KeyChange>,
}

/// What happens to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added,
    /// It says something else.
    Changed,
    /// It goes; nothing open refers to it.
    Removed,
    /// Nothing new is made of it from now on; all else goes on.
    Retired(Why),
    /// It was retired, and no longer is.
    BroughtBack,
}

/// Why something is retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The file says so.
    InTheFile,
    /// The file has it no more, and so much still refers to it.
    InUse(Counts),
}

/// One key of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// The key.
    pub key: &'static str,
    /// What it was; nothing where it was not set.
    pub old: Option<Given>,
    /// What it will be; nothing where it is not set.
    pub new: Option<Given>,
}

/// Something worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A route that can neither repeat nor inquire: *nothing twice* is not promised for it.
    UnknownsStay(Part),
    /// A side that nobody can call for.
    NoCredential(Part),
    /// Not in the file, retired before, and still in use.
    StaysRetired(Part, Counts),
    /// In use, and neither in the catalog nor in the file: nothing can be kept.
    Missing(Part, Counts),
}

/// Compares the catalog that is with a file that was read.
#[must_use]
pub fn plan(old: &Document, new: &Document, in_use: &InUse) -> Plan {
    let kept = keep::keep(old, new, in_use);
    let changes = differences::differences(old, &kept);
    let notes = notes::notes(old, &kept);
    Plan { changes, notes, merged: kept.merged }
}

impl Plan {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl Note {
    /// Of what it speaks.
    #[must_use]
    pub fn part(&self) -> &Part {
        match self {
            Self::UnknownsStay(part)
            | Self::NoCredential(part)
            | Self::StaysRetired(part, _)
            | Self::Missing(part, _) => part,
        }
    }
}
