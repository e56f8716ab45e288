//! The course of a fail-over: hubs on a primary with a synchronous standby, under load; the primary is killed and
//! the standby promoted, a hub is killed and started again; then everything is looked at.

use crate::figures::{Latencies, latencies, longest_silence, normal_again_after};
use crate::hubs::{Hubs, catalog};
use crate::process::Ended;
use crate::ready::Watch;
use crate::receiver::Receiver;
use crate::story::Story;
use crate::writers::{Steering, Work, work};
use cluster::Cluster;
use std::path::Path;
use std::time::Duration;
use witness::{Operation, Recording, Verdict, examine};

/// A hub that was killed is missing for so long.
const HUB_MISSING: Duration = Duration::from_secs(2);

/// When what happens, in seconds of load.
#[derive(Debug, Clone)]
pub struct Course {
    /// How many hubs.
    pub hubs: usize,
    /// Who writes.
    pub work: Work,
    /// The primary is killed ...
    pub kill_primary_at: f64,
    /// ... and whoever watches it has noticed after so long, and promotes the standby.
    pub promote_after: f64,
    /// A hub is killed.
    pub kill_hub_at: f64,
    /// No more is written.
    pub end_at: f64,
    /// Every step is printed as it is done.
    pub is_told: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Failover {
    /// What the witness says.
    pub verdict: Verdict,
    /// What was seen of `/readyz`.
    pub readiness: Watch,
    /// Writes before the primary was killed.
    pub before: Latencies,
    /// From the last seconds.
    pub after: Latencies,
    /// From the kill of the primary to the end of `promote`.
    pub promoted_us: u64,
    /// From the kill to the first write that was done after the longest time without one.
    pub answered_again_us: Option<u64>,
    /// That time.
    pub silence_us: u64,
    /// From the kill to normal latencies.
    pub normal_us: Option<u64>,
    /// `entitle doctor`.
    pub doctor: Ended,
    /// `entitle audit verify`.
    pub audit: Ended,
    /// Hubs that ended by themselves.
    pub fallen: Vec<usize>,
    /// What was done, line by line.
    pub lines: Vec<String>,
}

/// What was done to it, by the steering's clock.
struct Moments {
    primary_killed_us: u64,
    promoted_us: u64,
    end_us: u64,
    fallen: Vec<usize>,
}

/// Runs it.
///
/// # Errors
/// Where PostgreSQL cannot be had; its own words.
pub fn failover(binary: &Path, folder: &Path, course: &Course) -> Result<Failover, String> {
    let (primary, standby) = pair()?;
    let receiver = Receiver::start();
    let hubs = Hubs::start(binary, folder, &vec![primary.url_with(&standby); course.hubs]);
    hubs.applies(&catalog(&format!("{}/acme", receiver.url), "\"none\""));
    let credential = hubs.password("acme-test", "credential create acme-test --json");
    let addresses = hubs.addresses();
    let steering = Steering::start();
    let story = Story::new(steering.clock, course.is_told);
    story.tell(&format!("{} hubs and {} writers at work", course.hubs, course.work.writers));
    let (operations, readiness, moments) = std::thread::scope(|scope| {
        let writers = scope.spawn(|| work(&addresses, &credential, &course.work, &steering));
        let watch = scope.spawn(|| Watch::keep(&addresses, &steering));
        let ended = steering.ends_when_dropped();
        let moments = steer(course, &hubs, (&primary, &standby), &steering, &story);
        drop(ended);
        (writers.join().expect("the writers"), watch.join().expect("the watch"), moments)
    });
    story.tell("every request is settled");
    let afterwards = crate::gather(&addresses, &credential, &receiver);
    story.tell(&format!(
        "{} records, {} events and all notifications gathered",
        afterwards.records.len(),
        afterwards.feed.len()
    ));
    let recording = Recording { operations, afterwards };
    let verdict = examine(&recording);
    story.tell("judged");
    let (doctor, audit) = (hubs.entitle("doctor"), hubs.entitle("audit verify"));
    story.tell("looked at by `entitle doctor` and `entitle audit verify`");
    Ok(moments.told(
        &recording.operations,
        Failover {
            verdict,
            readiness,
            doctor,
            audit,
            before: Latencies::default(),
            after: Latencies::default(),
            promoted_us: 0,
            answered_again_us: None,
            silence_us: 0,
            normal_us: None,
            fallen: Vec::new(),
            lines: story.lines(),
        },
    ))
}

fn pair() -> Result<(Cluster, Cluster), String> {
    let primary = Cluster::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let standby = runtime.map_err(|error| error.to_string())?.block_on(primary.standby())?;
    Ok((primary, standby))
}

fn steer(
    course: &Course,
    hubs: &Hubs,
    (primary, standby): (&Cluster, &Cluster),
    steering: &Steering,
    story: &Story,
) -> Moments {
    let clock = steering.clock;
    clock.wait_until(course.kill_primary_at);
    let primary_killed_us = clock.us();
    primary.kill();
    story.tell("the primary is killed (SIGKILL)");
    clock.wait_until(course.kill_primary_at + course.promote_after);
    standby.promote();
    let promoted_us = clock.us();
    story.tell("the standby is promoted");
    clock.wait_until(course.kill_hub_at);
    let fallen = hubs.fallen();
    let last = course.hubs - 1;
    hubs.kill(last);
    story.tell(&format!("hub {} is killed (SIGKILL)", last + 1));
    crate::pause(HUB_MISSING);
    hubs.start_again(last);
    story.tell(&format!("hub {} is there again", last + 1));
    clock.wait_until(course.end_at);
    story.tell("no more is begun");
    let fallen = fallen.into_iter().chain(hubs.fallen()).collect();
    Moments { primary_killed_us, promoted_us, end_us: clock.us(), fallen }
}

impl Moments {
    fn told(self, operations: &[Operation], failover: Failover) -> Failover {
        let killed = self.primary_killed_us;
        // The first second warms up.
        let before = latencies(operations, 1_000_000, killed);
        let since = |moment: u64| moment - killed;
        let silence = longest_silence(operations, killed, self.end_us);
        Failover {
            before,
            after: latencies(operations, self.end_us.saturating_sub(3_000_000), self.end_us),
            promoted_us: since(self.promoted_us),
            answered_again_us: silence.map(|(_, until)| since(until)),
            silence_us: silence.map_or(0, |(from, until)| until - from),
            normal_us: silence
                .and_then(|(_, until)| normal_again_after(operations, until, before, self.end_us))
                .map(since),
            fallen: self.fallen,
            ..failover
        }
    }
}

impl Failover {
    /// Everything that is wrong, in words.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong: Vec<String> = self.verdict.faults.iter().map(ToString::to_string).collect();
        for (name, ended) in [("doctor", &self.doctor), ("audit verify", &self.audit)] {
            if ended.code != Some(0) {
                wrong.push(format!("entitle {name}: {}{}", ended.stdout, ended.stderr));
            }
        }
        wrong.extend(self.fallen.iter().map(|at| format!("hub {} ended by itself", at + 1)));
        if self.answered_again_us.is_none() {
            wrong.push("no write was answered after the primary was killed".to_owned());
        }
        if self.verdict.counts.unknown > 0 {
            wrong.push(format!("{} writes were never settled", self.verdict.counts.unknown));
        }
        wrong
    }
}
