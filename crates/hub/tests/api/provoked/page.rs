//! What the documents say of every rule.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The status of every rule, as docs/API.md section 2.1 lists it.
pub(super) fn statuses() -> BTreeMap<String, u16> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/API.md");
    let text = fs::read_to_string(path).unwrap();
    let section = text.split_once("### 2.1 ").unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let mut statuses = BTreeMap::new();
    for line in section.lines() {
        let mut cells = line.split('|').skip(1);
        let Some(http) = cells.next().and_then(|cell| cell.trim().parse().ok()) else { continue };
        for rule in cells.next().unwrap_or_default().split('`').skip(1).step_by(2) {
            assert_eq!(statuses.insert(rule.to_owned(), http), None, "{rule} is listed twice");
        }
    }
    statuses
}
