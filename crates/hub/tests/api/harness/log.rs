//! Everything the hub logs while the tests run, so that no secret stands in it.

use std::io::{self, Write};
use std::sync::{Mutex, Once, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// Begins to keep the log, once for all tests of this process.
pub(super) fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        tracing::subscriber::set_global_default(log.with_writer(Sink).finish()).unwrap();
    });
}

/// Fails where one of these stands in the log.
pub(super) fn holds_none_of(secrets: &[&str]) {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&lines);
    assert!(text.contains("answered"), "the log is not captured");
    for secret in secrets {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "a secret in the log");
    }
}

/// Fails where one of these customers stands in the log, as a word.
pub(super) fn names_none_of(customers: &[String]) {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&lines);
    for customer in customers {
        let named = text.match_indices(customer.as_str()).find(|(at, _)| {
            let next = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !next(text[..*at].chars().next_back()) && !next(text[at + customer.len()..].chars().next())
        });
        let line = named.map(|(at, _)| text[at.saturating_sub(200)..].lines().next().unwrap_or_default());
        assert_eq!(line, None, "{customer} stands in the log");
    }
}
