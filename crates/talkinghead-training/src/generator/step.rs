//! One step, as published: the generator learns, makes its pictures anew, and the discriminator learns (SPEC-network 5 and 6).

use burn::module::{Module, ParamId};
use burn::tensor::Tensor;
use talkinghead_kernels::burn::with_precision;
use talkinghead_synthesis::discriminator::Discriminator;
use talkinghead_synthesis::generator::{Generator, PerSource, Synthesis};
use talkinghead_synthesis::layers::{Pass, read_back};
use talkinghead_synthesis::weights::{Entry, Weights};

use super::frozen::{Buffers, is_spectral_vector, learning};
use super::losses::{
    absolute, adversarial, discriminator_losses, feature_matching, flow_loss, mask_loss, masked_absolute, warp_loss,
};
use super::optimiser::GradientSet;
use super::sums::{Sum, Terms};
use super::{Batch, DiscriminatorFakes, Loss, LossValue, Phase, StepReport, Trainer, TrainingError};

/// What one half of a step found.
pub(super) struct Half {
    pub losses: Vec<LossValue>,
    pub gradients: GradientSet,
}

impl Trainer {
    /// Learns from one batch.
    ///
    /// # Errors
    /// A batch that does not fit; a loss or gradient that is no number, by name: the parameters are then those before the half of the step
    /// in which it was found (running statistics have advanced).
    pub fn step(&mut self, batch: &Batch) -> Result<StepReport, TrainingError> {
        self.step_accumulated(std::slice::from_ref(batch))
    }

    /// Learns from several batches as if they were one: gradients are averaged by the batches' sizes. Power iterations advance as if there
    /// were one batch; batch normalisation still sees each batch by itself, and its statistics advance once for each.
    ///
    /// # Errors
    /// As [`Trainer::step`]; no batch at all.
    pub fn step_accumulated(&mut self, batches: &[Batch]) -> Result<StepReport, TrainingError> {
        let (report, _) = self.one_step(batches)?;
        self.steps += 1;
        Ok(report)
    }

    /// A step that is not counted yet, and the generator's picture of each batch.
    pub(super) fn one_step(&mut self, batches: &[Batch]) -> Result<(StepReport, Vec<Tensor<4>>), TrainingError> {
        let total = self.ranks() * batches.iter().map(Batch::len).sum::<usize>();
        if total == 0 {
            return Err(TrainingError::input("batch", "at least one target", "none"));
        }
        batches.iter().try_for_each(Batch::check)?;
        let share = |batch: &Batch| batch.len() as f64 / total as f64;

        let mut sum = Sum::default();
        let mut fakes = Vec::new();
        self.repeated(batches, |trainer, batch| {
            let (half, synthesis) = trainer.generator_half(batch, share(batch))?;
            fakes.push(present(&synthesis));
            sum.add(half.losses, half.gradients, share(batch));
            Ok(())
        })?;
        let entries = self.generator.entries().to_vec();
        let (losses, gradients) = sum.finish();
        let (mut losses, gradients) = self.summed(losses, gradients, &entries)?;
        let (generator_gradient, factor) = self.checked(&gradients, &entries)?;
        self.learn_generator(gradients, factor)?;

        let mut discriminator_gradient = 0.0;
        if self.asks_discriminator() {
            let (of_discriminator, length) = self.discriminator_step(batches, &mut fakes, share)?;
            losses.extend(of_discriminator);
            discriminator_gradient = length;
        }
        let made: Vec<Tensor<4>> = fakes.into_iter().filter_map(|fakes| fakes.into_iter().next()).collect();
        losses.extend(self.temporal_step(batches, &made, share)?);
        self.average_statistics()?;
        let step = self.steps + 1;
        Ok((StepReport { step, losses, generator_gradient, discriminator_gradient, rates: self.rates }, made))
    }

    /// Whether any loss of the generator depends on the discriminator, which learns only then.
    fn asks_discriminator(&self) -> bool {
        self.settings.weights.adversarial > 0.0 || self.settings.weights.feature_matching > 0.0
    }

