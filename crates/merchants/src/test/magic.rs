//! Magic numbers: words that force the test merchant's answer to one operation, for example
//! `CREATE_REQUEST_RETURNS_TIMEOUT` (docs/API.md section 8.4). Here are the words and which of
//! them exist; what they do stands in `forced.rs`.

use core::fmt;

/// What is asked of the merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MagicType {
    /// A new entitlement.
    Create,
    /// A fresh activation URL or code.
    ActivationInfo,
    /// Another product or offer.
    Update,
    /// The reseller's hold.
    Suspend,
    /// The hold goes.
    Resume,
    /// A planned end is taken back.
    Undo,
    /// Soft end.
    Cancel,
    /// Hard end.
    Revoke,
}

/// What the merchant is to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MagicResult {
    /// As the product usually does.
    Ok,
    /// Create: active at once.
    Activated,
    /// Create: accepted, and nothing more comes by itself.
    Created,
    /// Create, update: the user has to confirm on a page.
    ActivationRequired,
    /// Activation info: a page.
    ActivationUrl,
    /// Create, activation info: a code.
    ActivationCode,
    /// Cancel: at the end of the month-long period since activation.
    Ending,
    /// Cancel: at once.
    Ended,
    /// Queued, and confirmed after 5 s.
    Accepted,
    /// The merchant refuses the user.
    Denied,
    /// The merchant does not support it.
    NotSupported,
    /// No answer; nothing was done.
    Error,
    /// No answer; it was done as usual.
    Timeout,
}

/// A type with a result that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MagicNumber {
    /// Of which calls.
    pub kind: MagicType,
    /// With which answer.
    pub result: MagicResult,
}

impl MagicType {
    /// All of them.
    pub const ALL: [MagicType; 8] = [
        MagicType::Create,
        MagicType::ActivationInfo,
        MagicType::Update,
        MagicType::Suspend,
        MagicType::Resume,
        MagicType::Undo,
        MagicType::Cancel,
        MagicType::Revoke,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::ActivationInfo => "ACTIVATION_INFO",
            Self::Update => "UPDATE",
            Self::Suspend => "SUSPEND",
            Self::Resume => "RESUME",
            Self::Undo => "UNDO",
            Self::Cancel => "CANCEL",
            Self::Revoke => "REVOKE",
        }
    }

    /// What it can be answered, the good before the bad.
    const fn results(self) -> &'static [MagicResult] {
        use MagicResult::*;
        match self {
            Self::Create => &[
                Activated,
                Created,
                ActivationRequired,
                ActivationCode,
                Accepted,
                Denied,
                NotSupported,
                Error,
                Timeout,
            ],
            Self::ActivationInfo => &[ActivationUrl, ActivationCode, Denied, NotSupported, Error, Timeout],
            Self::Update => &[Ok, ActivationRequired, Accepted, Denied, NotSupported, Error, Timeout],
            Self::Suspend | Self::Resume | Self::Undo | Self::Revoke => {
                &[Ok, Accepted, Denied, NotSupported, Error, Timeout]
            }
            Self::Cancel => &[Ok, Ending, Ended, Accepted, Denied, NotSupported, Error, Timeout],
        }
    }
}

impl MagicResult {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Activated => "ACTIVATED",
            Self::Created => "CREATED",
            Self::ActivationRequired => "ACTIVATION_REQUIRED",
            Self::ActivationUrl => "ACTIVATION_URL",
            Self::ActivationCode => "ACTIVATION_CODE",
            Self::Ending => "ENDING",
            Self::Ended => "ENDED",
            Self::Accepted => "ACCEPTED",
            Self::Denied => "DENIED",
            Self::NotSupported => "NOT_SUPPORTED",
            Self::Error => "ERROR",
            Self::Timeout => "TIMEOUT",
        }
    }
}

impl MagicNumber {
    /// Reads a word; in those of activation info `_REQUEST` may be left out.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let (asked, result) = word.split_once("_RETURNS_")?;
        let kind = |word: &str| MagicType::ALL.into_iter().find(|kind| kind.word() == word);
        let kind = match asked.strip_suffix("_REQUEST") {
            Some(word) => kind(word)?,
            None => kind(asked).filter(|kind| *kind == MagicType::ActivationInfo)?,
        };
        Self::of(kind).find(|number| number.result.word() == result)
    }

    /// All of a type.
    pub fn of(kind: MagicType) -> impl Iterator<Item = Self> {
        kind.results().iter().map(move |result| Self { kind, result: *result })
    }
}

impl fmt::Display for MagicNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = if self.kind == MagicType::ActivationInfo { "" } else { "_REQUEST" };
        write!(f, "{}{request}_RETURNS_{}", self.kind.word(), self.result.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_no_other_is_one() {
        let all: Vec<MagicNumber> = MagicType::ALL.into_iter().flat_map(MagicNumber::of).collect();
        assert_eq!(all.len(), 9 + 6 + 7 + 4 * 6 + 8);
        for number in all {
            assert_eq!(MagicNumber::parse(&number.to_string()), Some(number), "{number}");
        }
        let url = MagicNumber { kind: MagicType::ActivationInfo, result: MagicResult::ActivationUrl };
        assert_eq!(MagicNumber::parse("ACTIVATION_INFO_REQUEST_RETURNS_ACTIVATION_URL"), Some(url));
        for word in [
            "",
            "CREATE_REQUEST_RETURNS_",
            "CREATE_REQUEST_RETURNS_OK",
            "CREATE_RETURNS_ACTIVATED",
            "create_request_returns_activated",
            "ACTIVATION_INFO_RETURNS_ACCEPTED",
            "TERMINATE_REQUEST_RETURNS_OK",
        ] {
            assert_eq!(MagicNumber::parse(word), None, "{word}");
        }
    }
}
