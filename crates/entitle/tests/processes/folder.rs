//! A folder of a test's own, gone with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Removed when dropped.
pub(crate) struct Folder(PathBuf);

/// How many were made: two tests may call theirs the same.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Folder {
    /// An empty folder; `name` is the test's.
    pub(crate) fn new(name: &str) -> Self {
        let (id, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{id}-{number}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the test's folder cannot be made");
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The data file in it, as `--database` wants it.
    pub(crate) fn database(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    /// The data file in it.
    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("hub.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
