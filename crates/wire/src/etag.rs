//! The ETag counts changes of one record; `If-Match` asks for one of them.

/// The ETag of a record's version: `"3"`.
#[must_use]
pub fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

/// Whether an `If-Match` header allows a change of that version: `*`, or a list with its ETag.
/// Weak ones never match (RFC 9110 section 13.1.1), and a malformed header allows nothing.
#[must_use]
pub fn if_match_allows(header: &str, version: u32) -> bool {
    let header = header.trim_matches(is_blank);
    if header == "*" {
        return true;
    }
    let wanted = etag(version);
    let mut rest = header;
    let mut found = false;
    while !rest.is_empty() {
        let Some((tag, after)) = split_tag(rest) else {
            return false;
        };
        found |= tag == wanted;
        rest = after;
    }
    found
}

/// The first element of the list and what follows its comma. Empty elements are allowed.
fn split_tag(list: &str) -> Option<(&str, &str)> {
    let opaque_at = if list.starts_with("W/") { 2 } else { 0 };
    let Some(inside) = list[opaque_at..].strip_prefix('"') else {
        return list.strip_prefix(',').map(|rest| ("", rest.trim_start_matches(is_blank)));
    };
    let end = opaque_at + 1 + inside.find('"')? + 1;
    let (tag, rest) = list.split_at(end);
    let rest = rest.trim_start_matches(is_blank);
    let after = match rest.strip_prefix(',') {
        Some(after) => after.trim_start_matches(is_blank),
        None if rest.is_empty() => rest,
        None => return None,
    };
    Some((tag, after))
}

const fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_only_the_version_asked_for() {
        for (header, allowed) in [
            ("\"3\"", true),
            (" \"3\" ", true),
            ("*", true),
            (" * ", true),
            ("\"1\", \"3\"", true),
            ("\"3\",\"1\"", true),
            ("\"a,b\" , \"3\"", true),
            (", \"3\",,", true),
            ("W/\"1\", \"3\"", true),
            ("W/\"3\"", false),
            ("w/\"3\"", false),
            ("\"4\"", false),
            ("\"03\"", false),
            ("3", false),
            ("\"3", false),
            ("\"3\" \"1\"", false),
            ("\"3\", 1", false),
            ("\"3\", *", false),
            ("W/", false),
            ("", false),
        ] {
            assert_eq!(if_match_allows(header, 3), allowed, "{header}");
        }
    }
}
