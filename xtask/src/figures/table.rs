//! What hub, prototype and floor are compared by: the same lines whether their files are empty or full.

use super::rounds::{Figure, Rounds};
use super::servers::{Server, Servers};
use super::{Settings, creates, reads};
use anyhow::Result;
use load::Keys;
use std::sync::Arc;

const FLOOR_CREATE: &str = "floor: parse and answer a create";
const FLOOR_READ: &str = "floor: answer a read";
const PROTOTYPE_ASCENDING: &str = "prototype: create, ascending";
const PROTOTYPE_RANDOM: &str = "prototype: create, random";
const PROTOTYPE_READ: &str = "prototype: read by random id";
const HUB_ASCENDING: &str = "hub: create, ascending";
const HUB_RANDOM: &str = "hub: create, random";
const HUB_READ: &str = "hub: read by random id";

/// Which is printed as a share of which.
pub(super) const RATIOS: [(&str, &str); 9] = [
    (HUB_ASCENDING, PROTOTYPE_ASCENDING),
    (HUB_ASCENDING, FLOOR_CREATE),
    (PROTOTYPE_ASCENDING, FLOOR_CREATE),
    (HUB_RANDOM, PROTOTYPE_RANDOM),
    (HUB_RANDOM, FLOOR_CREATE),
    (PROTOTYPE_RANDOM, FLOOR_CREATE),
    (HUB_READ, PROTOTYPE_READ),
    (HUB_READ, FLOOR_READ),
    (PROTOTYPE_READ, FLOOR_READ),
];

/// Entitlements that are there to be read.
pub(super) struct Ids {
    pub(super) hub: Arc<Vec<String>>,
    pub(super) prototype: Arc<Vec<String>>,
}

/// One line for each server and kind of request, in turn.
pub(super) fn rounds<'s>(settings: Settings, servers: &'s Servers, ids: &Ids) -> Result<Rounds<'s>> {
    let notify = servers.hanging.url();
    let create = |name, keys, server: &'s Server| -> Result<Figure<'s>> {
        Ok(Figure::new(name, creates(server.port, keys, &notify)?, server))
    };
    let read = |name, ids: &Arc<Vec<String>>, server: &'s Server| -> Result<Figure<'s>> {
        Ok(Figure::new(name, reads(server.port, Arc::clone(ids))?, server))
    };
    let Servers { floor, prototype, hub, .. } = servers;
    let figures = vec![
        create(FLOOR_CREATE, Keys::Ascending, floor)?,
        create(PROTOTYPE_ASCENDING, Keys::Ascending, prototype)?,
        create(HUB_ASCENDING, Keys::Ascending, hub)?,
        create(PROTOTYPE_RANDOM, Keys::Random, prototype)?,
        create(HUB_RANDOM, Keys::Random, hub)?,
        read(FLOOR_READ, &ids.hub, floor)?,
        read(PROTOTYPE_READ, &ids.prototype, prototype)?,
        read(HUB_READ, &ids.hub, hub)?,
    ];
    Ok(Rounds::new(settings, figures))
}
