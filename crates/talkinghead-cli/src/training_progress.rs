//! Progress of a training on standard error: a bar with losses on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use talkinghead_training::generator::StepReport;
use talkinghead_training::run::RunEvent;

/// Time between two plain lines.
const LINE_PAUSE: Duration = Duration::from_secs(10);

/// Shows how far a training has come.
pub enum TrainingProgress {
    /// Nothing but warnings.
    Quiet,
    /// For people who watch.
    Bar(ProgressBar),
    /// For logs: when a line was last written.
    Lines(Option<Instant>),
}

impl TrainingProgress {
    /// Whatever suits standard error, or nothing.
    pub fn new(quiet: bool) -> Self {
        if quiet {
            return Self::Quiet;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines(None);
        }
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} steps  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self::Bar(bar)
    }

    /// Shows this.
    pub fn show(&mut self, event: RunEvent) {
        match event {
            RunEvent::Warning(text) => self.say(&format!("warning: {}", text.replace(['\n', '\r'], " ")), true),
            RunEvent::Begins { step, steps, clips, parameters } => {
                if let Self::Bar(bar) = self {
                    bar.set_length(steps);
                    bar.set_position(step);
                }
                let from = if step > 0 { format!(", from step {step}") } else { String::new() };
                self.say(&format!("learning {parameters} values from {clips} clips, {steps} steps{from}"), false);
            }
            RunEvent::Step { report, epoch, epochs, steps, steps_per_second } => {
                self.advance(&report, &format!("epoch {epoch}/{epochs}  "), steps, steps_per_second);
            }
            RunEvent::Validated { step, scores, best } => {
                let best = if best { ", the best so far" } else { "" };
                let (psnr, ssim) = (scores.psnr, scores.ssim);
                self.say(&format!("step {step}: validation PSNR {psnr:.2} dB, SSIM {ssim:.3}{best}"), false);
            }
            RunEvent::Saved { step, path } => self.say(&format!("step {step}: saved {}", path.display()), false),
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }

    fn advance(&mut self, report: &StepReport, place: &str, steps: u64, speed: f64) {
        let losses: Vec<String> = report.losses.iter().map(|value| format!("{} {:.3}", value.loss.name(), value.value)).collect();
        let left = time((steps.saturating_sub(report.step)) as f64 / speed.max(1e-9));
        let text = format!("{place}{}  {speed:.2} steps/s  {left} left", losses.join("  "));
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                bar.set_position(report.step);
                bar.set_message(text);
            }
            Self::Lines(said) => {
                if report.step < steps && said.is_some_and(|said| said.elapsed() < LINE_PAUSE) {
                    return;
                }
                *said = Some(Instant::now());
                eprintln!("step {} of {steps}: {text}", report.step);
            }
        }
    }

    fn say(&self, text: &str, even_if_quiet: bool) {
        match self {
            Self::Quiet if !even_if_quiet => {}
            Self::Bar(bar) => bar.suspend(|| eprintln!("{text}")),
            _ => eprintln!("{text}"),
        }
    }
}

/// Progress of a fine-tuning: nothing but steps.
pub struct TuningProgress {
    shown: TrainingProgress,
    begun: Instant,
}

impl TuningProgress {
    /// Whatever suits standard error, or nothing.
    pub fn new(quiet: bool) -> Self {
        Self { shown: TrainingProgress::new(quiet), begun: Instant::now() }
    }

    /// Shows a step.
    pub fn step(&mut self, report: &StepReport, steps: u64) {
        if let TrainingProgress::Bar(bar) = &self.shown {
            bar.set_length(steps);
        }
        let speed = report.step as f64 / self.begun.elapsed().as_secs_f64().max(1e-9);
        self.shown.advance(report, "", steps, speed);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.shown.clear();
    }
}

/// Seconds as people say them.
fn time(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() || s > 1e9 => "?".to_owned(),
        s if s >= 172_800.0 => format!("{:.1} days", s / 86_400.0),
        s if s >= 7200.0 => format!("{:.1} h", s / 3600.0),
        s if s >= 120.0 => format!("{:.0} min", s / 60.0),
        s => format!("{s:.0} s"),
    }
}
