//! 128-bit vectors of aarch64.

use std::arch::aarch64::*;

use super::Simd;
use super::tile::{self, Start, Strided};

/// NEON.
#[derive(Debug, Clone, Copy)]
pub struct Neon;

impl Simd for Neon {
    type Vector = float32x4_t;
    const LANES: usize = 4;
    const ROWS: usize = 8;

    #[inline(always)]
    unsafe fn splat(value: f32) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vdupq_n_f32(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> float32x4_t {
        // SAFETY: the caller has NEON and vouches for 4 numbers to read.
        unsafe { vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, value: float32x4_t) {
        // SAFETY: the caller has NEON and vouches for 4 numbers to write.
        unsafe { vst1q_f32(to, value) }
    }

    #[inline(always)]
    unsafe fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vaddq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vsubq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vmulq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vfmaq_f32(c, a, b) }
    }

    #[inline(always)]
    unsafe fn fnma(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vfmsq_f32(c, a, b) }
    }

    #[inline(always)]
    unsafe fn leaky_relu(x: float32x4_t, slope: float32x4_t) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vbslq_f32(vcgtq_f32(x, vdupq_n_f32(0.0)), x, vmulq_f32(x, slope)) }
    }

    #[inline(always)]
    unsafe fn where_positive(x: float32x4_t, yes: float32x4_t, no: float32x4_t) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vbslq_f32(vcgtq_f32(x, vdupq_n_f32(0.0)), yes, no) }
    }

    #[inline(always)]
    unsafe fn even(x: [float32x4_t; 2]) -> float32x4_t {
        // SAFETY: the caller has NEON.
        unsafe { vuzp1q_f32(x[0], x[1]) }
    }

    #[inline(always)]
    unsafe fn deinterleave4(x: [float32x4_t; 4]) -> [float32x4_t; 4] {
        // SAFETY: the caller has NEON.
        unsafe {
            let (a, b) = (vtrnq_f32(x[0], x[1]), vtrnq_f32(x[2], x[3]));
            [
                vcombine_f32(vget_low_f32(a.0), vget_low_f32(b.0)),
                vcombine_f32(vget_low_f32(a.1), vget_low_f32(b.1)),
                vcombine_f32(vget_high_f32(a.0), vget_high_f32(b.0)),
                vcombine_f32(vget_high_f32(a.1), vget_high_f32(b.1)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn interleave4(x: [float32x4_t; 4]) -> [float32x4_t; 4] {
        // A 4x4 transposition is its own inverse.
        // SAFETY: the caller has NEON.
        unsafe { Self::deinterleave4(x) }
    }

    #[inline(always)]
    unsafe fn tile(depth: usize, a: *const f32, b: *const f32, c: *mut f32, ld: usize, start: Start) {
        // SAFETY: the caller has NEON and vouches for the operands, as the trait demands.
        unsafe { tile::tile::<Self, 8>(depth, a, b, c, ld, start) }
    }

    #[inline(always)]
    unsafe fn tile_strided(arguments: Strided, c: *mut f32, ld: usize) {
        // SAFETY: the caller has NEON and vouches for the operands, as the trait demands.
        unsafe { tile::tile_strided::<Self, 8>(arguments, c, ld) }
    }
}
