//! The operator's text with what had to be kept: his comments stay, and it reads as it should.

use crate::documents::EXAMPLE;
use crate::round_trip::document;
use catalog::{Counts, InUse, Mode, Use, merge_into, plan, print, read};
use proptest::prelude::*;

fn used(product: &str, offer: Option<&str>) -> Use {
    Use {
        reseller: "acme".to_owned(),
        mode: Mode::Test,
        merchant: "STREAMCO".to_owned(),
        product: product.to_owned(),
        offer: offer.map(str::to_owned),
        counts: Counts { entitlements: 1, ..Counts::default() },
    }
}

#[test]
fn comments_stay_and_what_was_kept_says_why() {
    let begin = EXAMPLE.find("[merchants.STREAMCO.products.RADIO]").unwrap();
    let end = EXAMPLE.find("[merchants.SAFEHOME]").unwrap();
    let shorter = format!("{}{}", &EXAMPLE[..begin], &EXAMPLE[end..]).replace("\"BUNDLE\", ", "");
    let uses = vec![used("RADIO", None), used("MUSIC_FAMILY", Some("BUNDLE"))];
    let plan = plan(&read(EXAMPLE).unwrap(), &read(&shorter).unwrap(), &InUse { uses });
    let text = merge_into(&shorter, &plan.merged);
    assert_eq!(read(&text).unwrap(), plan.merged);
    let added: Vec<&str> = text.lines().filter(|line| !shorter.contains(line)).collect();
    let wanted = [
        "retired_offers = [\"BUNDLE\"]",
        "# Kept as retired: the file had it no more, and it was still in use.",
        "[merchants.STREAMCO.products.RADIO]",
        "name = \"StreamCo Radio\"",
        "retired = true",
    ];
    assert_eq!(added, wanted, "{text}");
    assert!(shorter.lines().all(|line| text.contains(line)), "{text}");
}

#[test]
fn nothing_to_keep_leaves_the_text_alone() {
    assert_eq!(merge_into(EXAMPLE, &read(EXAMPLE).unwrap()), EXAMPLE);
}

#[test]
fn tables_in_one_line_take_what_is_kept() {
    let text = "# mine\nmerchants.M = { name = \"M\", connector = \"test\" }\n";
    let mut merged = read(text).unwrap();
    let product = catalog::Product { name: "P".to_owned(), retired: true, ..catalog::Product::default() };
    merged.merchants.get_mut("M").unwrap().products.insert("P".to_owned(), product);
    let brought = merge_into(text, &merged);
    assert_eq!(read(&brought).unwrap(), merged);
    assert!(brought.starts_with("# mine\n"), "{brought}");
}

proptest! {
    #[test]
    fn any_text_is_brought_to_say_any_document(before in document(), after in document()) {
        let text = merge_into(&print(&before), &after);
        prop_assert_eq!(read(&text).unwrap(), after, "{}", text);
    }
}
