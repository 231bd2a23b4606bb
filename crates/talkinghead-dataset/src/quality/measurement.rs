//! How good a clip is: what is measured of its face and sound. What is good enough, [`super::Thresholds`] say.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use crate::statistics::{median, rounded};

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Median of the longer side of the box of the 68 landmarks, source pixels.
    pub face_pixels: f64,
    /// Variance of the Laplacian over the variance of the brightness, between brows and mouth of the 256 pixel crop, median
    /// over frames looked at. A sharp face has more than 0.05, one resize_bilinear four times or out of focus less than 0.01.
    pub sharpness: f64,
    /// Share of frames in which the face was not seen.
    pub lost: f64,
    /// Share of frames with the head turned too far.
    pub turned: f64,
    /// Share of frames with part of the face outside the picture.
    pub cut_off: f64,
    /// Share of frames with the face too dark or too bright.
    pub badly_exposed: f64,
    /// Share of frames looked at with a second face at least half as large.
    pub second_face: f64,
    /// Largest distance of a frame's identity vector from the clip's; outliers of single frames are left out.
    pub identity_spread: f64,
    /// Loudness of the louder half, dBFS.
    pub speech_dbfs: f64,
    /// Share of samples at full scale.
    pub clipped_samples: f64,
}

/// Collects what is measured frame by frame.
#[derive(Debug, Default)]
pub(crate) struct QualityMeter {
    frames: usize,
    face_pixels: Vec<f64>,
    sharpness: Vec<f64>,
    lost: usize,
    turned: usize,
    cut_off: usize,
    badly_exposed: usize,
    looked_for_others: usize,
    second_face: usize,
}

impl QualityMeter {
    /// A frame: the 68 points in the source picture and its size, the head's yaw and pitch in degrees, whether the face was
    /// seen.
    pub(crate) fn frame(&mut self, points: &[[f64; 3]], size: (u32, u32), yaw: f64, pitch: f64, seen: bool) {
        self.frames += 1;
        let (x, y) = (extent(points, 0), extent(points, 1));
        self.face_pixels.push((x.1 - x.0).max(y.1 - y.0));
        self.lost += usize::from(!seen);
        self.turned += usize::from(yaw.abs() > 60.0 || pitch.abs() > 40.0);
        // A margin: landmarks of the jaw may lie a little outside although nothing is missing.
        let margin = 0.03 * (x.1 - x.0);
        let outside = |(least, most): (f64, f64), length: u32| least < -margin || most > f64::from(length) - 1.0 + margin;
        self.cut_off += usize::from(outside(x, size.0) || outside(y, size.1));
    }

    /// The cropped picture of a frame with its points in it.
    pub(crate) fn picture(&mut self, crop: &RgbImage, points: &[[f64; 3]]) {
        let (sharpness, exposed) = sharpness_and_exposure(crop, points.get(17..).unwrap_or(points));
        self.sharpness.push(sharpness);
        self.badly_exposed += usize::from(!exposed);
    }

    /// A frame in which other faces were looked for.
    pub(crate) fn second_face(&mut self, second_face: bool) {
        self.looked_for_others += 1;
        self.second_face += usize::from(second_face);
    }

    pub(crate) fn finish(mut self, identity_spread: f64, sound: &[f32]) -> Quality {
        let share = |count: usize, of: usize| rounded(count as f64 / of.max(1) as f64, 4);
        let pictures = self.sharpness.len();
        Quality {
            face_pixels: rounded(median(&mut self.face_pixels), 1),
            sharpness: rounded(median(&mut self.sharpness), 4),
            lost: share(self.lost, self.frames),
            turned: share(self.turned, self.frames),
            cut_off: share(self.cut_off, self.frames),
            badly_exposed: share(self.badly_exposed, pictures),
            second_face: share(self.second_face, self.looked_for_others),
            identity_spread: rounded(identity_spread, 3),
            speech_dbfs: rounded(speech_level(sound), 1),
            clipped_samples: rounded(sound.iter().filter(|v| v.abs() >= 0.999).count() as f64 / sound.len().max(1) as f64, 5),
        }
    }
}

