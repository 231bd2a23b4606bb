//! Between planes of pixels and pixels of sixteen places, sixteen vectors at a time.

use talkinghead_simd::Simd;

/// Sixteen planes, a vector of each -> pixels of sixteen places: place `p` of pixel `i` of the memory that the vectors make up is
/// number `i` of plane `p`.
///
/// # Safety
/// The processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn to_pixels<S: Simd>(planes: [S::Vector; 16]) -> [S::Vector; 16] {
    let [p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf] = planes;
    // SAFETY: the caller's.
    unsafe {
        let a = S::interleave4([p0, p4, p8, pc]);
        let b = S::interleave4([p1, p5, p9, pd]);
        let c = S::interleave4([p2, p6, pa, pe]);
        let d = S::interleave4([p3, p7, pb, pf]);
        let [q0, q1, q2, q3] = S::interleave4([a[0], b[0], c[0], d[0]]);
        let [q4, q5, q6, q7] = S::interleave4([a[1], b[1], c[1], d[1]]);
        let [q8, q9, qa, qb] = S::interleave4([a[2], b[2], c[2], d[2]]);
        let [qc, qd, qe, qf] = S::interleave4([a[3], b[3], c[3], d[3]]);
        [q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, qa, qb, qc, qd, qe, qf]
    }
}

/// The inverse.
///
/// # Safety
/// The processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn to_planes<S: Simd>(pixels: [S::Vector; 16]) -> [S::Vector; 16] {
    let [q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, qa, qb, qc, qd, qe, qf] = pixels;
    // SAFETY: the caller's.
    unsafe {
        let r0 = S::deinterleave4([q0, q1, q2, q3]);
        let r1 = S::deinterleave4([q4, q5, q6, q7]);
        let r2 = S::deinterleave4([q8, q9, qa, qb]);
        let r3 = S::deinterleave4([qc, qd, qe, qf]);
        let [p0, p4, p8, pc] = S::deinterleave4([r0[0], r1[0], r2[0], r3[0]]);
        let [p1, p5, p9, pd] = S::deinterleave4([r0[1], r1[1], r2[1], r3[1]]);
        let [p2, p6, pa, pe] = S::deinterleave4([r0[2], r1[2], r2[2], r3[2]]);
        let [p3, p7, pb, pf] = S::deinterleave4([r0[3], r1[3], r2[3], r3[3]]);
        [p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe, pf]
    }
}

/// Sixteen vectors out of memory, `step` numbers apart.
///
/// # Safety
/// They can be read; the processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn load16<S: Simd>(from: *const f32, step: usize) -> [S::Vector; 16] {
    // SAFETY: the caller's.
    unsafe {
        let mut vectors = [S::load(from); 16];
        for index in 1..16 {
            vectors[index] = S::load(from.add(index * step));
        }
        vectors
    }
}
