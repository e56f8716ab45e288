//! JSON text as a borrowed tree. Strict: what this house did not print is unreadable.

use super::Unreadable;
use entitlement::{Json, JsonObject};
use std::borrow::Cow;

/// Deeper text is refused instead of using up the stack; the API takes 32 levels.
const DEPTH_MAX: usize = 96;

/// One value.
#[derive(Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Node<'_> {
    /// The same as the rules keep it.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Node::Null => Json::Null,
            Node::Bool(value) => Json::Bool(*value),
            Node::Number(text) => Json::Number((*text).to_owned()),
            Node::Text(text) => Json::String(text.clone().into_owned()),
            Node::Array(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Node::Object(members) => Json::Object(JsonObject(
                members.iter().map(|(name, value)| (name.clone().into_owned(), value.to_json())).collect(),
            )),
        }
    }
}

/// Reads one value and nothing after it.
pub(super) fn parse(text: &str) -> Result<Node<'_>, Unreadable> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    if reader.at == text.len() { Ok(node) } else { Err(reader.wrong("more after the end")) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self, what: &str) -> Unreadable {
        Unreadable(format!("{what} at byte {}", self.at))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>, Unreadable> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(node)
        } else {
            Err(self.wrong("no JSON value"))
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, Unreadable> {
        self.space();
        if depth > DEPTH_MAX {
            return Err(self.wrong("too deep"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Node::Text),
            Some(b'n') => self.word("null", Node::Null),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(b'-' | b'0'..=b'9') => Ok(self.number()),
            _ => Err(self.wrong("no JSON value")),
        }
    }

    fn number(&mut self) -> Node<'a> {
        let from = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        Node::Number(&self.text[from..self.at])
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, Unreadable> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Node::Array(items));
            }
            if !self.take(b',') {
                return Err(self.wrong("no end of an array"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, Unreadable> {
        self.at += 1;
        if self.take(b'}') {
            return Ok(Node::Object(Vec::new()));
        }
        // The outermost one is mostly a record, which has about a dozen.
        let mut members = Vec::with_capacity(if depth == 0 { 16 } else { 4 });
        loop {
            self.space();
            let name = self.string()?;
            if !self.take(b':') {
                return Err(self.wrong("no colon"));
            }
            members.push((name, self.value(depth + 1)?));
            if self.take(b'}') {
                return Ok(Node::Object(members));
            }
            if !self.take(b',') {
                return Err(self.wrong("no end of an object"));
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Unreadable> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("no string"));
        }
        self.at += 1;
        let from = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let plain = &self.text[from..self.at];
                    self.at += 1;
                    return Ok(Cow::Borrowed(plain));
                }
                Some(b'\\') => return self.escaped(from),
                Some(_) => self.at += 1,
                None => return Err(self.wrong("no end of a string")),
            }
        }
    }

    fn escaped(&mut self, from: usize) -> Result<Cow<'a, str>, Unreadable> {
        let mut out = self.text[from..self.at].to_owned();
        loop {
            let plain = self.at;
            while !matches!(self.peek(), Some(b'"' | b'\\') | None) {
                self.at += 1;
            }
            out.push_str(&self.text[plain..self.at]);
            let found = self.peek().ok_or_else(|| self.wrong("no end of a string"))?;
            self.at += 1;
            if found == b'"' {
                return Ok(Cow::Owned(out));
            }
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Unreadable> {
        let kind = self.peek().ok_or_else(|| self.wrong("no end of a string"))?;
        self.at += 1;
        Ok(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unit()?,
            _ => return Err(self.wrong("unknown escape")),
        })
    }

    /// Four hex digits. Only control characters are printed so; pairs never are.
    fn unit(&mut self) -> Result<char, Unreadable> {
        let digits = self.text.get(self.at..self.at + 4);
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        code.and_then(char::from_u32).ok_or_else(|| self.wrong("no character"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_numbers_and_order_as_written() {
        let text = r#"{"b":1e400,"a":0.10,"c":[-0,true,null,"x\n\u0001é"]}"#;
        let json = parse(text).unwrap().to_json();
        let mut out = String::new();
        super::super::print::json(&mut out, &json);
        assert_eq!(out, text);
    }

    #[test]
    fn garbage_is_unreadable() {
        let deep = "[".repeat(5_000);
        for text in
            ["", "{", "[1,", "\"a", "\"\\u12", "\"\\ud800\"", "nul", "{\"a\"}", "1 2", "{a:1}", "\"\\", deep.as_str()]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
