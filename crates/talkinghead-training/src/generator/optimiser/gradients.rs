//! The gradients of all parameters of a network.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Gradients, Tensor};
use talkinghead_kernels::burn::{is_plain, sum_of_squares};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::read_back;

/// One gradient per parameter that has one, without a graph, flattened.
#[derive(Debug, Default)]
pub struct GradientSet {
    by_id: HashMap<ParamId, Tensor<1>>,
}

struct Taker<'a> {
    gradients: &'a mut Gradients,
    by_id: HashMap<ParamId, Tensor<1>>,
}

impl ModuleVisitor for Taker<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        if !value.is_require_grad() {
            return;
        }
        if let Some(gradient) = value.grad_remove(self.gradients) {
            let count = gradient.shape().num_elements();
            self.by_id.insert(param.id, gradient.reshape([count]));
        }
    }
}

impl GradientSet {
    /// Takes a network's gradients out of all.
    pub fn take(gradients: &mut Gradients, module: &impl Module) -> Self {
        let mut taker = Taker { gradients, by_id: HashMap::new() };
        module.visit(&mut taker);
        Self { by_id: taker.by_id }
    }

    /// Number of parameters that have a gradient.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// A parameter's gradient, flat.
    pub fn get(&self, id: ParamId) -> Option<Tensor<1>> {
        self.by_id.get(&id).cloned()
    }

    /// Puts a parameter's gradient in, flat.
    pub fn insert(&mut self, id: ParamId, gradient: Tensor<1>) {
        self.by_id.insert(id, gradient);
    }

    /// Takes a parameter's gradient out.
    pub fn remove(&mut self, id: ParamId) -> Option<Tensor<1>> {
        self.by_id.remove(&id)
    }

    /// Adds another set; parameters that only it has come in.
    pub fn add(&mut self, other: Self) {
        for (id, gradient) in other.by_id {
            let sum = match self.by_id.remove(&id) {
                Some(own) => own + gradient,
                None => gradient,
            };
            self.by_id.insert(id, sum);
        }
    }

    /// The length of each parameter's gradient.
    ///
    /// # Errors
    /// One could not be read back from the device.
    pub fn norms(&self) -> Result<HashMap<ParamId, f64>, SynthesisError> {
        if self.by_id.values().all(is_plain) {
            let norm =
                |(id, gradient): (&ParamId, &Tensor<1>)| Ok::<_, SynthesisError>((*id, sum_of_squares(gradient.clone())?.sqrt()));
            return self.by_id.iter().map(norm).collect();
        }
        let (ids, squares): (Vec<ParamId>, Vec<Tensor<1>>) =
            self.by_id.iter().map(|(id, gradient)| (*id, (gradient.clone() * gradient.clone()).sum())).unzip();
        // One reading for all.
        let squares = read_back(Tensor::cat(squares, 0))?;
        Ok(ids.into_iter().zip(squares.into_iter().map(|square| f64::from(square).sqrt())).collect())
    }
}
