//! The project's own text files, read once per test.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours, or nothing that is written by hand.
const SKIPPED: [&str; 4] = ["target", ".git", ".entitle", "__pycache__"];
/// What we write by hand; goldens and lock files are written by programs.
const EXTENSIONS: [&str; 11] = ["rs", "md", "toml", "py", "mjs", "js", "sql", "html", "css", "sh", "yml"];

/// One file.
pub(crate) struct Source {
    /// Relative to the workspace's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, own)| own == extension)
    }

    /// Integration tests, and unit tests in a file of their own.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split('\n').enumerate().map(|(index, line)| (index + 1, line))
    }

    /// One violation, in the form that editors jump to.
    pub(crate) fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The workspace's root.
pub(crate) fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in no folder")
}

/// Every text file of the project.
pub(crate) fn all() -> Result<Vec<Source>> {
    let root = root()?;
    let mut paths = Vec::new();
    collect(root, &mut paths)?;
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).with_context(|| format!("{} is not UTF-8 text", path.display()))?;
        let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        sources.push(Source { path, text });
    }
    ensure!(sources.len() > 20, "only {} files found: this test looks in the wrong place", sources.len());
    Ok(sources)
}

/// Every Rust file of the project.
pub(crate) fn rust() -> Result<Vec<Source>> {
    Ok(all()?.into_iter().filter(|source| source.is("rs")).collect())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if path.is_symlink() || SKIPPED.contains(&name) {
            continue;
        }
        if path.is_dir() {
            collect(&path, paths)?;
        } else if EXTENSIONS.iter().any(|one| name.ends_with(&format!(".{one}"))) || path.ends_with(".ci/run") {
            paths.push(path);
        }
    }
    Ok(())
}
