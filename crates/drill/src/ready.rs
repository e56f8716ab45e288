//! `/readyz` of every hub, asked again and again while things happen.

use crate::clock::pause;
use crate::http::{Connection, Request};
use crate::writers::Steering;
use std::net::SocketAddr;
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(100);
/// A hub that does not say so within this is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a hub said from one moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Which hub.
    pub node: usize,
    /// Since when, in microseconds of the steering's clock.
    pub at_us: u64,
    /// The status; 0 where nobody answered.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Watch(pub Vec<Readiness>);

impl Watch {
    /// Asks until the steering ends; keeps what changed.
    #[must_use]
    pub fn keep(hubs: &[SocketAddr], steering: &Steering) -> Self {
        let mut seen: Vec<Readiness> = Vec::new();
        while !steering.is_over() {
            for (node, hub) in hubs.iter().enumerate() {
                let at_us = steering.clock.us();
                let (status, body) = ask(*hub).unwrap_or_default();
                let last = seen.iter().rev().find(|one| one.node == node);
                if last.is_none_or(|last| last.status != status) {
                    seen.push(Readiness { node, at_us, status, body });
                }
            }
            pause(EVERY);
        }
        Self(seen)
    }

    /// What one hub said, in order.
    #[must_use]
    pub fn of(&self, node: usize) -> Vec<&Readiness> {
        self.0.iter().filter(|one| one.node == node).collect()
    }
}

fn ask(hub: SocketAddr) -> Option<(u16, String)> {
    let mut connection = Connection::open_for(hub, "nobody:x", PATIENCE).ok()?;
    let answer = connection.try_ask(&Request::get("/readyz")).ok()?;
    Some((answer.status, answer.body))
}
