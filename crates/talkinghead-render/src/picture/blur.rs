//! Gaussian blur of pictures and masks; beyond the border the nearest pixel goes on.

use super::canvas::{Canvas, Mask};

/// Blurs a mask with a Gaussian of `sd` pixels; 0.2 and less leaves it as it is.
pub fn blur_mask(mask: &mut Mask, sd: f32) {
    blur::<1>(&mut mask.data, mask.width, mask.height, sd);
}

/// Blurs a picture with a Gaussian of `sd` pixels; 0.2 and less leaves it as it is.
pub fn blur_canvas(canvas: &mut Canvas, sd: f32) {
    blur::<3>(canvas.data.as_flattened_mut(), canvas.width, canvas.height, sd);
}

/// Half of a normalised kernel: the middle first.
fn kernel(sd: f32) -> Vec<f32> {
    let radius = (3.0 * sd).ceil().max(1.0) as usize;
    let mut half: Vec<f32> = (0..=radius).map(|i| (-0.5 * (i as f32 / sd).powi(2)).exp()).collect();
    let sum = half[0] + 2.0 * half[1..].iter().sum::<f32>();
    half.iter_mut().for_each(|v| *v /= sum);
    half
}

/// Both directions, one after the other, over interleaved channels.
fn blur<const CHANNELS: usize>(data: &mut [f32], width: usize, height: usize, sd: f32) {
    if sd <= 0.2 || width == 0 || height == 0 {
        return;
    }
    let half = kernel(sd);
    let radius = half.len() - 1;
    let row = width * CHANNELS;
    let mut padded = vec![0.0; row + 2 * radius * CHANNELS];
    for line in data.chunks_exact_mut(row) {
        for i in 0..width + 2 * radius {
            let from = i.saturating_sub(radius).min(width - 1) * CHANNELS;
            padded[i * CHANNELS..(i + 1) * CHANNELS].copy_from_slice(&line[from..from + CHANNELS]);
        }
        let middle = radius * CHANNELS;
        line.iter_mut().zip(&padded[middle..]).for_each(|(out, v)| *out = half[0] * v);
        for (k, &weight) in half.iter().enumerate().skip(1) {
            let (before, after) = (&padded[middle - k * CHANNELS..], &padded[middle + k * CHANNELS..]);
            for ((out, a), b) in line.iter_mut().zip(before).zip(after) {
                *out += weight * (a + b);
            }
        }
    }
    let source = data.to_vec();
    for (y, line) in data.chunks_exact_mut(row).enumerate() {
        let at = |y: usize| &source[y * row..(y + 1) * row];
        line.iter_mut().zip(at(y)).for_each(|(out, v)| *out = half[0] * v);
        for (k, &weight) in half.iter().enumerate().skip(1) {
            let (before, after) = (at(y.saturating_sub(k)), at((y + k).min(height - 1)));
            for ((out, a), b) in line.iter_mut().zip(before).zip(after) {
                *out += weight * (a + b);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_sum_and_middle_and_has_the_sd_asked_for() {
        let mut mask = Mask { width: 41, height: 41, data: vec![0.0; 41 * 41] };
        mask.data[20 * 41 + 20] = 1.0;
        blur_mask(&mut mask, 2.5);
        let sum: f32 = mask.data.iter().sum();
        let variance: f32 = mask.data.iter().enumerate().map(|(i, v)| v * ((i % 41) as f32 - 20.0).powi(2)).sum();
        assert!((sum - 1.0).abs() < 1e-4);
        assert!((variance.sqrt() - 2.5).abs() < 0.06);
    }

    #[test]
    fn a_constant_stays_up_to_the_border() {
        let mut canvas = Canvas { width: 7, height: 5, data: vec![[3.0, 50.0, 250.0]; 35] };
        blur_canvas(&mut canvas, 4.0);
        assert!(canvas.data.iter().all(|c| (c[2] - 250.0).abs() < 1e-2 && (c[0] - 3.0).abs() < 1e-3));
    }

    #[test]
    fn channels_do_not_mix() {
        let mut canvas = Canvas { width: 9, height: 9, data: vec![[1.0, 0.0, 0.0]; 81] };
        canvas.data[40] = [1.0, 9.0, 0.0];
        blur_canvas(&mut canvas, 1.0);
        assert!(canvas.data.iter().all(|c| c[2] == 0.0 && (c[0] - 1.0).abs() < 1e-4));
        assert!(canvas.data[41][1] > 0.5);
    }
}
