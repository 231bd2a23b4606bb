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
    /// A buffer of the wrong length.
    #[error("the {what} of a convolution must hold {wanted} numbers, found {found}")]
    Length {
        /// Which buffer.
        what: &'static str,
        /// Numbers needed.
        wanted: usize,
        /// Numbers there.
        found: usize,
    },
    /// A geometry that makes no picture.
    #[error("impossible convolution: {0}")]
    Geometry(String),
    /// A tensor that an operation for inference on the processor cannot take.
    #[error("this operation takes tensors in the processor's memory, without gradients")]
    Elsewhere,
}
