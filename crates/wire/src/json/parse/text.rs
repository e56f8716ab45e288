//! The parts of a JSON text without parts: words, numbers, strings.

use super::Reader;
use crate::JsonFault;
use entitlement::Json;

impl Reader<'_> {
    pub(super) fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonFault> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.fail("no value begins like this");
        }
        self.at += word.len();
        Ok(value)
    }

    /// A number, kept as written.
    pub(super) fn number(&mut self) -> Result<String, JsonFault> {
        let from = self.at;
        self.skip(|byte| byte == b'-', 1);
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.skip(|byte| byte == b'.', 1) > 0 {
            self.digits()?;
        }
        if self.skip(|byte| matches!(byte, b'e' | b'E'), 1) > 0 {
            self.skip(|byte| matches!(byte, b'+' | b'-'), 1);
            self.digits()?;
        }
        Ok(self.text[from..self.at].to_owned())
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        match self.skip(|byte| byte.is_ascii_digit(), usize::MAX) {
            0 => self.fail("a digit should stand here"),
            _ => Ok(()),
        }
    }

    /// Steps over at most `most` bytes of a kind; how many they were.
    fn skip(&mut self, kind: fn(u8) -> bool, most: usize) -> usize {
        let rest = self.bytes[self.at..].iter();
        let count = rest.take(most).take_while(|byte| kind(**byte)).count();
        self.at += count;
        count
    }

    /// A string, escapes decoded.
    pub(super) fn string(&mut self) -> Result<String, JsonFault> {
        self.at += 1;
        let mut decoded = String::new();
        loop {
            let from = self.at;
            self.skip(|byte| byte >= b' ' && byte != b'"' && byte != b'\\', usize::MAX);
            decoded.push_str(&self.text[from..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(decoded);
                }
                Some(b'\\') => decoded.push(self.escape()?),
                Some(_) => return self.fail("a control character stands unescaped in a string"),
                None => return self.fail("the text ends inside a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonFault> {
        self.at += 1;
        let decoded = match self.peek() {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return self.fail("no escape of JSON"),
        };
        self.at += 1;
        Ok(decoded)
    }

    /// `\uXXXX`, or two of them that form one character; `at` stands on the `u`.
    fn unicode_escape(&mut self) -> Result<char, JsonFault> {
        const LONE: &str = "half of a surrogate pair stands alone";
        let first = self.hex_unit()?;
        if let Some(plain) = char::from_u32(first) {
            return Ok(plain);
        }
        let is_high = (0xd800..0xdc00).contains(&first);
        if !is_high || !self.bytes[self.at..].starts_with(b"\\u") {
            return self.fail(LONE);
        }
        self.at += 1;
        let second = self.hex_unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return self.fail(LONE);
        }
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).map_or_else(|| self.fail(LONE), Ok)
    }

    fn hex_unit(&mut self) -> Result<u32, JsonFault> {
        self.at += 1;
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let unit =
            digits.iter().try_fold(0, |unit, byte| char::from(*byte).to_digit(16).map(|digit| unit * 16 + digit));
        match unit {
            Some(unit) if !digits.is_empty() => {
                self.at += 4;
                Ok(unit)
            }
            _ => self.fail("four hexadecimal digits should follow \\u"),
        }
    }
}
