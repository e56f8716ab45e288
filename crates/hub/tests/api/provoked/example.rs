//! A request and its answer as a page shows them: the telling headers, bodies laid out, and what
//! differs from run to run replaced by something of the same shape.

use super::row::Provoked;
use crate::harness::Answer;
use entitlement::{Json, JsonObject};
use std::fmt::Write as _;
use wire::parse_object;

/// Headers that say nothing about the matter, or hold what nobody should read.
const LEFT_OUT: [&str; 8] =
    ["host", "authorization", "content-length", "connection", "cache-control", "date", "etag", "x-forwarded-for"];
/// A body of at most so many characters stays on one line.
const LINE_CHARS_MAX: usize = 100;
/// Longer texts are cut.
const TEXT_CHARS_MAX: usize = 400;
/// Of a text that is cut so much is shown.
const SHOWN_CHARS: usize = 24;
/// Texts of the answer that vary, and what stands for them.
const STEADY: [(&str, &str); 3] = [
    ("x-request-id", "7d1f6a90c34be825"),
    ("sharedCustomerId", "5f0c9e6b1a7d4832b6e0c4a19d2f7358"),
    ("bangoUserId", "608117935504"),
];
/// Headers of one rule's answer that vary with the seconds that have passed.
const STEADY_OF: [(&str, &str, &str); 2] =
    [("wrong-passwords", "retry-after", "57"), ("wrong-passwords", "ratelimit", "\"default\";r=0;t=57")];

/// The section's text.
pub(super) fn print(came: &Provoked) -> String {
    let mut ids = Ids::default();
    match came {
        Provoked::ByTheRules { who, .. } => format!("{who}\n"),
        Provoked::Answered { before, sent, answer } => {
            let request = ids.steady(&request(sent));
            let answer = ids.steady(&response(answer));
            let before = if before.is_empty() { String::new() } else { format!("{before}\n\n") };
            format!("{before}```http\n{request}\n```\n\n```http\n{answer}\n```\n")
        }
    }
}

fn request(sent: &[u8]) -> String {
    let end = sent.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(sent.len());
    let head = String::from_utf8_lossy(&sent[..end]).replace(" HTTP/1.1", "");
    let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
    let mut text = lines.next().unwrap_or_default().to_owned();
    for line in lines.filter(|line| !line.contains(": ") || is_telling(line)) {
        text.push_str(&format!("\n{line}"));
    }
    let body = sent.get(end + 4..).unwrap_or_default();
    if body.is_empty() {
        return text;
    }
    let shown = match parse_object(body) {
        Ok(object) => laid_out(&object),
        Err(_) => cut(&String::from_utf8_lossy(body).replace('\r', ""), TEXT_CHARS_MAX, SHOWN_CHARS * 3),
    };
    format!("{text}\n\n{shown}")
}

fn response(answer: &Answer) -> String {
    let status = hyper::StatusCode::from_u16(answer.status).unwrap();
    let mut text = format!("{} {}", answer.status, status.canonical_reason().unwrap());
    // That an answer is JSON shows.
    for (name, value) in answer.headers().filter(|(name, _)| is_telling(name) && *name != "content-type") {
        let value = STEADY.iter().find(|(known, _)| *known == name).map_or(value, |(_, steady)| steady);
        let of_rule = STEADY_OF.iter().find(|(rule, known, _)| *known == name && answer["error"]["rule"] == *rule);
        let value = of_rule.map_or(value, |(_, _, steady)| steady);
        write!(text, "\n{}: {value}", in_capitals(name)).unwrap();
    }
    let object = parse_object(answer.body.as_bytes()).unwrap();
    let mut body = String::new();
    lay_out(&mut body, &Json::Object(object), 0);
    format!("{text}\n\n{body}")
}

fn is_telling(header: &str) -> bool {
    let name = header.split(':').next().unwrap_or_default();
    !LEFT_OUT.iter().any(|left_out| name.eq_ignore_ascii_case(left_out))
}

/// `Retry-After` for `retry-after`.
fn in_capitals(name: &str) -> String {
    let words = name.split('-').map(|word| match word {
        "www" => "WWW".to_owned(),
        "requestidentifier" => "RequestIdentifier".to_owned(),
        word => format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]),
    });
    words.collect::<Vec<_>>().join("-")
}

/// In the order of names: which one a program sends them in depends on its library.
fn laid_out(object: &JsonObject) -> String {
    let shortened = short(&Json::Object(object.clone()));
    let mut line = String::new();
    wire::push_json(&mut line, &shortened);
    if line.chars().count() <= LINE_CHARS_MAX {
        return line;
    }
    let mut text = String::new();
    lay_out(&mut text, &shortened, 0);
    text
}

fn short(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(cut(text, TEXT_CHARS_MAX / 2, SHOWN_CHARS)),
        Json::Object(object) => {
            let mut members: Vec<_> = object.0.iter().map(|(name, value)| (name.clone(), short(value))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Json::Object(JsonObject(members))
        }
        other => other.clone(),
    }
}

fn cut(text: &str, chars_max: usize, shown: usize) -> String {
    match text.chars().count() {
        chars if chars > chars_max => {
            let kept: String = text.chars().take(shown).collect();
            format!("{kept}… ({chars} characters)")
        }
        _ => text.to_owned(),
    }
}

fn lay_out(out: &mut String, value: &Json, depth: usize) {
    let (open, close, items): (char, char, Vec<(Option<&String>, &Json)>) = match value {
        Json::Object(object) if !object.0.is_empty() => {
            ('{', '}', object.0.iter().map(|(name, value)| (Some(name), value)).collect())
        }
        Json::Array(values) if !values.is_empty() => ('[', ']', values.iter().map(|value| (None, value)).collect()),
        plain => return push_plain(out, plain),
    };
    out.push(open);
    for (at, (name, value)) in items.iter().enumerate() {
        write!(out, "{}\n{}", if at > 0 { "," } else { "" }, "  ".repeat(depth + 1)).unwrap();
        let steady = STEADY.iter().find(|(known, _)| name.is_some_and(|name| name == known));
        if let Some(name) = name {
            wire::push_string(out, name);
            out.push_str(": ");
        }
        match steady {
            Some((_, steady)) => wire::push_string(out, steady),
            None => lay_out(out, value, depth + 1),
        }
    }
    write!(out, "\n{}{close}", "  ".repeat(depth)).unwrap();
}

fn push_plain(out: &mut String, value: &Json) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(text) => out.push_str(text),
        Json::String(text) => wire::push_string(out, text),
        Json::Array(_) => out.push_str("[]"),
        Json::Object(_) => out.push_str("{}"),
    }
}

/// Ids that the hub made, each replaced by the next of a steady row.
#[derive(Default)]
struct Ids(Vec<String>);

impl Ids {
    fn steady(&mut self, text: &str) -> String {
        let mut steady = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            let length = match rest.get(..36).filter(|word| ids::parse_uuid(word).is_some()) {
                Some(uuid) => {
                    let number = self.number(uuid);
                    write!(steady, "0198f3a2-6c00-7000-8000-{number:012}").unwrap();
                    36
                }
                None => {
                    steady.push(char);
                    char.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        steady
    }

    fn number(&mut self, uuid: &str) -> usize {
        let known = self.0.iter().position(|known| known == uuid);
        1 + known.unwrap_or_else(|| {
            self.0.push(uuid.to_owned());
            self.0.len() - 1
        })
    }
}
