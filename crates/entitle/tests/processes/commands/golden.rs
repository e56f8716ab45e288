//! Transcripts: commands as they are typed, what they print, and how they end. What differs from
//! run to run is replaced by something as wide, so that the goldens are aligned as the output is.

use crate::binary::run_with;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What was typed and what came of it.
pub(super) struct Transcript {
    name: &'static str,
    text: String,
    settings: Vec<(&'static str, String)>,
    ids: Vec<String>,
}

impl Transcript {
    /// A transcript without a hub; `name` is the golden file's.
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, text: String::new(), settings: Vec::new(), ids: Vec::new() }
    }

    /// One whose commands ask the hub at that address.
    pub(super) fn with_hub(name: &'static str, url: &str) -> Self {
        Self { settings: vec![("ENTITLE_URL", url.to_owned())], ..Self::new(name) }
    }

    /// Types a command, and keeps everything it printed.
    pub(super) fn type_in(&mut self, command: &str) {
        self.type_with(&[], command);
    }

    /// The same with further settings in the environment.
    pub(super) fn type_with(&mut self, more: &[(&str, &str)], command: &str) {
        let mut settings: Vec<(&str, &str)> =
            self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        settings.extend(more);
        let arguments: Vec<&str> = command.split(' ').collect();
        let ended = run_with(&arguments, &settings);
        let shown: Vec<String> = more.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let _ = writeln!(self.text, "$ {}entitle {command}", shown.concat());
        self.text.push_str(&ended.stdout);
        if !ended.stderr.is_empty() {
            let _ = write!(self.text, "[standard error]\n{}", ended.stderr);
        }
        match ended.code {
            Some(0) => self.text.push('\n'),
            code => {
                let _ =
                    writeln!(self.text, "[exit {}]\n", code.map_or("by a signal".to_owned(), |code| code.to_string()));
            }
        }
    }

    /// Compares with the golden file, or rewrites it.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "UPDATE_GOLDEN is the developer's word to the tests")]
    pub(super) fn compare(mut self) {
        let text = std::mem::take(&mut self.text);
        // Without a hub nothing differs.
        let text = if self.settings.is_empty() { text } else { self.stable(&text) };
        let stable = format!("{}\n", text.trim_end());
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/processes/commands/golden")
            .join(format!("{}.txt", self.name));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, stable).unwrap();
            return;
        }
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        let differs = stable.lines().zip(golden.lines()).position(|(is, was)| is != was);
        let line = differs.unwrap_or_else(|| stable.lines().count().min(golden.lines().count()));
        let [is, was] = [&stable, &golden].map(|text| text.lines().nth(line).unwrap_or("(the end)"));
        let place = format!("{}:{}", file.display(), line + 1);
        assert!(stable == golden, "{place} is no longer so; UPDATE_GOLDEN=1 rewrites it\n was: {was}\n is:  {is}");
    }

    /// Ids are numbered as they appear; dates, ports, secrets, codes and pseudonyms lose their digits.
    fn stable(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let at_word = !out.ends_with(|last: char| last.is_ascii_alphanumeric());
            let found = at_word.then(|| self.replaced(rest)).flatten();
            let (shown, length) = found.unwrap_or_else(|| {
                let first = rest.chars().next().unwrap();
                (first.to_string(), first.len_utf8())
            });
            out.push_str(&shown);
            rest = &rest[length..];
        }
        out
    }

    fn replaced(&mut self, rest: &str) -> Option<(String, usize)> {
        if has_shape(rest, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh") {
            let id = rest[..36].to_owned();
            let known = self.ids.iter().position(|known| *known == id);
            let number = known.unwrap_or_else(|| {
                self.ids.push(id);
                self.ids.len() - 1
            });
            return Some((format!("00000000-0000-7000-8000-{:012}", number + 1), 36));
        }
        for (shape, shown) in [
            ("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh", "0123456789abcdef0123456789abcdef"),
            ("dddd-dd-ddTdd:dd:ddZ", "YYYY-MM-DDTHH:MM:SSZ"),
            ("dddd-dd-dd dd:dd:dd", "YYYY-MM-DD HH:MM:SS"),
            ("dddd-dd-dd", "YYYY-MM-DD"),
            ("AAAA-AAAA-AAAA", "CODE-CODE-CODE"),
        ] {
            if has_shape(rest, shape) {
                return Some((shown.to_owned(), shape.len()));
            }
        }
        for (before, shown) in [("127.0.0.1:", "PORT"), ("\"bangoUserId\":\"", "DIGITS"), ("Bango user     ", "DIGITS")]
        {
            if let Some(after) = rest.strip_prefix(before)
                && after.starts_with(|first: char| first.is_ascii_digit())
            {
                let digits = after.bytes().take_while(u8::is_ascii_digit).count();
                return Some((format!("{before}{shown}"), before.len() + digits));
            }
        }
        // How often something is tried until it is given up has some chance in it.
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && rest[digits..].starts_with(" tries") {
            return Some(("N".to_owned(), digits));
        }
        let secret = rest.strip_prefix("whsec_")?.bytes().take_while(|byte| !byte.is_ascii_whitespace()).count();
        (secret > 30).then(|| ("whsec_SECRET".to_owned(), "whsec_".len() + secret))
    }
}

/// `h` is a hexadecimal digit, `d` a decimal one, `A` a capital or a digit, all else itself.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, shape): (u8, u8)| match shape {
        b'h' => byte.is_ascii_hexdigit(),
        b'd' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        other => byte == other,
    };
    text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}
