//! Runs many cases at once, each in a thread of its own, and names all that fail.

use crate::place::is_server;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// More hubs than this at once only get in each other's way.
const AT_ONCE: usize = 32;
/// Those on a server have it work for them: each hub is a dozen processes there.
const AT_ONCE_ON_SERVER: usize = 8;

/// One case: a name that says what it shows, and what it does.
pub struct One<'a> {
    pub name: String,
    pub run: Box<dyn FnOnce() + Send + 'a>,
}

pub fn one<'a>(name: impl Into<String>, run: impl FnOnce() + Send + 'a) -> One<'a> {
    One { name: name.into(), run: Box::new(run) }
}

/// Runs all; fails with every one that failed.
pub fn all(cases: Vec<One<'_>>) {
    let count = cases.len();
    let left = Mutex::new(VecDeque::from(cases));
    let failed = Mutex::new(Vec::new());
    let at_once = if is_server() { AT_ONCE_ON_SERVER } else { AT_ONCE };
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(One { name, run }) = next(&left) {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
                        failed.lock().unwrap().push(format!("{name}: {}", words(panic.as_ref())));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    assert!(failed.is_empty(), "{} of {count} failed:\n{}", failed.len(), failed.join("\n"));
}

fn next<'a>(left: &Mutex<VecDeque<One<'a>>>) -> Option<One<'a>> {
    left.lock().unwrap().pop_front()
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
