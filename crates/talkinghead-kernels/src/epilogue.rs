//! What happens to a convolution's result before it is stored.

/// The activation behind a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Activation {
    /// None.
    #[default]
    Identity,
    /// Leaky ReLU with that slope for negative numbers.
    LeakyRelu(f32),
}

/// Bias, then the activation, then a sum with another picture.
#[derive(Debug, Clone, Copy, Default)]
pub struct Epilogue<'a> {
    /// `[output]`.
    pub bias: Option<&'a [f32]>,
    /// The activation.
    pub activation: Activation,
    /// Added last; of the output's shape.
    pub residual: Option<&'a [f32]>,
}

impl Epilogue<'_> {
    /// The bias of a channel.
    pub(crate) fn bias_of(&self, channel: usize) -> f32 {
        self.bias.and_then(|bias| bias.get(channel).copied()).unwrap_or(0.0)
    }

    /// The slope for negative numbers that the activation amounts to.
    pub(crate) fn slope(&self) -> f32 {
        match self.activation {
            Activation::Identity => 1.0,
            Activation::LeakyRelu(slope) => slope,
        }
    }
}
