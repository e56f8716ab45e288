//! What the mirror is told from outside: where the hub is, whether there is a network, when it is
//! enough.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex};

/// Shared between the course of the test and the mirror.
#[derive(Default)]
pub(super) struct Steering {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Starts of the hub, counted from 1.
    start: usize,
    address: Option<SocketAddr>,
    is_online: bool,
    ends_at: Option<u32>,
    is_over: bool,
}

/// The mirror's part of the test ends when this is dropped, however the other part ended.
pub(super) struct OverWhenDropped<'a>(&'a Steering);

impl Drop for OverWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.is_over = true);
    }
}

impl Steering {
    pub(super) fn over_when_dropped(&self) -> OverWhenDropped<'_> {
        OverWhenDropped(self)
    }

    /// The hub has started, and the mirror reaches it or does not.
    pub(super) fn hub_is_at(&self, address: SocketAddr, is_online: bool) {
        self.change(|state| {
            state.start += 1;
            state.address = Some(address);
            state.is_online = is_online;
        });
    }

    /// Nothing comes after this position.
    pub(super) fn ends_at(&self, position: u32) {
        self.change(|state| state.ends_at = Some(position));
    }

    /// Waits for a start after this one and for the network; `None` once the test is over.
    pub(super) fn hub_after(&self, start: usize) -> Option<(usize, SocketAddr)> {
        let state = self.state.lock().unwrap();
        let is_there = |state: &State| state.is_over || (state.is_online && state.start > start);
        let state = self.changed.wait_while(state, |state| !is_there(state)).unwrap();
        state.address.filter(|_| !state.is_over).map(|address| (state.start, address))
    }

    /// Whether the mirror still reaches the hub of this start.
    pub(super) fn is_online(&self, start: usize) -> bool {
        let state = self.state.lock().unwrap();
        state.is_online && state.start == start && !state.is_over
    }

    /// Whether nothing comes after this position.
    pub(super) fn is_end(&self, position: u32) -> bool {
        self.state.lock().unwrap().ends_at == Some(position)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }
}
