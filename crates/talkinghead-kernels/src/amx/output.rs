//! From summed tiles to planes.

use talkinghead_simd::Simd;

use super::SIDE;
use super::problem::{Problem, Segment};
use super::transpose::{load16, to_planes};
use crate::direct::finish;
use crate::geometry::Phase;
use crate::scratch::SharedMut;

/// Finishes the sums `[16 pixels][16 channels]` of a segment and stores them.
///
/// # Safety
/// No other thread writes these pixels of these channels; the processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn store<S: Simd>(
    problem: &Problem<'_>,
    phase: &Phase,
    batch: usize,
    segment: Segment,
    first_channel: usize,
    sums: &[f32; SIDE * SIDE],
    out: SharedMut<'_>,
) {
    let mut lines = [0.0_f32; SIDE * SIDE];
    for pixel in (0..SIDE).step_by(S::LANES) {
        // SAFETY: LANES pixels of sixteen channels are sixteen vectors one behind the other, and go to a vector of each line.
        unsafe {
            let planes = to_planes::<S>(load16::<S>(sums[pixel * SIDE..].as_ptr(), S::LANES));
            for (channel, vector) in planes.into_iter().enumerate() {
                S::store(lines[channel * SIDE + pixel..].as_mut_ptr(), vector);
            }
        }
    }
    let [height, width] = problem.output;
    let y = phase.first[0] + segment.row * phase.step[0];
    let x = phase.first[1] + segment.column * phase.step[1];
    for (channel, line) in (first_channel..problem.geometry.output).zip(lines.chunks_exact_mut(SIDE)) {
        // SAFETY: a line is a whole number of vectors.
        unsafe { finish::<S>(line, &problem.epilogue, channel) };
        let start = ((batch * problem.geometry.output + channel) * height + y) * width + x;
        let step = phase.step[1];
        let line = &mut line[..segment.length];
        if let Some(residual) = problem.epilogue.residual {
            for (value, other) in line.iter_mut().zip(residual[start..].iter().step_by(step)) {
                *value += other;
            }
        }
        if step == 1 {
            // SAFETY: the caller's.
            unsafe { out.part(start, segment.length) }.copy_from_slice(line);
        } else {
            for (index, value) in line.iter().enumerate() {
                // SAFETY: inside the row; the caller vouches that nobody else writes there.
                unsafe { *out.address(start + index * step, 1) = *value };
            }
        }
    }
}
