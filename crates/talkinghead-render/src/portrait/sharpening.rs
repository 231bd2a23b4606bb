//! How much a portrait must be sharpened so that its moved face is as sharp as the photographed one.

use super::geometry::PortraitGeometry;
use super::head_region::oval;
use crate::math::luminance;
use crate::picture::canvas::Canvas;
use crate::picture::polygon::{Region, contains};
use crate::picture::texture::Texture;

/// Amounts outside this range would blur or ring.
const RANGE: (f32, f32) = (0.0, 0.4);
/// Shifts in pixels that stand for all that a movement does.
const SHIFTS: [[f32; 2]; 4] = [[0.5, 0.5], [0.25, 0.5], [0.5, 0.0], [0.25, 0.25]];
/// Largest side of the piece of face that is measured, pixels.
const LARGEST_SIDE: usize = 320;

/// The amount of an unsharp mask with which fractional shifts keep the variance of the Laplacian inside the face oval.
pub(crate) fn measure(picture: &Canvas, portrait: &PortraitGeometry) -> f32 {
    let ring = oval(portrait);
    let Some(mut region) = Region::around(&ring, 0.0, picture.width, picture.height) else { return 0.0 };
    for (start, side) in [(&mut region.x, &mut region.width), (&mut region.y, &mut region.height)] {
        if *side > LARGEST_SIDE {
            *start += (*side - LARGEST_SIDE) / 2;
            *side = LARGEST_SIDE;
        }
    }
    let piece = region.cut(picture);
    let centre = [0, 1].map(|k| ring.iter().map(|p| p[k]).sum::<f32>() / ring.len() as f32);
    // Nine tenths of the oval: its outline is not the face's own sharpness.
    let inner: Vec<[f32; 2]> = ring.iter().map(|p| [0, 1].map(|k| centre[k] + 0.9 * (p[k] - centre[k]))).collect();
    let offset = [region.x as f32, region.y as f32];
    let skin: Vec<bool> = (0..piece.data.len())
        .map(|i| contains(&inner, [offset[0] + (i % piece.width) as f32, offset[1] + (i / piece.width) as f32]))
        .collect();

    let (plain, sharp) = (Texture::new(&piece, 2, 0.0), Texture::new(&piece, 2, 1.0));
    let shifted = |texture: &Texture, shift: [f32; 2]| -> Vec<f32> {
        (0..piece.data.len())
            .map(|i| {
                let (x, y) = ((i % piece.width) as f32, (i / piece.width) as f32);
                luminance(texture.sample(x + shift[0], y + shift[1]))
            })
            .collect()
    };
    let own: Vec<f32> = piece.data.iter().map(|&c| luminance(c)).collect();
    let own = laplacian(&own, &piece, &skin);
    let wanted = covariance(&own, &own);
    // Sampling is linear in the amount a: variance = base + 2 a cross + a^2 gain.
    let (mut base, mut cross, mut gain) = (0.0, 0.0, 0.0);
    for shift in SHIFTS {
        let soft = laplacian(&shifted(&plain, shift), &piece, &skin);
        let full = laplacian(&shifted(&sharp, shift), &piece, &skin);
        let added: Vec<f64> = full.iter().zip(&soft).map(|(a, b)| a - b).collect();
        base += covariance(&soft, &soft) / SHIFTS.len() as f64;
        cross += covariance(&soft, &added) / SHIFTS.len() as f64;
        gain += covariance(&added, &added) / SHIFTS.len() as f64;
    }
    let root = cross * cross - gain * (base - wanted);
    if gain <= 1e-9 || root <= 0.0 {
        return RANGE.0;
    }
    (((root.sqrt() - cross) / gain) as f32).clamp(RANGE.0, RANGE.1)
}

/// The Laplacian at pixels of the skin (four neighbours).
fn laplacian(values: &[f32], piece: &Canvas, skin: &[bool]) -> Vec<f64> {
    let (width, height) = (piece.width, piece.height);
    let mut out = Vec::new();
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let i = y * width + x;
            if skin[i] {
                let around = values[i - 1] + values[i + 1] + values[i - width] + values[i + width];
                out.push(f64::from(around - 4.0 * values[i]));
            }
        }
    }
    out
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    #[test]
    fn a_smooth_face_needs_none_and_a_detailed_one_some() {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let waves = |step: f32| {
            let mut picture = Canvas::filled(512, 512, [0.0; 3]);
            for y in 0..512 {
                for x in 0..512 {
                    let value = 128.0 + 30.0 * ((x as f32 * step).sin() + (y as f32 * step).cos());
                    *picture.at_mut(x, y) = [value; 3];
                }
            }
            measure(&picture, &portrait)
        };
        assert!(waves(0.2) < 0.02, "{}", waves(0.2));
        assert!((0.02..=0.4).contains(&waves(2.0)), "{}", waves(2.0));
    }
}
