//! What is wrong with a file: each fault with its line, its key, and what to do.

use std::fmt;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: usize,
    /// The key with all tables around it, by dots; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong. Never the value of a key that holds the name of a secret.
    pub problem: String,
    /// What to do about it.
    pub help: String,
}

/// Everything that is wrong with a file, in the order of its lines; at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults {
    pub(crate) list: Vec<Fault>,
    /// Faults beyond `FAULTS_MAX`.
    pub(crate) left_out: usize,
}

impl Faults {
    /// The faults, at most [`crate::bounds::FAULTS_MAX`].
    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// How many there are, listed or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list.len() + self.left_out
    }

    /// One line for each, as editors jump to them: `catalog.toml:12: key: problem; help`.
    pub fn of_file<'f>(&'f self, file: &'f str) -> impl fmt::Display + 'f {
        OfFile { faults: self, file }
    }
}

struct OfFile<'f> {
    faults: &'f Faults,
    file: &'f str,
}

impl fmt::Display for OfFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults.list {
            writeln!(f, "{}:{}: {fault}", self.file, fault.line)?;
        }
        match self.faults.left_out {
            0 => Ok(()),
            more => writeln!(f, "{}: and {more} more", self.file),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.problem, self.help)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.list.iter().enumerate() {
            let line_end = if at == 0 { "" } else { "\n" };
            write!(f, "{line_end}line {}: {fault}", fault.line)?;
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}
