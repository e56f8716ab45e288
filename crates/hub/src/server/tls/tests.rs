//! Certificates good and broken, made on the spot. Handshakes stand in the API tests.

use super::*;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use std::path::PathBuf;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

/// A self-signed certificate and its key, both PEM.
fn made(year: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut wanted = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    wanted.not_after = date_time_ymd(year, 2, 3);
    (wanted.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_certificate_is_read_with_its_expiry_in_either_form_of_date() {
    let place = Place::new();
    for (year, expires) in [(2031, "2031-02-03T00:00:00Z"), (2077, "2077-02-03T00:00:00Z")] {
        let (certificate, key) = made(year);
        let tls = Tls::open(place.put("c.pem", certificate), place.put("k.pem", key)).unwrap();
        assert_eq!(wire::print_date(tls.expires_at()), expires);
    }
}

#[test]
fn the_earliest_end_of_a_chain_counts_and_one_file_may_hold_everything() {
    let place = Place::new();
    let ((own, key), (intermediate, _)) = (made(2040), made(2035));
    let all = place.put("all.pem", format!("{key}{own}{intermediate}"));
    let tls = Tls::open(&all, &all).unwrap();
    assert_eq!(wire::print_date(tls.expires_at()), "2035-02-03T00:00:00Z");
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name_and_what_to_do() {
    let place = Place::new();
    let ((certificate, key), (_, other_key)) = (made(2040), made(2040));
    let good = place.put("good.pem", &certificate);
    let good_key = place.put("good-key.pem", &key);
    let half = &certificate[..certificate.len() / 2];
    let flipped = certificate.replacen("MII", "AAA", 1);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let nonsense_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let cases: [(PathBuf, PathBuf, &str, &str); 11] = [
        (place.path("none.pem"), good_key.clone(), "none.pem", "may read"),
        (good.clone(), place.path("none-key.pem"), "none-key.pem", "may read"),
        (place.put("empty.pem", ""), good_key.clone(), "empty.pem holds no certificate", "BEGIN CERTIFICATE"),
        (place.put("binary.pem", [0, 159, 146, 150]), good_key.clone(), "binary.pem holds no certificate", "BEGIN"),
        (place.put("half.pem", half), good_key.clone(), "half.pem is no PEM file", "blocks"),
        (place.put("flipped.pem", flipped), good_key.clone(), "certificate 1 in", "anew"),
        (good_key.clone(), good_key.clone(), "good-key.pem holds no certificate", "intermediate"),
        (good.clone(), good.clone(), "good.pem holds no private key", "PRIVATE KEY"),
        (good.clone(), place.put("secret.pem", encrypted), "secret.pem is encrypted", "openssl pkey"),
        (good.clone(), place.put("odd.pem", nonsense_key), "odd.pem cannot be used", "Ed25519"),
        (good, place.put("other.pem", other_key), "does not belong to the first certificate", "made for"),
    ];
    for (certificate, key, what, to_do) in cases {
        let said = Tls::open(certificate, key).unwrap_err().to_string();
        assert!(said.contains(what) && said.contains(to_do), "{said}");
        assert!(!said.contains("AAAA"), "nothing of a key is shown: {said}");
    }
}

#[test]
fn another_pair_is_served_after_a_reload_and_a_broken_one_leaves_the_old() {
    let place = Place::new();
    let ((certificate, key), (renewed, renewed_key)) = (made(2040), made(2050));
    let (file, key_file) = (place.put("c.pem", certificate), place.put("k.pem", key));
    let tls = Tls::open(&file, &key_file).unwrap();
    assert!(!tls.reload().unwrap(), "nothing has changed");
    place.put("c.pem", &renewed);
    let said = tls.reload().unwrap_err().to_string();
    assert!(said.contains("does not belong"), "the key is still the old one: {said}");
    assert_eq!(wire::print_date(tls.expires_at()), "2040-02-03T00:00:00Z");
    place.put("k.pem", renewed_key);
    assert!(tls.reload().unwrap());
    assert_eq!(wire::print_date(tls.expires_at()), "2050-02-03T00:00:00Z");
    std::fs::remove_file(&file).unwrap();
    assert!(tls.reload().is_err());
    assert_eq!(wire::print_date(tls.expires_at()), "2050-02-03T00:00:00Z");
}

/// `said` is what was logged before: the same fault is not said again.
#[test]
fn a_fault_that_stays_is_said_once() {
    let place = Place::new();
    let (certificate, key) = made(2040);
    let tls = Tls::open(place.put("c.pem", certificate), place.put("k.pem", key)).unwrap();
    place.put("c.pem", "");
    let first = tls.tell(tls.reload(), None);
    assert!(first.as_ref().is_some_and(|text| text.contains("c.pem")));
    assert_eq!(tls.tell(tls.reload(), first.clone()), first);
    assert_eq!(tls.tell(Ok(true), first), None);
}