    /// The discriminator's half of a step; its losses and the length of its gradient. Fakes that are made anew take the place of the first.
    fn discriminator_step(
        &mut self,
        batches: &[Batch],
        fakes: &mut [Vec<Tensor<4>>],
        share: impl Fn(&Batch) -> f64,
    ) -> Result<(Vec<LossValue>, f64), TrainingError> {
        let mut sum = Sum::default();
        let mut fakes = fakes.iter_mut();
        self.repeated(batches, |trainer, batch| {
            let Some(fakes) = fakes.next() else { return Ok(()) };
            if trainer.settings.fakes == DiscriminatorFakes::Anew {
                *fakes = present(&trainer.second_pass(batch)?);
            }
            let half = trainer.discriminator_half(batch, fakes.clone(), share(batch))?;
            sum.add(half.losses, half.gradients, share(batch));
            Ok(())
        })?;
        let entries = self.discriminator.entries().to_vec();
        let (losses, gradients) = sum.finish();
        let (losses, gradients) = self.summed(losses, gradients, &entries)?;
        let (length, factor) = self.checked(&gradients, &entries)?;
        self.learn_discriminator(gradients, factor)?;
        Ok((losses, length))
    }

    /// Runs something for every batch, each time from the same spectral vectors.
    pub(super) fn repeated(
        &mut self,
        batches: &[Batch],
        mut run: impl FnMut(&mut Self, &Batch) -> Result<(), TrainingError>,
    ) -> Result<(), TrainingError> {
        let vectors = (batches.len() > 1).then(|| {
            let of_generator = Buffers::of(&self.generator, self.generator.entries(), is_spectral_vector);
            let of_temporal = self
                .temporal
                .as_ref()
                .map(|temporal| Buffers::of(&temporal.discriminator, temporal.discriminator.entries(), is_spectral_vector));
            (of_generator, Buffers::of(&self.discriminator, self.discriminator.entries(), is_spectral_vector), of_temporal)
        });
        for (index, batch) in batches.iter().enumerate() {
            if let Some((of_generator, of_discriminator, of_temporal)) = vectors.as_ref().filter(|_| index > 0) {
                self.generator = of_generator.put_into(self.generator.clone());
                self.discriminator = of_discriminator.put_into(self.discriminator.clone());
                if let Some((temporal, vectors)) = self.temporal.as_mut().zip(of_temporal.as_ref()) {
                    temporal.discriminator = vectors.put_into(temporal.discriminator.clone());
                }
            }
            run(self, batch)?;
        }
        Ok(())
    }

    /// An optimiser step of the generator, whose gradients are multiplied by `factor` first.
    pub(super) fn learn_generator(&mut self, gradients: GradientSet, factor: f64) -> Result<(), TrainingError> {
        // Parameters are changed in place while nobody else holds them: a network without memory takes the place for so long.
        let empty = Generator::new(self.generator.config(), Weights::Zeros, &self.device)?;
        let generator = std::mem::replace(&mut self.generator, empty);
        let rate = self.rates.generator;
        self.generator = match &mut self.low_rank {
            Some(low_rank) => low_rank.step(generator, gradients, rate, factor)?,
            None => self.generator_adam.step(generator, gradients, rate, factor)?,
        };
        if let Some(average) = &mut self.average {
            average.follow(&self.generator, self.generator.entries())?;
        }
        Ok(())
    }

    /// The same of the discriminator.
    pub(super) fn learn_discriminator(&mut self, gradients: GradientSet, factor: f64) -> Result<(), TrainingError> {
        let empty = Discriminator::new(self.discriminator.config(), Weights::Zeros, &self.device)?;
        let discriminator = std::mem::replace(&mut self.discriminator, empty);
        self.discriminator = self.discriminator_adam.step(discriminator, gradients, self.rates.discriminator, factor)?;
        Ok(())
    }

    /// The generator's losses on a batch, its gradients times `share`, and what it made, without gradients.
    pub(super) fn generator_half(&self, batch: &Batch, share: f64) -> Result<(Half, Synthesis), TrainingError> {
        let batch = batch.map(|x| x.autodiff(), |x| x.autodiff());
        let (synthesis, terms) = with_precision(self.settings.precision, || {
            let synthesis = self.generator.forward(&batch.references, &batch.targets, &mut Pass::new(self.mode()))?;
            let terms = self.generator_terms(&batch, &synthesis)?;
            Ok::<_, TrainingError>((synthesis, terms))
        })?;
        let synthesis = detached(synthesis);
        let (losses, mut gradients) = self.backward(terms, share)?;
        Ok((Half { losses, gradients: GradientSet::take(&mut gradients, &self.generator) }, synthesis))
    }

