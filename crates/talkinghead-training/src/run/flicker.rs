//! Flicker: what changes between consecutive frames beside the movement of the face.

use image::RgbImage;
use talkinghead_face::FlatLandmarks68;

use crate::flow::{FlowField, LandmarkPair, mesh_flow};

/// How much more the consecutive frames of a made video differ than those of the real one, each warped onto the next by the flow of the
/// tracked face: 1 flickers like the real clip, more flickers more, and less than 1 is smoother than real (which blur is as well: look at it
/// beside sharpness). `landmarks` are those of the frames, in their pixels. None where nothing of the face is seen twice or the real frames are
/// equal.
pub fn flicker(made: &[RgbImage], real: &[RgbImage], landmarks: &[FlatLandmarks68]) -> Option<f64> {
    let real = residual(real, landmarks);
    (real > 0.0).then(|| residual(made, landmarks) / real)
}

/// Sum over neighbouring frames of the mean absolute difference within the face after warping, in values of 0..255.
pub(super) fn residual(frames: &[RgbImage], landmarks: &[FlatLandmarks68]) -> f64 {
    let pairs = frames.windows(2).zip(landmarks.windows(2));
    pairs.map(|(frames, landmarks)| warped_difference(frames, landmarks).map_or(0.0, |(mean, _)| mean)).sum()
}

/// Mean absolute difference of the second frame and the first warped onto it, where the mesh knows the movement; and the difference of
/// each pixel, `[height * width]`, the largest of its three values.
pub(super) fn warped_difference(frames: &[RgbImage], landmarks: &[FlatLandmarks68]) -> Option<(f64, Vec<f32>)> {
    let ([before, now], [first, second]) = (frames, landmarks) else { return None };
    let (width, height) = (now.width() as usize, now.height() as usize);
    if before.dimensions() != now.dimensions() || width * height == 0 {
        return None;
    }
    let FlowField { flow, confidence, .. } = mesh_flow(&LandmarkPair { first: *second, second: *first }, width, height);
    let (mut sum, mut weight, mut each) = (0.0, 0.0, vec![0.0; width * height]);
    for (at, pixel) in now.pixels().enumerate() {
        if confidence[at] <= 0.0 {
            continue;
        }
        let place = [(at % width) as f32 + flow[at][0], (at / width) as f32 + flow[at][1]];
        let Some(found) = sampled(before, place) else { continue };
        let apart: [f32; 3] = std::array::from_fn(|k| (f32::from(pixel.0[k]) - found[k]).abs());
        each[at] = apart.iter().copied().fold(0.0, f32::max);
        sum += f64::from(apart.iter().sum::<f32>()) / 3.0 * f64::from(confidence[at]);
        weight += f64::from(confidence[at]);
    }
    (weight > 0.0).then(|| (sum / weight, each))
}

/// The colour at a place, bilinear; none outside.
fn sampled(picture: &RgbImage, [x, y]: [f32; 2]) -> Option<[f32; 3]> {
    let (right, bottom) = ((picture.width() - 1) as f32, (picture.height() - 1) as f32);
    if !(0.0..=right).contains(&x) || !(0.0..=bottom).contains(&y) {
        return None;
    }
    let (x0, y0) = (x.floor() as u32, y.floor() as u32);
    let (x1, y1) = ((x0 + 1).min(picture.width() - 1), (y0 + 1).min(picture.height() - 1));
    let (fx, fy) = (x.fract(), y.fract());
    let value = |x: u32, y: u32, k: usize| f32::from(picture.get_pixel(x, y).0[k]);
    Some(std::array::from_fn(|k| {
        let upper = value(x0, y0, k) + fx * (value(x1, y0, k) - value(x0, y0, k));
        let lower = value(x0, y1, k) + fx * (value(x1, y1, k) - value(x0, y1, k));
        upper + fy * (lower - upper)
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use talkinghead_face::standard_face;

    const SIDE: u32 = 128;

    fn landmarks(shift: f64) -> FlatLandmarks68 {
        standard_face().map(|[x, y, _]| [x / 2.0 + shift, y / 2.0])
    }

    /// A pattern that moves with the face, plus noise of a size.
    fn frame(shift: f64, noise: i32) -> RgbImage {
        RgbImage::from_fn(SIDE, SIDE, |x, y| {
            let place = f64::from(x) - shift;
            let value = 128.0 + 40.0 * (place / 7.0).sin() + 30.0 * (f64::from(y) / 9.0).cos();
            let random = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ (shift * 977.0) as u32) >> 9;
            let added = if noise == 0 { 0 } else { random as i32 % (2 * noise + 1) - noise };
            image::Rgb([(value as i32 + added).clamp(0, 255) as u8; 3])
        })
    }

    #[test]
    fn movement_is_no_flicker_and_noise_is() {
        let shifts = [0.0, 1.5, 3.0, 4.0];
        let landmarks: Vec<FlatLandmarks68> = shifts.iter().map(|shift| landmarks(*shift)).collect();
        let video = |noise: i32| shifts.iter().map(|shift| frame(*shift, noise)).collect::<Vec<_>>();
        let (still, some, more) =
            (residual(&video(0), &landmarks), residual(&video(4), &landmarks), residual(&video(16), &landmarks));
        assert!(still < 3.0 && some > 2.0 * still && more > 2.5 * some, "{still} {some} {more}");
        // Without the movement of the face the moving pattern itself would count.
        let unmoved = residual(&video(0), &[landmarks[0]; 4]);
        assert!(unmoved > 5.0 * still, "{unmoved} beside {still}");
        assert!((flicker(&video(4), &video(4), &landmarks).unwrap() - 1.0).abs() < 1e-9);
        assert!(flicker(&video(16), &video(4), &landmarks).unwrap() > 2.5);
        assert_eq!(flicker(&video(0)[..1], &video(0)[..1], &landmarks[..1]), None);
    }
}
