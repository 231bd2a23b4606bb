//! The network, run in plain loops: small enough that a library would cost more than it saves. Its twin for training is
//! Burn's graph in `talkinghead-training`, tested equal.

use super::tensor_file::{TensorFile, TensorFileError};

/// Numbers the model predicts: opening, width, eight shape components.
pub const OUTPUTS: usize = 10;
/// Channels of the network.
pub const CHANNELS: usize = 64;
/// Layers with a kernel of three frames: the network sees as many frames to each side.
pub const LAYERS: usize = 3;
/// A convolution over time with zero padding.
#[derive(Clone, Debug)]
struct Convolution {
    /// `[kernel][inputs][outputs]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    kernel: usize,
}

impl Convolution {
    /// From tensors `NAME.weight` `[outputs, inputs, kernel]` and `NAME.bias` `[outputs]`.
    fn from_tensors(
        file: &TensorFile,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> Result<Self, TensorFileError> {
        let stored = file.get(&format!("{name}.weight"), &[outputs, inputs, kernel])?;
        let mut weight = vec![0.0; stored.len()];
        for o in 0..outputs {
            for i in 0..inputs {
                for k in 0..kernel {
                    weight[(k * inputs + i) * outputs + o] = stored[(o * inputs + i) * kernel + k];
                }
            }
        }
        Ok(Self { weight, bias: file.get(&format!("{name}.bias"), &[outputs])?.to_vec(), kernel })
    }

    /// `input`: frame after frame.
    fn run(&self, input: &[f32]) -> Vec<f32> {
        let outputs = self.bias.len();
        let inputs = self.weight.len() / (self.kernel * outputs);
        let frames = input.len() / inputs;
        let mut result = self.bias.repeat(frames);
        for (frame, out) in result.chunks_exact_mut(outputs).enumerate() {
            for k in 0..self.kernel {
                let Some(from) = (frame + k).checked_sub(self.kernel / 2).filter(|&f| f < frames) else { continue };
                for (i, &value) in input[from * inputs..(from + 1) * inputs].iter().enumerate() {
                    let row = &self.weight[(k * inputs + i) * outputs..][..outputs];
                    for (sum, weight) in out.iter_mut().zip(row) {
                        *sum += value * weight;
                    }
                }
            }
        }
        result
    }
}

/// 1x1 convolution, three residual convolutions over three frames, 1x1 convolution; GELU between.
#[derive(Clone, Debug)]
pub struct ExpressionNetwork {
    input: Convolution,
    hidden: Vec<Convolution>,
    output: Convolution,
}

impl ExpressionNetwork {
    /// For frames of so many inputs, from tensors `PREFIX.input`, `PREFIX.hidden.0` to `.2`, `PREFIX.output`, each with `.weight` and `.bias`.
    ///
    /// # Errors
    /// A tensor is missing or has another shape.
    pub fn from_tensors(file: &TensorFile, prefix: &str, inputs: usize) -> Result<Self, TensorFileError> {
        let hidden = (0..LAYERS).map(|k| Convolution::from_tensors(file, &format!("{prefix}.hidden.{k}"), CHANNELS, CHANNELS, 3));
        Ok(Self {
            input: Convolution::from_tensors(file, &format!("{prefix}.input"), inputs, CHANNELS, 1)?,
            hidden: hidden.collect::<Result<_, _>>()?,
            output: Convolution::from_tensors(file, &format!("{prefix}.output"), CHANNELS, OUTPUTS, 1)?,
        })
    }

    /// `[10]` numbers a frame for consecutive frames; before the first and after the last there is nothing (zeros).
    /// `frames`: inputs, frame after frame.
    pub fn run(&self, frames: &[f32]) -> Vec<[f32; OUTPUTS]> {
        let mut state = self.input.run(frames);
        state.iter_mut().for_each(|v| *v = gelu(*v));
        for layer in &self.hidden {
            let steps = layer.run(&state);
            for (value, step) in state.iter_mut().zip(steps) {
                *value += gelu(step);
            }
        }
        self.output.run(&state).as_chunks::<OUTPUTS>().0.to_vec()
    }
}

/// Exact GELU, with the error function to 1.5e-7 (Abramowitz and Stegun 7.1.26).
fn gelu(x: f32) -> f32 {
    let z = f64::from(x.abs()) * std::f64::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let poly = t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let erf = 1.0 - poly * (-z * z).exp();
    let erf = if x < 0.0 { -erf } else { erf };
    (0.5 * f64::from(x) * (1.0 + erf)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_has_its_known_values() {
        for (x, y) in [(0.0, 0.0), (1.0, 0.841_344_7), (-1.0, -0.158_655_3), (3.0, 2.995_95), (-6.0, 0.0)] {
            assert!((gelu(x) - y).abs() < 1e-5, "{x}");
        }
    }
}
