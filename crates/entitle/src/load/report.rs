//! What a load took, for people and for programs.

use load::Measured;
use serde_json::{Value, json};
use std::fmt::Write;

/// The widest bar of the histogram.
const WIDTH: usize = 40;

/// For people: rate, percentiles, refusals, histogram.
pub(super) fn text(measured: &Measured) -> String {
    let mut out = String::new();
    let seconds = measured.took().as_secs_f64();
    let _ = writeln!(out, "{:.0} a second ({} answers in {seconds:.1} s)\n", measured.per_second(), measured.answers());
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
        let _ = writeln!(out, "  {name:<6}{:>10.2} ms", measured.ms_at(share));
    }
    let _ = writeln!(out, "  {:<6}{:>10.2} ms", "max", measured.max_ms());
    for (status, count) in measured.refused() {
        let _ = writeln!(out, "\n  {count} answers were {status}");
    }
    out.push_str("\nLatencies\n\n");
    for (up_to_ms, count, share) in steps(measured) {
        let bar = "█".repeat((share * WIDTH as f64).round() as usize);
        let _ = writeln!(out, "  up to {up_to_ms:>9.1} ms {count:>10}  {bar}");
    }
    out
}

/// Each step of the histogram by itself: its upper bound, its answers, their share of the largest.
fn steps(measured: &Measured) -> Vec<(f64, u64, f64)> {
    let mut before = 0;
    let mut steps = Vec::new();
    for (up_to_ms, so_far) in measured.histogram() {
        if so_far > 0 {
            steps.push((up_to_ms, so_far - before));
        }
        before = so_far;
    }
    let largest = steps.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    steps.into_iter().map(|(up_to_ms, count)| (up_to_ms, count, count as f64 / largest as f64)).collect()
}

/// For programs.
pub(super) fn json(measured: &Measured) -> String {
    let refused: serde_json::Map<String, Value> =
        measured.refused().iter().map(|(status, count)| (status.to_string(), json!(count))).collect();
    let histogram: Vec<Value> = measured
        .histogram()
        .iter()
        .map(|(up_to_ms, answers)| json!({"upToMs": up_to_ms, "answers": answers}))
        .collect();
    let result = json!({
        "answers": measured.answers(),
        "refused": refused,
        "seconds": measured.took().as_secs_f64(),
        "perSecond": measured.per_second(),
        "p50Ms": measured.ms_at(0.5),
        "p90Ms": measured.ms_at(0.9),
        "p99Ms": measured.ms_at(0.99),
        "p999Ms": measured.ms_at(0.999),
        "maxMs": measured.max_ms(),
        "histogram": histogram,
    });
    format!("{result}\n")
}
