//! Progress on standard error: bars on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use talkinghead::{Progress, Stage};

/// Seconds between two plain lines.
const LINE_PAUSE: Duration = Duration::from_secs(5);

/// Shows how far the work has come. May be told from several threads.
pub enum Display {
    /// Nothing is shown.
    Quiet,
    /// For people who watch.
    Bars(Bars),
    /// For logs.
    Lines(Mutex<BTreeMap<Stage, Line>>),
}

/// Bars, one for each stage under way.
pub struct Bars {
    all: MultiProgress,
    bars: Mutex<BTreeMap<Stage, ProgressBar>>,
}

/// What was last said about a stage.
pub struct Line {
    started: Instant,
    said: Instant,
    complete: bool,
}

impl Display {
    /// Whatever suits standard error, or nothing.
    pub fn new(quiet: bool) -> Self {
        if quiet {
            Self::Quiet
        } else if std::io::stderr().is_terminal() {
            Self::Bars(Bars { all: MultiProgress::new(), bars: Mutex::new(BTreeMap::new()) })
        } else {
            Self::Lines(Mutex::new(BTreeMap::new()))
        }
    }

    /// Shows this.
    pub fn show(&self, progress: Progress) {
        match self {
            Self::Quiet => {}
            Self::Bars(bars) => bars.show(progress),
            Self::Lines(lines) => say(&mut lines.lock().unwrap_or_else(PoisonError::into_inner), progress),
        }
    }

    /// Takes the bars away.
    pub fn clear(&self) {
        if let Self::Bars(bars) = self {
            let _ = bars.all.clear();
        }
    }
}

impl Bars {
    fn show(&self, progress: Progress) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        if !bars.contains_key(&progress.stage) {
            // A stage after the first two means that everything before it is done.
            if progress.stage > Stage::Speech {
                bars.values().filter(|bar| !bar.is_finished()).for_each(ProgressBar::finish);
            }
            let bar = self.all.add(ProgressBar::no_length());
            bar.set_message(progress.stage.name());
            bar.set_style(style(progress.total.is_some()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bars.insert(progress.stage, bar);
        }
        let Some(bar) = bars.get(&progress.stage) else { return };
        if let (Some(total), None) = (progress.total, bar.length()) {
            bar.set_length(total as u64);
            bar.set_style(style(true));
        }
        bar.set_position(progress.done as u64);
        if progress.total == Some(progress.done) {
            bar.finish();
        }
    }
}

fn style(with_length: bool) -> ProgressStyle {
    let template =
        if with_length { "{msg:>24} {bar:28} {pos}/{len} frames, {eta} left" } else { "{msg:>24} {spinner} {elapsed}" };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn say(lines: &mut BTreeMap<Stage, Line>, progress: Progress) {
    let name = progress.stage.name();
    let now = Instant::now();
    let Some(line) = lines.get_mut(&progress.stage) else {
        match progress.total {
            Some(total) => eprintln!("{name}: {total} frames"),
            None => eprintln!("{name}"),
        }
        lines.insert(progress.stage, Line { started: now, said: now, complete: false });
        return;
    };
    let complete = progress.total == Some(progress.done);
    if line.complete || (!complete && now.duration_since(line.said) < LINE_PAUSE) {
        return;
    }
    line.said = now;
    line.complete = complete;
    let passed = now.duration_since(line.started).as_secs_f64();
    match progress.total {
        Some(_) if complete => eprintln!("{name}: done in {passed:.1} s"),
        Some(total) if progress.done > 0 => {
            let left = passed / progress.done as f64 * total.saturating_sub(progress.done) as f64;
            eprintln!("{name}: {} of {total} frames, {left:.0} s left", progress.done);
        }
        _ => eprintln!("{name}: {} frames", progress.done),
    }
}
