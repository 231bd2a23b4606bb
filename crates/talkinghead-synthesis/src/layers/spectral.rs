//! Spectral normalisation: weights divided by an estimate of their largest singular value (hook form of PyTorch).

use burn::module::{Module, RunningState};
use burn::tensor::Tensor;
use talkinghead_kernels::burn::is_on_processor;
use talkinghead_kernels::{KernelError, Precision};

use super::{Convolution, ConvolutionShape, Mode, Pass};
use crate::weights::WeightBuilder;

const EPSILON: f32 = 1e-12;

/// The two singular vector estimates of one weight.
#[derive(Module, Debug)]
pub struct SpectralNorm {
    /// Left vector, `[rows]`.
    u: RunningState<Tensor<1>>,
    /// Right vector, `[columns]`.
    v: RunningState<Tensor<1>>,
}

impl SpectralNorm {
    /// Takes `KEY.weight_u` and `KEY.weight_v` for a matrix of that size.
    pub fn new(builder: &mut WeightBuilder, key: &str, rows: usize, columns: usize) -> Self {
        let u = builder.buffer(&format!("{key}.weight_u"), rows);
        let v = builder.buffer(&format!("{key}.weight_v"), columns);
        Self { u, v }
    }

    /// The weight, whose first dimension is the matrix' rows, divided by the estimate of its largest singular value; in training mode one
    /// power iteration runs first. Gradient flows through the weight, not through the vectors.
    ///
    /// # Errors
    /// A weight of another size than the vectors.
    pub fn divide<const D: usize>(&self, weight: Tensor<D>, mode: Mode) -> Result<Tensor<D>, KernelError> {
        if !is_on_processor(&weight) {
            let [rows, columns] = [weight.dims()[0], weight.shape().num_elements() / weight.dims()[0].max(1)];
            return Ok(weight.clone() / self.sigma(weight.reshape([rows, columns]), mode).reshape([1; D]));
        }
        let (left, right) = (self.u.value_sync(), self.v.value_sync());
        let divided = talkinghead_kernels::burn::spectral_weight(weight, left, right, mode == Mode::Training)?;
        if mode == Mode::Training {
            self.u.update(divided.left);
            self.v.update(divided.right);
            // A value is only visible to others after a synchronising read.
            self.u.value_sync();
            self.v.value_sync();
        }
        Ok(divided.weight)
    }

    /// The estimated largest singular value of `matrix` `[rows, columns]`, shape `[1]`. In training mode one power iteration
    /// runs first. Gradient flows through the matrix, not through the vectors.
    pub fn sigma(&self, matrix: Tensor<2>, mode: Mode) -> Tensor<1> {
        let [rows, columns] = matrix.dims();
        let (mut u, mut v) = (self.u.value_sync(), self.v.value_sync());
        if mode == Mode::Training {
            let constant = matrix.clone().detach();
            v = normalised(constant.clone().transpose().matmul(u.reshape([rows, 1])).reshape([columns]));
            u = normalised(constant.matmul(v.clone().reshape([columns, 1])).reshape([rows]));
            self.u.update(u.clone());
            self.v.update(v.clone());
            // A value is only visible to others after a synchronising read.
            (u, v) = (self.u.value_sync(), self.v.value_sync());
        }
        (matrix.matmul(v.reshape([columns, 1])).reshape([rows]) * u).sum()
    }
}

fn normalised(x: Tensor<1>) -> Tensor<1> {
    let norm = (x.clone() * x.clone()).sum().sqrt().clamp_min(EPSILON);
    x / norm
}

/// A convolution whose weight is spectrally normalised, until it is prepared for inference.
#[derive(Module, Debug)]
pub struct SpectralConvolution {
    /// Holds `weight_orig`, or the normalised weight once prepared.
    convolution: Convolution,
    /// Absent once prepared.
    norm: Option<SpectralNorm>,
}

impl SpectralConvolution {
    /// Takes `KEY.bias`, `KEY.weight_orig`, `KEY.weight_u`, `KEY.weight_v`.
    pub fn new(builder: &mut WeightBuilder, key: &str, shape: ConvolutionShape) -> Self {
        let convolution = Convolution::named(builder, key, "weight_orig", shape);
        let columns = shape.input * shape.kernel * shape.kernel;
        let norm = SpectralNorm::new(builder, key, shape.output, columns);
        Self { convolution, norm: Some(norm) }
    }

    fn weight(&self, mode: Mode) -> Result<Tensor<4>, KernelError> {
        let weight = self.convolution.weight();
        let Some(norm) = &self.norm else { return Ok(weight) };
        if self.convolution.geometry().transposed.is_none() {
            return norm.divide(weight, mode);
        }
        let [a, b, k, l] = weight.dims();
        let matrix = weight.clone().swap_dims(0, 1).reshape([b, a * k * l]);
        Ok(weight / norm.sigma(matrix, mode).reshape([1, 1, 1, 1]))
    }

    /// # Shapes
    /// [batch, in, height, width] -> [batch, out, height', width'].
    ///
    /// # Errors
    /// Features of another shape.
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        match &self.norm {
            None => self.convolution.forward(x),
            Some(_) => self.convolution.forward_with(x, self.weight(pass.mode)?),
        }
    }

    /// The same and a leaky ReLU.
    ///
    /// # Errors
    /// As [`SpectralConvolution::forward`].
    pub fn forward_activated(&self, x: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        match &self.norm {
            None => self.convolution.forward_activated(x),
            Some(_) => self.convolution.forward_with_activated(x, self.weight(pass.mode)?),
        }
    }

    /// The same plus `other`, of the result's shape.
    ///
    /// # Errors
    /// As [`SpectralConvolution::forward`].
    pub fn forward_onto(&self, other: Tensor<4>, x: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        match &self.norm {
            None => self.convolution.forward_onto(other, x),
            Some(_) => Ok(other + self.forward(x, pass)?),
        }
    }

    /// The same layer with the normalised weight as a constant.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let weight = self.weight(Mode::Evaluation)?;
        let convolution = Convolution::constant(weight, self.convolution.bias(), self.convolution.geometry(), precision)?;
        Ok(Self { convolution, norm: None })
    }

    /// A prepared layer followed by `y * scale + shift` per output channel, as one layer.
    ///
    /// # Errors
    /// As [`SpectralConvolution::prepare`].
    pub fn prepare_scaled(self, scale: Tensor<1>, shift: Tensor<1>, precision: Precision) -> Result<Self, KernelError> {
        let weight = self.weight(Mode::Evaluation)?;
        let channels = scale.dims()[0];
        let factor = match self.convolution.geometry().transposed {
            None => scale.clone().reshape([channels, 1, 1, 1]),
            Some(_) => scale.clone().reshape([1, channels, 1, 1]),
        };
        let bias = match self.convolution.bias() {
            Some(bias) => bias * scale + shift,
            None => shift,
        };
        let convolution = Convolution::constant(weight * factor, Some(bias), self.convolution.geometry(), precision)?;
        Ok(Self { convolution, norm: None })
    }
}
