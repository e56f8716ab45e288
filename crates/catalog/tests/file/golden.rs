//! Golden files: a whole text that is read as a diff.

use std::path::PathBuf;

/// Compares with the golden file; `UPDATE_GOLDEN=1` writes it anew.
#[expect(clippy::disallowed_methods, reason = "a switch for people, read nowhere else")]
pub(crate) fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/file/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (line, (new, old)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(new, old, "line {} of {name}; UPDATE_GOLDEN=1 accepts the change", line + 1);
    }
    assert_eq!(text.lines().count(), golden.lines().count(), "{name} has another length; UPDATE_GOLDEN=1 accepts it");
}
