//! Whatever points into the documents points at something: links between them, and citations such
//! as "docs/API.md section 4" in code, comments and messages.

use crate::nothing_to_say;
use crate::sources::{self, Source};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// How far behind a document's name its section may stand: a comment may break the line between.
const CITATION_CHARS_MAX: usize = 60;

/// A document: the anchors one can link to, and the numbers of its sections.
struct Document {
    anchors: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

#[test]
fn relative_links_lead_somewhere() -> Result<()> {
    let root = sources::root()?;
    let documents = documents()?;
    let mut violations = Vec::new();
    for source in sources::all()?.iter().filter(|source| source.is("md")) {
        for (line, target) in links(source) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { source.path.clone() } else { beside(&source.path, file) };
            if !root.join(&path).exists() {
                violations.push(source.at(line, &format!("link to {path}, which does not exist")));
            } else if !anchor.is_empty() && documents.get(&path).is_some_and(|one| !one.anchors.contains(anchor)) {
                violations.push(source.at(line, &format!("link to #{anchor}, which is no heading of {path}")));
            }
        }
    }
    nothing_to_say(violations)
}

#[test]
fn cited_sections_exist() -> Result<()> {
    let documents = documents()?;
    let mut violations = Vec::new();
    let mut cited = 0;
    for source in sources::all()? {
        let citations = source.text.match_indices(concat!("docs", "/")).filter(|(at, _)| {
            // Not the tail of a longer path, such as another site's address.
            !source.text[..*at].ends_with(|before: char| before.is_ascii_alphanumeric() || "/-_".contains(before))
        });
        for (at, _) in citations {
            let Some(citation) = Citation::parse(&source.text[at..]) else {
                continue;
            };
            cited += 1;
            let line = source.text[..at].matches('\n').count() + 1;
            let Some(document) = documents.get(&citation.path) else {
                violations.push(source.at(line, &format!("{} is cited and does not exist", citation.path)));
                continue;
            };
            if let Some(anchor) = citation.anchor.filter(|anchor| !document.anchors.contains(anchor)) {
                violations.push(source.at(line, &format!("#{anchor} is no heading of {}", citation.path)));
            }
            for number in citation.numbers.iter().filter(|number| !document.numbers.contains(*number)) {
                violations.push(source.at(line, &format!("{} has no section {number}", citation.path)));
            }
        }
    }
    ensure!(cited > 0, "nothing cites the documents: this test looks in the wrong place");
    nothing_to_say(violations)
}

#[test]
fn code_names_no_document_that_is_not_here() -> Result<()> {
    let documents = documents()?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    let mut violations = Vec::new();
    for source in sources::all()?.iter().filter(|source| !source.is("md")) {
        for (line, text) in source.lines() {
            for word in text.split(|c: char| !is_part(c)).filter_map(|word| word.split_inclusive(".md").next()) {
                let known = |path: &String| path == word || path.rsplit('/').next() == Some(word);
                if word.len() > ".md".len() && word.ends_with(".md") && !documents.keys().any(known) {
                    violations.push(source.at(line, &format!("{word} is no document of this repository")));
                }
            }
        }
    }
    nothing_to_say(violations)
}

/// A document named in running text, with the section behind its name where there is one.
struct Citation {
    path: String,
    anchor: Option<String>,
    numbers: Vec<String>,
}

impl Citation {
    /// Reads the name of a document, then `#anchor`, or `section 4`, `sections 4 and 5`, `4, 5`.
    fn parse(text: &str) -> Option<Self> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
        let word = text.split(|c: char| !is_part(c)).next()?;
        let path = &word[..word.find(".md")? + ".md".len()];
        let rest = &text[path.len()..];
        if let Some(fragment) = rest.strip_prefix('#') {
            let anchor: String = fragment.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
            return Some(Self { path: path.to_owned(), anchor: Some(anchor), numbers: Vec::new() });
        }
        Some(Self { path: path.to_owned(), anchor: None, numbers: section_numbers(rest) })
    }
}

fn section_numbers(behind: &str) -> Vec<String> {
    let near: String = behind.chars().take(CITATION_CHARS_MAX).collect();
    let mut words = near.split_whitespace().filter(|word| !["//", "///", "//!", "#", "--", "*"].contains(word));
    let mut numbers = Vec::new();
    // The name itself may be closed by a comma or a backquote.
    if near.starts_with(|c: char| !c.is_whitespace()) {
        words.next();
    }
    for word in words {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if bare.starts_with(|c: char| c.is_ascii_digit()) && bare.chars().all(|c| c.is_ascii_digit() || c == '.') {
            numbers.push(bare.to_owned());
            // A full stop or a bracket ends the citation.
            if word.ends_with(['.', ')', ';', ':']) {
                break;
            }
        } else if !["section", "sections", "and"].contains(&bare) {
            break;
        }
    }
    numbers
}

/// Every Markdown file by its path.
fn documents() -> Result<BTreeMap<String, Document>> {
    let mut documents = BTreeMap::new();
    for source in sources::all()?.iter().filter(|source| source.is("md")) {
        let mut document = Document { anchors: BTreeSet::new(), numbers: BTreeSet::new() };
        for (_, line) in outside_fences(source) {
            let title = line.trim_start_matches('#');
            if title.len() == line.len() || !title.starts_with(' ') {
                continue;
            }
            let title = title.trim();
            let anchor = slug(title);
            let same = document.anchors.iter().filter(|one| **one == anchor).count();
            document.anchors.insert(if same == 0 { anchor } else { format!("{anchor}-{same}") });
            let number = title.split(' ').next().unwrap_or_default().trim_end_matches('.');
            document.numbers.insert(number.to_owned());
        }
        documents.insert(source.path.clone(), document);
    }
    Ok(documents)
}

/// The anchor that GitHub gives a heading.
fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// Every `](target)` and `[name]: target` with its line, outside code.
fn links(source: &Source) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in outside_fences(source) {
        // Every second part between backquotes is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for behind in prose.split("](").skip(1) {
            let target = behind.split([')', ' ']).next().unwrap_or_default();
            links.push((number, target.to_owned()));
        }
        if let Some((_, target)) = prose.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            links.push((number, target.split(' ').next().unwrap_or_default().to_owned()));
        }
    }
    links
}

fn outside_fences(source: &Source) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (number, line) in source.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((number, line));
        }
    }
    lines
}

/// `target` as seen from the folder of `path`.
fn beside(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[test]
fn citations_are_read_as_people_read_them() -> Result<()> {
    let read = |text: &str| Citation::parse(text).context("not a citation");
    ensure!(read("docs/API.md section 4)")?.numbers == ["4"]);
    ensure!(read("docs/API.md sections 4 and 5 are long")?.numbers == ["4", "5"]);
    ensure!(read("docs/API.md section 4. 12 lines")?.numbers == ["4"]);
    ensure!(read("docs/API.md\n//! section 4.1")?.numbers == ["4.1"]);
    ensure!(read("docs/API.md#4-operations)")?.anchor.as_deref() == Some("4-operations"));
    ensure!(read("docs/API.md, which has 9 sections")?.numbers.is_empty());
    ensure!(slug("2 Envelope, codes, order of checks") == "2-envelope-codes-order-of-checks");
    Ok(())
}