    /// Every loss of the generator that has a weight.
    fn generator_terms(&self, batch: &Batch, synthesis: &Synthesis) -> Result<Vec<(Loss, Tensor<1>)>, TrainingError> {
        let (weights, real) = (self.settings.weights, &batch.target_image);
        let compatibility = self.settings.compatibility;
        let mut terms = Terms::default();
        let judge = self.asks_discriminator().then(|| learning(&self.discriminator, self.discriminator.entries(), |_| false));
        let trunk = self.trunk.as_ref().filter(|_| weights.perceptual > 0.0);
        let looks = trunk.map(|trunk| Ok::<_, TrainingError>((trunk, trunk.target(real.clone(), compatibility)?))).transpose()?;
        for fake in present(synthesis) {
            if let Some(judge) = &judge {
                let pass = &mut Pass::new(self.mode());
                let features = judge.forward(batch.condition()?, &batch.targets.label, fake.clone(), real.clone(), pass)?;
                terms.add(Loss::Adversarial, weights.adversarial, || adversarial(&features, self.settings.gan, compatibility));
                terms.add(Loss::FeatureMatching, weights.feature_matching, || feature_matching(&features));
            }
            if let Some((trunk, target)) = &looks {
                let distance = trunk.distance(fake, target, compatibility)?;
                terms.add(Loss::Perceptual, weights.perceptual, || Some(distance));
            }
        }
        let image = &synthesis.image;
        self.temporal_terms(batch, image, &mut terms)?;
        terms.add(Loss::Absolute, weights.absolute, || Some(absolute(image, real)));
        terms.add(Loss::MouthAbsolute, weights.mouth_absolute, || Some(masked_absolute(image, real, &batch.target_template)));
        if self.settings.phase != Phase::Training {
            return Ok(terms.0);
        }
        let teacher = &batch.teacher;
        let Synthesis { flow, weight, warped, .. } = synthesis;
        let branches = [
            (&flow.reference, &weight.reference, &warped.reference, &teacher.reference, real),
            (&flow.projection, &weight.projection, &warped.projection, &teacher.projection, batch.projection_target()),
            (&flow.previous, &weight.previous, &warped.previous, &teacher.previous, real),
        ];
        for (flow, mask, warped, teacher, wanted) in branches {
            let (Some(flow), Some(mask), Some(warped)) = (flow, mask, warped) else { continue };
            if let Some(teacher) = teacher {
                terms.add(Loss::Flow, weights.flow, || Some(flow_loss(flow, teacher)));
            }
            terms.add(Loss::Warp, weights.warp, || Some(warp_loss(warped, wanted)));
            terms.add(Loss::Mask, weights.mask, || Some(mask_loss(mask, warped, wanted)));
        }
        Ok(terms.0)
    }

    /// The generator's pictures by its new parameters; statistics and spectral vectors advance again.
    pub(super) fn second_pass(&mut self, batch: &Batch) -> Result<Synthesis, TrainingError> {
        let batch = batch.map(|x| x.without_autodiff(), |x| x.without_autodiff());
        let plain = self.generator.valid();
        let synthesis = with_precision(self.settings.precision, || {
            plain.forward(&batch.references, &batch.targets, &mut Pass::new(self.mode()))
        })?;
        if self.settings.phase == Phase::Training {
            // The copy without gradients has buffers of its own.
            let buffers = Buffers::of(&plain, self.generator.entries(), |_| true);
            self.generator = buffers.put_into(self.generator.clone());
        }
        Ok(synthesis)
    }

