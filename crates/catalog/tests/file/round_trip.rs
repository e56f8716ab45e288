//! Whatever a catalog says, `print` writes it so that `read` reads the same.

use crate::documents::example;
use catalog::*;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn key() -> impl Strategy<Value = String> {
    prop_oneof![Just("A"), Just("B.b"), Just("C c"), Just("d\"e"), Just("ключ"), Just("#"), Just("'")]
        .prop_map(str::to_owned)
}

fn line() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{1,12}"
}

fn free() -> impl Strategy<Value = String> {
    "[^\u{0}]{0,24}"
}

fn keys() -> impl Strategy<Value = Vec<String>> {
    btree_set(key(), 1..4).prop_map(|keys| keys.into_iter().rev().collect())
}

fn product() -> impl Strategy<Value = Product> {
    let texts = (line(), free(), any::<bool>(), any::<bool>());
    let offers = (proptest::option::of(keys()), any::<bool>(), 0..Behaviour::ALL.len(), any::<bool>());
    (texts, offers).prop_map(|((name, description, logo, terms), (offers, offer_required, behaves_like, retired))| {
        let mut offers = offers.unwrap_or_default();
        let retired_offers = if offers.len() > 1 { offers.split_off(1) } else { Vec::new() };
        Product {
            name,
            description,
            logo_url: logo.then(|| "https://a.example/l.png?x=1".to_owned()),
            terms_url: terms.then(|| "https://a.example/".to_owned()),
            offer_required: offer_required && !offers.is_empty(),
            offers,
            retired_offers,
            behaves_like: Behaviour::ALL[behaves_like],
            retired,
        }
    })
}

fn merchants() -> impl Strategy<Value = BTreeMap<String, Merchant>> {
    let merchant = (line(), any::<bool>(), btree_map(key(), product(), 0..4))
        .prop_map(|(name, retired, products)| Merchant { name, connector: Connector::Test, retired, products });
    btree_map(key(), merchant, 1..4)
}

/// A route; its products are cut to those of its merchant by [`fitted`].
fn route() -> impl Strategy<Value = Route> {
    let numbers = (1..=100u32, proptest::option::of(1..=31_622_400i64), 1..=31_622_400i64);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let usual = (0..4usize, 0..4usize, 0..4usize);
    (proptest::option::of(keys()), numbers, flags, vec(any::<bool>(), 7), usual).prop_map(
        |(products, (limit, pending_timeout_s, queued_deadline_s), flags, offered, (create, update, others))| {
            let words = Operations::WORDS;
            Route {
                products,
                retired_products: Vec::new(),
                limit,
                reason_required: flags.0,
                pending_timeout_s,
                queued_deadline_s,
                operations: Operations::named(|word| words.iter().zip(&offered).any(|(one, on)| *one == word && *on)),
                repeatable: flags.1,
                inquiry: flags.2,
                usual: UsualAnswers {
                    create: UsualAnswer::ALL[create],
                    update: UsualAnswer::ALL[update],
                    others: UsualAnswer::ALL[others],
                },
                retired: flags.3,
            }
        },
    )
}

fn side() -> impl Strategy<Value = Side> {
    let auth = prop_oneof![
        Just(NotificationAuth::None),
        Just(NotificationAuth::Basic { user: "a\"b".to_owned(), password: "p".to_owned() }),
        Just(NotificationAuth::Bearer { token: "0.t-t".to_owned() }),
        Just(NotificationAuth::ApiKey { key: "k".to_owned() }),
    ];
    (any::<bool>(), auth, any::<bool>(), any::<bool>(), btree_map(key(), route(), 0..4)).prop_map(
        |(url, notification_auth, secret, retired, routes)| Side {
            notification_url: url.then(|| "https://r.example/n".to_owned()),
            notification_auth,
            webhook_secret: secret.then(|| "s".to_owned()),
            retired,
            routes,
        },
    )
}

fn resellers() -> impl Strategy<Value = BTreeMap<String, Reseller>> {
    let side = || proptest::option::of(side());
    let reseller = (line(), any::<bool>(), side(), side()).prop_map(|(name, retired, test, live)| Reseller {
        name,
        retired,
        test,
        live,
    });
    btree_map("[a-z0-9][a-z0-9-]{0,5}", reseller, 1..4)
}

fn credential() -> impl Strategy<Value = Credential> {
    let network = prop_oneof![Just("10.0.0.0/8"), Just("192.0.2.7/32"), Just("2001:db8::/32"), Just("::1/128")]
        .prop_map(|text| text.parse::<IpNet>().unwrap());
    let rate = proptest::option::of((1..=1_000_000u32, 1..=1_000_000u32));
    let key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let signing = proptest::option::of((any::<bool>(), any::<bool>()));
    (btree_set(network, 0..3), rate, vec(any::<bool>(), 8), signing).prop_map(move |(addresses, rate, on, signing)| {
        let mut credential = Credential::new("", Mode::Test);
        credential.addresses = addresses.into_iter().collect();
        credential.rate = rate.map(|(per_second, burst)| Rate { per_second, burst });
        for (name, values) in wire::SWITCHES.iter().zip(on).filter(|(_, on)| *on).map(|(switch, _)| switch) {
            credential.switches.set(name, if values[1] == "*" { "why not" } else { values[1] }).unwrap();
        }
        credential.signing =
            signing.map(|(required, allow_1024)| Signing { public_key: key.to_owned(), required, allow_1024 });
        credential
    })
}

pub(crate) fn document() -> impl Strategy<Value = Document> {
    let credentials = btree_map("[!-9;-~]{1,8}", (credential(), any::<prop::sample::Index>()), 0..5);
    (merchants(), resellers(), credentials).prop_map(|(merchants, mut resellers, credentials)| {
        for reseller in resellers.values_mut() {
            fitted(reseller, &merchants);
        }
        let sides: Vec<(String, Mode)> = resellers
            .iter()
            .flat_map(|(key, reseller)| reseller.sides().map(|(mode, _)| (key.clone(), mode)))
            .collect();
        let credentials = credentials.into_iter().filter_map(|(user, (credential, at))| {
            let (reseller, mode) = sides.get(at.index(sides.len().max(1)))?.clone();
            Some((user, Credential { reseller, mode, ..credential }))
        });
        Document { credentials: credentials.collect(), merchants, resellers }
    })
}

/// Leaves what refers to merchants and products that are there, and where they may be.
fn fitted(reseller: &mut Reseller, merchants: &BTreeMap<String, Merchant>) {
    if let Some(live) = &mut reseller.live {
        live.routes.clear();
    }
    let Some(test) = &mut reseller.test else {
        return;
    };
    test.routes.retain(|key, _| merchants.contains_key(key));
    for (key, route) in &mut test.routes {
        let there = &merchants[key].products;
        if let Some(products) = &mut route.products {
            products.retain(|product| there.contains_key(product));
            route.retired_products = if products.len() > 1 { products.split_off(1) } else { Vec::new() };
        }
        route.products = route.products.take().filter(|products| !products.is_empty());
    }
}

proptest! {
    #[test]
    fn every_document_is_read_as_it_was_printed(document in document()) {
        let text = print(&document);
        let again = read(&text);
        prop_assert!(again.is_ok(), "{}\n{text}", again.unwrap_err().of_file("printed"));
        prop_assert_eq!(&again.unwrap(), &document, "{}", text);
        prop_assert!(document.check().is_ok());
    }
}

#[test]
fn the_example_is_printed_without_what_is_at_its_default() {
    let text = print(&example());
    crate::golden::golden("printed.toml", &text);
    assert_eq!(read(&text).unwrap(), example());
}
