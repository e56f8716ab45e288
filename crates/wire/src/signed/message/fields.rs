//! As much of structured fields (RFC 9651) as signatures need: a dictionary whose members are inner
//! lists of strings, or bytes, with parameters.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// One member of a dictionary.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) value: Value,
    /// Value and parameters as they were sent.
    pub(super) text: String,
    parameters: Vec<(String, Bare)>,
}

/// What a member holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An inner list of strings without parameters.
    Items(Vec<String>),
    /// A byte sequence.
    Bytes(Vec<u8>),
}

/// A parameter's value.
#[derive(Debug, PartialEq, Eq)]
enum Bare {
    Text(String),
    Number(i64),
    /// Anything else, which no parameter of ours is.
    Other,
}

impl Member {
    /// A parameter that is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).and_then(|(_, value)| match value {
            Bare::Text(text) => Some(text.as_str()),
            Bare::Number(_) | Bare::Other => None,
        })
    }

    /// A parameter that is an integer.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.parameters.iter().find(|(known, _)| known == name).and_then(|(_, value)| match value {
            Bare::Number(number) => Some(*number),
            Bare::Text(_) | Bare::Other => None,
        })
    }
}

/// The members of a dictionary; `None` where it is none of ours.
pub(super) fn dictionary(text: &str) -> Option<Vec<Member>> {
    let mut rest = Rest(text.trim());
    let mut members: Vec<Member> = Vec::new();
    loop {
        let member = rest.member()?;
        if members.iter().any(|known| known.key == member.key) {
            return None;
        }
        members.push(member);
        rest.skip_space();
        if rest.0.is_empty() {
            return Some(members);
        }
        rest.expect(',')?;
        rest.skip_space();
    }
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn member(&mut self) -> Option<Member> {
        let key = self.key()?.to_owned();
        self.expect('=')?;
        let from = self.0;
        let value = if self.0.starts_with('(') { Value::Items(self.items()?) } else { Value::Bytes(self.bytes()?) };
        let parameters = self.parameters()?;
        let text = from.strip_suffix(self.0)?.to_owned();
        Some(Member { key, value, text, parameters })
    }

    fn items(&mut self) -> Option<Vec<String>> {
        self.expect('(')?;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.0.starts_with(')') {
                self.expect(')')?;
                return Some(items);
            }
            items.push(self.string()?);
            if !self.0.starts_with([' ', ')']) {
                return None;
            }
        }
    }

    fn parameters(&mut self) -> Option<Vec<(String, Bare)>> {
        let mut parameters: Vec<(String, Bare)> = Vec::new();
        while self.0.starts_with(';') {
            self.expect(';')?;
            self.skip_space();
            let key = self.key()?.to_owned();
            let value = if self.0.starts_with('=') {
                self.expect('=')?;
                self.bare()?
            } else {
                Bare::Other
            };
            // The last one counts (RFC 9651 section 3.1.2).
            parameters.retain(|(known, _)| *known != key);
            parameters.push((key, value));
        }
        Some(parameters)
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.0.chars().next()? {
            '"' => self.string().map(Bare::Text),
            ':' => self.bytes().map(|_| Bare::Other),
            '-' | '0'..='9' => self
                .taken(|c| c == '-' || c == '.' || c.is_ascii_digit())
                .map(|digits| digits.parse().map_or(Bare::Other, Bare::Number)),
            _ => self.taken(|c| c.is_ascii_alphanumeric() || "?*_-.:/%".contains(c)).map(|_| Bare::Other),
        }
    }

    fn string(&mut self) -> Option<String> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            let next = self.next()?;
            match next {
                '"' => return Some(text),
                '\\' => text.push(self.next().filter(|c| matches!(c, '"' | '\\'))?),
                ' '..='~' => text.push(next),
                _ => return None,
            }
        }
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        self.expect(':')?;
        let encoded = self.taken(|c| c != ':')?;
        self.expect(':')?;
        STANDARD.decode(encoded).ok()
    }

    fn key(&mut self) -> Option<&'a str> {
        let is_first = |c: char| c.is_ascii_lowercase() || c == '*';
        self.0.chars().next().filter(|c| is_first(*c))?;
        self.taken(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.*".contains(c))
    }

    fn taken(&mut self, is_part: impl Fn(char) -> bool) -> Option<&'a str> {
        let end = self.0.find(|c| !is_part(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        (!taken.is_empty()).then_some(taken)
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.0.chars();
        let next = chars.next()?;
        self.0 = chars.as_str();
        Some(next)
    }

    fn skip_space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_with_their_parameters_and_kept_as_sent() {
        let read = dictionary(r#"sig1=("@method" "x-a");created=1618884473;keyid="k\"1";odd;f=1.5, b=:AAE=:;q=?1"#);
        let read = read.unwrap();
        assert_eq!(read[0].value, Value::Items(vec!["@method".to_owned(), "x-a".to_owned()]));
        assert_eq!(read[0].number("created"), Some(1_618_884_473));
        assert_eq!(read[0].text("keyid"), Some("k\"1"));
        assert_eq!((read[0].number("keyid"), read[0].text("created"), read[0].number("f")), (None, None, None));
        assert_eq!(read[0].text, r#"("@method" "x-a");created=1618884473;keyid="k\"1";odd;f=1.5"#);
        assert_eq!((read[1].key.as_str(), &read[1].value), ("b", &Value::Bytes(vec![0, 1])));
        assert_eq!(dictionary("a=()").unwrap()[0].value, Value::Items(Vec::new()));
    }

    #[test]
    fn what_is_no_such_dictionary_is_refused() {
        for wrong in [
            "",
            "a",
            "a=",
            "a=(",
            "a=(\"x\"",
            "a=(x)",
            "a=(\"x\";sf)",
            "a=(\"x\"\"y\")",
            "a=:!:",
            "a=:AA",
            "A=()",
            "a=(),",
            "a=() b=()",
            "a=(),a=()",
            "a=();",
            "a=();x=",
            "a=(\"\u{e9}\")",
            "a=(\"\\x\")",
        ] {
            assert_eq!(dictionary(wrong), None, "{wrong}");
        }
    }
}
