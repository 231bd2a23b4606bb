//! The loop: items and steps.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::RunError;
use super::progress::{RunEvent, RunSummary};
use super::report::write_report;
use super::session::Session;
use crate::generator::{Batch, StepReport};
use crate::items::{ItemError, ItemLoader, TrainingItem, batch_of};

/// Steps over which the speed is measured.
const LATELY: usize = 20;
/// So many items may fail to be read whatever the limit says.
const FORGIVEN: u64 = 10;

impl Session {
    pub(super) fn items_a_step(&self) -> u64 {
        (self.recipe.training.batch * self.recipe.training.accumulation) as u64
    }

    /// An epoch's last step takes items of its beginning again where they do not fill it.
    pub(super) fn steps_an_epoch(&self) -> u64 {
        (self.clips.items(&self.settings) as u64).div_ceil(self.items_a_step())
    }

    fn last_step(&self) -> u64 {
        let all = self.steps_an_epoch() * self.recipe.schedule().epochs() as u64;
        match self.recipe.training.most_steps {
            0 => all,
            most => all.min(most),
        }
    }

    /// Trains to the end, or until `stop` is set.
    pub(super) fn train(&mut self, stop: &AtomicBool, tell: &mut dyn FnMut(RunEvent)) -> Result<RunSummary, RunError> {
        let (an_epoch, last) = (self.steps_an_epoch(), self.last_step());
        let parameters = self.trainer.generator().entries().iter().map(|entry| entry.shape.iter().product::<usize>()).sum();
        let first = self.trainer.steps();
        tell(RunEvent::Begins { step: first, steps: last, clips: self.clips.training.len(), parameters });
        let items_an_epoch = an_epoch * self.items_a_step();
        let from = first * self.items_a_step();
        let mut loader = ItemLoader::new(Arc::clone(&self.clips), self.settings, items_an_epoch, from, self.recipe.run.workers);
        if first == 0 && self.is_first() {
            self.look(tell)?;
            self.show(tell)?;
        }
        let mut lately = VecDeque::from([Instant::now()]);
        while self.trainer.steps() < last {
            let epoch = self.trainer.steps() / an_epoch + 1;
            let report = self.guarded_step(&mut loader, epoch, tell)?;
            let now = Instant::now();
            let seconds = lately.back().map_or(0.0, |before| now.duration_since(*before).as_secs_f64());
            lately.push_back(now);
            if lately.len() > LATELY {
                lately.pop_front();
            }
            self.note(&report, epoch, seconds)?;
            let passed = lately.front().map_or(0.0, |before| now.duration_since(*before).as_secs_f64());
            let (step, epochs) = (report.step, self.recipe.schedule().epochs() as u64);
            let steps_per_second = (lately.len() - 1) as f64 / passed.max(1e-9);
            tell(RunEvent::Step { report, epoch, epochs, steps: last, steps_per_second });
            self.between(step, step.is_multiple_of(an_epoch).then_some(epoch), step == last, tell)?;
            if self.all_hear(stop.load(Ordering::Relaxed))? && step < last {
                if self.is_first() {
                    self.save(tell)?;
                }
                return Err(RunError::Stopped { step });
            }
            // What was done between two steps is no step's time.
            if let Some(before) = lately.back_mut() {
                *before = Instant::now();
            }
        }
        let checkpoint = if self.saved == Some(last) || !self.is_first() { None } else { Some(self.save(tell)?) };
        let checkpoint = match checkpoint {
            Some(checkpoint) => checkpoint.path,
            None => self.folder.checkpoints().join(format!("step-{last:08}.json")),
        };
        if self.is_first() {
            write_report(&self.folder, self.best.as_ref())?;
        }
        let best = self.best.map(|best| (best.step, best.scores));
        Ok(RunSummary { steps: last, checkpoint, best, skipped: self.skipped })
    }

    pub(super) fn step(&mut self, loader: &mut ItemLoader, epoch: u64) -> Result<StepReport, RunError> {
        let temporal = self.settings.sequence.length(epoch) > 1;
        if temporal && !self.trainer.is_temporal() {
            self.trainer.begin_temporal(self.recipe.temporal_windows(), self.recipe.seed)?;
        }
        let slower = if temporal { self.recipe.training.temporal_rate } else { 1.0 };
        let factor = slower * self.recipe.schedule().factor(usize::try_from(epoch).unwrap_or(usize::MAX));
        let rates = self.trainer.settings().rates.scaled(factor);
        self.trainer.set_learning_rates(rates);
        // By batch and item, then by frame.
        let mut sequences: Vec<Vec<Vec<TrainingItem>>> = Vec::with_capacity(self.recipe.training.accumulation);
        for _ in 0..self.recipe.training.accumulation {
            let mut items = Vec::with_capacity(self.recipe.training.batch);
            for _ in 0..self.recipe.training.batch {
                let loaded = loader.next_item()?;
                self.count_skipped(&loaded.skipped)?;
                items.push(loaded.frames);
            }
            sequences.push(items);
        }
        // The shortest clip of a step decides how long its sequences are.
        let length = self.shortest(sequences.iter().flatten().map(Vec::len).min().unwrap_or(1))?;
        let (teacher, device) = (self.teacher.as_ref(), &self.device);
        let frame = |at: usize| -> Result<Vec<Batch>, RunError> {
            let items_at =
                |items: &[Vec<TrainingItem>], at: usize| items.iter().map(|frames| frames[at].clone()).collect::<Vec<_>>();
            let mut batches = Vec::with_capacity(sequences.len());
            for sequence in &sequences {
                let items = items_at(sequence, at);
                let before = at.checked_sub(1).map(|before| items_at(sequence, before));
                let mut batch = batch_of(&items, device);
                if let Some(teacher) = teacher {
                    teacher.teach(&mut batch, &items, before.as_deref(), device)?;
                }
                batches.push(batch);
            }
            Ok(batches)
        };
        if temporal { self.trainer.step_sequence(length, frame) } else { Ok(self.trainer.step_accumulated(&frame(0)?)?) }
    }

    fn count_skipped(&mut self, skipped: &[String]) -> Result<(), ItemError> {
        let Some(last) = skipped.last() else { return Ok(()) };
        self.skipped += skipped.len() as u64;
        let share = self.recipe.data.unreadable_limit;
        // Those that were tried: what was skipped is tried beside what was learned from.
        let items = (self.trainer.steps() + 1) * self.items_a_step() + self.skipped;
        if self.skipped > FORGIVEN && self.skipped as f64 > share * items as f64 {
            return Err(ItemError::Unreadable { skipped: self.skipped, items, share, last: last.clone() });
        }
        Ok(())
    }
}
