//! Softens the stairs where a nearer part of the face folds over a farther one: neighbouring pixels come from places far apart.

use rayon::prelude::*;

use crate::picture::canvas::Canvas;

/// A step in the photograph between neighbouring pixels of the frame that is a fold, pixels.
const JUMP: f32 = 3.0;

/// Averages pixels at folds of the warp with their neighbours (binomial 3 x 3); all other pixels keep their bytes.
///
/// `places` says where in the photograph each pixel of `frame` came from. `scratch` is reused from frame to frame.
pub(crate) fn soften(frame: &mut Canvas, places: &[[f32; 2]], scratch: &mut Vec<(u32, [f32; 3])>) {
    let (width, height) = (frame.width, frame.height);
    scratch.clear();
    if width < 3 || height < 3 {
        return;
    }
    let pixels: &[[f32; 3]] = &frame.data;
    let rows = (1..height - 1).into_par_iter().flat_map_iter(|y| {
        let row = &places[y * width..(y + 1) * width];
        let under = &places[(y + 1) * width..(y + 2) * width];
        let over = &places[(y - 1) * width..y * width];
        (1..width - 1).filter_map(move |x| {
            let here = row[x];
            let jump = |p: [f32; 2]| (p[0] - here[0]).abs().max((p[1] - here[1]).abs()) > JUMP;
            // Most pixels leave at the first two comparisons.
            (jump(row[x + 1]) || jump(under[x]) || jump(row[x - 1]) || jump(over[x]))
                .then(|| (y * width + x, binomial(pixels, width, x, y)))
        })
    });
    scratch.par_extend(rows.map(|(i, colour)| (i as u32, colour)));
    for &(i, colour) in scratch.iter() {
        frame.data[i as usize] = colour;
    }
}

fn binomial(pixels: &[[f32; 3]], width: usize, x: usize, y: usize) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for (dy, wy) in [1.0, 2.0, 1.0].into_iter().enumerate() {
        for (dx, wx) in [1.0, 2.0, 1.0].into_iter().enumerate() {
            let p = pixels[(y + dy - 1) * width + x + dx - 1];
            (0..3).for_each(|k| sum[k] += wy * wx / 16.0 * p[k]);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pixels_at_a_fold_change() {
        let mut frame = Canvas::filled(9, 5, [0.0; 3]);
        let mut places = Vec::new();
        for y in 0..5 {
            for x in 0..9usize {
                let from = if x < 4 { x } else { x + 20 };
                places.push([from as f32, y as f32]);
                *frame.at_mut(x, y) = [if x < 4 { 0.0 } else { 160.0 }; 3];
            }
        }
        let before = frame.clone();
        soften(&mut frame, &places, &mut Vec::new());
        for x in 0..9 {
            let changed = frame.at(x, 2) != before.at(x, 2);
            assert_eq!(changed, x == 3 || x == 4, "{x}");
        }
        assert_eq!(frame.at(3, 2), [40.0; 3]);
    }
}
