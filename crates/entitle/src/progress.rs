//! A bar on the terminal for what takes over a second. Where standard error is no terminal there is
//! none.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// What is done sooner needs no bar.
const SHOWN_AFTER: Duration = Duration::from_secs(1);

/// A bar, or none.
pub(crate) struct Bar {
    bar: ProgressBar,
    template: &'static str,
}

impl Bar {
    /// One that counts things.
    pub(crate) fn counting() -> Self {
        Self::new("{msg}  {bar:30}  {human_pos} of {human_len}  {eta}")
    }

    /// One that counts bytes.
    pub(crate) fn of_bytes() -> Self {
        Self::new("{msg}  {bar:30}  {binary_bytes} of {binary_total_bytes}  {eta}")
    }

    fn new(template: &'static str) -> Self {
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bar: ProgressBar::with_draw_target(None, target), template }
    }

    /// Where it has come to; without an end it only says what it is about.
    pub(crate) fn show(&self, about: &'static str, done: u64, all: u64) {
        if self.bar.elapsed() < SHOWN_AFTER {
            return;
        }
        let template = if all == 0 { "{msg}" } else { self.template };
        // The templates are this file's own and good ones.
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        if all > 0 {
            self.bar.set_length(all.max(done));
        }
        self.bar.set_position(done);
        self.bar.set_message(about);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
