//! Bars while one waits, lines for the log.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::Write;

/// What is shown of a run: bars on a terminal, and lines everywhere.
#[derive(Debug, Default)]
pub struct Progress {
    bars: MultiProgress,
}

impl Progress {
    /// A bar of so many steps.
    #[must_use]
    pub fn bar(&self, name: &str, steps: usize) -> ProgressBar {
        let style = ProgressStyle::with_template(
            "{prefix:<24} {bar:30} {pos}/{len}, {elapsed}, {eta} left",
        );
        let bar = ProgressBar::new(steps as u64).with_prefix(name.to_owned());
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let bar = self.bars.add(bar);
        bar.tick();
        bar
    }

    /// A line above the bars; nothing where nobody reads any more.
    pub fn say(&self, line: &str) {
        let mut out = std::io::stdout();
        // Training goes on all the same: what it leaves is in files.
        let _unread = self.bars.suspend(|| writeln!(out, "{line}"));
    }
}
