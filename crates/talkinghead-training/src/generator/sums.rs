//! Sums in the making: of a pass' losses by kind, of several batches' losses and gradients.

use burn::tensor::Tensor;

use super::optimiser::GradientSet;
use super::{Loss, LossValue};

/// Losses in the making: those of one kind are summed.
#[derive(Default)]
pub(super) struct Terms(pub Vec<(Loss, Tensor<1>)>);

impl Terms {
    /// Adds a loss times its weight; without weight it is not computed.
    pub fn add(&mut self, loss: Loss, weight: f64, term: impl FnOnce() -> Option<Tensor<1>>) {
        if weight == 0.0 {
            return;
        }
        let Some(term) = term() else { return };
        let term = if weight == 1.0 { term } else { term.mul_scalar(weight) };
        match self.0.iter_mut().find(|(other, _)| *other == loss) {
            Some((_, sum)) => *sum = sum.clone() + term,
            None => self.0.push((loss, term)),
        }
    }
}

/// Losses and gradients over several batches.
#[derive(Default)]
pub(super) struct Sum {
    losses: Vec<LossValue>,
    gradients: GradientSet,
}

impl Sum {
    pub fn add(&mut self, losses: Vec<LossValue>, gradients: GradientSet, share: f64) {
        for LossValue { loss, value } in losses {
            match self.losses.iter_mut().find(|other| other.loss == loss) {
                Some(other) => other.value += share * value,
                None => self.losses.push(LossValue { loss, value: share * value }),
            }
        }
        self.gradients.add(gradients);
    }

    pub fn finish(self) -> (Vec<LossValue>, GradientSet) {
        (self.losses, self.gradients)
    }
}
