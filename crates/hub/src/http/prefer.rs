//! What a caller would prefer: the header Prefer (RFC 7240). What is not known here is ignored, as
//! that standard wants; what a preference means stands where it is honoured.

use hyper::header::HeaderMap;

/// The value of a preference, `""` where it has none; `None` where it is not stated. Names are
/// matched in any letter case, and the first of several counts.
pub(super) fn preference(headers: &HeaderMap, name: &str) -> Option<String> {
    stated(headers, "prefer", name)
}

/// The same of the header preference-extension, which says more about a preference.
pub(super) fn extension(headers: &HeaderMap, name: &str) -> Option<String> {
    stated(headers, "preference-extension", name)
}

fn stated(headers: &HeaderMap, header: &'static str, name: &str) -> Option<String> {
    let lines = headers.get_all(header).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(split_outside_quotes).find_map(|stated| {
        let (preference, _parameters) = stated.split_once(';').unwrap_or((stated, ""));
        let (stated, value) = preference.split_once('=').unwrap_or((preference, ""));
        stated.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The preferences of one line; a comma within quotes divides nothing.
fn split_outside_quotes(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn stated(lines: &[&'static str], name: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", HeaderValue::from_static(line));
        }
        preference(&headers, name)
    }

    #[test]
    fn a_preference_is_found_among_others_in_any_case_and_the_first_counts() {
        assert_eq!(stated(&["validate-only"], "validate-only").as_deref(), Some(""));
        assert_eq!(stated(&["respond-async, Validate-Only"], "validate-only").as_deref(), Some(""));
        assert_eq!(stated(&["wait=5;strict=1, status = 429 ; x=y"], "status").as_deref(), Some("429"));
        assert_eq!(stated(&["status=\"503\"", "status=429"], "status").as_deref(), Some("503"));
        assert_eq!(stated(&["note=\"a, status=1\", status=409"], "status").as_deref(), Some("409"));
        assert_eq!(stated(&["validate-onlyx"], "validate-only"), None);
        assert_eq!(stated(&[], "status"), None);
    }
}