fn extent(points: &[[f64; 3]], axis: usize) -> (f64, f64) {
    points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])))
}

/// Level of the louder half of 20 ms blocks, dBFS.
fn speech_level(sound: &[f32]) -> f64 {
    let mut powers: Vec<f64> =
        sound.chunks(320).map(|block| block.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / block.len() as f64).collect();
    powers.sort_by(f64::total_cmp);
    let louder = &powers[powers.len() / 2..];
    10.0 * (louder.iter().sum::<f64>() / louder.len().max(1) as f64 + 1e-10).log10()
}

/// Sharpness of the face as [`Quality::sharpness`] says, and whether its brightness is usable.
fn sharpness_and_exposure(crop: &RgbImage, points: &[[f64; 3]]) -> (f64, bool) {
    let clamp = |value: f64, most: u32| value.round().clamp(1.0, f64::from(most.saturating_sub(2)).max(1.0)) as u32;
    let (x, y) = (extent(points, 0), extent(points, 1));
    let (x0, x1) = (clamp(x.0, crop.width()), clamp(x.1, crop.width()));
    let (y0, y1) = (clamp(y.0, crop.height()), clamp(y.1, crop.height()));
    if x1 <= x0 + 4 || y1 <= y0 + 4 {
        return (0.0, false);
    }
    let luma = |x: u32, y: u32| {
        let [r, g, b] = crop.get_pixel(x, y).0.map(f64::from);
        0.299 * r + 0.587 * g + 0.114 * b
    };
    let (mut sum, mut squares, mut edges, mut edge_squares, mut extreme) = (0.0, 0.0, 0.0, 0.0, 0_u32);
    for y in y0..y1 {
        for x in x0..x1 {
            let value = luma(x, y);
            let laplacian = luma(x - 1, y) + luma(x + 1, y) + luma(x, y - 1) + luma(x, y + 1) - 4.0 * value;
            sum += value;
            squares += value * value;
            edges += laplacian;
            edge_squares += laplacian * laplacian;
            extreme += u32::from(!(8.0..=247.0).contains(&value));
        }
    }
    let count = f64::from((x1 - x0) * (y1 - y0));
    let variance = squares / count - (sum / count).powi(2);
    let sharpness = (edge_squares / count - (edges / count).powi(2)) / variance.max(4.0);
    let mean = sum / count;
    (sharpness, (25.0..=235.0).contains(&mean) && f64::from(extreme) / count < 0.4 && variance > 9.0)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use image::Rgb;

    fn texture(step: u32) -> RgbImage {
        RgbImage::from_fn(256, 256, |x, y| Rgb([if (x / step + y / step).is_multiple_of(2) { 80 } else { 170 }; 3]))
    }

    fn face() -> Vec<[f64; 3]> {
        (0..68).map(|i| [80.0 + f64::from(i), 90.0 + f64::from(i), 0.0]).collect()
    }

    pub(crate) fn good() -> Quality {
        let mut meter = QualityMeter::default();
        for _ in 0..10 {
            meter.frame(&face(), (256, 256), 5.0, 5.0, true);
            meter.picture(&texture(2), &face());
        }
        let sound: Vec<f32> = (0..16_000).map(|i| 0.1 * (i as f32 * 0.1).sin()).collect();
        meter.finish(0.2, &sound)
    }

    #[test]
    fn blur_and_darkness_are_seen() {
        let (fine, exposed) = sharpness_and_exposure(&texture(2), &face());
        let blurred = image::imageops::blur(&texture(8), 6.0);
        let (coarse, _) = sharpness_and_exposure(&blurred, &face());
        assert!(fine > 20.0 * coarse && exposed, "{fine} {coarse}");
        let dark = RgbImage::from_pixel(256, 256, Rgb([4; 3]));
        assert!(!sharpness_and_exposure(&dark, &face()).1);
    }

    #[test]
    fn levels_are_in_decibels() {
        let tone: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.3).sin()).collect();
        assert!((speech_level(&tone) + 3.0).abs() < 0.2);
        assert!(speech_level(&[0.0; 1000]) < -90.0);
    }
}
