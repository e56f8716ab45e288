//! A plan as a person wants to read it: grouped, marked by `+`, `~` and `-`, with what it means.

use super::part::Section;
use super::{Change, KeyChange, Note, Part, Plan, What, Why};
use crate::Given;
use std::fmt;

/// Longest text that stands in a plan whole; longer ones are keys and descriptions.
const SHOWN_CHARS_MAX: usize = 100;

/// So much of a key's end is shown: two keys are hardly alike in it.
const KEY_END_CHARS: usize = 16;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (section, title) in [
            (Section::Merchants, "Merchants"),
            (Section::Resellers, "Resellers"),
            (Section::Credentials, "Credentials"),
        ] {
            let changes: Vec<&Change> = self.changes.iter().filter(|one| one.part.section() == section).collect();
            if !changes.is_empty() {
                writeln!(f, "{title}")?;
                changes.iter().try_for_each(|change| write!(f, "{change}"))?;
                writeln!(f)?;
            }
        }
        if !self.notes.is_empty() {
            writeln!(f, "Notes")?;
            self.notes.iter().try_for_each(|note| writeln!(f, "  ! {note}"))?;
            writeln!(f)?;
        }
        writeln!(f, "{}", self.summary())
    }
}

impl Plan {
    /// `2 to add, 1 to remove.`, or that nothing changes.
    #[must_use]
    pub fn summary(&self) -> String {
        let count = |wanted: fn(What) -> bool| self.changes.iter().filter(|change| wanted(change.what)).count();
        let counted = [
            (count(|what| what == What::Added), "to add"),
            (count(|what| what == What::Changed), "to change"),
            (count(|what| matches!(what, What::Retired(_))), "to retire"),
            (count(|what| what == What::BroughtBack), "to bring back"),
            (count(|what| what == What::Removed), "to remove"),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        let said: Vec<String> = counted.map(|(count, what)| format!("{count} {what}")).collect();
        if said.is_empty() { "Nothing changes.".to_owned() } else { format!("{}.", said.join(", ")) }
    }
}

/// One line where there is one thing to say, otherwise a line for each.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {} {}", self.what.mark(), self.part)?;
        let mut says = self.says().into_iter();
        if self.what.is_verb() {
            says.next().map_or(Ok(()), |verb| write!(f, " {verb}"))?;
        }
        let added = self.what == What::Added;
        let keys = self.keys.iter().map(|key| if added { key.as_added() } else { key.to_string() });
        let said: Vec<String> = keys.chain(says).collect();
        match said.as_slice() {
            [] => writeln!(f),
            [one] if !self.what.is_verb() => writeln!(f, ": {one}"),
            many => {
                writeln!(f)?;
                many.iter().try_for_each(|one| writeln!(f, "      {one}"))
            }
        }
    }
}

impl What {
    /// Whether the first thing said of it goes on from its name.
    const fn is_verb(self) -> bool {
        match self {
            Self::Retired(_) | Self::BroughtBack => true,
            Self::Added | Self::Changed | Self::Removed => false,
        }
    }

    /// Its mark in a plan.
    #[must_use]
    pub const fn mark(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed | Self::Retired(_) | Self::BroughtBack => '~',
            Self::Removed => '-',
        }
    }

    /// Its word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Retired(_) => "retired",
            Self::BroughtBack => "brought-back",
        }
    }
}

impl Change {
    /// What it means, in plain words.
    #[must_use]
    pub fn says(&self) -> Vec<String> {
        let says = match self.what {
            What::Retired(Why::InUse(counts)) => vec![format!("is retired, not removed: {counts}")],
            What::Retired(Why::InTheFile) => vec![format!("is retired: {}", self.part.says_retired())],
            What::BroughtBack => vec!["is no longer retired".to_owned()],
            What::Added => self.part.says_added().map(str::to_owned).into_iter().collect(),
            What::Removed => vec![self.part.says_removed().to_owned()],
            What::Changed => Vec::new(),
        };
        let of_keys = match self.what {
            What::Changed | What::Retired(_) | What::BroughtBack => {
                self.keys.iter().filter_map(KeyChange::says).collect()
            }
            What::Added | What::Removed => Vec::new(),
        };
        let mut says: Vec<String> = says.into_iter().chain(of_keys).collect();
        // Two keys may mean the same.
        says.dedup();
        says
    }
}

