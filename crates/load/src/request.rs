//! What is sent: creates of new customers under identities of their own, reads by id, changes of a
//! name. Texts only, no socket.

use crate::Target;
use std::fmt::Write;
use std::sync::Arc;

/// What a load does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Creates, each of a new customer, answered ACTIVE.
    Create,
    /// Reads by id, ids chosen at random.
    Read,
    /// Changes of a name, ids chosen at random.
    Patch,
    /// Of ten requests seven reads, two creates, one change.
    Mix,
}

/// What new customers and request identities look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Each behind the one before: what a benchmark sends.
    Ascending,
    /// Spread at random: what resellers send.
    Random,
}

/// A load, before it runs.
#[derive(Debug, Clone)]
pub struct Load {
    /// Where to.
    pub target: Target,
    /// What it does.
    pub kind: Kind,
    /// What its new keys look like.
    pub keys: Keys,
    /// Keeps the keys of one run apart from those of another.
    pub seed: u64,
    /// The merchantAccountKey and productKey that creates ask for.
    pub product: (String, String),
    /// The notificationUrl of creates; with one, notifyOnCreate is switched on, too.
    pub notify: Option<String>,
    /// What is read and changed.
    pub ids: Arc<Vec<String>>,
}

impl Load {
    /// The request of a number; the same number never comes twice in a run.
    pub(crate) fn request(&self, number: u64, out: &mut String) {
        match (self.kind, number % 10) {
            (Kind::Create, _) | (Kind::Mix, 7 | 8) => self.create(number, out),
            (Kind::Read, _) | (Kind::Mix, 0..=6) => {
                begin(out, &self.target, "GET", &["/v1/entitlement/", self.id(number)]);
                out.push_str("\r\n");
            }
            (Kind::Patch, _) | (Kind::Mix, _) => self.patch(number, out),
        }
    }

    /// Whether it needs entitlements that are there.
    #[must_use]
    pub const fn needs_ids(&self) -> bool {
        !matches!(self.kind, Kind::Create)
    }

    fn create(&self, number: u64, out: &mut String) {
        let (customer, identity) = match self.keys {
            Keys::Ascending => {
                let key = format!("load-{:08x}-{number:012}", self.seed >> 32);
                (key.clone(), key)
            }
            Keys::Random => (
                format!("{:016x}-customer", scrambled(number.wrapping_add(self.seed))),
                format!("{:016x}-identity", scrambled(number.wrapping_sub(self.seed))),
            ),
        };
        let (merchant, product) = &self.product;
        let mut body = format!(
            "{{\"customerIdentifier\":\"{customer}\",\"merchantAccountKey\":\"{merchant}\",\
             \"productKey\":\"{product}\""
        );
        if let Some(url) = &self.notify {
            let _ = write!(body, ",\"notificationUrl\":\"{url}\"");
        }
        body.push('}');
        let switch = if self.notify.is_some() { "X-Entitle-Switch: notifyOnCreate=on\r\n" } else { "" };
        self.write(out, "POST", &identity, switch, &body);
    }

    fn patch(&self, number: u64, out: &mut String) {
        let body =
            format!("{{\"entitlementId\":\"{}\",\"entitlementDisplayName\":\"load {number:012}\"}}", self.id(number));
        self.write(out, "PATCH", &format!("patch-{:016x}-{number:012}", self.seed), "", &body);
    }

    fn write(&self, out: &mut String, method: &str, identity: &str, more: &str, body: &str) {
        begin(out, &self.target, method, &["/v1/entitlement"]);
        let _ = write!(
            out,
            "Content-Type: application/json\r\nX-RequestIdentifier: {identity}\r\n{more}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
    }

    fn id(&self, number: u64) -> &str {
        let count = self.ids.len().max(1) as u64;
        let at = usize::try_from(scrambled(number) % count).unwrap_or(0);
        self.ids.get(at).map_or("", String::as_str)
    }
}

/// A GET.
#[must_use]
pub fn get(target: &Target, path: &str) -> String {
    let mut out = String::new();
    begin(&mut out, target, "GET", &[path]);
    out.push_str("\r\n");
    out
}

/// A POST of JSON.
#[must_use]
pub fn post(target: &Target, path: &str, body: &str) -> String {
    let mut out = String::new();
    begin(&mut out, target, "POST", &[path]);
    let _ = write!(out, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    out
}

fn begin(out: &mut String, target: &Target, method: &str, path: &[&str]) {
    out.push_str(method);
    out.push(' ');
    path.iter().for_each(|part| out.push_str(part));
    out.push_str(" HTTP/1.1\r\nHost: ");
    out.push_str(&target.host);
    out.push_str("\r\nAuthorization: ");
    out.push_str(&target.authorization);
    out.push_str("\r\n");
}

/// A number that looks random and never comes twice (SplitMix64's mixer is a bijection).
const fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(kind: Kind, keys: Keys) -> Load {
        Load {
            target: Target::new("http://127.0.0.1:1", "u", "p").unwrap(),
            kind,
            keys,
            seed: 7 << 32,
            product: ("BANGO_US".into(), "MUSIC_NOW".into()),
            notify: Some("http://127.0.0.1:2/x".into()),
            ids: Arc::new(vec!["a".into(), "b".into()]),
        }
    }

    fn request(load: &Load, number: u64) -> String {
        let mut out = String::new();
        load.request(number, &mut out);
        out
    }

    #[test]
    fn ascending_keys_ascend_and_random_ones_do_not() {
        let ascending = load(Kind::Create, Keys::Ascending);
        assert!(request(&ascending, 1) < request(&ascending, 2));
        assert!(request(&ascending, 9).contains("X-RequestIdentifier: load-00000007-000000000009\r\n"));
        let random = load(Kind::Create, Keys::Random);
        let orders = (0..100).filter(|n| request(&random, *n) < request(&random, n + 1)).count();
        assert!((20..80).contains(&orders), "{orders}");
    }

    #[test]
    fn a_body_is_as_long_as_it_says() {
        for kind in [Kind::Create, Kind::Patch] {
            let text = request(&load(kind, Keys::Random), 3);
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{text}");
        }
    }
}
