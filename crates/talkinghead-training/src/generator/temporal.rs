//! Training on several frames in time: what the published code's temporal stage was to be (SPEC-network 5).

use std::collections::VecDeque;

use burn::tensor::Tensor;
use talkinghead_kernels::burn::with_precision;
use talkinghead_synthesis::discriminator::{Discriminator, Features};
use talkinghead_synthesis::generator::{Generator, GeneratorConfig, PreviousFrames};
use talkinghead_synthesis::layers::Pass;
use talkinghead_synthesis::weights::{EntryKind, HostTensor, StateDict, Weights};

use super::batch::FrameStacks;
use super::frozen::learning;
use super::initialisation::{initial_discriminator, initial_generator};
use super::losses::discriminator_losses;
use super::optimiser::{Adam, GradientSet};
use super::step::Half;
use super::sums::Terms;
use super::{Batch, Loss, LossValue, StepReport, Trainer, TrainingError};

/// By this the learning rates are multiplied from the switch on in the published code.
pub const TEMPORAL_RATE: f64 = 0.1;
/// The temporal discriminator begins elsewhere than the other one, whose tensors have the same names.
const OTHER_SEED: u64 = 0x7E3D_0A1B;
/// Before the keys of its tensors in a state.
pub(super) const TEMPORAL: &str = "temporal_discriminator/";

/// Windows of the temporal stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemporalWindows {
    /// Frames that the generator sees, the one to synthesise included (`n_frames_G`), at least 2.
    pub generator: usize,
    /// Frames that the temporal discriminator sees (`n_frames_D`); no more than the generator's.
    pub discriminator: usize,
}

impl TemporalWindows {
    /// Frames that the temporal discriminator judges together.
    pub fn stacked(self) -> usize {
        self.discriminator.min(self.generator).max(1)
    }
}

/// The discriminator of stacked frames with its optimiser.
#[derive(Debug, Clone)]
pub(super) struct TemporalJudge {
    pub discriminator: Discriminator,
    pub adam: Adam,
    /// Frames before the current one that it is shown.
    pub past: usize,
}

/// What a sequence has shown so far, of one batch; the oldest first.
#[derive(Default)]
struct Past {
    frames: VecDeque<PastFrame>,
}

struct PastFrame {
    label: Tensor<4>,
    made: Tensor<4>,
    real: Tensor<4>,
}

impl Past {
    /// The last `count` frames' tensors on top of each other; none where there are fewer.
    fn last(&self, count: usize, tensor: impl Fn(&PastFrame) -> &Tensor<4>) -> Option<Tensor<4>> {
        let skipped = self.frames.len().checked_sub(count).filter(|_| count > 0)?;
        Some(Tensor::cat(self.frames.iter().skip(skipped).map(|frame| tensor(frame).clone()).collect(), 1))
    }
}

impl Trainer {
    /// Whether it trains on several frames.
    pub fn is_temporal(&self) -> bool {
        self.temporal.is_some()
    }

    /// Enters the temporal stage: the generator gets a branch for the previous frame, a copy of the reference's where shapes agree, and a
    /// new optimiser; a discriminator of stacked frames comes in. The other discriminator goes on.
    ///
    /// # Errors
    /// A window of less than two frames, or a device that fails.
    pub fn begin_temporal(&mut self, windows: TemporalWindows, seed: u64) -> Result<(), TrainingError> {
        if windows.generator < 2 {
            let found = windows.generator;
            return Err(TrainingError::Settings(format!("the temporal stage needs at least 2 frames, not {found}")));
        }
        let config = GeneratorConfig { previous_frames: windows.generator - 1, ..*self.generator.config() };
        let mut state = self.state()?;
        for part in ["first/", "second/", "count/"] {
            drop(state.tensors.take_prefixed(&format!("generator.{part}")));
        }
        let grown = Generator::new(&config, Weights::Zeros, &self.device)?;
        add_branch(&mut state.tensors, &grown, initial_generator(&config, seed)?, self.average.is_some());
        self.temporal = Some(self.temporal_judge(windows, seed)?);
        self.generator = grown;
        self.save_temporal(&mut state.tensors)?;
        self.restore(state)
    }

    fn temporal_judge(&self, windows: TemporalWindows, seed: u64) -> Result<TemporalJudge, TrainingError> {
        let config = self.discriminator.config().of_frames(windows.stacked());
        let weights = Weights::Checkpoint(initial_discriminator(&config, seed ^ OTHER_SEED)?);
        let discriminator = Discriminator::new(&config, weights, &self.device)?;
        Ok(TemporalJudge { discriminator, adam: Adam::new(self.settings.adam), past: windows.stacked() - 1 })
    }

