//! What the operating system says of this process, under the names that every Prometheus client
//! uses. Where the system has no `/proc` they are absent.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::fs;
use std::sync::atomic::AtomicU64;

/// The clock ticks that Linux counts a process's time in, whatever the machine.
const TICKS_A_SECOND: f64 = 100.0;

/// A counter of a fraction.
type Seconds = Counter<f64, AtomicU64>;

/// Adds what can be read now.
pub(super) fn register(registry: &mut Registry, started_at_s: i64) {
    let mut whole = |name: &str, text: &str, value: Option<i64>| {
        if let Some(value) = value {
            let gauge: Gauge = Gauge::default();
            gauge.set(value);
            registry.register(name, text, gauge);
        }
    };
    whole("process_start_time_seconds", "When the hub was started, in seconds since 1970", Some(started_at_s));
    whole("process_resident_memory_bytes", "Memory in use", resident_bytes());
    whole("process_open_fds", "Open file descriptors", open_fds());
    whole("process_max_fds", "File descriptors that may be open", max_fds());
    if let Some(seconds) = cpu_seconds() {
        let counter = Seconds::default();
        counter.inc_by(seconds);
        registry.register("process_cpu_seconds", "CPU time used, user and system", counter);
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<i64>().ok().map(|kib| kib * 1_024)
}

fn open_fds() -> Option<i64> {
    // The directory itself is open while it is read.
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok().map(|count| count - 1)
}

fn max_fds() -> Option<i64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses that may hold anything.
    let mut rest = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = rest.next()?.parse().ok()?;
    let system: u32 = rest.next()?.parse().ok()?;
    Some((f64::from(user) + f64::from(system)) / TICKS_A_SECOND)
}
