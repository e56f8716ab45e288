//! What a field of a request takes and what a member of the record holds, as data: the parsers take
//! names and lengths from here, the OpenAPI document its schemas. Not here: the reading itself.

/// One field of a request, or one member of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What stands in it.
    pub shape: Shape,
    /// Whether a request has to send it; members of an answer are always there.
    pub required: bool,
    /// Whether null may stand in it.
    pub nullable: bool,
    /// What it is, in one line.
    pub meaning: &'static str,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An identifier, key or URL part: 1 to so many characters, none of them a control character.
    Identifier(usize),
    /// Free text of at most so many characters; it may be empty.
    Text(usize),
    /// Free text of 1 to so many characters.
    Filled(usize),
    /// An entitlementId of the reseller's own.
    OwnId,
    /// An RFC 3339 date-time.
    DateTime,
    /// An absolute http or https URL of at most so many characters.
    Url(usize),
    /// An object of the caller's own making.
    Object,
    /// The same, or a string that holds one.
    ObjectOrText,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A status.
    Status,
    /// A status, or a list of them.
    Statuses,
    /// A whole number from 1 to this.
    Count(usize),
    /// A whole number from 0 to this.
    UpTo(usize),
    /// Digits in a string.
    Digits,
}

impl Field {
    /// A field that may be left out and, where it stands, may be null.
    pub(crate) const fn new(name: &'static str, shape: Shape, meaning: &'static str) -> Self {
        Self { name, shape, required: false, nullable: true, meaning }
    }

    /// The same, and it has to be there.
    pub(crate) const fn required(self) -> Self {
        Self { required: true, nullable: false, ..self }
    }

    /// The same, and it cannot be null.
    pub(crate) const fn filled(self) -> Self {
        Self { nullable: false, ..self }
    }
}

/// The names of a table, as hints list them.
pub(crate) fn names(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name).collect()
}