    /// Learns from sequences, frame by frame: a step of all networks for each frame, whose previous frames are those that the generator has
    /// just made. `frame` gives the batches of each frame in turn, always as many and of the same targets. The report has the losses'
    /// means over the frames, and counts as one step.
    ///
    /// # Errors
    /// As [`Trainer::step_accumulated`]; what `frame` fails with.
    pub fn step_sequence<E: From<TrainingError>>(
        &mut self,
        frames: usize,
        mut frame: impl FnMut(usize) -> Result<Vec<Batch>, E>,
    ) -> Result<StepReport, E> {
        let mut past: Vec<Past> = Vec::new();
        let mut reports = Vec::with_capacity(frames);
        for index in 0..frames.max(1) {
            let mut batches = frame(index)?;
            past.resize_with(batches.len(), Past::default);
            batches.iter_mut().zip(&past).for_each(|(batch, past)| self.remind(batch, past));
            let (report, made) = self.one_step(&batches)?;
            reports.push(report);
            for ((batch, past), made) in batches.iter().zip(&mut past).zip(made) {
                let (label, real) = (batch.targets.label.clone(), batch.target_image.clone());
                past.frames.push_back(PastFrame { label, made, real });
                if past.frames.len() > self.longest_past() {
                    past.frames.pop_front();
                }
            }
        }
        self.steps += 1;
        Ok(mean(reports, self.steps))
    }

    fn longest_past(&self) -> usize {
        let judged = self.temporal.as_ref().map_or(0, |temporal| temporal.past);
        self.generator.config().previous_frames.max(judged)
    }

    /// Tells a batch what came before.
    fn remind(&self, batch: &mut Batch, past: &Past) {
        let shown = self.generator.config().previous_frames;
        let labels = past.last(shown, |frame| &frame.label);
        batch.targets.previous =
            labels.zip(past.last(shown, |frame| &frame.made)).map(|(labels, images)| PreviousFrames { labels, images });
        let judged = self.temporal.as_ref().map_or(0, |temporal| temporal.past);
        let made = past.last(judged, |frame| &frame.made);
        batch.before = made.zip(past.last(judged, |frame| &frame.real)).map(|(made, real)| FrameStacks { made, real });
    }

    /// The temporal discriminator's outputs for a made frame behind those before it; none at the start of a sequence. Its weights are constants
    /// unless it `learns`.
    fn temporal_features(&self, batch: &Batch, image: Tensor<4>, learns: bool) -> Result<Option<Features>, TrainingError> {
        let (Some(temporal), Some(before)) = (&self.temporal, &batch.before) else { return Ok(None) };
        let fake = Tensor::cat(vec![before.made.clone(), image], 1);
        let real = Tensor::cat(vec![before.real.clone(), batch.target_image.clone()], 1);
        let judge = match learns {
            true => temporal.discriminator.clone(),
            false => learning(&temporal.discriminator, temporal.discriminator.entries(), |_| false),
        };
        let forward = || judge.forward_stack(fake, real, &mut Pass::new(self.mode()));
        Ok(Some(with_precision(self.settings.precision, forward)?))
    }

    /// Adds what the generator learns from the temporal discriminator.
    pub(super) fn temporal_terms(&self, batch: &Batch, image: &Tensor<4>, terms: &mut Terms) -> Result<(), TrainingError> {
        let (weights, compatibility) = (self.settings.weights, self.settings.compatibility);
        if weights.temporal == 0.0 {
            return Ok(());
        }
        let Some(features) = self.temporal_features(batch, image.clone(), false)? else { return Ok(()) };
        terms.add(Loss::TemporalAdversarial, weights.temporal * weights.adversarial, || {
            super::losses::adversarial(&features, self.settings.gan, compatibility)
        });
        terms.add(Loss::TemporalFeatureMatching, weights.temporal * weights.feature_matching, || {
            super::losses::feature_matching(&features)
        });
        Ok(())
    }

    /// The temporal discriminator's losses on a made frame and its gradients times `share`; none at the start of a sequence.
    pub(super) fn temporal_half(&self, batch: &Batch, image: &Tensor<4>, share: f64) -> Result<Option<Half>, TrainingError> {
        let batch = batch.map(|x| x.autodiff(), |x| x.autodiff());
        let Some(features) = self.temporal_features(&batch, image.clone().autodiff(), true)? else { return Ok(None) };
        let mut terms = Terms::default();
        if let Some([real, fake]) = discriminator_losses(&features, self.settings.gan) {
            terms.add(Loss::TemporalReal, 1.0, || Some(real));
            terms.add(Loss::TemporalFake, 1.0, || Some(fake));
        }
        let (losses, mut gradients) = self.backward(terms.0, share)?;
        let Some(temporal) = &self.temporal else { return Ok(None) };
        Ok(Some(Half { losses, gradients: GradientSet::take(&mut gradients, &temporal.discriminator) }))
    }

