//! Which instructions of the processor are used, chosen once for the whole program, and vectors and matrix tiles over which kernels are
//! written once for all of them. Every crate with code for particular processors stands on this one; it may use nothing of the project.
//!
//! Design decision: the choice is one value, [`InstructionSet::chosen`], which the environment variable [`KERNELS_VARIABLE`] can force.
//! Nothing else in the project asks the processor what it can do.
#![expect(unsafe_code, reason = "vector and tile instructions")]

mod bf16;
mod error;
mod instruction_set;
pub mod tiles;
mod vectors;

pub use bf16::{bf16_bits, round_to_bf16};
pub use error::InstructionSetError;
pub use instruction_set::{InstructionSet, KERNELS_VARIABLE};
pub use vectors::{Job, Portable, Simd, Start, Strided, TILE_VECTORS, run, tile_shape};

/// Keeps the README's example compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
