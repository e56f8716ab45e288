//! What single texts may be: keys, names, URLs, names of secrets, networks.

use super::table::Wrong;
use crate::bounds::{
    DESCRIPTION_CHARS_MAX, DURATION_S_MAX, KEY_CHARS_MAX, NAME_CHARS_MAX, PUBLIC_KEY_BYTES_MAX, RESELLER_CHARS_MAX,
    SECRET_NAME_CHARS_MAX, URL_CHARS_MAX, USER_CHARS_MAX,
};
use crate::duration;
use ipnet::IpNet;
use std::net::IpAddr;

/// Longest piece of the file that a fault repeats: enough to recognise it.
const SHOWN_CHARS_MAX: usize = 60;

/// The text in backquotes, cut and without control characters.
pub(super) fn shown(text: &str) -> String {
    let visible = |char: char| if char.is_control() { '\u{fffd}' } else { char };
    let kept: String = text.chars().take(SHOWN_CHARS_MAX).map(visible).collect();
    let more = if text.chars().nth(SHOWN_CHARS_MAX).is_some() { "…" } else { "" };
    format!("`{kept}{more}`")
}

/// A key of a merchant, product or offer.
pub(super) fn key(text: &str) -> Result<(), Wrong> {
    line(text, KEY_CHARS_MAX)
}

/// The key in a list.
pub(super) fn listed_key(text: &str) -> Result<String, Wrong> {
    key(text).map(|()| text.to_owned())
}

/// A name for people.
pub(super) fn name(text: &str) -> Result<String, Wrong> {
    line(text, NAME_CHARS_MAX).map(|()| text.to_owned())
}

/// A sentence or two; may be empty.
pub(super) fn description(text: &str) -> Result<String, Wrong> {
    let chars = text.chars().count();
    if chars > DESCRIPTION_CHARS_MAX {
        return Err(too_long(chars, DESCRIPTION_CHARS_MAX));
    }
    if text.contains('\0') {
        return Err(Wrong::new("holds U+0000", "remove it"));
    }
    Ok(text.to_owned())
}

/// A reseller's key.
pub(super) fn reseller_key(text: &str) -> Result<(), Wrong> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let plain = !text.is_empty() && text.bytes().all(is_plain) && !text.starts_with('-');
    if !plain {
        return Err(Wrong::new("is no key of a reseller", "take a-z, 0-9 and -, not - at the beginning"));
    }
    line(text, RESELLER_CHARS_MAX)
}

/// A user name of HTTP Basic.
pub(super) fn user(text: &str) -> Result<(), Wrong> {
    if text.contains(':') {
        return Err(Wrong::new("is no user name", "HTTP Basic ends the user name at `:`; take another character"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Wrong::new("is no user name", "take letters, digits and signs of ASCII, without white space"));
    }
    line(text, USER_CHARS_MAX)
}

/// The same as a value.
pub(super) fn user_value(text: &str) -> Result<String, Wrong> {
    user(text).map(|()| text.to_owned())
}

/// The name of a sealed secret. What is no name may be the secret itself, so no fault repeats it.
pub(super) fn secret_name(text: &str) -> Result<String, Wrong> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let begins = text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    if !begins || text.len() > SECRET_NAME_CHARS_MAX || !text.bytes().all(is_plain) {
        let help = format!(
            "a secret stands here by its name only: a-z, 0-9, - and ., at most {SECRET_NAME_CHARS_MAX}; if this was \
             the secret itself, take it out and replace it"
        );
        return Err(Wrong::new("is no name of a secret", help));
    }
    Ok(text.to_owned())
}

/// A URL of a page or picture.
pub(super) fn page_url(text: &str) -> Result<String, Wrong> {
    url(text, true, "must begin with https://")
}

/// A URL that is called.
pub(super) fn notification_url(text: &str, live: bool) -> Result<String, Wrong> {
    if wire::mask_url(text) != text {
        let help = "name them in notification_auth, the password by the name of its secret";
        return Err(Wrong::new("holds a user or password", help));
    }
    url(text, live, "must begin with https:// on the live side")
}

