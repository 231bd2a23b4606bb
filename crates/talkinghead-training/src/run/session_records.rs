//! What is kept and shown between two steps.

use super::checkpoint::{Best, Checkpoint, CheckpointDescription};
use super::metrics::MetricLine;
use super::progress::RunEvent;
use super::report::write_report;
use super::sequence_strip::sequence_rows;
use super::session::Session;
use super::{RunError, Summary, tiles};
use crate::generator::StepReport;

/// Rows of a run's pictures at most.
const ROWS: usize = 4;
/// Sequences of them at most.
const STRIPS: usize = 1;

impl Session {
    pub(super) fn note(&mut self, report: &StepReport, epoch: u64, seconds: f64) -> Result<(), RunError> {
        let Some(records) = &mut self.records else { return Ok(()) };
        let rates = [report.rates.generator, report.rates.discriminator];
        let gradients = [report.generator_gradient, report.discriminator_gradient];
        records.metrics.add(&MetricLine {
            step: report.step,
            epoch,
            losses: report.losses.iter().map(|value| (value.loss.name().to_owned(), value.value)).collect(),
            gradients: Some(gradients),
            rates: Some(rates),
            seconds: Some(seconds),
            validation: None,
        })?;
        let mut content: Vec<(String, Summary)> = Vec::new();
        let mut add = |name: String, value: f64| content.push((name, Summary::Scalar(value as f32)));
        report.losses.iter().for_each(|value| add(format!("losses/{}", value.loss.name()), value.value));
        add("gradients/generator".to_owned(), gradients[0]);
        add("gradients/discriminator".to_owned(), gradients[1]);
        add("rates/generator".to_owned(), rates[0]);
        add("speed/seconds_per_step".to_owned(), seconds);
        records.events.add(report.step, &content)
    }

    /// What is due after a step; `ended`: the epoch that it ends.
    pub(super) fn between(
        &mut self,
        step: u64,
        ended: Option<u64>,
        last: bool,
        tell: &mut dyn FnMut(RunEvent),
    ) -> Result<(), RunError> {
        if !self.is_first() {
            return Ok(());
        }
        let run = &self.recipe.run;
        let (shown, judged) = (step.is_multiple_of(run.picture_every), step.is_multiple_of(run.validate_every));
        let by_epoch = ended.is_some_and(|epoch| run.save_every_epochs > 0 && epoch.is_multiple_of(run.save_every_epochs));
        let kept = step.is_multiple_of(run.save_every) || by_epoch;
        let best = if judged || last { self.look(tell)? } else { false };
        if shown || last {
            self.show(tell)?;
        }
        if kept || best || last {
            self.save(tell)?;
        }
        Ok(())
    }

    /// Judges the generator; whether it is the best so far.
    pub(super) fn look(&mut self, tell: &mut dyn FnMut(RunEvent)) -> Result<bool, RunError> {
        let (step, scores) = (self.trainer.steps(), self.validation.scores(&self.trainer)?);
        let epoch = step / self.steps_an_epoch() + 1;
        if let Some(records) = &mut self.records {
            records.metrics.add(&MetricLine { step, epoch, validation: Some(scores), ..MetricLine::default() })?;
        }
        let named = [("psnr", scores.psnr), ("ssim", scores.ssim), ("perceptual", scores.perceptual)].into_iter();
        let named = named.chain(scores.flicker.map(|flicker| ("flicker", flicker)));
        let content: Vec<_> = named.map(|(name, value)| (format!("validation/{name}"), Summary::Scalar(value as f32))).collect();
        if let Some(records) = &mut self.records {
            records.events.add(step, &content)?;
        }
        // Before the first step there is nothing to keep.
        let best = step > 0 && scores.psnr.is_finite() && self.best.is_none_or(|best| scores.psnr > best.scores.psnr);
        if best {
            self.best = Some(Best { step, scores });
        }
        tell(RunEvent::Validated { step, scores, best });
        Ok(best)
    }

    /// Writes a picture of what goes in and comes out.
    pub(super) fn show(&mut self, tell: &mut dyn FnMut(RunEvent)) -> Result<(), RunError> {
        let step = self.trainer.steps();
        let mut rows = Vec::new();
        for made in self.validation.syntheses(&self.trainer).take(ROWS) {
            let (_, batch, synthesis) = made?;
            rows.push(tiles::row(batch, &synthesis)?);
        }
        for sequence in self.validation.made_sequences(&self.trainer).take(STRIPS) {
            rows.extend(sequence_rows(&sequence?)?);
        }
        let sheet = tiles::sheet(&rows);
        let path = self.folder.picture(step);
        talkinghead_media::write_picture(&path, &sheet)?;
        let png = std::fs::read(&path).map_err(|source| RunError::File { action: "read", path: path.clone(), source })?;
        let (width, height) = sheet.dimensions();
        if let Some(records) = &mut self.records {
            records.events.add(step, &[("pictures".to_owned(), Summary::Picture { width, height, png })])?;
        }
        if let Err(error) = write_report(&self.folder, self.best.as_ref()) {
            tell(RunEvent::Warning(format!("no report: {error}")));
        }
        Ok(())
    }

    pub(super) fn save(&mut self, tell: &mut dyn FnMut(RunEvent)) -> Result<Checkpoint, RunError> {
        let step = self.trainer.steps();
        let state = self.trainer.state()?;
        let description = CheckpointDescription {
            format: CheckpointDescription::FORMAT.to_owned(),
            step,
            epoch: step / self.steps_an_epoch() + 1,
            items: step * self.items_a_step() * self.settings.share.ranks as u64,
            rates: [state.rates.generator, state.rates.discriminator],
            skipped: self.skipped,
            best: self.best,
            tensors: String::new(),
            bytes: 0,
            data: self.clips.fingerprint(),
            recipe: self.recipe.clone(),
            program: format!("talkinghead {}", env!("CARGO_PKG_VERSION")),
        };
        let last = self.saved.unwrap_or(0);
        let checkpoint = Checkpoint::write(&self.folder.checkpoints(), description, &state).map_err(|source| RunError::Save {
            step,
            last,
            source,
        })?;
        self.saved = Some(step);
        let best: Vec<u64> = self.best.iter().map(|best| best.step).collect();
        Checkpoint::prune(&self.folder.checkpoints(), self.recipe.run.keep, &best)?;
        tell(RunEvent::Saved { step, path: checkpoint.path.clone() });
        Ok(checkpoint)
    }
}
