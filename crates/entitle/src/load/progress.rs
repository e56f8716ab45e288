//! How far a load is, on standard error while it runs, where that is a terminal.

use load::Progress;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// The bar is drawn anew after so long.
const DRAW_EVERY: Duration = Duration::from_millis(200);
/// Its width in characters.
const WIDTH: usize = 30;

/// A bar that is drawn until its load ends.
pub(super) struct Bar(Option<JoinHandle<()>>);

/// Shows the bar, where somebody can see it.
pub(super) fn show(progress: Arc<Progress>, whole: Duration) -> Bar {
    if !std::io::stderr().is_terminal() {
        return Bar(None);
    }
    Bar(Some(tokio::spawn(async move {
        let begun = Instant::now();
        loop {
            draw(begun.elapsed(), whole, progress.answers());
            sleep(DRAW_EVERY).await;
        }
    })))
}

impl Bar {
    /// Takes the bar away.
    pub(super) fn end(self) {
        if let Some(task) = self.0 {
            task.abort();
            // A terminal that is gone needs no cleaning.
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}

fn draw(gone: Duration, whole: Duration, answers: u64) {
    let share = (gone.as_secs_f64() / whole.as_secs_f64()).min(1.0);
    let full = (share * WIDTH as f64) as usize;
    let bar = format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full));
    let _ = write!(std::io::stderr(), "\r{bar} {:>3} s  {answers} answers\u{1b}[K", gone.as_secs());
}
