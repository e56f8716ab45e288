//! Somebody in the middle of one hub's way to the database delays, holds and cuts. The other hub goes its own way.

use super::{Place, database};
use crate::folder::Folder;
use crate::http::Request;
use drill::{Proxy, Steering, Way, Work, pause, until, work};
use std::time::Duration;

const STEP: Duration = Duration::from_millis(1_200);
/// A hub whose database is there again says so within this.
const READY_WITHIN: Duration = Duration::from_secs(30);

#[test]
fn a_bad_way_to_the_database_loses_and_doubles_nothing() {
    let (folder, database) = (Folder::new("nodes-wire"), database());
    let proxy = Proxy::start(folder.path(), &socket(&database));
    let ways = [database.url.clone(), database.url_by(proxy.folder())];
    let place = Place::on("nodes-proxied", database, &ways, "\"none\"");
    let writing = Work { writers: 8, customers: 12, pause_ms: 2..12, seed: 9 };
    let steering = Steering::start();
    let addresses = place.hubs.addresses();
    let operations = std::thread::scope(|scope| {
        let writers = scope.spawn(|| work(&addresses, &place.credential, &writing, &steering));
        let ended = steering.ends_when_dropped();
        disturb(&place, &proxy);
        drop(ended);
        writers.join().unwrap()
    });
    let worked_s = steering.clock.seconds();
    let verdict = place.judged(operations);
    crate::kill::say(&format!("a bad way to the database, {worked_s:.0} s: {:?}", verdict.counts));
    assert!(verdict.counts.done > 200 && verdict.counts.repeated > 0, "{:?}", verdict.counts);
}

fn disturb(place: &Place, proxy: &Proxy) {
    pause(STEP);
    proxy.set(Way::Slow(Duration::from_millis(15)));
    pause(STEP);
    proxy.set(Way::Open);
    for _ in 0..6 {
        pause(STEP / 6);
        proxy.cut();
    }
    // Half open: the database hears and is not heard; then the connection is gone.
    for way in [Way::Deaf, Way::Held] {
        proxy.set(way);
        pause(STEP);
        proxy.cut();
        proxy.set(Way::Open);
        pause(STEP / 2);
    }
    proxy.set(Way::Held);
    pause(STEP);
    proxy.set(Way::Open);
    gone_and_back(place, proxy);
}

/// While it is gone the hub is not ready and says why; the other one is.
fn gone_and_back(place: &Place, proxy: &Proxy) {
    let ready = |at: usize| place.ask(at, &Request::get("/readyz"));
    proxy.set(Way::Shut);
    proxy.cut();
    until("it is not ready", READY_WITHIN, || ready(1).status == 503);
    let said = ready(1);
    assert!(said.body.contains("The hub's store does not answer."), "{}", said.body);
    assert_eq!(ready(0).status, 200);
    for path in ["/v1/entitlement/any", "/v1/events?after=0&wait=10"] {
        let refused = place.ask(1, &Request::get(path));
        assert!(refused.status == 503 && refused.body.contains("\"store-busy\""), "{path}: {}", refused.body);
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    proxy.set(Way::Open);
    until("it is ready again", READY_WITHIN, || ready(1).status == 200);
}

fn socket(database: &cluster::Database) -> std::path::PathBuf {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(database.socket())
}
