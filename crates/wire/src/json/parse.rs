//! Reading: one pass by recursive descent. No library, because none in use keeps numbers as
//! written, refuses a name twice at every depth and tells the place in one pass; serde_json
//! gives the second opinion in `tests/json.rs`.

mod text;

use super::{JSON_DEPTH_MAX, JsonFault};
use entitlement::{Json, JsonObject};
use std::collections::HashSet;

/// A byte order mark before the body is accepted.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Up to so many members a look at each is faster than a set; beyond, the set keeps a large
/// object from costing the square of its size.
const LINEAR_MEMBERS_MAX: usize = 16;

/// Reads a body; `None` where there is nothing in it but white space.
///
/// # Errors
/// Where the bytes are no JSON object as the contract wants it.
pub fn parse_body(bytes: &[u8]) -> Result<Option<JsonObject>, JsonFault> {
    let text = decode(bytes)?;
    if text.bytes().all(is_space) {
        return Ok(None);
    }
    parse_text(text, bytes.len() - text.len()).map(Some)
}

/// Reads an object; an empty body is none.
///
/// # Errors
/// Where the bytes are no JSON object as the contract wants it.
pub fn parse_object(bytes: &[u8]) -> Result<JsonObject, JsonFault> {
    let text = decode(bytes)?;
    parse_text(text, bytes.len() - text.len())
}

fn decode(bytes: &[u8]) -> Result<&str, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|error| JsonFault::NotUtf8 { at: error.valid_up_to() })?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

fn parse_text(text: &str, skipped: usize) -> Result<JsonObject, JsonFault> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, skipped, path: Vec::new() };
    reader.space();
    let json = reader.value(1)?;
    reader.space();
    if reader.at < text.len() {
        return reader.fail("more text after the end");
    }
    match json {
        Json::Object(object) => Ok(object),
        _ => Err(JsonFault::NotAnObject),
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A place in the text, and the names around it.
struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Bytes before the text, so that places count from the body's beginning.
    skipped: usize,
    path: Vec<String>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, JsonFault> {
        match self.peek() {
            Some(b'"') => self.string().map(Json::String),
            Some(b'{') => self.object(depth).map(Json::Object),
            Some(b'[') => self.array(depth).map(Json::Array),
            Some(b'-' | b'0'..=b'9') => self.number().map(Json::Number),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => self.fail("no value begins like this"),
            None => self.fail("the text ends where a value should stand"),
        }
    }

    fn object(&mut self, depth: usize) -> Result<JsonObject, JsonFault> {
        self.enter(depth)?;
        let mut members = Vec::new();
        let mut seen = HashSet::new();
        if self.closes(b'}') {
            return Ok(JsonObject(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.fail("a name in double quotes should stand here");
            }
            let name = self.string()?;
            self.check_unseen(&members, &mut seen, &name)?;
            self.space();
            self.expect(b':', "a colon should follow the name")?;
            self.space();
            self.path.push(name);
            let value = self.value(depth + 1)?;
            let name = self.path.pop().unwrap_or_default();
            members.push((name, value));
            if !self.goes_on(b'}', "a comma or } should follow the member")? {
                return Ok(JsonObject(members));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Json>, JsonFault> {
        self.enter(depth)?;
        let mut items = Vec::new();
        if self.closes(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.goes_on(b']', "a comma or ] should follow the item")? {
                return Ok(items);
            }
        }
    }

    /// Steps over the opening bracket, if one may still be opened.
    fn enter(&mut self, depth: usize) -> Result<(), JsonFault> {
        if depth > JSON_DEPTH_MAX {
            return Err(JsonFault::TooDeep { at: self.at + self.skipped });
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn closes(&mut self, bracket: u8) -> bool {
        let closes = self.peek() == Some(bracket);
        self.at += usize::from(closes);
        closes
    }

    /// After a member or item: true at a comma, false at the closing bracket.
    fn goes_on(&mut self, bracket: u8, problem: &'static str) -> Result<bool, JsonFault> {
        self.space();
        if self.closes(bracket) {
            return Ok(false);
        }
        self.expect(b',', problem)?;
        self.space();
        Ok(true)
    }

    fn check_unseen(
        &self,
        members: &[(String, Json)],
        seen: &mut HashSet<String>,
        name: &str,
    ) -> Result<(), JsonFault> {
        let twice = if members.len() <= LINEAR_MEMBERS_MAX {
            members.iter().any(|(earlier, _)| earlier == name)
        } else {
            if seen.is_empty() {
                seen.extend(members.iter().map(|(earlier, _)| earlier.clone()));
            }
            !seen.insert(name.to_owned())
        };
        if !twice {
            return Ok(());
        }
        let outer = self.path.iter().map(String::as_str);
        let path: Vec<&str> = outer.chain([name]).collect();
        Err(JsonFault::DuplicateKey(path.join(".")))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, problem: &'static str) -> Result<(), JsonFault> {
        if self.peek() != Some(byte) {
            return self.fail(problem);
        }
        self.at += 1;
        Ok(())
    }

    fn fail<T>(&self, problem: &'static str) -> Result<T, JsonFault> {
        Err(JsonFault::NotJson { at: self.at + self.skipped, problem })
    }
}
