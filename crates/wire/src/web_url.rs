//! URLs that the hub calls or shows: which ones are taken, and how user and password are masked.

use crate::{Fault, rule};
use std::cell::RefCell;
use std::ops::Range;
use url::Url;

/// Longest notificationUrl (docs/API.md section 3).
pub const NOTIFICATION_URL_CHARS_MAX: usize = 4096;

/// Stands for user and password wherever a URL is shown.
const MASK: &str = "***";

/// The URL with user and password masked: `https://***@host/path`.
#[must_use]
pub fn mask_url(url: &str) -> String {
    match userinfo(url) {
        Some(place) => format!("{}{MASK}{}", &url[..place.start], &url[place.end..]),
        None => url.to_owned(),
    }
}

/// Whether this is a URL as [`mask_url`] shows it, not as it was given.
pub(crate) fn is_masked(url: &str) -> bool {
    userinfo(url).is_some_and(|place| &url[place] == MASK)
}

/// Checks a notificationUrl. It is called exactly as given, so nothing is repaired: what a
/// request line cannot carry is refused.
///
/// # Errors
/// Where it is no absolute http or https URL, or in live mode no https URL.
pub fn check_url(field: &str, url: &str, live: bool) -> Result<(), Fault> {
    let invalid = |hint: String| Err(Fault::invalid(field, rule::URL_INVALID).with_hint(hint));
    if let Some(char) = url.chars().find(|char| !is_url_char(*char)) {
        return invalid(format!("`{char}` cannot stand in a URL. Percent-encode it."));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return invalid("Send an absolute URL: https://host/path.".to_owned());
    };
    let is_https = scheme.eq_ignore_ascii_case("https");
    if !is_https && !scheme.eq_ignore_ascii_case("http") {
        return invalid("Only https (in test mode also http) URLs are called.".to_owned());
    }
    // The library would skip further slashes and take the path for the host.
    if rest.starts_with('/') || !has_host(url) {
        return invalid("No host can be read from this URL. Send https://host/path.".to_owned());
    }
    if live && !is_https {
        let hint = "In live mode the URL has to begin with https://.";
        return Err(Fault::invalid(field, rule::URL_NOT_HTTPS).with_hint(hint));
    }
    Ok(())
}

/// Whether the library reads it. A reseller's URLs are mostly one and the same, and to read one costs a
/// fiftieth of a create: the last that was good is remembered.
fn has_host(url: &str) -> bool {
    thread_local! {
        static LAST_GOOD: RefCell<String> = const { RefCell::new(String::new()) };
    }
    LAST_GOOD.with_borrow_mut(|last| {
        let is_good = last == url || Url::parse(url).is_ok();
        if is_good && last != url {
            url.clone_into(last);
        }
        is_good
    })
}

/// The characters of RFC 3986.
fn is_url_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(char)
}

/// Where user and password stand, without the `@`.
fn userinfo(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + 3;
    let authority = url[start..].split(['/', '?', '#']).next()?;
    authority.rfind('@').map(|length| start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_user_and_password_only() {
        for (url, masked) in [
            ("https://user:pass@host/p", "https://***@host/p"),
            ("https://user@host", "https://***@host"),
            ("https://u@v:p@host?x=1", "https://***@host?x=1"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://host?a@b", "https://host?a@b"),
            ("https://host#a@b", "https://host#a@b"),
            ("https://@host/", "https://***@host/"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(mask_url(url), masked);
            assert_eq!(mask_url(masked), masked, "masking twice changes nothing");
            assert_eq!(is_masked(url), url == masked && url.contains("***"), "{url}");
        }
    }
}
