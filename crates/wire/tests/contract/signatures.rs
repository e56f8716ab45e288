//! The signature of Standard Webhooks.

use proptest::prelude::*;
use wire::WebhookSecret;

/// The vector of the Standard Webhooks reference libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret() -> WebhookSecret {
    WebhookSecret::parse(SECRET).expect("a secret")
}

#[test]
fn signs_as_the_reference_does() {
    assert_eq!(secret().sign(ID, AT, BODY), SIGNATURE);
}

#[test]
fn verifies_one_of_several() {
    let wrong = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (header, right) in [
        (SIGNATURE.to_owned(), true),
        (format!("{wrong} {SIGNATURE}"), true),
        (format!("v1a,xyz {SIGNATURE} v2,abc"), true),
        (format!("  {SIGNATURE}"), true),
        (wrong.to_owned(), false),
        (SIGNATURE.replace("v1,", "v1a,"), false),
        (SIGNATURE.replace("v1,", ""), false),
        (SIGNATURE.to_lowercase(), false),
        (SIGNATURE.trim_end_matches('=').to_owned(), false),
        (format!("{SIGNATURE},"), false),
        (String::new(), false),
        ("v1,".to_owned(), false),
    ] {
        assert_eq!(secret().verify(ID, AT, BODY, &header), right, "{header}");
    }
}

#[test]
fn everything_signed_counts() {
    assert!(!secret().verify("msg_other", AT, BODY, SIGNATURE));
    assert!(!secret().verify(ID, AT + 1, BODY, SIGNATURE));
    assert!(!secret().verify(ID, AT, b"{}", SIGNATURE));
    let other = WebhookSecret::parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").expect("24 bytes");
    assert!(!other.verify(ID, AT, BODY, SIGNATURE));
}

#[test]
fn only_a_prefixed_secret_of_24_to_64_bytes_is_one() {
    let of = |count: usize| format!("whsec_{}", "AAAA".repeat(count / 3));
    assert!(WebhookSecret::parse(&of(24)).is_some());
    assert!(WebhookSecret::parse(&of(63)).is_some());
    assert!(WebhookSecret::parse(&format!("{}AA==", of(63))).is_some());
    assert!(WebhookSecret::parse(&format!("{}AA", of(63))).is_some());
    for text in
        ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64 at all, not at all", &of(21), &of(66)]
    {
        assert!(WebhookSecret::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_secret_is_never_printed() {
    assert_eq!(format!("{:?}", secret()), "WebhookSecret(***)");
}

proptest! {
    #[test]
    fn what_is_signed_is_verified(id in "[a-z0-9.-]{1,60}", at: i64, body: Vec<u8>) {
        let header = secret().sign(&id, at, &body);
        prop_assert!(secret().verify(&id, at, &body, &header));
    }
}
