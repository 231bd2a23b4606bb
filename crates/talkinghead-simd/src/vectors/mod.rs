//! Vectors of f32, one implementation for each family of instructions, and how generic code reaches them.
//!
//! Every kernel is written once over [`Simd`] as a [`Job`]; [`run`] compiles it for each instruction set and picks one at run time.

mod portable;
#[cfg(test)]
mod tests;
mod tile;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

pub use portable::Portable;
pub use tile::{Start, TILE_VECTORS};

use crate::InstructionSet;

/// Vector arithmetic. All functions are `unsafe` because they compile to instructions that the processor must have, and because
/// the memory functions take raw pointers.
#[allow(clippy::missing_safety_doc)]
pub trait Simd: Copy + Send + Sync + 'static {
    /// A vector of [`Simd::LANES`] numbers.
    type Vector: Copy;
    /// Numbers in a vector.
    const LANES: usize;
    /// Rows (output channels) of a register tile; with its [`TILE_VECTORS`] columns of vectors it fills the registers.
    const ROWS: usize;
    /// Columns of a register tile.
    const COLUMNS: usize = TILE_VECTORS * Self::LANES;

    /// The same number in every lane.
    unsafe fn splat(value: f32) -> Self::Vector;
    /// LANES numbers from memory.
    unsafe fn load(from: *const f32) -> Self::Vector;
    /// LANES numbers into memory.
    unsafe fn store(to: *mut f32, value: Self::Vector);
    /// `a + b`.
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a - b`.
    unsafe fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b`.
    unsafe fn mul(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`.
    unsafe fn fma(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `c - a * b`.
    unsafe fn fnma(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `x` where it is positive, `x * slope` elsewhere; NaN stays NaN.
    unsafe fn leaky_relu(x: Self::Vector, slope: Self::Vector) -> Self::Vector;
    /// `yes` where `x` is positive, `no` elsewhere.
    unsafe fn where_positive(x: Self::Vector, yes: Self::Vector, no: Self::Vector) -> Self::Vector;
    /// Two vectors in a row of memory -> every second number, from the first on.
    unsafe fn even(x: [Self::Vector; 2]) -> Self::Vector;
    /// Four vectors in a row of memory -> every fourth number, from the first, second, third and fourth.
    unsafe fn deinterleave4(x: [Self::Vector; 4]) -> [Self::Vector; 4];
    /// The inverse.
    unsafe fn interleave4(x: [Self::Vector; 4]) -> [Self::Vector; 4];

    /// A register tile of a matrix product: `c[r][j] (+)= sum_k a[k][r] * b[k][j]`.
    ///
    /// # Safety
    /// `a` holds `depth * ROWS` numbers, `b` `depth * COLUMNS`, `c` ROWS rows of COLUMNS numbers, `ld` apart.
    unsafe fn tile(depth: usize, a: *const f32, b: *const f32, c: *mut f32, ld: usize, start: Start);

    /// The same with three columns of vectors from anywhere, `c += sum over rows and steps`; see [`tile::Strided`].
    ///
    /// # Safety
    /// Every address that [`tile::Strided`] spans can be read, `c` can be written.
    unsafe fn tile_strided(arguments: tile::Strided, c: *mut f32, ld: usize);
}

pub use tile::Strided;

/// Something to compute with any kind of vector.
pub trait Job {
    /// What comes out.
    type Output;

    /// Does it. Must be marked `#[inline(always)]`, so that it is compiled with the caller's instructions.
    ///
    /// # Safety
    /// The processor has the instructions of `S`.
    unsafe fn run<S: Simd>(self) -> Self::Output;
}

/// Runs a job with the vectors of an instruction set; with the portable ones if the processor lacks it.
#[inline]
pub fn run<J: Job>(instructions: InstructionSet, job: J) -> J::Output {
    match instructions {
        // SAFETY: the processor was asked for the instructions.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Amx | InstructionSet::Avx512 if InstructionSet::Avx512.is_available() => unsafe { avx512::enter(job) },
        // SAFETY: the same.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 if instructions.is_available() => unsafe { avx2::enter(job) },
        // SAFETY: every aarch64 processor has NEON.
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon => unsafe { job.run::<neon::Neon>() },
        // SAFETY: needs no particular instructions.
        _ => unsafe { job.run::<Portable>() },
    }
}

/// Rows and columns of the register tile of an instruction set.
pub fn tile_shape(instructions: InstructionSet) -> (usize, usize) {
    struct Shape;
    impl Job for Shape {
        type Output = (usize, usize);
        #[inline(always)]
        unsafe fn run<S: Simd>(self) -> (usize, usize) {
            (S::ROWS, S::COLUMNS)
        }
    }
    run(instructions, Shape)
}
