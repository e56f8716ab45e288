//! Golden files: a whole text that is read as a diff.

use serde_json::Value;
use std::path::PathBuf;

/// The golden file; `UPDATE_GOLDEN=1` writes it anew.
#[expect(clippy::disallowed_methods, reason = "a switch for people, read nowhere else")]
fn kept(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/file/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    std::fs::read_to_string(&path).unwrap()
}

/// Compares JSON. The order of members is that of the build, since other rooms want serde_json to
/// keep it, so the values are compared and not the texts.
pub(crate) fn golden_json(name: &str, value: &Value) {
    let golden: Value = serde_json::from_str(&kept(name, &format!("{value:#}\n"))).unwrap();
    assert_eq!(*value, golden, "{name}; UPDATE_GOLDEN=1 accepts the change");
}

/// Compares text.
pub(crate) fn golden(name: &str, text: &str) {
    let golden = kept(name, text);
    for (line, (new, old)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(new, old, "line {} of {name}; UPDATE_GOLDEN=1 accepts the change", line + 1);
    }
    assert_eq!(text.lines().count(), golden.lines().count(), "{name} has another length; UPDATE_GOLDEN=1 accepts it");
}
