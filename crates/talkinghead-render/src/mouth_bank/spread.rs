//! Light around a mouth, carried inward: a field so smooth that a coarse picture of it holds everything.

use crate::picture::blur::blur_canvas;
use crate::picture::canvas::{Canvas, Mask};
use crate::picture::fill::{halved, pull_push};

/// The field is computed in steps of at most this share of its blur.
const LARGEST_STEP: f32 = 0.6;
/// How often it is halved at the most.
const MOST_HALVINGS: u32 = 3;

/// The colours of `picture` where `ring` is, everywhere: filled in between and blurred with a Gaussian of `sd` pixels.
pub(super) fn spread(picture: &Canvas, ring: &Mask, sd: f32) -> Canvas {
    let halvings = (1..=MOST_HALVINGS).take_while(|n| (1 << n) as f32 <= LARGEST_STEP * sd).count();
    let coarse = (0..halvings).fold(None, |coarse: Option<(Canvas, Mask)>, _| {
        let (picture, ring) = coarse.as_ref().map_or((picture, ring), |(picture, ring)| (picture, ring));
        Some(halved(picture, ring))
    });
    let Some((coarse, ring)) = coarse else {
        let mut light = pull_push(picture, ring);
        blur_canvas(&mut light, sd);
        return light;
    };
    let step = (1 << halvings) as f32;
    let mut light = pull_push(&coarse, &ring);
    // Averaging a step's pixels and reading between them blurs by itself, by a twelfth and a sixth of its square.
    blur_canvas(&mut light, (sd * sd - 0.25 * step * step).max(0.0).sqrt() / step);
    enlarged(&light, step, picture.width, picture.height)
}

/// Bilinear, `step` times as large.
fn enlarged(coarse: &Canvas, step: f32, width: usize, height: usize) -> Canvas {
    let place = |index: usize, size: usize| {
        let at = ((index as f32 + 0.5) / step - 0.5).clamp(0.0, size as f32 - 1.0);
        let low = at as usize;
        (low, (low + 1).min(size - 1), at - low as f32)
    };
    let columns: Vec<(usize, usize, f32)> = (0..width).map(|x| place(x, coarse.width)).collect();
    let mut data = Vec::with_capacity(width * height);
    let mut line = vec![[0.0; 3]; coarse.width];
    for y in 0..height {
        let (top, bottom, down) = place(y, coarse.height);
        let row = |y: usize| &coarse.data[y * coarse.width..(y + 1) * coarse.width];
        for ((out, a), b) in line.iter_mut().zip(row(top)).zip(row(bottom)) {
            *out = std::array::from_fn(|k| a[k] + down * (b[k] - a[k]));
        }
        data.extend(columns.iter().map(|&(left, right, across)| -> [f32; 3] {
            let (a, b) = (line[left], line[right]);
            std::array::from_fn(|k| a[k] + across * (b[k] - a[k]))
        }));
    }
    Canvas { width, height, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_field_is_the_fine_one() {
        let (width, height, sd) = (151, 118, 7.0);
        let mut picture = Canvas::filled(width, height, [0.0; 3]);
        let mut ring = Mask::filled(width, height, 0.0);
        for i in 0..width * height {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let grain = ((i * 7919) % 16) as f32;
            picture.data[i] = [120.0 + 0.5 * x + grain, 90.0 - 0.3 * y + grain, 60.0 + 20.0 * (x / 40.0).sin()];
            let far = ((x - 75.0) / 70.0).hypot((y - 59.0) / 54.0);
            ring.data[i] = if (0.8..1.0).contains(&far) { 1.0 } else { 0.0 };
        }
        let mut fine = pull_push(&picture, &ring);
        blur_canvas(&mut fine, sd);
        let coarse = spread(&picture, &ring, sd);
        let apart = |i: usize| (0..3).map(|k| (fine.data[i][k] - coarse.data[i][k]).abs()).fold(0.0, f32::max);
        let inside: Vec<f32> = (0..width * height)
            .filter(|i| ((i % width) as f32 - 75.0).hypot((i / width) as f32 - 59.0) < 58.0)
            .map(apart)
            .collect();
        assert!(inside.iter().sum::<f32>() / (inside.len() as f32) < 0.6);
        assert!(inside.iter().copied().fold(0.0, f32::max) < 3.0);
    }

    #[test]
    fn a_narrow_blur_is_done_in_full() {
        let picture = Canvas::filled(9, 7, [5.0, 6.0, 7.0]);
        let light = spread(&picture, &Mask::filled(9, 7, 1.0), 1.0);
        assert!(light.data.iter().flatten().zip([5.0, 6.0, 7.0].iter().cycle()).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}
