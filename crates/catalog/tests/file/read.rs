//! Small files, each with what is read of it.

use catalog::{Document, Mode, NotificationAuth, Route, read};
use wire::Switches;

/// A file that has all that routes and credentials refer to.
const AROUND: &str = r#"
[merchants.M]
name = "M"
connector = "test"
products = { P = { name = "P" }, Q = { name = "Q" } }
[resellers.r]
name = "R"
[resellers.r.test]
"#;

fn around(more: &str) -> Document {
    let text = format!("{AROUND}{more}");
    read(&text).unwrap_or_else(|faults| panic!("{}", faults.of_file("test")))
}

/// What is wrong with the file.
fn faults(text: &str) -> Vec<String> {
    read(text).unwrap_err().list().iter().map(ToString::to_string).collect()
}

fn route(keys: &str) -> Route {
    let document = around(&format!("[resellers.r.test.routes.M]\n{keys}\n"));
    document.resellers["r"].test.as_ref().unwrap().routes["M"].clone()
}

#[test]
fn an_empty_file_is_the_empty_catalog() {
    for text in ["", "\n", "# nothing\n", "[merchants]\n[resellers]\n[credentials]\n", "\u{feff}# with a mark\r\n"] {
        assert_eq!(read(text).unwrap(), Document::default(), "{text:?}");
    }
}

#[test]
fn order_does_not_matter() {
    let text = "[credentials.c]\nreseller = \"r\"\nmode = \"test\"\n[resellers.r]\nname = \"R\"\n[resellers.r.test]\n\
                routes.M = {}\n[merchants]\nM = { name = \"M\", connector = \"test\" }\n";
    let document = read(text).unwrap();
    assert_eq!(document.resellers["r"].test.as_ref().unwrap().routes["M"], Route::default());
}

#[test]
fn an_empty_route_is_at_its_defaults() {
    assert_eq!(route(""), Route::default());
    let route = Route::default();
    assert_eq!((route.limit, route.queued_deadline_s, route.pending_timeout_s), (1, 259_200, None));
    assert_eq!(route.operations.words().count(), 7);
    assert!(route.products.is_none() && !route.settles_unknowns());
}

#[test]
fn a_retired_route_may_list_nothing() {
    assert_eq!(route("products = []\nretired = true").products, Some(Vec::new()));
    assert_eq!(route("products = []\nretired_products = [\"P\"]").retired_products, ["P"]);
    let text = format!("{AROUND}[resellers.r.test.routes.M]\nproducts = []\n");
    assert_eq!(faults(&text).len(), 1);
}

#[test]
fn operations_that_are_not_listed_are_not_offered() {
    let route = route("operations = [\"cancel\", \"activation_info\"]");
    assert_eq!(route.operations.words().collect::<Vec<_>>(), ["cancel", "activation_info"]);
    assert!(!route.facts().revoke && route.facts().cancel);
    assert_eq!(self::route("operations = []").operations.words().count(), 0);
}

#[test]
fn every_kind_of_authentication_is_read() {
    for (text, wanted) in [
        ("{ type = \"none\" }", NotificationAuth::None),
        (
            "{ type = \"basic\", user = \"u\", password = \"p.1\" }",
            NotificationAuth::Basic { user: "u".to_owned(), password: "p.1".to_owned() },
        ),
        ("{ type = \"bearer\", token = \"t\" }", NotificationAuth::Bearer { token: "t".to_owned() }),
        ("{ type = \"api-key\", key = \"k\" }", NotificationAuth::ApiKey { key: "k".to_owned() }),
    ] {
        let document = around(&format!("notification_auth = {text}\n"));
        assert_eq!(document.resellers["r"].test.as_ref().unwrap().notification_auth, wanted);
    }
}

#[test]
fn switches_are_those_of_the_contract() {
    let document = around("[credentials.c]\nreseller = \"r\"\nmode = \"test\"\nswitches = { createdHttp = \"202\" }\n");
    let mut switches = Switches::default();
    switches.set("createdHttp", "202").unwrap();
    assert_eq!(document.credentials["c"].switches, switches);
    assert_eq!(document.credentials["c"].mode, Mode::Test);
}

#[test]
fn a_faulty_merchant_is_told_once() {
    let text = "[merchants.M]\nnam = \"M\"\nconnector = \"test\"\n[merchants.M.products.P]\n\
                [resellers.r]\nname = \"R\"\n[resellers.r.test.routes.M]\nproducts = [\"P\"]\n\
                [credentials.c]\nreseller = \"r\"\nmode = \"test\"\n";
    let told = faults(text);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].starts_with("merchants.M: name is missing"), "{told:#?}");
    assert!(told[1].starts_with("merchants.M.nam: there is no such key; is it name?"), "{told:#?}");
    assert!(told[2].starts_with("merchants.M.products.P: name is missing"), "{told:#?}");
}

#[test]
fn keys_that_need_quotes_are_shown_with_them() {
    let told = faults("[merchants.\"a.b c\"]\nname = \"A\"\nconnector = \"test\"\nx = 1\n");
    assert!(told[0].starts_with("merchants.\"a.b c\".x: "), "{told:#?}");
}

#[test]
fn lengths_are_counted_in_characters() {
    let merchant = |key: &str| format!("[merchants.\"{key}\"]\nname = \"M\"\nconnector = \"test\"\n");
    assert!(read(&merchant(&"é".repeat(128))).is_ok());
    assert!(faults(&merchant(&"é".repeat(129)))[0].ends_with("has 129 characters; at most 128 are read"));
}

#[test]
fn more_than_the_bound_is_one_fault() {
    let many: String = (0..=1_000).map(|at| format!("[merchants.M{at}]\n")).collect();
    assert_eq!(faults(&many), ["merchants: holds 1001 tables; at most 1000 are read"]);
    let offers: Vec<String> = (0..=1_000).map(|at| format!("\"O{at}\"")).collect();
    let text = format!("{AROUND}[merchants.M.x]\n");
    assert!(read(&text).is_err());
    let text = format!(
        "[merchants.M]\nname = \"M\"\nconnector = \"test\"\n[merchants.M.products.P]\nname = \"P\"\noffers = [{}]\n",
        offers.join(",")
    );
    assert_eq!(faults(&text), ["merchants.M.products.P.offers: names 1001; at most 1000 are read"]);
}
