//! Steps that several processes do together.

use burn::tensor::{Tensor, TensorData};
use talkinghead_synthesis::discriminator::Discriminator;
use talkinghead_synthesis::generator::Generator;
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::weights::{Entry, EntryKind};

use super::frozen::{Buffers, is_spectral_vector};
use super::optimiser::{Adam, Average, GradientSet};
use super::temporal::TemporalJudge;
use super::{Loss, LossValue, Trainer, TrainingError};
use crate::distributed::Exchange;

/// Everything that a step changes, on the device: what [`Trainer::put_back`] takes. Parameters are shared until they change, and so take as much
/// memory again while a step is done.
#[derive(Debug)]
pub struct KeptTrainer {
    generator: (Generator, Buffers),
    discriminator: (Discriminator, Buffers),
    adams: [Adam; 2],
    average: Option<Average>,
    temporal: Option<(TemporalJudge, Buffers)>,
    steps: u64,
}

impl Trainer {
    /// Trains together with other processes, which have the same networks: gradients are summed over all of them, weighted by the size of the
    /// batches, which must be equal. What is normalised by batches sees each process's own; the running statistics are averaged after every step.
    pub fn join(&mut self, exchange: Box<dyn Exchange>) {
        self.exchange = Some(exchange);
    }

    /// The other processes, where several train together.
    pub fn exchange(&mut self) -> Option<&mut (dyn Exchange + 'static)> {
        self.exchange.as_deref_mut()
    }

    /// How many train together.
    pub(super) fn ranks(&self) -> usize {
        self.exchange.as_ref().map_or(1, |exchange| exchange.ranks())
    }

    /// The trainer as it is, to go back to.
    pub fn kept(&self) -> KeptTrainer {
        let all = |_: &str| true;
        KeptTrainer {
            generator: (self.generator.clone(), Buffers::of(&self.generator, self.generator.entries(), all)),
            discriminator: (self.discriminator.clone(), Buffers::of(&self.discriminator, self.discriminator.entries(), all)),
            adams: [self.generator_adam.clone(), self.discriminator_adam.clone()],
            average: self.average.clone(),
            temporal: self
                .temporal
                .as_ref()
                .map(|temporal| (temporal.clone(), Buffers::of(&temporal.discriminator, temporal.discriminator.entries(), all))),
            steps: self.steps,
        }
    }

    /// Goes back to what was kept.
    pub fn put_back(&mut self, kept: KeptTrainer) {
        let [of_generator, of_discriminator] = kept.adams;
        self.generator = kept.generator.1.put_into(kept.generator.0);
        self.discriminator = kept.discriminator.1.put_into(kept.discriminator.0);
        (self.generator_adam, self.discriminator_adam) = (of_generator, of_discriminator);
        self.average = kept.average;
        self.temporal = kept.temporal.map(|(temporal, buffers)| {
            let discriminator = buffers.put_into(temporal.discriminator);
            TemporalJudge { discriminator, ..temporal }
        });
        self.steps = kept.steps;
    }

    /// Losses and gradients of all processes together.
    pub(super) fn summed(
        &mut self,
        losses: Vec<LossValue>,
        mut gradients: GradientSet,
        entries: &[Entry],
    ) -> Result<(Vec<LossValue>, GradientSet), TrainingError> {
        let Some(exchange) = &mut self.exchange else { return Ok((losses, gradients)) };
        let mut values: Vec<f32> = Vec::new();
        let mut taken = Vec::new();
        for id in entries.iter().filter_map(|entry| entry.id) {
            if let Some(gradient) = gradients.remove(id) {
                let device = gradient.device();
                let found = read_back(gradient)?;
                taken.push((id, found.len(), device));
                values.extend(found);
            }
        }
        let of_losses = values.len();
        values
            .extend(Loss::ALL.map(|loss| losses.iter().find(|value| value.loss == loss).map_or(0.0, |value| value.value as f32)));
        exchange.sum(&mut values)?;
        let sums = values.split_off(of_losses);
        let mut rest = values.as_slice();
        for (id, length, device) in taken {
            let (own, behind) = rest.split_at(length);
            gradients.insert(id, Tensor::from_data(TensorData::new(own.to_vec(), [length]), &device));
            rest = behind;
        }
        let there = losses.iter().map(|value| value.loss).collect::<Vec<_>>();
        let sums = Loss::ALL.into_iter().zip(sums).filter(|(loss, _)| there.contains(loss));
        Ok((sums.map(|(loss, value)| LossValue { loss, value: f64::from(value) }).collect(), gradients))
    }

    /// Running statistics, averaged over all processes.
    pub(super) fn average_statistics(&mut self) -> Result<(), TrainingError> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        let entries = self.generator.entries().to_vec();
        let mut buffers = Buffers::of(&self.generator, &entries, |key| !is_spectral_vector(key));
        let ids = entries.iter().filter(|entry| entry.kind == EntryKind::Buffer).filter_map(|entry| entry.id);
        let ids: Vec<_> = ids.filter(|id| buffers.get(*id).is_some()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let (mut values, mut places) = (Vec::new(), Vec::new());
        for id in &ids {
            let Some(buffer) = buffers.get(*id) else { continue };
            let found = read_back(buffer.clone())?;
            places.push((*id, found.len(), buffer.device()));
            values.extend(found);
        }
        exchange.sum(&mut values)?;
        let share = 1.0 / exchange.ranks() as f32;
        let mut rest = values.as_slice();
        for (id, length, device) in places {
            let (own, behind) = rest.split_at(length);
            let mean: Vec<f32> = own.iter().map(|value| value * share).collect();
            buffers.insert(id, Tensor::from_data(TensorData::new(mean, [length]), &device));
            rest = behind;
        }
        self.generator = buffers.put_into(self.generator.clone());
        Ok(())
    }
}
