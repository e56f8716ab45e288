//! Text for people: colour where it is welcome, lines that do not break, tables, dates. What is
//! said stands with the commands.

use crate::settings;
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// Pages are written for terminals of this width.
pub(crate) const WIDTH: usize = 80;

/// Prints to standard output.
///
/// # Errors
/// Where it is closed.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Colours, or none: only on a terminal, and never with `NO_COLOR`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(bool);

impl Paint {
    /// For standard output.
    pub(crate) fn for_stdout() -> Self {
        Self(std::io::stdout().is_terminal() && !settings::no_color())
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// A word by what it means: a status, or where a notification stands.
    pub(crate) fn word(self, word: &str, shown: &str) -> String {
        match word {
            "ACTIVE" | "DELIVERED" => self.with("32", shown),
            "PENDING" | "ACTIVE-ENDING" | "SUSPENDED" | "WAITING" => self.with("33", shown),
            "FAILED" | "DEAD" => self.with("31", shown),
            _ => shown.to_owned(),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A member that is a string; else empty.
pub(crate) fn str_of<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or("")
}

/// Text that came from somewhere, without what could steer a terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { '\u{fffd}' } else { one }).collect()
}

/// A value as one line: strings bare, all else as JSON, null as a dash.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => date(text).unwrap_or_else(|| clean(text)),
        other => clean(&other.to_string()),
    }
}

/// A date of the API as people read it: `2026-03-10 12:00:00`, UTC as everything.
pub(crate) fn date(text: &str) -> Option<String> {
    let is_date = text.len() == "2026-03-10T12:00:00Z".len() && wire::parse_date(text).is_some();
    is_date.then(|| text.trim_end_matches('Z').replacen('T', " ", 1))
}

/// Cut to so many characters, the last one `…` where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Padded to so many characters.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

/// Lines of at most so many characters, broken at spaces, and within words that are longer.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + rest.len() > width {
            lines.push(String::new());
            used = 0;
        }
        while !rest.is_empty() {
            let gap = usize::from(used > 0);
            let part: String = rest.drain(..rest.len().min(width - gap)).collect();
            if let Some(line) = lines.last_mut() {
                line.push_str(if gap == 1 { " " } else { "" });
                line.push_str(&part);
            }
            used += gap + part.chars().count();
            if !rest.is_empty() {
                lines.push(String::new());
                used = 0;
            }
        }
    }
    lines
}

/// Columns as wide as what stands in them, two spaces apart. The paint is applied after the
/// widths are known.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>], paint: Paint) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = (String, String)>| {
        let shown: Vec<String> = cells.map(|(_, shown)| shown).collect();
        format!("{}\n", shown.join("  ").trim_end())
    };
    let mut out = line(&mut head.iter().zip(&widths).map(|(cell, width)| {
        let cell = padded(cell, *width);
        (String::new(), paint.faint(&cell))
    }));
    for row in rows {
        out.push_str(&line(
            &mut row.iter().zip(&widths).map(|(cell, width)| (cell.clone(), paint.word(cell, &padded(cell, *width)))),
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_never_go_beyond_the_width() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghij b", 4), ["a", "abcd", "efgh", "ij b"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }

    #[test]
    fn what_came_from_outside_steers_no_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
        assert_eq!(value(&serde_json::json!("2026-03-10T12:00:00Z")), "2026-03-10 12:00:00");
        assert_eq!(value(&serde_json::json!({"a": 1})), "{\"a\":1}");
    }

    #[test]
    fn a_table_is_as_wide_as_its_cells() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["abc".to_owned(), String::new()]];
        assert_eq!(table(&["X", "Y"], &rows, Paint(false)), "X    Y\na    1\nabc\n");
        assert!(table(&["X", "Y"], &rows, Paint(true)).contains("\u{1b}[2m"));
    }
}
