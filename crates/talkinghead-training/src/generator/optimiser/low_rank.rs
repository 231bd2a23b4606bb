//! Steps along which the change of every matrix stays of low rank.

use std::collections::{BTreeMap, HashMap};

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::weights::{Entry, HostTensor};
use talkinghead_synthesis::{SynthesisError, WeightChange};

use super::{Adam, AdamSettings, GradientSet, keys_by_id};

/// Seed of the right factors.
const SEED: u64 = 0x1042_4E4B;

/// A matrix and what is added to it (Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, section 4.1): `base + left * right`.
#[derive(Debug)]
struct Factors {
    /// `[rows, columns]`.
    base: Tensor<2>,
    /// `[rows, rank]`, zero at first.
    left: Tensor<2>,
    /// `[rank, columns]`.
    right: Tensor<2>,
    ids: [ParamId; 2],
}

/// In the place of [`Adam`]: gradients of matrices are carried over to two factors, which learn; all other tensors learn as ever. The network
/// itself knows nothing of it. The rows of a matrix are the tensor's first dimension.
#[derive(Debug)]
pub struct LowRank {
    rank: usize,
    adam: Adam,
    factors: HashMap<ParamId, Factors>,
    random: ChaCha8Rng,
}

struct Update<'a> {
    optimiser: &'a mut LowRank,
    gradients: GradientSet,
    rate: f64,
    factor: f64,
    failure: Option<KernelError>,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove(param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (shape, graded) = (tensor.dims(), tensor.is_require_grad());
        let plain = tensor.without_autodiff();
        let (rate, factor) = (self.rate, self.factor);
        let count = plain.shape().num_elements();
        let new = if D > 1 {
            self.optimiser.matrix(id, plain.clone().reshape([shape[0], count / shape[0].max(1)]), gradient, rate, factor)
        } else {
            let flat = plain.clone().reshape([count]);
            self.optimiser.adam.updated(id, flat, gradient, rate, factor).map(|new| new.reshape([1, count]))
        };
        let new = match new {
            Ok(new) => new.reshape(shape),
            Err(error) => {
                self.failure.get_or_insert(error);
                plain
            }
        };
        Param::from_mapped_value(id, Tensor::from_inner(new).set_require_grad(graded), mapper)
    }
}

impl LowRank {
    /// An optimiser that has seen nothing. Matrices with a side shorter than `rank` take that side's length.
    pub fn new(rank: usize, settings: AdamSettings) -> Self {
        Self { rank: rank.max(1), adam: Adam::new(settings), factors: HashMap::new(), random: ChaCha8Rng::seed_from_u64(SEED) }
    }

    /// One step; see [`Adam::step`].
    ///
    /// # Errors
    /// As [`Adam::step`].
    pub fn step<M: Module>(&mut self, module: M, gradients: GradientSet, rate: f64, factor: f64) -> Result<M, KernelError> {
        let mut update = Update { optimiser: self, gradients, rate, factor, failure: None };
        let module = module.map(&mut update);
        update.failure.map_or(Ok(module), Err)
    }

    /// The matrix after a step.
    fn matrix(
        &mut self,
        id: ParamId,
        value: Tensor<2>,
        gradient: Tensor<1>,
        rate: f64,
        factor: f64,
    ) -> Result<Tensor<2>, KernelError> {
        let [rows, columns] = value.dims();
        let rank = self.rank.min(rows).min(columns);
        let gradient = gradient.reshape([rows, columns]);
        let Factors { base, left, right, ids } = match self.factors.remove(&id) {
            Some(factors) => factors,
            None => {
                // Rows of length one on the average, as gradients of the left factor then are as long as those of the matrix.
                let bound = (3.0 / columns as f32).sqrt();
                let values: Vec<f32> = (0..rank * columns).map(|_| self.random.random_range(-bound..=bound)).collect();
                let right = Tensor::from_data(TensorData::new(values, [rank, columns]), &value.device());
                Factors {
                    left: Tensor::zeros([rows, rank], &value.device()),
                    right,
                    base: value,
                    ids: [(); 2].map(|()| ParamId::new()),
                }
            }
        };
        let of_left = gradient.clone().matmul(right.clone().transpose()).reshape([rows * rank]);
        let of_right = left.clone().transpose().matmul(gradient).reshape([rank * columns]);
        let left = self.adam.updated(ids[0], left.reshape([rows * rank]), of_left, rate, factor)?.reshape([rows, rank]);
        let right = self.adam.updated(ids[1], right.reshape([rank * columns]), of_right, rate, factor)?.reshape([rank, columns]);
        let new = base.clone() + left.clone().matmul(right.clone());
        self.factors.insert(id, Factors { base, left, right, ids });
        Ok(new)
    }

    /// The factors of all matrices that have learned, by key.
    ///
    /// # Errors
    /// One could not be read back from the device.
    pub fn factors(&self, entries: &[Entry]) -> Result<BTreeMap<String, WeightChange>, SynthesisError> {
        let host = |tensor: &Tensor<2>| -> Result<HostTensor, SynthesisError> {
            Ok(HostTensor { shape: tensor.dims().to_vec(), values: read_back(tensor.clone())?, integer: false })
        };
        let mut found = BTreeMap::new();
        for (id, (key, _)) in keys_by_id(entries) {
            if let Some(Factors { left, right, .. }) = self.factors.get(&id) {
                found.insert(key, WeightChange::LowRank { left: host(left)?, right: host(right)? });
            }
        }
        Ok(found)
    }
}
