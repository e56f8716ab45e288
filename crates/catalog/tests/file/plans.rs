//! Plans as people read them: changes of the example, each with what is in use.

use crate::documents::EXAMPLE;
use catalog::{Counts, InUse, Mode, Plan, Use, plan, read};
use std::fmt::Write;

/// A change of the example.
struct Situation {
    title: &'static str,
    /// Texts of the old file and what stands there in the new one.
    edits: &'static [(&'static str, &'static str)],
    in_use: Vec<Use>,
}

fn used(reseller: &str, merchant: &str, product: &str, counts: [u64; 3]) -> Use {
    let [entitlements, operations, notifications] = counts;
    Use {
        reseller: reseller.to_owned(),
        mode: Mode::Test,
        merchant: merchant.to_owned(),
        product: product.to_owned(),
        offer: None,
        counts: Counts { entitlements, operations, notifications },
    }
}

fn with_offer(offer: &str, one: Use) -> Use {
    Use { offer: Some(offer.to_owned()), ..one }
}

impl Situation {
    fn plan(&self) -> Plan {
        let new = self.edits.iter().fold(EXAMPLE.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{}: {from} is not in the example", self.title);
            text.replace(from, to)
        });
        let new = read(&new).unwrap_or_else(|faults| panic!("{}", faults.of_file(self.title)));
        plan(&read(EXAMPLE).unwrap(), &new, &InUse { uses: self.in_use.clone() })
    }
}

/// From one line of the example to another, the second left in.
fn section(from: &str, to: &str) -> String {
    let begin = EXAMPLE.find(from).unwrap();
    let end = if to.is_empty() { EXAMPLE.len() } else { begin + EXAMPLE[begin..].find(to).unwrap() };
    EXAMPLE[begin..end].to_owned()
}

/// The edit that takes a section out; tests live as long as the process, so a leak is none.
fn without(sections: &[(&str, &str)]) -> &'static [(&'static str, &'static str)] {
    let edits = sections.iter().map(|(from, to)| (&*section(from, to).leak(), ""));
    edits.collect::<Vec<_>>().leak()
}

// tidy: long because it is a table
fn situations() -> Vec<Situation> {
    let radio = ("[merchants.STREAMCO.products.RADIO]", "[merchants.SAFEHOME]");
    let safehome = ("[merchants.SAFEHOME]", "# ── Resellers");
    let safehome_route = ("[resellers.acme.test.routes.SAFEHOME]", "[resellers.acme.live]");
    let birch = ("[resellers.birch-bank]", "# ── Credentials");
    let birch_credential = ("[credentials.birch-bank-test]", "");
    vec![
        Situation { title: "the same file", edits: &[], in_use: Vec::new() },
        Situation {
            title: "a route changes",
            edits: &[
                ("limit = 3 ", "limit = 2 "),
                ("repeatable = true ", "repeatable = false "),
                ("queued_deadline = \"48h\"", "queued_deadline = \"4d\""),
            ],
            in_use: Vec::new(),
        },
        Situation {
            title: "a product is retired by the file, another is back",
            edits: &[
                ("behaves_like = \"MUSIC_LATER\"", "behaves_like = \"MUSIC\"\nretired = true"),
                ("retired = true                              # nobody", "retired = false # nobody"),
            ],
            in_use: vec![used("acme", "SAFEHOME", "CAMERA", [9, 0, 0])],
        },
        Situation { title: "a product that nobody has is removed", edits: without(&[radio]), in_use: Vec::new() },
        Situation {
            title: "a product that somebody has is removed, and was retired before",
            edits: without(&[radio]),
            in_use: vec![used("acme", "STREAMCO", "RADIO", [12, 0, 0])],
        },
        Situation {
            title: "a merchant goes, with its route; customers and a notification are left",
            edits: without(&[safehome, safehome_route]),
            in_use: vec![used("acme", "SAFEHOME", "CAMERA", [11, 1, 0]), used("acme", "SAFEHOME", "CAMERA", [1, 0, 1])],
        },
        Situation {
            title: "the same, and nobody is left",
            edits: without(&[safehome, safehome_route]),
            in_use: vec![used("acme", "SAFEHOME", "CAMERA", [0, 0, 0])],
        },
        Situation {
            title: "an offer goes, and is still had",
            edits: &[("offers = [\"BUNDLE\", \"TRIAL\"]", "offers = [\"TRIAL\"]")],
            in_use: vec![with_offer("BUNDLE", used("acme", "STREAMCO", "MUSIC_FAMILY", [3, 0, 0]))],
        },
        Situation {
            title: "a route sells less, and something else again",
            edits: &[(
                "products = [\"MUSIC\"]\nretired_products = [\"MUSIC_FAMILY\"] ",
                "products = [\"MUSIC_FAMILY\"] ",
            )],
            in_use: vec![used("birch-bank", "STREAMCO", "MUSIC", [0, 0, 4])],
        },
        Situation {
            title: "a reseller goes, with its credential",
            edits: without(&[birch, birch_credential]),
            in_use: vec![used("birch-bank", "STREAMCO", "MUSIC", [2, 0, 0])],
        },
        Situation {
            title: "a credential changes, one goes, one comes",
            edits: &[
                ("[credentials.acme-test] ", "[credentials.acme-two] "),
                ("addresses = [\"192.0.2.0/24\", \"2001:db8::17\"]", "addresses = [\"192.0.2.0/25\"]"),
                ("rate = { per_second = 500, burst = 1000 }", "rate = \"none\""),
                ("switches = { conflictCode = \"CONFLICT\", notifyOnCreate = \"on\" }", ""),
                ("required = false ", "required = true "),
                ("AGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=", "A11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
            ],
            in_use: Vec::new(),
        },
        Situation {
            title: "a side is called elsewhere",
            edits: &[
                ("https://acme.example/entitle", "https://acme.example/v2"),
                ("token = \"acme-live-token\"", "token = \"acme-live-token-2\""),
                ("webhook_secret = \"acme-live-webhook\"", "webhook_secret = \"acme-2\""),
            ],
            in_use: Vec::new(),
        },
        Situation {
            title: "something is in use that nobody knows",
            edits: &[],
            in_use: vec![
                used("acme", "STREAMCO", "GONE", [5, 0, 0]),
                used("gone", "STREAMCO", "MUSIC", [1, 0, 0]),
                used("acme", "GONE", "GONE", [1, 0, 0]),
            ],
        },
    ]
}

#[test]
fn plans_say_what_changes_and_what_it_means() {
    let mut text = String::new();
    for situation in situations() {
        let plan = situation.plan();
        writeln!(text, "==== {}\n\n{plan}", situation.title).unwrap();
        assert_eq!(plan.is_empty(), plan.to_json()["empty"] == true);
        assert!(plan.merged.check().is_ok(), "{}: {}", situation.title, plan.merged.check().unwrap_err());
    }
    crate::golden::golden("plans.txt", &text);
}

#[test]
fn a_plan_for_programs_has_the_same() {
    let all = situations();
    let situation = all.iter().find(|one| one.title.starts_with("a merchant goes")).unwrap();
    crate::golden::golden_json("plan.json", &situation.plan().to_json());
}
