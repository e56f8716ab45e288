//! The primary is killed under load and its synchronous standby promoted: the course of `cargo xtask failover`,
//! shorter.

use crate::binary::ENTITLE;
use crate::folder::Folder;
use drill::{Course, Work, failover};
use std::path::Path;

/// Service is back within this, on a machine that has other things to do.
const BACK_WITHIN_US: u64 = 30_000_000;

#[test]
fn a_promoted_standby_has_everything_that_was_answered() {
    let folder = Folder::new("nodes-failover");
    let work = Work { writers: 8, customers: 20, pause_ms: 4..24, seed: 3 };
    let course = Course {
        hubs: 2,
        work,
        kill_primary_at: 3.0,
        promote_after: 1.0,
        kill_hub_at: 8.0,
        end_at: 11.0,
        is_told: false,
    };
    let done = failover(Path::new(ENTITLE), folder.path(), &course).unwrap();
    let (wrong, lines) = (done.wrong(), done.lines.join("\n"));
    assert!(wrong.is_empty(), "{} things, first {}\n{lines}", wrong.len(), wrong[0]);
    crate::kill::say(&format!(
        "fail-over: answered again after {:?} us; {:?}",
        done.answered_again_us, done.verdict.counts
    ));
    assert!(done.answered_again_us.is_some_and(|us| us < BACK_WITHIN_US), "{lines}");
    let said: Vec<u16> = done.readiness.of(0).iter().map(|one| one.status).collect();
    assert_eq!(said, [200, 503, 200], "/readyz follows the database: {:?}", done.readiness);
}
