//! Rounds of measurements in turn, their medians and ratios, and what the server's process used.

use super::process::{self, Used};
use super::servers::Server;
use super::{CONNECTIONS, Settings, WARM_UP};
use anyhow::{Context, Result, bail};
use load::{Load, Measured, Progress, Run};
use std::fmt;
use std::sync::Arc;

/// One line of the figures.
pub(super) struct Figure<'s> {
    name: &'static str,
    load: Load,
    server: &'s Server,
    runs: Vec<One>,
}

/// One measurement, with what the server used for an answer.
#[derive(Clone)]
pub(super) struct One {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) cpu_us: f64,
    pub(super) written_bytes: f64,
}

impl fmt::Display for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8.0} /s   p50 {:6.2} ms   p99 {:6.2} ms   {:6.1} us of server CPU",
            self.per_second, self.p50_ms, self.p99_ms, self.cpu_us
        )?;
        if self.written_bytes > 1.0 {
            write!(f, "   {:6.0} bytes written", self.written_bytes)?;
        }
        Ok(())
    }
}

impl<'s> Figure<'s> {
    pub(super) const fn new(name: &'static str, load: Load, server: &'s Server) -> Self {
        Self { name, load, server, runs: Vec::new() }
    }

    fn median(&self) -> Result<One> {
        median(&self.runs).with_context(|| format!("{} was not measured", self.name))
    }
}

/// Figures that are measured in turn.
pub(super) struct Rounds<'s> {
    settings: Settings,
    figures: Vec<Figure<'s>>,
}

impl<'s> Rounds<'s> {
    pub(super) const fn new(settings: Settings, figures: Vec<Figure<'s>>) -> Self {
        Self { settings, figures }
    }

    pub(super) async fn measure(&mut self) -> Result<()> {
        for round in 1..=self.settings.rounds {
            for figure in &mut self.figures {
                let one = measure(&figure.load, figure.server, self.settings).await?;
                println!("round {round}  {:36} {one}", figure.name);
                figure.runs.push(one);
            }
        }
        Ok(())
    }

    /// Medians, then the ratios of these pairs.
    pub(super) fn print(&self, ratios: &[(&str, &str)]) {
        println!(
            "\nMedians of {} rounds, {CONNECTIONS} connections, client and server on the same cores\n",
            self.settings.rounds
        );
        for figure in &self.figures {
            if let Ok(median) = figure.median() {
                println!("  {:36} {median}", figure.name);
            }
        }
        println!("\n{:68} rate    p99\n", "Ratios, medians of the rounds'");
        for (one, other) in ratios {
            if let (Some(rate), Some(p99)) =
                (self.ratio(one, other, |one| one.per_second), self.ratio(one, other, |one| one.p99_ms))
            {
                println!("  {:64} {rate:6.2} {p99:6.2}", format!("{one} / {other}"));
            }
        }
    }

    /// The median of the rounds' own ratios: the two were measured within the same half minute, so that
    /// a machine that is slower in one round than in another does not count.
    fn ratio(&self, one: &str, other: &str, value: fn(&One) -> f64) -> Option<f64> {
        let runs = |name: &str| self.figures.iter().find(|figure| figure.name == name).map(|figure| &figure.runs);
        let ratios: Vec<f64> = runs(one)?.iter().zip(runs(other)?).map(|(a, b)| value(a) / value(b)).collect();
        middle(ratios)
    }
}

/// One measurement; a refusal spoils it.
pub(super) async fn measure(load: &Load, server: &Server, settings: Settings) -> Result<One> {
    measure_noting(load, server, settings, &Arc::new(Progress::default())).await
}

/// The same; what is to be noted is noted.
pub(super) async fn measure_noting(
    load: &Load,
    server: &Server,
    settings: Settings,
    progress: &Arc<Progress>,
) -> Result<One> {
    let before = process::used(server.pid())?;
    let how = Run { connections: CONNECTIONS, warm_up: WARM_UP, measure: settings.measure, rate: None };
    let measured = load::run(load, how, progress).await?;
    let after = process::used(server.pid())?;
    one(&measured, progress.answers(), &before, &after)
}

fn one(measured: &Measured, answers: u64, before: &Used, after: &Used) -> Result<One> {
    if !measured.refused().is_empty() {
        bail!("some were refused: {:?}", measured.refused());
    }
    let answers = answers.max(1) as f64;
    Ok(One {
        per_second: measured.per_second(),
        p50_ms: measured.ms_at(0.5),
        p99_ms: measured.ms_at(0.99),
        cpu_us: after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / answers,
        written_bytes: after.written_bytes.saturating_sub(before.written_bytes) as f64 / answers,
    })
}

/// Of the rates, and of each other figure by itself.
pub(super) fn median(runs: &[One]) -> Option<One> {
    let of = |value: fn(&One) -> f64| middle(runs.iter().map(value).collect());
    Some(One {
        per_second: of(|one| one.per_second)?,
        p50_ms: of(|one| one.p50_ms)?,
        p99_ms: of(|one| one.p99_ms)?,
        cpu_us: of(|one| one.cpu_us)?,
        written_bytes: of(|one| one.written_bytes)?,
    })
}

/// The median.
pub(super) fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
