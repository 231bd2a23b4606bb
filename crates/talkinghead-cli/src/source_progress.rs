//! Progress over the videos of a corpus on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use talkinghead_dataset::PreprocessingProgress;

/// Seconds between two plain lines.
const LINE_PAUSE: Duration = Duration::from_secs(5);

/// Shows how far a corpus is. May be told from several threads.
pub enum SourceProgress {
    /// Nothing is shown.
    Quiet,
    /// For people who watch.
    Bar(ProgressBar),
    /// For logs: the start, and when a line was last written.
    Lines(Instant, Mutex<Instant>),
}

impl SourceProgress {
    /// Whatever suits standard error, or nothing.
    pub fn new(quiet: bool) -> Self {
        if quiet {
            return Self::Quiet;
        }
        let now = Instant::now();
        if !std::io::stderr().is_terminal() {
            return Self::Lines(now, Mutex::new(now));
        }
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{bar:28} {pos}/{len} videos, {eta} left ({msg})");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self::Bar(bar)
    }

    /// Shows this.
    pub fn show(&self, progress: PreprocessingProgress) {
        let PreprocessingProgress { done, total, clips, rejected } = progress;
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
                bar.set_message(format!("{clips} clips, {rejected} rejections"));
            }
            Self::Lines(start, last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if done < total && last.elapsed() < LINE_PAUSE {
                    return;
                }
                *last = Instant::now();
                let left = start.elapsed().as_secs_f64() / done.max(1) as f64 * (total - done.min(total)) as f64;
                eprintln!("{done} of {total} videos: {clips} clips, {rejected} rejections, {left:.0} s left");
            }
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