impl Part {
    const fn says_retired(&self) -> &'static str {
        match self {
            Self::Offer { .. } => "nobody gets it any more; who has it keeps it",
            Self::Merchant { .. }
            | Self::Product { .. }
            | Self::Reseller { .. }
            | Self::Side { .. }
            | Self::Route { .. }
            | Self::Sale { .. } => "no create any more; what is open goes on",
            // A credential is there or not.
            Self::Credential { .. } => "",
        }
    }

    const fn says_added(&self) -> Option<&'static str> {
        match self {
            Self::Credential { .. } => Some("lets nobody in until it has a password"),
            Self::Merchant { .. }
            | Self::Product { .. }
            | Self::Offer { .. }
            | Self::Reseller { .. }
            | Self::Side { .. }
            | Self::Route { .. }
            | Self::Sale { .. } => None,
        }
    }

    const fn says_removed(&self) -> &'static str {
        match self {
            Self::Credential { .. } => "its callers get 401 from now on",
            Self::Merchant { .. }
            | Self::Product { .. }
            | Self::Offer { .. }
            | Self::Reseller { .. }
            | Self::Side { .. }
            | Self::Route { .. }
            | Self::Sale { .. } => "nothing open refers to it",
        }
    }
}

impl KeyChange {
    /// What the change of this key means, where that is not plain.
    fn says(&self) -> Option<String> {
        let says = match self.key {
            "addresses" if self.new.is_some() => "callers from elsewhere get 401 from now on",
            "signing.public_key" if self.new.is_some() => "requests have to be signed by this key, if they are signed",
            "signing.required" if self.new == Some(Given::Flag(true)) => "unsigned requests get 401 from now on",
            "signing.required" => "unsigned requests are taken from now on",
            "reseller" | "mode" => "its callers see that side from now on, and nothing of the other",
            "notification_url" | "notification_auth" => "what waits to be sent goes there, too",
            "webhook_secret" => "every notification is signed by it from now on",
            "limit" if self.is_less() => "who has more keeps it",
            "products" => "what is open goes on",
            "operations" => "what is not offered is refused from now on; what runs is finished",
            _ => return None,
        };
        Some(says.to_owned())
    }

    fn is_less(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(Given::Number(old)), Some(Given::Number(new))) => new < old,
            _ => false,
        }
    }

    /// What a key means that is not set.
    fn unset(&self) -> &'static str {
        match self.key {
            "products" => "all",
            "addresses" => "anywhere",
            "pending_timeout" => "never",
            "notification_auth" | "switches" | "signing.public_key" | "offers" => "none",
            _ => "not set",
        }
    }

    /// `limit = 3`, as the file has it.
    fn as_added(&self) -> String {
        format!("{} = {}", self.key, self.shown(self.new.as_ref()))
    }

    fn shown(&self, value: Option<&Given>) -> String {
        let Some(value) = value else {
            return self.unset().to_owned();
        };
        match value {
            Given::Text(key) if self.key == "signing.public_key" => format!("…{}", end_of_key(key)),
            value => shortened(&value.to_string()),
        }
    }
}

/// The end of a public key itself, which tells it from others; all begin alike.
fn end_of_key(key: &str) -> String {
    let inner = key.split_once("</Modulus>").map_or(key, |(modulus, _)| modulus);
    let lines = inner.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let chars: Vec<char> = lines.flat_map(str::chars).collect();
    chars.iter().skip(chars.len().saturating_sub(KEY_END_CHARS)).collect()
}

fn shortened(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let chars = text.chars().count();
    if chars <= SHOWN_CHARS_MAX {
        return one_line;
    }
    format!("{}… ({chars} characters)", one_line.chars().take(SHOWN_CHARS_MAX / 2).collect::<String>())
}

/// `limit 1 → 3`.
impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} → {}", self.key, self.shown(self.old.as_ref()), self.shown(self.new.as_ref()))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownsStay(part) => write!(
                f,
                "{part}: neither repeatable nor inquiry, so \"nothing twice\" is not promised: an unknown outcome \
                 waits for a call-back or for you"
            ),
            Self::NoCredential(part) => write!(f, "{part}: no credential, so nobody can call for it"),
            Self::StaysRetired(part, counts) => {
                write!(f, "{part}: not in the file, stays retired: {counts}")
            }
            Self::Missing(part, counts) => write!(
                f,
                "{part}: neither in the catalog nor in the file, and still in use: {counts}; add it, or these cannot \
                 go on"
            ),
        }
    }
}