fn url(text: &str, https: bool, not_https: &str) -> Result<String, Wrong> {
    line(text, URL_CHARS_MAX)?;
    if let Err(fault) = wire::check_url("url", text, false) {
        let hint = fault.hint.unwrap_or_default();
        return Err(Wrong::new("is no URL that can be called", lower_first(hint.trim_end_matches('.'))));
    }
    if https && wire::check_url("url", text, true).is_err() {
        return Err(Wrong::new(not_https, format!("it is {}", shown(text))));
    }
    Ok(text.to_owned())
}

/// Seconds.
pub(super) fn duration(text: &str) -> Result<i64, Wrong> {
    duration::parse(text).ok_or_else(|| {
        let longest = duration::print(DURATION_S_MAX);
        let help = format!("write a whole number and s, m, h or d, such as \"72h\", from 1s to {longest}");
        Wrong::new(format!("{} is no duration", shown(text)), help)
    })
}

/// An address or a network.
pub(super) fn network(text: &str) -> Result<IpNet, Wrong> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let Ok(network) = text.parse::<IpNet>() else {
        let help = "write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32";
        return Err(Wrong::new(format!("{} is no address and no network", shown(text)), help));
    };
    if network != network.trunc() {
        let help = format!("is it {} or {}?", network.trunc(), network.addr());
        return Err(Wrong::new(format!("{text} has bits beyond its /{}", network.prefix_len()), help));
    }
    Ok(network)
}

/// A public key, judged from outside: whether it is one is seen where it is used.
pub(super) fn public_key(text: &str) -> Result<String, Wrong> {
    if text.contains("PRIVATE KEY") || text.contains("<D>") {
        let help = "take it out, replace the pair, and put the public key here";
        return Err(Wrong::new("is a private key, which nobody but its owner may have", help));
    }
    let trimmed = text.trim();
    let pem = trimmed.starts_with("-----BEGIN ") && trimmed.ends_with("-----");
    let xml = trimmed.starts_with("<RSAKeyValue>") && trimmed.ends_with("</RSAKeyValue>");
    if !pem && !xml {
        let help = "take the whole text from -----BEGIN PUBLIC KEY----- to its end, or <RSAKeyValue>…</RSAKeyValue>";
        return Err(Wrong::new("is no public key", help));
    }
    if text.len() > PUBLIC_KEY_BYTES_MAX {
        return Err(Wrong::new(
            format!("has {} bytes", text.len()),
            format!("at most {PUBLIC_KEY_BYTES_MAX} are read"),
        ));
    }
    Ok(text.to_owned())
}

/// One of several words.
pub(super) fn one_of<T: Copy>(text: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Result<T, Wrong> {
    if let Some(found) = all.iter().find(|one| word(**one) == text) {
        return Ok(*found);
    }
    Err(not_among(text, &all.iter().map(|one| word(*one)).collect::<Vec<_>>()))
}

/// What is none of these, with the nearest of them.
pub(super) fn not_among(text: &str, words: &[&str]) -> Wrong {
    let problem = format!("{} is not known here", shown(text));
    match (words, wire::nearest(text, words.iter().copied())) {
        (_, Some(meant)) => Wrong::new(problem, format!("is it \"{meant}\"?")),
        ([only], None) => Wrong::new(problem, format!("take \"{only}\"")),
        (_, None) => Wrong::new(problem, format!("take one of {}", words.join(", "))),
    }
}

fn line(text: &str, chars_max: usize) -> Result<(), Wrong> {
    let chars = text.chars().count();
    if chars == 0 {
        return Err(Wrong::new("is empty", "write at least one character"));
    }
    if chars > chars_max {
        return Err(too_long(chars, chars_max));
    }
    match text.chars().position(char::is_control) {
        None => Ok(()),
        Some(at) => {
            let help = "remove it; a line end or tab may have slipped in";
            Err(Wrong::new(format!("character {} is a control character", at + 1), help))
        }
    }
}

fn too_long(chars: usize, chars_max: usize) -> Wrong {
    Wrong::new(format!("has {chars} characters"), format!("at most {chars_max} are read"))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
