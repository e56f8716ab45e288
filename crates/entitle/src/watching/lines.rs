//! One line of the log: as text for people, as JSON for programs. Whatever is logged while a request
//! is answered carries the request's id.

use super::Form;
use serde_json::{Map, Value};
use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The field of a request's id.
const REQUEST_ID: &str = "request_id";

/// Writes events in one form.
pub(super) struct Lines {
    pub(super) form: Form,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields.add_request_id();
        let metadata = event.metadata();
        match self.form {
            Form::Text => {
                let level = coloured(metadata.level(), writer.has_ansi_escapes());
                write!(writer, "{time} {level} {}: {}", metadata.target(), escaped(&fields.message))?;
                for (name, value) in &fields.others {
                    write!(writer, " {name}={value}")?;
                }
            }
            Form::Json => {
                let mut line = Map::new();
                line.insert("timestamp".to_owned(), time.into());
                line.insert("level".to_owned(), metadata.level().as_str().into());
                line.insert("target".to_owned(), metadata.target().into());
                line.insert("message".to_owned(), fields.message.into());
                line.extend(fields.others.into_iter().map(|(name, value)| (name.to_owned(), value)));
                write!(writer, "{}", Value::Object(line))?;
            }
        }
        writeln!(writer)
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.others.push((field.name(), value));
    }

    fn add_request_id(&mut self) {
        if self.others.iter().all(|(name, _)| *name != REQUEST_ID) {
            let id = hub::with_request_id(|id| id.map(str::to_owned));
            self.others.extend(id.map(|id| (REQUEST_ID, id.into())));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = write!(text, "{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.add(field, text.into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.add(field, value.into());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

/// A message that holds a line break does not begin a line of its own.
fn escaped(message: &str) -> String {
    message.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn coloured(level: &Level, colour: bool) -> String {
    let code = match *level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    };
    if colour { format!("\u{1b}[{code}m{level:>5}\u{1b}[0m") } else { format!("{level:>5}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(form: Form) -> String {
        let sink = Sink::default();
        let into = sink.clone();
        let log = tracing_subscriber::fmt().with_ansi(false).event_format(Lines { form });
        let log = log.with_writer(move || into.clone()).finish();
        tracing::subscriber::with_default(log, || {
            let why = "a \"quoted\"\nword";
            tracing::warn!(request_id = "7d1f", status = 503, why, ok = false, "it\nfailed");
        });
        String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_is_one_line_and_says_what_was_logged() {
        let line = logged(Form::Json);
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&said["level"], &said["message"]), (&"WARN".into(), &"it\nfailed".into()));
        assert_eq!((&said["request_id"], &said["status"], &said["ok"]), (&"7d1f".into(), &503.into(), &false.into()));
        assert_eq!(said["why"], "a \"quoted\"\nword");
        let line = logged(Form::Text);
        let (_, said) = line.split_once(" WARN ").unwrap();
        let fields = "it\\nfailed request_id=\"7d1f\" status=503 why=\"a \\\"quoted\\\"\\nword\" ok=false\n";
        assert!(said.ends_with(fields), "{said}");
    }
}
