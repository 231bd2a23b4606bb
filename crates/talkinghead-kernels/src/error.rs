//! What can be wrong with a request.

use crate::Path;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// No path of this name.
    #[error("`{name}` is no kernel path; there are portable, avx2, avx512, amx and neon")]
    UnknownPath {
        /// What was asked for.
        name: String,
    },
    /// The processor lacks the instructions.
    #[error("this processor cannot take the kernel path `{path}`")]
    Unavailable {
        /// What was asked for.
        path: Path,
    },
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
