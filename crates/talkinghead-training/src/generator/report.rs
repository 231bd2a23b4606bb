//! What a step says of itself.

use super::{LearningRates, Loss};

/// A loss and what it was, weighted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossValue {
    /// Which.
    pub loss: Loss,
    /// Its value.
    pub value: f64,
}

/// What a step says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step, counted from 1.
    pub step: u64,
    /// Every loss that was computed.
    pub losses: Vec<LossValue>,
    /// Length of the generator's gradient over all parameters, before it was limited.
    pub generator_gradient: f64,
    /// The same of the discriminator.
    pub discriminator_gradient: f64,
    /// Learning rates of the step.
    pub rates: LearningRates,
}

impl StepReport {
    /// A loss that was computed.
    pub fn value(&self, loss: Loss) -> Option<f64> {
        self.losses.iter().find(|value| value.loss == loss).map(|value| value.value)
    }

    /// Sum of the generator's losses.
    pub fn generator_total(&self) -> f64 {
        self.losses.iter().filter(|value| !value.loss.is_of_discriminator()).map(|value| value.value).sum()
    }

    /// Sum of the discriminator's losses.
    pub fn discriminator_total(&self) -> f64 {
        self.losses.iter().filter(|value| value.loss.is_of_discriminator()).map(|value| value.value).sum()
    }
}
