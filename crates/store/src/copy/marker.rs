//! What an unfinished copy says of itself, among the settings of its target. While it lies there no hub
//! opens that store. How far the copy has come inside a table tells the table itself: a page and its note
//! are one transaction, and pages come in the order of keys.

use super::table::Table;

/// The marker's name among the settings.
pub(crate) const MARKER: &str = "copy.unfinished";
/// Where a place keeps what tells it from every other, made when it is first copied from.
pub(crate) const IDENTITY: &str = "store.identity";
/// Settings that belong to their place and are not copied.
pub(crate) const OWN_SETTINGS: [&str; 2] = [MARKER, IDENTITY];

/// The form of the text, should it ever change.
const FORM: &str = "2";
/// In the place of a table's name: all of them are there, and are compared.
const COPIED: &str = "copied";

/// An unfinished copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    /// The source in words.
    pub(crate) from: String,
    /// The source's identity.
    pub(crate) identity: String,
    /// How the source stood when the copy began.
    pub(crate) standing: String,
    /// Homes that resellers get, as they are written on the command line; the copy goes on with the same.
    pub(crate) homes: String,
    /// The table it has come to; none where all are copied.
    pub(crate) table: Option<Table>,
    /// Records so far.
    pub(crate) records: u64,
}

impl Marker {
    pub(crate) fn print(&self) -> String {
        let Self { from, identity, standing, homes, table, records } = self;
        let table = table.map_or(COPIED, Table::name);
        let from = from.replace('\n', " ");
        format!("{FORM}\n{from}\n{identity}\n{standing}\n{homes}\n{table}\n{records}\n")
    }

    /// Reads what [`Self::print`] wrote.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != FORM {
            return None;
        }
        let (from, identity, standing, homes) = (lines.next()?, lines.next()?, lines.next()?, lines.next()?);
        let table = match lines.next()? {
            COPIED => None,
            name => Some(Table::named(name)?),
        };
        let records = lines.next()?.parse().ok()?;
        let [from, identity, standing, homes] = [from, identity, standing, homes].map(str::to_owned);
        Some(Self { from, identity, standing, homes, table, records })
    }

    /// The source in words, as far as the marker can be read at all.
    pub(crate) fn source_in(value: &[u8]) -> String {
        let text = String::from_utf8_lossy(value);
        text.lines().nth(1).unwrap_or("another store").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_prints() {
        let marker = Marker {
            from: "hub.db".into(),
            identity: "ab12".into(),
            standing: "positions 3".into(),
            homes: "--homes acme=4".into(),
            table: Some(Table::Event),
            records: 17,
        };
        assert_eq!(Marker::read(&marker.print()), Some(marker.clone()));
        let copied = Marker { table: None, homes: String::new(), ..marker };
        assert_eq!(Marker::read(&copied.print()), Some(copied.clone()));
        assert_eq!(Marker::source_in(copied.print().as_bytes()), "hub.db");
        assert_eq!(Marker::read("1\n"), None);
    }
}
