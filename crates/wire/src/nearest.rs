//! Which known word was meant: for hints only, never for decisions.

/// Longer words are not compared: the table of distances grows with the square.
const WORD_CHARS_MAX: usize = 64;

/// A beginning of a known word counts from this length on (`customerId`).
const BEGINNING_CHARS_MIN: usize = 4;

/// The known word nearest to `word`, letter case aside: at most a third of its letters differ, or
/// one is the beginning of the other.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length == 0 || length > WORD_CHARS_MAX {
        return None;
    }
    known
        .filter_map(|candidate| Some((badness(&word, length, candidate)?, candidate)))
        .min_by_key(|(badness, _)| *badness)
        .map(|(_, candidate)| candidate)
}

fn badness(word: &str, length: usize, candidate: &str) -> Option<usize> {
    let lower = candidate.to_lowercase();
    let edits = distance(word, &lower);
    if edits <= (length / 3).max(1) {
        return Some(edits);
    }
    let shorter = length.min(lower.len());
    let begins = lower.starts_with(word) || word.starts_with(&lower);
    (begins && shorter >= BEGINNING_CHARS_MIN).then_some(edits)
}

/// Levenshtein's distance, one row of the table at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at_a, char_a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at_a + 1;
        for (at_b, char_b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(char_a != *char_b);
            diagonal = row[at_b + 1];
            row[at_b + 1] = replaced.min(row[at_b] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["customerIdentifier", "productKey", "offerKey", "status"];

    #[test]
    fn finds_what_was_meant() {
        for (word, meant) in [
            ("productkey", Some("productKey")),
            ("product_key", Some("productKey")),
            ("porductKey", Some("productKey")),
            ("customerId", Some("customerIdentifier")),
            ("statuses", Some("status")),
            ("stxtxs", Some("status")),
            ("xxxtus", None),
            ("colour", None),
            ("", None),
            ("s", None),
        ] {
            assert_eq!(nearest(word, KNOWN.into_iter()), meant, "{word}");
        }
        assert_eq!(nearest(&"status".repeat(11), KNOWN.into_iter()), None);
    }

    #[test]
    fn counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
