//! Keys in every form, and signatures that `openssl` and RFC 9421 made (`tests/signed`).

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signed/", $name))
    };
}

const BODY: &str = fixture!("create.json");
const NOW_S: i64 = 1_773_144_000;
/// RFC 9421 appendix B.1.4.
const RFC_ED25519: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n\
                           -----END PUBLIC KEY-----";

type Header<'a> = &'a dyn Fn(&str) -> Option<String>;

fn key(text: &str) -> SigningKey {
    SigningKey::parse(text, None, true).unwrap()
}

/// What the headers `(name, value)` and the body come to under these keys.
fn verified(keys: Vec<SigningKey>, sent: &[(&str, String)], body: &str) -> Result<(), NotSigned> {
    let header = |name: &str| sent.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let signed = Signed::read(&header, NOW_S)?;
    let (method, scheme, authority, path, query) = ("POST", "https", "hub.example", "/v1/entitlement", None);
    let (header, body): (Header<'_>, _) = (&header, body.as_bytes());
    Signing::new(keys).verify(&signed, &SignedMessage { method, scheme, authority, path, query, header, body })
}

fn older(signature: &str) -> [(&'static str, String); 2] {
    let signature = format!("keyId=RSA-SHA256V1, headers=Created, signature={}", signature.trim());
    [("created", NOW_S.to_string()), ("signature", signature)]
}

fn message(algorithm: &str, signature: &str) -> [(&'static str, String); 3] {
    let input =
        format!("sig1=(\"@method\" \"@path\" \"content-digest\");created={NOW_S};keyid=\"k1\";alg=\"{algorithm}\"");
    let digest = <sha2::Sha256 as sha2::Digest>::digest(BODY);
    let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
    [
        ("signature-input", input),
        ("signature", format!("sig1=:{}:", signature.trim())),
        ("content-digest", format!("sha-256=:{digest}:")),
    ]
}

#[test]
fn one_key_is_the_same_in_every_form() {
    let pem = key(fixture!("rsa.pem"));
    assert_eq!(pem, key(fixture!("rsa-pkcs1.pem")));
    assert_eq!(pem, key(fixture!("rsa.xml")));
}

#[test]
fn the_older_form_is_verified_as_openssl_signed_it() {
    let rsa = || vec![key(fixture!("rsa.pem"))];
    let sent = older(fixture!("older.sig"));
    assert_eq!(verified(rsa(), &sent, BODY), Ok(()));
    let bare = BODY.replace(['\r', '\n', '\t'], "");
    assert_eq!(verified(rsa(), &sent, &bare), Ok(()), "line ends do not count");
    assert_eq!(verified(rsa(), &sent, &BODY.replace("anna", "bert")), Err(NotSigned::OtherBody));
    assert_eq!(verified(vec![key(fixture!("rsa-1024.pem"))], &sent, BODY), Err(NotSigned::OtherBody));
    assert_eq!(verified(vec![key(fixture!("ed25519.pem"))], &sent, BODY), Err(NotSigned::OtherBody));
    assert_eq!(verified(Vec::new(), &sent, BODY), Err(NotSigned::OtherBody));
    let both = vec![key(fixture!("rsa-1024.pem")), key(fixture!("rsa.pem"))];
    assert_eq!(verified(both, &sent, BODY), Ok(()), "one of several keys");
    let short = older(fixture!("older-1024.sig"));
    assert_eq!(verified(vec![key(fixture!("rsa-1024.pem"))], &short, BODY), Ok(()));
    let mut later = sent.clone();
    later[0].1 = (NOW_S + 1).to_string();
    assert_eq!(verified(rsa(), &later, BODY), Err(NotSigned::OtherBody), "Created is signed");
}

#[test]
fn rfc_9421_is_verified_with_both_algorithms() {
    let keys = || vec![key(fixture!("ed25519.pem")), key(fixture!("rsa.pem"))];
    let (rsa, ed25519) = (fixture!("message-rsa.sig"), fixture!("message-ed25519.sig"));
    assert_eq!(verified(keys(), &message("rsa-v1_5-sha256", rsa), BODY), Ok(()));
    assert_eq!(verified(keys(), &message("ed25519", ed25519), BODY), Ok(()));
    assert_eq!(verified(keys(), &message("ed25519", rsa), BODY), Err(NotSigned::OtherBody));
    let other_body = BODY.replace("anna", "bert");
    assert_eq!(verified(keys(), &message("ed25519", ed25519), &other_body), Err(NotSigned::OtherBody));
    let named = |id| SigningKey::parse(fixture!("ed25519.pem"), Some(id), false).unwrap();
    assert_eq!(verified(vec![named("k1")], &message("ed25519", ed25519), BODY), Ok(()));
    assert_eq!(verified(vec![named("k2")], &message("ed25519", ed25519), BODY), Err(NotSigned::OtherBody));
}

/// Appendix B.2.6. It does not cover its body, so only the mathematics are asked.
#[test]
fn the_rfcs_own_ed25519_example_is_verified() {
    let base = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
                \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
                \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
                \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let signature = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, signature).unwrap();
    assert!(key(RFC_ED25519).has_signed(base.as_bytes(), &signature));
    assert!(!key(RFC_ED25519).has_signed(base.replace("POST", "PUT").as_bytes(), &signature));
}

#[test]
fn what_is_no_good_key_is_told_what_to_do() {
    let parse = |text: &str| SigningKey::parse(text, None, false).unwrap_err();
    assert_eq!(parse(fixture!("rsa-1024.pem")), KeyError::Length(1_024));
    assert_eq!(parse(fixture!("ec.pem")), KeyError::OtherKind);
    let half = &fixture!("rsa.pem")[..200];
    let broken = fixture!("rsa.pem").replacen("MII", "MIA", 1);
    let no_number = "<RSAKeyValue><Modulus>AQ==</Modulus></RSAKeyValue>";
    for text in ["", "hello", half, &broken, no_number, "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----"] {
        assert_eq!(parse(text), KeyError::Unreadable, "{text}");
    }
    for text in [
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
        "<RSAKeyValue><Modulus>AQ==</Modulus><Exponent>AQAB</Exponent><D>AQ==</D></RSAKeyValue>",
    ] {
        assert_eq!(parse(text), KeyError::Private);
    }
    let tiny = "<RSAKeyValue><Modulus>AQ==</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>";
    assert_eq!(SigningKey::parse(tiny, None, true).unwrap_err(), KeyError::Length(1));
}
