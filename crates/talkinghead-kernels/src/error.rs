//! What can be wrong with a request.

use talkinghead_simd::InstructionSetError;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// A choice of instructions that cannot be followed.
    #[error(transparent)]
    InstructionSet(#[from] InstructionSetError),
    /// No precision of this name.
    #[error("`{name}` is no precision; there are f32, bf16 and auto")]
    UnknownPrecision {
        /// What was asked for.
        name: String,
    },
    /// A buffer of the wrong length, or the wrong number of something.
    #[error("{what}: wanted {wanted}, found {found}")]
    Length {
        /// Which buffer.
        what: &'static str,
        /// How many are needed.
        wanted: usize,
        /// How many are there.
        found: usize,
    },
    /// A tensor of the wrong shape.
    #[error("the {what} must have the shape {wanted:?}, found {found:?}")]
    Shape {
        /// Which tensor.
        what: &'static str,
        /// Shape needed.
        wanted: Vec<usize>,
        /// Shape there.
        found: Vec<usize>,
    },
    /// A geometry that makes no picture.
    #[error("impossible convolution: {0}")]
    Geometry(String),
    /// A tensor that an operation for inference on the processor cannot take.
    #[error("this operation takes tensors in the processor's memory, without gradients")]
    Elsewhere,
}