    /// The temporal discriminator's part of a step.
    pub(super) fn temporal_step(
        &mut self,
        batches: &[Batch],
        made: &[Tensor<4>],
        share: impl Fn(&Batch) -> f64,
    ) -> Result<Vec<LossValue>, TrainingError> {
        if self.temporal.is_none() || self.settings.weights.temporal == 0.0 || batches.iter().all(|batch| batch.before.is_none())
        {
            return Ok(Vec::new());
        }
        let mut sum = super::sums::Sum::default();
        let mut images = made.iter();
        self.repeated(batches, |trainer, batch| {
            if let Some(image) = images.next()
                && let Some(half) = trainer.temporal_half(batch, image, share(batch))?
            {
                sum.add(half.losses, half.gradients, share(batch));
            }
            Ok(())
        })?;
        let (losses, gradients) = sum.finish();
        let entries = self.temporal.as_ref().map_or_else(Vec::new, |temporal| temporal.discriminator.entries().to_vec());
        let (losses, gradients) = self.summed(losses, gradients, &entries)?;
        let Some(TemporalJudge { discriminator, mut adam, past }) = self.temporal.take() else { return Ok(losses) };
        let checked = self.checked(&gradients, &entries);
        let (discriminator, outcome) = match checked {
            Err(error) => (discriminator, Err(error)),
            Ok((_, factor)) => (adam.step(discriminator, gradients, self.rates.discriminator, factor)?, Ok(losses)),
        };
        self.temporal = Some(TemporalJudge { discriminator, adam, past });
        outcome
    }
}

/// Gives a state the tensors that a grown generator has beside it: those of the reference's branch where their shapes agree, else new ones.
/// The places that single frames leave empty in the composition begin so that the network goes on as it was: see [`place_of_previous`].
fn add_branch(tensors: &mut StateDict, grown: &Generator, fresh: StateDict, averaged: bool) {
    for entry in grown.entries() {
        let (model, place) = (model_of(&entry.key), place_of_previous(&entry.key, grown.config()));
        let prefixes = [Some("generator/"), Some("average/").filter(|_| averaged && entry.kind == EntryKind::Parameter)];
        for prefix in prefixes.into_iter().flatten() {
            let key = format!("{prefix}{}", entry.key);
            let begun = match &place {
                Some(Place::Like(model)) => tensors.get(&format!("{prefix}{model}")).cloned(),
                Some(Place::Neutral) => Some(HostTensor {
                    values: vec![0.0; entry.shape.iter().product()],
                    shape: entry.shape.clone(),
                    integer: false,
                }),
                None => None,
            };
            if let Some(tensor) = begun.filter(|tensor| tensor.shape == entry.shape) {
                drop(tensors.take(&key));
                tensors.insert(key.clone(), tensor);
            }
            if tensors.contains(&key) {
                continue;
            }
            let copy = model.as_ref().and_then(|model| tensors.get(&format!("{prefix}{model}")));
            let copy: Option<HostTensor> = copy.filter(|copy| copy.shape == entry.shape).cloned();
            if let Some(tensor) = copy.or_else(|| fresh.get(&entry.key).cloned()) {
                tensors.insert(key, tensor);
            }
        }
    }
}

/// The tensor of the reference's branch that one of the previous frame's begins as.
fn model_of(key: &str) -> Option<String> {
    let branches = [("warp.flow_network_temp.", "warp.flow_network_ref."), ("img_prev_embedding.", "img_ref_embedding.")];
    branches.iter().find_map(|(own, model)| Some(format!("{model}{}", key.strip_prefix(own)?)))
}

/// How a tensor of the composition begins that the previous frame alone uses.
#[derive(Debug, PartialEq)]
enum Place {
    /// As that of another source.
    Like(String),
    /// As zeros, which change nothing.
    Neutral,
}

/// The fourth norm of levels that average over norms takes the previous frame as the one of the reference takes the reference, and the fourth
/// modulation of levels that take all maps in turn begins without effect. Single frames never taught either: left as they are they would
/// throw the network back by all that it has learned, at a tenth of its learning rate.
fn place_of_previous(key: &str, config: &GeneratorConfig) -> Option<Place> {
    if !key.starts_with("netG.up_") {
        return None;
    }
    if key.contains(".mlp_gamma4.") || key.contains(".mlp_beta4.") {
        return Some(Place::Neutral);
    }
    let model = match (config.warp_reference, config.warp_projection) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => return None,
    };
    let norm = ["bn_0", "bn_1"].into_iter().find(|norm| key.contains(&format!(".{norm}_3.")))?;
    Some(Place::Like(key.replace(&format!(".{norm}_3."), &format!(".{norm}_{model}."))))
}

/// Means over the frames that have each loss; gradients and rates of the last frame.
fn mean(reports: Vec<StepReport>, step: u64) -> StepReport {
    let mut sums: Vec<(Loss, f64, f64)> = Vec::new();
    for value in reports.iter().flat_map(|report| &report.losses) {
        match sums.iter_mut().find(|(loss, _, _)| *loss == value.loss) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + value.value, *count + 1.0),
            None => sums.push((value.loss, value.value, 1.0)),
        }
    }
    let losses = sums.into_iter().map(|(loss, sum, count)| LossValue { loss, value: sum / count }).collect();
    let last = reports.into_iter().next_back();
    match last {
        Some(last) => StepReport { step, losses, ..last },
        None => StepReport {
            step,
            losses,
            generator_gradient: 0.0,
            discriminator_gradient: 0.0,
            rates: super::LearningRates::equal(0.0),
        },
    }
}
