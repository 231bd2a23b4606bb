//! Softens the stairs where a nearer part of the face folds over a farther one: neighbouring pixels come from places far apart.

#[cfg(target_arch = "x86_64")]
use talkinghead_simd::InstructionSet;

use super::paint::WarpMap;
use crate::picture::frame::Frame;

/// A step in the photograph between neighbouring pixels of the frame that is a fold, pixels.
const JUMP: f32 = 3.0;
/// Pixels that are looked at together: nearly all of them have no fold.
const GROUP: usize = 16;

/// Averages pixels at folds of the warp with their neighbours (binomial 3 x 3); all other pixels keep their bytes.
///
/// `scratch` is reused from frame to frame.
pub(crate) fn soften(frame: &mut Frame, map: &WarpMap, scratch: &mut Vec<(u32, [u8; 4])>) {
    #[cfg(target_arch = "x86_64")]
    if InstructionSet::chosen_or_fastest().allows(InstructionSet::Avx2) {
        // SAFETY: the processor has AVX2, the only thing the variant needs.
        #[expect(unsafe_code, reason = "calls the variant for wider registers")]
        unsafe {
            return soften_avx2(frame, map, scratch);
        }
    }
    soften_with(frame, map, scratch);
}

/// The same in wider registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn soften_avx2(frame: &mut Frame, map: &WarpMap, scratch: &mut Vec<(u32, [u8; 4])>) {
    soften_with(frame, map, scratch);
}

#[inline(always)]
fn soften_with(frame: &mut Frame, map: &WarpMap, scratch: &mut Vec<(u32, [u8; 4])>) {
    let (width, height) = (frame.width, frame.height);
    scratch.clear();
    if width < 3 || height < 3 {
        return;
    }
    for y in 1..height - 1 {
        let rows = [map.row(y - 1), map.row(y), map.row(y + 1)];
        // Between a row's moved pixels and the still ones beside, above and below them there may be a fold too.
        let columns = [y - 1, y, y + 1].map(|y| map.moved(y)).into_iter().filter(|c| !c.is_empty());
        let Some(columns) = columns.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)) else { continue };
        let (start, end) = (columns.start.saturating_sub(1).max(1), (columns.end + 1).min(width - 1));
        let mut first = start;
        while first < end {
            let last = (first + GROUP).min(end);
            if any_jump(rows, first, last) {
                let folded = (first..last).filter(|&x| is_fold(rows, x));
                scratch.extend(folded.map(|x| ((y * width + x) as u32, binomial(&frame.data, width, x, y))));
            }
            first = last;
        }
    }
    for &(i, colour) in scratch.iter() {
        frame.data[i as usize] = colour;
    }
}

/// Largest difference of two places along either axis.
#[inline(always)]
fn step(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).abs().max((a[1] - b[1]).abs())
}

/// Whether one of the pixels `first..last` of the middle row may be a fold. Without branches inside, for vectors.
#[inline(always)]
fn any_jump(rows: [&[[f32; 2]]; 3], first: usize, last: usize) -> bool {
    let [over, here, under] = rows;
    let mut largest = 0.0f32;
    let beside = &here[first - 1..=last];
    for (a, b) in beside.iter().zip(&beside[1..]) {
        largest = largest.max(step(*a, *b));
    }
    for ((a, b), c) in here[first..last].iter().zip(&over[first..last]).zip(&under[first..last]) {
        largest = largest.max(step(*a, *b)).max(step(*a, *c));
    }
    largest > JUMP
}

fn is_fold(rows: [&[[f32; 2]]; 3], x: usize) -> bool {
    let [over, here, under] = rows;
    [here[x + 1], under[x], here[x - 1], over[x]].into_iter().any(|p| step(p, here[x]) > JUMP)
}

fn binomial(pixels: &[[u8; 4]], width: usize, x: usize, y: usize) -> [u8; 4] {
    let mut sum = [8u16; 4];
    for (dy, wy) in [1, 2, 1].into_iter().enumerate() {
        for (dx, wx) in [1, 2, 1].into_iter().enumerate() {
            let p = pixels[(y + dy - 1) * width + x + dx - 1];
            (0..4).for_each(|k| sum[k] += wy * wx * u16::from(p[k]));
        }
    }
    sum.map(|v| (v >> 4) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pixels_at_a_fold_change() {
        for width in [9usize, 60] {
            let mut map = WarpMap::still(width, 5);
            let mut frame = Frame { width, height: 5, data: Vec::new() };
            for y in 0..5 {
                for x in 0..width {
                    let from = if x < 4 { x } else { x + 20 };
                    map.set(x, y, [from as f32, y as f32]);
                    frame.data.push([if x < 4 { 0 } else { 160 }; 4]);
                }
            }
            let before = frame.clone();
            soften(&mut frame, &map, &mut Vec::new());
            for x in 0..width {
                let changed = frame.data[2 * width + x] != before.data[2 * width + x];
                assert_eq!(changed, x == 3 || x == 4, "{x}");
            }
            assert_eq!(frame.data[2 * width + 3], [40; 4]);
        }
    }
}
