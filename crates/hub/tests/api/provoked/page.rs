//! What the documents say of every rule.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What a forced answer has is asked for.
const ANY: &str = "4xx, 5xx";

/// The status of every rule, as docs/API.md section 2.1 lists it; `None` stands for any fault.
pub(super) fn statuses() -> BTreeMap<String, Option<u16>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/API.md");
    let text = fs::read_to_string(path).unwrap();
    let section = text.split_once("### 2.1 ").unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let mut statuses = BTreeMap::new();
    for line in section.lines() {
        let mut cells = line.split('|').skip(1);
        let http = match cells.next().map(str::trim) {
            Some(ANY) => None,
            Some(cell) if cell.parse::<u16>().is_ok() => cell.parse().ok(),
            Some(_) | None => continue,
        };
        for rule in cells.next().unwrap_or_default().split('`').skip(1).step_by(2) {
            assert_eq!(statuses.insert(rule.to_owned(), http), None, "{rule} is listed twice");
        }
    }
    statuses
}