    /// The discriminator's losses on fakes and its gradients times `share`.
    pub(super) fn discriminator_half(&self, batch: &Batch, fakes: Vec<Tensor<4>>, share: f64) -> Result<Half, TrainingError> {
        let batch = batch.map(|x| x.autodiff(), |x| x.autodiff());
        let mut terms = Terms::default();
        for fake in &fakes {
            let pass = &mut Pass::new(self.mode());
            let (fake, real) = (fake.clone().autodiff(), batch.target_image.clone());
            let features = with_precision(self.settings.precision, || {
                self.discriminator
                    .forward(batch.condition()?, &batch.targets.label, fake, real, pass)
                    .map_err(TrainingError::from)
            })?;
            if let Some([real, fake]) = discriminator_losses(&features, self.settings.gan) {
                terms.add(Loss::Real, 1.0, || Some(real));
                terms.add(Loss::Fake, 1.0, || Some(fake));
            }
        }
        let (losses, mut gradients) = self.backward(terms.0, share)?;
        Ok(Half { losses, gradients: GradientSet::take(&mut gradients, &self.discriminator) })
    }

    /// Reads the losses, refuses those that are no numbers, and differentiates their sum times `share`.
    pub(super) fn backward(
        &self,
        terms: Vec<(Loss, Tensor<1>)>,
        share: f64,
    ) -> Result<(Vec<LossValue>, burn::tensor::Gradients), TrainingError> {
        let together = terms.iter().map(|(_, loss)| loss.clone().without_autodiff()).collect::<Vec<_>>();
        if together.is_empty() {
            return Err(TrainingError::Settings("every loss has the weight 0: there is nothing to learn".into()));
        }
        let values = read_back(Tensor::cat(together, 0))?;
        let losses = terms.iter().zip(values).map(|((loss, _), value)| LossValue { loss: *loss, value: f64::from(value) });
        let losses: Vec<LossValue> = losses.collect();
        if let Some(LossValue { loss, value }) = losses.iter().find(|value| !value.value.is_finite()) {
            return Err(TrainingError::LossNotFinite { loss: *loss, value: *value, step: self.steps + 1 });
        }
        let sum = terms.into_iter().map(|(_, loss)| loss).reduce(|a, b| a + b);
        let sum = sum.filter(Tensor::is_tracked);
        let Some(sum) = sum else {
            return Err(TrainingError::Settings("no loss depends on a parameter: there is nothing to learn".into()));
        };
        let sum = if share == 1.0 { sum } else { sum.mul_scalar(share) };
        Ok((losses, sum.backward()))
    }

    /// Length of all gradients together and what to multiply them by.
    pub(super) fn checked(&self, gradients: &GradientSet, entries: &[Entry]) -> Result<(f64, f64), TrainingError> {
        let norms = gradients.norms()?;
        if let Some((id, _)) = norms.iter().find(|(_, norm)| !norm.is_finite()) {
            return Err(TrainingError::GradientNotFinite { key: key_of(entries, *id), step: self.steps + 1 });
        }
        let length = norms.values().map(|norm| norm * norm).sum::<f64>().sqrt();
        let factor = match self.settings.gradient_limit {
            Some(limit) if length > limit => limit / length,
            _ => 1.0,
        };
        Ok((length, factor))
    }
}

fn key_of(entries: &[Entry], id: ParamId) -> String {
    entries.iter().find(|entry| entry.id == Some(id)).map_or_else(|| "a parameter".to_owned(), |entry| entry.key.clone())
}

/// The fakes of a synthesis: the result, the picture before composition, the picture blended with the projection.
pub(super) fn present(synthesis: &Synthesis) -> Vec<Tensor<4>> {
    let Synthesis { image, raw, with_projection, .. } = synthesis;
    std::iter::once(image).chain(raw).chain(with_projection).cloned().collect()
}

/// The same without a graph.
fn detached(synthesis: Synthesis) -> Synthesis {
    let source = |source: PerSource<Tensor<4>>| PerSource {
        reference: source.reference.map(Tensor::without_autodiff),
        projection: source.projection.map(Tensor::without_autodiff),
        previous: source.previous.map(Tensor::without_autodiff),
    };
    Synthesis {
        image: synthesis.image.without_autodiff(),
        raw: synthesis.raw.map(Tensor::without_autodiff),
        with_projection: synthesis.with_projection.map(Tensor::without_autodiff),
        flow: source(synthesis.flow),
        weight: source(synthesis.weight),
        warped: source(synthesis.warped),
        attention: synthesis.attention.map(Tensor::without_autodiff),
        strongest_shot: synthesis.strongest_shot,
    }
}
