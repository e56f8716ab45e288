//! The signature base against RFC 9421's own examples, and what a signature has to cover.

use super::*;

/// The request of RFC 9421 appendix B.2.
const BODY: &[u8] = b"{\"hello\": \"world\"}";
const DIGEST: &str =
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
const CREATED: i64 = 1_618_884_473;

fn header(name: &str) -> Option<String> {
    let value = match name {
        "host" => "example.com",
        "date" => "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type" => "application/json",
        "content-digest" => DIGEST,
        "content-length" => "18",
        _ => return None,
    };
    Some(value.to_owned())
}

fn example(body: &'static [u8]) -> SignedMessage<'static> {
    SignedMessage {
        method: "POST",
        scheme: "https",
        authority: "example.com",
        path: "/foo",
        query: Some("param=Value&Pet=dog"),
        header: &header,
        body,
    }
}

fn input(parameters: &str) -> Input {
    let signed = read(&format!("sig={parameters}"), "sig=:AAAA:", CREATED).unwrap();
    match signed.form {
        Form::Message(input) => input,
        Form::Older(_) => panic!("the older form"),
    }
}

#[test]
fn the_base_is_that_of_appendix_b_2_6() {
    let parameters = "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
                      ;created=1618884473;keyid=\"test-key-ed25519\"";
    let base = input(parameters).base(&example(BODY)).unwrap();
    let expected = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
                    \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
                    \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
                    \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    assert_eq!(String::from_utf8(base).unwrap(), expected);
}

#[test]
fn derived_components_are_those_of_section_2_2() {
    let all = input("(\"@scheme\" \"@query\" \"@request-target\" \"@target-uri\");created=1618884473");
    let base = String::from_utf8(all.base(&example(BODY)).unwrap()).unwrap();
    let lines: Vec<&str> = base.lines().take(4).collect();
    assert_eq!(
        lines,
        [
            "\"@scheme\": https",
            "\"@query\": ?param=Value&Pet=dog",
            "\"@request-target\": /foo?param=Value&Pet=dog",
            "\"@target-uri\": https://example.com/foo?param=Value&Pet=dog",
        ]
    );
    let without = SignedMessage { query: None, authority: "Example.COM:443", ..example(BODY) };
    let base = input("(\"@query\" \"@authority\");created=1618884473").base(&without).unwrap();
    assert!(base.starts_with(b"\"@query\": ?\n\"@authority\": example.com\n"));
}

#[test]
fn a_signature_covers_method_path_query_and_body_or_does_not_count() {
    let of =
        |components: &str, body| input(&format!("({components});created=1618884473")).text(&example(body)).map(drop);
    let whole = "\"@method\" \"@path\" \"@query\" \"content-digest\"";
    assert_eq!(of(whole, BODY), Ok(()));
    assert_eq!(of("\"@method\" \"@target-uri\" \"content-digest\"", BODY), Ok(()));
    assert_eq!(of(whole, b"{\"hello\": \"mars\"}"), Err(NotSigned::OtherBody));
    assert_eq!(of(whole, b""), Err(NotSigned::OtherBody));
    for part in ["\"@method\" ", "\"@path\" ", "\"@query\" ", " \"content-digest\""] {
        assert_eq!(of(&whole.replace(part, ""), BODY), Err(NotSigned::Incomplete), "{part}");
    }
    assert_eq!(of(&format!("{whole} \"x-none\""), BODY), Err(NotSigned::Incomplete), "a header that is not there");
    assert_eq!(of(&format!("{whole} \"@status\""), BODY), Err(NotSigned::Incomplete), "of answers only");
    let bare = SignedMessage { query: None, body: b"", ..example(b"") };
    assert_eq!(input("(\"@method\" \"@path\");created=1618884473").text(&bare).map(drop), Ok(()));
}

#[test]
fn headers_that_do_not_fit_together_or_another_time_are_refused() {
    let good = "sig=(\"@method\");created=1618884473";
    let read = |input: &str, signature: &str, at| read(input, signature, at).map(drop);
    assert_eq!(read(good, "sig=:AAAA:", CREATED + 120), Ok(()));
    assert_eq!(read(good, "sig=:AAAA:", CREATED + 121), Err(NotSigned::Stale));
    assert_eq!(read(good, "sig=:AAAA:", CREATED - 120), Ok(()));
    assert_eq!(read(good, "sig=:AAAA:", CREATED - 121), Err(NotSigned::Stale));
    assert_eq!(read(&format!("{good};expires=1618884474"), "sig=:AAAA:", CREATED + 2), Err(NotSigned::Stale));
    assert_eq!(read("sig=(\"@method\")", "sig=:AAAA:", CREATED), Err(NotSigned::Incomplete));
    for (input, signature) in [
        (good, "other=:AAAA:"),
        (good, "sig=(\"x\")"),
        (good, "sig"),
        ("sig=:AAAA:", "sig=:AAAA:"),
        ("sig", "sig=:AAAA:"),
        ("sig=(\"@method\" \"@method\");created=1618884473", "sig=:AAAA:"),
        ("sig=(\"@method\");created=1618884473;alg=\"hmac-sha256\"", "sig=:AAAA:"),
        ("sig=(\"@method\");created=1618884473, b=(\"@path\");created=1618884473", "sig=:AAAA:, b=:AAAA:"),
    ] {
        assert_eq!(read(input, signature, CREATED), Err(NotSigned::Malformed), "{input} {signature}");
    }
}

#[test]
fn a_content_digest_is_the_bodys_under_every_name_that_is_known() {
    let sha_256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    let wrong = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:";
    assert_eq!(digest::check(sha_256, BODY), Ok(()));
    assert_eq!(digest::check(&format!("{sha_256}, {DIGEST}, md5=:AAAA:"), BODY), Ok(()));
    assert_eq!(digest::check(&format!("{DIGEST}, {}", wrong.replace("PF=", "PA=")), BODY), Err(NotSigned::OtherBody));
    assert_eq!(digest::check("md5=:AAAA:", BODY), Err(NotSigned::Incomplete));
    assert_eq!(digest::check("sha-256=(\"x\")", BODY), Err(NotSigned::Malformed));
    assert_eq!(digest::check("nonsense", BODY), Err(NotSigned::Malformed));
}
