//! `entitlement search`, `notifications list` and `replay` on a sandbox with a life in it, and what
//! goes wrong.

use super::golden::Transcript;
use super::sandbox::{Lived, closed};
use crate::http::{Connection, Request};
use crate::reading::{object, objects, text};

#[test]
fn what_is_found_and_what_was_told_is_listed_as_the_goldens_show_it() {
    let lived = Lived::with_a_life("looks");
    let mut searches = Transcript::with_hub("search", &lived.url());
    for command in [
        "entitlement search",
        "entitlement search --customer anna-20144 --merchant BANGO_US --product MUSIC_PREMIUM",
        "entitlement search --status active,Pending --limit 1",
        "entitlement search --external-id crm-9 --json",
        "entitlement search --customer nobody",
        "entitlement search --created-from yesterday --updated-since 2026",
    ] {
        searches.type_in(command);
    }
    searches.compare();

    let mut told = Transcript::with_hub("notifications", &lived.url());
    for command in [
        "notifications list --entitlement order-4711",
        "notifications list --state dead",
        "notifications list --state Waiting",
        "notifications list --limit 1 --json",
        "notifications list --limit 2",
        "notifications list --limit 5000",
    ] {
        told.type_in(command);
    }
    told.type_in(&format!("notifications replay {}", newest(&lived, "order-4711")));
    told.type_in(&format!("notifications replay {}", newest(&lived, "order-4713")));
    told.compare();
}

#[test]
fn what_goes_wrong_is_said_in_one_line_with_a_way_out() {
    let mut lived = Lived::new("wrong");
    lived.create("order-1", "anna", "MUSIC_NOW", "");
    let mut wrong = Transcript::with_hub("failures", &lived.url());
    wrong.type_in("entitlement show no-such-id");
    wrong.type_in("notifications list --entitlement no-such-id");
    wrong.type_in("notifications replay no-such-id");
    wrong.type_with(&[("ENTITLE_PASSWORD", "guessed")], "entitlement show order-1");
    wrong.type_in("entitlement search --password-file /nowhere/password");
    for command in ["entitlement show order-1", "entitlement search", "notifications list", "listen"] {
        wrong.type_in(&format!("{command} --url http://{}", closed()));
    }
    wrong.compare();
}

/// The id of an entitlement's newest notification.
fn newest(lived: &Lived, entitlement: &str) -> String {
    let path = format!("/sandbox/v1/outbox?entitlementId={entitlement}&limit=1");
    let mut line = Connection::open(lived.hub.address).unwrap();
    let listed = object(&line.ask(&Request::get(&path)).unwrap().body);
    text(objects(&listed, "notifications")[0], "notificationId")
}
