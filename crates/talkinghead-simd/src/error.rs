//! What can be wrong with a choice of instructions.

use crate::{InstructionSet, KERNELS_VARIABLE};

/// A choice of instructions that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstructionSetError {
    /// No instruction set of this name.
    #[error("{KERNELS_VARIABLE}: `{name}` is no instruction set; there are portable, avx2, avx512, amx, neon and auto")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The processor lacks the instructions, or the system does not allow them.
    #[error("{KERNELS_VARIABLE}: this processor cannot use the instruction set `{wanted}`")]
    Unavailable {
        /// What was asked for.
        wanted: InstructionSet,
    },
}
