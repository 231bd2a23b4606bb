//! Layers along time, and what a pass through them carries along.

use burn::module::{Module, Param};
use burn::tensor::activation::leaky_relu;
use burn::tensor::{Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_kernels::burn::convolve;
use talkinghead_kernels::{Geometry, KernelError};
use talkinghead_synthesis::layers::{Mode, Normalisation, NormalisationKind, Pass};
use talkinghead_synthesis::weights::WeightBuilder;

/// Slope of the activation for negative numbers.
const SLOPE: f64 = 0.3;

/// Products that are summed at a time where a sum of thousands would lose the last digits of f32.
const SUMMED: usize = 1024;

/// One pass through a network: with running statistics, or with those of the batch and dropout.
#[derive(Debug)]
pub struct Run {
    pass: Pass,
    random: Option<ChaCha8Rng>,
}

impl Run {
    /// Stored statistics, no dropout.
    pub fn evaluation() -> Self {
        Self { pass: Pass::new(Mode::Evaluation), random: None }
    }

    /// Whether it is a pass with stored statistics.
    pub fn is_evaluation(&self) -> bool {
        self.random.is_none()
    }

    /// Statistics of the batch, which the stored ones follow; dropout that the seed decides.
    pub fn training(seed: u64) -> Self {
        Self { pass: Pass::new(Mode::Training), random: Some(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// Zeros for a share of the numbers and the rest enlarged, in training.
    pub fn drop_out<const D: usize>(&mut self, x: Tensor<D>, share: f32) -> Tensor<D> {
        let Some(random) = &mut self.random else { return x };
        let shape = x.dims();
        let keep = 1.0 / (1.0 - share);
        let count = shape.iter().product::<usize>();
        let mask: Vec<f32> = (0..count).map(|_| if random.random::<f32>() < share { 0.0 } else { keep }).collect();
        x.clone() * Tensor::from_data(TensorData::new(mask, shape), &x.device())
    }
}

/// Leaky ReLU of the published slope.
pub fn activated<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    leaky_relu(x, SLOPE)
}

/// Steps and zeros at the ends of a convolution along time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Along {
    /// Samples from one value to the next.
    pub stride: usize,
    /// Zeros at each end.
    pub padding: usize,
}

/// A convolution along time.
#[derive(Module, Debug)]
pub struct TimeConvolution {
    /// `[out, in, kernel]`.
    weight: Param<Tensor<3>>,
    /// `[out]`.
    bias: Param<Tensor<1>>,
    #[module(skip)]
    along: Along,
}

impl TimeConvolution {
    /// Takes `KEY.weight` `[out, in, kernel]` and `KEY.bias`.
    pub fn new(builder: &mut WeightBuilder, key: &str, shape: [usize; 3], along: Along) -> Self {
        let weight = builder.parameter(&format!("{key}.weight"), shape);
        Self { weight, bias: builder.parameter(&format!("{key}.bias"), [shape[0]]), along }
    }

    /// # Shapes
    /// [batch, in, time] -> [batch, out, time'].
    ///
    /// # Errors
    /// Features of another shape, or fewer samples than the kernel spans.
    pub fn forward(&self, x: Tensor<3>) -> Result<Tensor<3>, KernelError> {
        self.of(x, self.weight.val(), Some(self.bias.val()))
    }

    /// The same with its long sums taken in parts and added up in the end, which is nearer to the exact result and slower.
    ///
    /// # Errors
    /// As [`TimeConvolution::forward`].
    pub fn forward_in_parts(&self, x: Tensor<3>) -> Result<Tensor<3>, KernelError> {
        let (weight, mut bias) = (self.weight.val(), Some(self.bias.val()));
        let mut sums = Vec::new();
        for (start, length) in parts(x.dims()[1], SUMMED / weight.dims()[2]) {
            sums.push(self.of(x.clone().narrow(1, start, length), weight.clone().narrow(1, start, length), bias.take())?);
        }
        Ok(added(sums))
    }

    fn of(&self, x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<1>>) -> Result<Tensor<3>, KernelError> {
        let [batch, channels, time] = x.dims();
        let [output, input, kernel] = weight.dims();
        let geometry = Geometry {
            kernel: [1, kernel],
            stride: [1, self.along.stride],
            padding: [0, self.along.padding],
            ..Geometry::new(input, output, 1)
        };
        let x = x.reshape([batch, channels, 1, time]);
        let y = convolve(x, weight.reshape([output, input, 1, kernel]), bias, geometry)?;
        let time = y.dims()[3];
        Ok(y.reshape([batch, output, time]))
    }
}

/// Batch normalisation along time.
#[derive(Module, Debug)]
pub struct TimeNorm {
    norm: Normalisation,
}

impl TimeNorm {
    /// Takes `KEY.{weight,bias,running_mean,running_var,num_batches_tracked}`.
    pub fn new(builder: &mut WeightBuilder, key: &str, channels: usize) -> Self {
        Self { norm: Normalisation::affine(builder, key, NormalisationKind::Batch, channels) }
    }

    /// # Shapes
    /// [batch, channels, time] -> the same.
    ///
    /// # Errors
    /// Features of another shape.
    pub fn forward(&self, x: Tensor<3>, run: &mut Run) -> Result<Tensor<3>, KernelError> {
        let [batch, channels, time] = x.dims();
        Ok(self.norm.forward(x.reshape([batch, channels, 1, time]), &mut run.pass)?.reshape([batch, channels, time]))
    }
}

/// A linear layer.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[out, in]`.
    weight: Param<Tensor<2>>,
    /// `[out]`.
    bias: Param<Tensor<1>>,
}

impl Dense {
    /// Takes `KEY.weight` `[out, in]` and `KEY.bias`.
    pub fn new(builder: &mut WeightBuilder, key: &str, input: usize, output: usize) -> Self {
        let weight = builder.parameter(&format!("{key}.weight"), [output, input]);
        Self { weight, bias: builder.parameter(&format!("{key}.bias"), [output]) }
    }

    /// # Shapes
    /// [rows, in] -> [rows, out].
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        talkinghead_synthesis::layers::linear(x, self.weight.val(), self.bias.val())
    }

    /// The same with its long sums taken in parts and added up in the end.
    pub fn forward_in_parts(&self, x: Tensor<2>) -> Tensor<2> {
        let weight = self.weight.val();
        let part =
            |(start, length)| x.clone().narrow(1, start, length).matmul(weight.clone().narrow(1, start, length).transpose());
        added(parts(x.dims()[1], SUMMED).map(part).collect()) + self.bias.val().unsqueeze()
    }
}

/// Starts and lengths of the parts of so many inputs.
fn parts(inputs: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let most = most.max(1);
    (0..inputs).step_by(most).map(move |start| (start, most.min(inputs - start)))
}

/// The sum of tensors, two by two.
fn added<const D: usize>(mut tensors: Vec<Tensor<D>>) -> Tensor<D> {
    while tensors.len() > 1 {
        let mut halves = Vec::with_capacity(tensors.len().div_ceil(2));
        let mut left = tensors.into_iter();
        while let Some(first) = left.next() {
            halves.push(match left.next() {
                Some(second) => first + second,
                None => first,
            });
        }
        tensors = halves;
    }
    tensors.remove(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once() {
        assert_eq!(parts(5000, 2048).collect::<Vec<_>>(), [(0, 2048), (2048, 2048), (4096, 904)]);
        assert_eq!(parts(7, 48).collect::<Vec<_>>(), [(0, 7)]);
    }
}
