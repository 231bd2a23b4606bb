//! Plain Rust: eight numbers at a time, for the compiler to turn into whatever the target has.

use super::Simd;
use super::tile::{self, Start, Strided};

/// No particular instructions.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

const LANES: usize = 8;

#[inline(always)]
fn lanes(f: impl FnMut(usize) -> f32) -> [f32; LANES] {
    std::array::from_fn(f)
}

impl Simd for Portable {
    type Vector = [f32; LANES];
    const LANES: usize = LANES;
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self::Vector {
        [value; LANES]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::Vector {
        // SAFETY: the caller vouches for LANES numbers.
        unsafe { from.cast::<Self::Vector>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, value: Self::Vector) {
        // SAFETY: the caller vouches for LANES numbers.
        unsafe { to.cast::<Self::Vector>().write_unaligned(value) }
    }

    #[inline(always)]
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes(|i| a[i] + b[i])
    }

    #[inline(always)]
    unsafe fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes(|i| a[i] - b[i])
    }

    #[inline(always)]
    unsafe fn mul(a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes(|i| a[i] * b[i])
    }

    #[inline(always)]
    unsafe fn fma(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        lanes(|i| a[i] * b[i] + c[i])
    }

    #[inline(always)]
    unsafe fn fnma(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        lanes(|i| c[i] - a[i] * b[i])
    }

    #[inline(always)]
    unsafe fn leaky_relu(x: Self::Vector, slope: Self::Vector) -> Self::Vector {
        lanes(|i| if x[i] > 0.0 { x[i] } else { x[i] * slope[i] })
    }

    #[inline(always)]
    unsafe fn where_positive(x: Self::Vector, yes: Self::Vector, no: Self::Vector) -> Self::Vector {
        lanes(|i| if x[i] > 0.0 { yes[i] } else { no[i] })
    }

    #[inline(always)]
    unsafe fn even(x: [Self::Vector; 2]) -> Self::Vector {
        lanes(|i| x[2 * i / LANES][2 * i % LANES])
    }

    #[inline(always)]
    unsafe fn deinterleave4(x: [Self::Vector; 4]) -> [Self::Vector; 4] {
        std::array::from_fn(|phase| lanes(|i| x[(4 * i + phase) / LANES][(4 * i + phase) % LANES]))
    }

    #[inline(always)]
    unsafe fn interleave4(x: [Self::Vector; 4]) -> [Self::Vector; 4] {
        std::array::from_fn(|part| lanes(|i| x[(part * LANES + i) % 4][(part * LANES + i) / 4]))
    }

    #[inline(always)]
    unsafe fn tile(depth: usize, a: *const f32, b: *const f32, c: *mut f32, ld: usize, start: Start) {
        // SAFETY: the caller's.
        unsafe { tile::tile::<Self, 4>(depth, a, b, c, ld, start) }
    }

    #[inline(always)]
    unsafe fn tile_strided(arguments: Strided, c: *mut f32, ld: usize) {
        // SAFETY: the caller's.
        unsafe { tile::tile_strided::<Self, 4>(arguments, c, ld) }
    }
}
