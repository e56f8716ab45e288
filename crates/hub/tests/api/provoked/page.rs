//! The pages in `docs/errors`: their form, their index, and whether they show what the hub answers.

use super::example;
use super::row::Provoked;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

/// The sections of a page, in order.
const SECTIONS: [&str; 5] = ["What it means", "Why it happens", "What to do", "Example", "See also"];
/// In the list of rules: the status is the one that was asked for.
const ANY: &str = "4xx, 5xx";
/// The index of the pages.
const INDEX: &str = "README";
/// Where the index's table begins; it is made of the pages.
const INDEX_HEAD: &str = "| rule | HTTP | responseCode | what is so |\n|---|---|---|---|\n";

/// The page of a rule.
pub(super) struct Page {
    rule: String,
    text: String,
}

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Compares a file of the documents with what it has to be; `UPDATE_GOLDEN=1` writes it anew.
#[expect(clippy::disallowed_methods, reason = "a test's own switch, not a setting")]
fn same(path: &str, is: &str, should_be: &str) -> Result<(), String> {
    if is == should_be {
        return Ok(());
    }
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(docs().join(path), should_be).unwrap();
        return Ok(());
    }
    let differs = is.lines().zip(should_be.lines()).find(|(is, should_be)| is != should_be);
    Err(format!("docs/{path}: {differs:?}"))
}

impl Page {
    pub(super) fn read(rule: &str) -> Self {
        let path = docs().join(format!("errors/{rule}.md"));
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{rule} has no page docs/errors/{rule}.md"));
        Self { rule: rule.to_owned(), text }
    }

    /// Status line and example against what the provocation got.
    pub(super) fn compared(&self, came: &Provoked) -> Result<(), String> {
        let status = match statuses()[&self.rule] {
            Some(_) => status_line(came).unwrap_or_else(|| self.line(2).to_owned()),
            None => format!("HTTP {ANY} `any`, origin and retryable as usual with it"),
        };
        let example = self.section("Example");
        let should_be = self.text.replacen(self.line(2), &status, 1);
        let should_be = should_be.replacen(
            &format!("## Example\n\n{example}"),
            &format!("## Example\n\n{}", example::print(came)),
            1,
        );
        same(&format!("errors/{}.md", self.rule), &self.text, &should_be)
    }

    fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number).unwrap_or_default()
    }

    /// A section's text, up to the blank line before the next.
    fn section(&self, title: &str) -> &str {
        let behind = self.text.split_once(&format!("\n## {title}\n\n")).map_or("", |(_, behind)| behind);
        behind.split("\n## ").next().unwrap_or_default()
    }

    fn check_form(&self) {
        let rule = &self.rule;
        assert_eq!(self.line(0), format!("# {rule}"));
        let titles: Vec<&str> = self.text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(titles, SECTIONS, "{rule}");
        for title in SECTIONS {
            assert!(!self.section(title).trim().is_empty(), "{rule} says nothing under {title}");
        }
        let [http, code] = self.status();
        match statuses()[rule] {
            Some(listed) => {
                assert_eq!(listed.to_string(), http, "{rule}");
                assert!(wire::ResponseCode::ALL.iter().any(|known| known.as_str() == code), "{rule} {code}");
            }
            None => assert_eq!([http, code], [ANY, "any"], "{rule}"),
        }
    }

    /// HTTP status and responseCode.
    fn status(&self) -> [&str; 2] {
        let line = self.line(2).strip_prefix("HTTP ").and_then(|line| line.split_once(" `"));
        let (http, rest) = line.unwrap_or_else(|| panic!("{} has no status line", self.rule));
        [http, rest.split('`').next().unwrap_or_default()]
    }

    fn index_line(&self) -> String {
        let [http, code] = self.status();
        let code = if code == "any" { code.to_owned() } else { format!("`{code}`") };
        let meaning = self.section("What it means").split("\n\n").next().unwrap_or_default().replace('\n', " ");
        let sentence = meaning.split_once(". ").map_or(meaning.trim_end_matches('.'), |(first, _)| first);
        format!("| [{0}]({0}.md) | {http} | {code} | {sentence} |\n", self.rule)
    }
}

/// `HTTP 409 `NOT_AVAILABLE`, origin RESELLER, retryable no`
fn status_line(came: &Provoked) -> Option<String> {
    let answer = came.answer()?;
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let retryable = if answer["error"]["retryable"] == true { "yes" } else { "no" };
    let (code, origin) = (word(&answer["responseCode"]), word(&answer["error"]["origin"]));
    Some(format!("HTTP {} `{code}`, origin {origin}, retryable {retryable}", answer.status))
}

/// The status of every rule, as docs/API.md section 2.1 lists it; `None` stands for any fault.
pub(super) fn statuses() -> BTreeMap<String, Option<u16>> {
    let text = fs::read_to_string(docs().join("API.md")).unwrap();
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
        for rule in cells.next().unwrap_or_default().split("[`").skip(1) {
            let rule = rule.split('`').next().unwrap();
            assert_eq!(statuses.insert(rule.to_owned(), http), None, "{rule} is listed twice");
            assert!(line.contains(&format!("[`{rule}`](errors/{rule}.md)")), "{rule} is not linked to its page");
        }
    }
    statuses
}

/// Every rule has its page, every page its rule; all have the form, and the index lists them.
pub(super) fn check_all() {
    let names = fs::read_dir(docs().join("errors")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut rules: Vec<String> =
        names.filter_map(|name| Some(name.to_str()?.strip_suffix(".md")?.to_owned())).collect();
    rules.retain(|rule| rule != INDEX);
    rules.sort_unstable();
    assert_eq!(rules, hub::all_rules());
    assert_eq!(statuses().into_keys().collect::<Vec<_>>(), rules, "docs/API.md section 2.1");
    let mut table = String::new();
    for rule in &rules {
        let page = Page::read(rule);
        page.check_form();
        table.push_str(&page.index_line());
    }
    let path = format!("errors/{INDEX}.md");
    let index = fs::read_to_string(docs().join(&path)).unwrap();
    let above = index.split(INDEX_HEAD).next().unwrap();
    same(&path, &index, &format!("{above}{INDEX_HEAD}{table}")).unwrap();
}
