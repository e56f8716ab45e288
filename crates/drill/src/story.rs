//! What was done, at which second: a page for people.

use crate::clock::Clock;
use std::sync::Mutex;

/// Lines with their seconds, printed as they come where somebody watches.
#[derive(Debug)]
pub struct Story {
    clock: Clock,
    is_told: bool,
    lines: Mutex<Vec<String>>,
}

impl Story {
    /// One that is printed while it happens, or kept.
    #[must_use]
    pub const fn new(clock: Clock, is_told: bool) -> Self {
        Self { clock, is_told, lines: Mutex::new(Vec::new()) }
    }

    /// Something was done now.
    pub fn tell(&self, what: &str) {
        let line = format!("{:6.2} s  {what}", self.clock.seconds());
        if self.is_told {
            println!("{line}");
        }
        self.lines.lock().unwrap().push(line);
    }

    /// All of it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}
