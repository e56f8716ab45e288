//! The two files that come with the hub: the example of docs/CATALOG.md and the sandbox's own.

use catalog::{Behaviour, Document, InUse, Mode, Rate, Route, SANDBOX, UsualAnswer, plan, read, sandbox};
use entitlement::RouteFacts;

pub(crate) const EXAMPLE: &str = include_str!("../../../../docs/catalog.toml");

pub(crate) fn example() -> Document {
    read(EXAMPLE).unwrap_or_else(|faults| panic!("{}", faults.of_file("docs/catalog.toml")))
}

#[test]
fn the_example_is_read_and_planned_from_nothing() {
    let example = example();
    assert_eq!((example.merchants.len(), example.resellers.len(), example.credentials.len()), (2, 2, 3));
    let plan = plan(&Document::default(), &example, &InUse::default());
    assert_eq!(plan.merged, example);
    crate::golden::golden("example.txt", &plan.to_string());
    crate::golden::golden_json("example.json", &plan.to_json());
}

#[test]
fn the_example_names_its_secrets() {
    let secrets = example().secrets();
    let named: Vec<(&str, &str, Mode, bool)> =
        secrets.iter().map(|one| (one.name.as_str(), one.reseller.as_str(), one.mode, one.signs)).collect();
    let wanted = [
        ("acme-test-webhook", "acme", Mode::Test, true),
        ("acme-notify", "acme", Mode::Test, false),
        ("acme-live-webhook", "acme", Mode::Live, true),
        ("acme-live-token", "acme", Mode::Live, false),
        ("birch-bank-test-webhook", "birch-bank", Mode::Test, true),
        ("birch-bank-key", "birch-bank", Mode::Test, false),
    ];
    assert_eq!(named, wanted);
}

#[test]
fn the_example_shows_every_key() {
    let keys = [
        "name",
        "connector",
        "description",
        "logo_url",
        "terms_url",
        "offers",
        "offer_required",
        "behaves_like",
        "retired",
        "notification_url",
        "notification_auth",
        "webhook_secret",
        "products",
        "retired_products",
        "limit",
        "reason_required",
        "pending_timeout",
        "queued_deadline",
        "operations",
        "repeatable",
        "inquiry",
        "usual",
        "reseller",
        "mode",
        "addresses",
        "rate",
        "switches",
        "required",
        "public_key",
    ];
    for key in keys {
        assert!(EXAMPLE.lines().any(|line| line.starts_with(&format!("{key} = "))), "{key}");
    }
}

#[test]
fn a_route_tells_the_rules_what_they_need() {
    let example = example();
    let side = example.resellers["acme"].side(Mode::Test).unwrap();
    let facts = RouteFacts {
        update: false,
        suspend: true,
        resume: true,
        undo: false,
        cancel: true,
        revoke: true,
        activation_info: false,
        repeatable: false,
        inquiry: true,
        reason_required: true,
        limit: 1,
        pending_timeout_s: Some(30 * 86_400),
        queued_deadline_s: 48 * 3_600,
    };
    assert_eq!(side.routes["SAFEHOME"].facts(), facts);
    assert_eq!(side.routes["STREAMCO"].facts().limit, 3);
    assert_eq!(side.routes["STREAMCO"].usual.create, UsualAnswer::UserActs);
}

#[test]
fn what_is_sold_on_a_route_says_what_is_retired() {
    let example = example();
    let sold = |reseller: &str| -> Vec<(String, bool)> {
        let route = &example.resellers[reseller].side(Mode::Test).unwrap().routes["STREAMCO"];
        example.sold(route, "STREAMCO").map(|sold| (sold.key.to_owned(), sold.retired)).collect()
    };
    let keys = |keys: &[(&str, bool)]| -> Vec<(String, bool)> {
        keys.iter().map(|(key, retired)| ((*key).to_owned(), *retired)).collect()
    };
    assert_eq!(sold("acme"), keys(&[("MUSIC", false), ("MUSIC_FAMILY", false), ("RADIO", true)]));
    assert_eq!(sold("birch-bank"), keys(&[("MUSIC", false), ("MUSIC_FAMILY", true)]));
}

#[test]
fn what_is_around_a_route_retires_it_too() {
    let retired = |change: fn(&mut Document)| {
        let mut document = example();
        change(&mut document);
        document.is_retired("acme", Mode::Test, "STREAMCO")
    };
    assert!(!retired(|_| {}));
    assert!(retired(|document| document.merchants.get_mut("STREAMCO").unwrap().retired = true));
    assert!(retired(|document| document.resellers.get_mut("acme").unwrap().retired = true));
    assert!(retired(|document| document.resellers.get_mut("acme").unwrap().test.as_mut().unwrap().retired = true));
    assert!(retired(|document| {
        let side = document.resellers.get_mut("acme").unwrap().test.as_mut().unwrap();
        side.routes.get_mut("STREAMCO").unwrap().retired = true;
    }));
    assert!(example().is_retired("acme", Mode::Live, "STREAMCO"), "what is not there sells nothing");
}

#[test]
fn addresses_admit_their_own() {
    let example = example();
    let admits = |address: &str| example.credentials["acme-live"].admits(address.parse().unwrap());
    assert!(admits("192.0.2.255") && admits("2001:db8::17") && admits("::ffff:192.0.2.1"));
    assert!(!admits("192.0.3.0") && !admits("2001:db8::18") && !admits("127.0.0.1"));
    assert!(example.credentials["acme-test"].admits("203.0.113.9".parse().unwrap()));
    assert_eq!(example.credentials["acme-live"].rate, Some(Rate { per_second: 500, burst: 1_000 }));
    assert_eq!(example.credentials["acme-test"].rate, None);
    assert_eq!(example.credentials["birch-bank-test"].rate, Some(Rate { per_second: 200, burst: 400 }));
}

#[test]
fn the_sandbox_sells_what_the_test_merchant_knows() {
    let document = sandbox().unwrap_or_else(|faults| panic!("{}", faults.of_file("sandbox.toml")));
    assert_eq!(read(SANDBOX).unwrap(), document);
    for (key, merchant) in &document.merchants {
        for (product_key, product) in &merchant.products {
            assert_eq!(product.behaves_like.merchant(), key, "{product_key}");
            let known = Behaviour::ALL.into_iter().find(|behaviour| behaviour.word() == product_key);
            assert_eq!(product.behaves_like, known.unwrap_or_default(), "{product_key}");
        }
    }
    let products: usize = document.merchants.values().map(|merchant| merchant.products.len()).sum();
    assert_eq!(products, 10);
    let side = document.resellers["sandbox"].side(Mode::Test).unwrap();
    let route = Route { repeatable: true, inquiry: true, ..Route::default() };
    assert!(side.routes.values().all(|one| *one == route));
    assert_eq!(side.routes.keys().collect::<Vec<_>>(), ["BANGO", "BANGO_US"]);
    assert_eq!(document.credentials["sandbox"].rate, None);
}
