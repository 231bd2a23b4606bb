//! The square around the face that the reference's videos are cut to (SPEC-data section 3), right at the borders.

use image::RgbImage;

use super::hann_window::HannWindow;
use super::landmarks68::FlatLandmarks68;
use crate::error::FaceError;

/// Side of a cropped frame in pixels.
pub const CROP_SIDE: u32 = 256;

/// How the square moves through a video. In files: `constant` and `tracked`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum CropMode {
    /// It stands still (the reference's mode 1): the mean place over the video.
    #[default]
    #[serde(rename = "constant")]
    Static,
    /// It follows the face, smoothed over 11 frames (the reference's mode 0, without its delay of 5 frames).
    #[serde(rename = "tracked")]
    Following,
}

/// Which points make the centre of an eye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EyeCentre {
    /// All six.
    #[default]
    AllPoints,
    /// Five of six, as the reference does by mistake: for files that must equal its own.
    Reference,
}

/// The square around the face, one place for each frame (or one for all).
#[derive(Clone, Debug, PartialEq)]
pub struct FaceCrop {
    /// Side of the square in pixels of the frame.
    pub side: u32,
    /// Left and top in pixels of the frame; one for each frame, or a single one that holds for all.
    pub corners: Vec<[f64; 2]>,
}

impl FaceCrop {
    /// Places the square by the 68 points (x, y, pixels) of every frame.
    ///
    /// # Errors
    /// [`FaceError::NoFace`] without frames.
    pub fn around(frames: &[FlatLandmarks68], mode: CropMode, eyes: EyeCentre) -> Result<Self, FaceError> {
        if frames.is_empty() {
            return Err(FaceError::NoFace { place: "any of 0 frames".into() });
        }
        let size = frames.iter().map(face_size).sum::<f64>() / frames.len() as f64;
        let corners: Vec<[f64; 2]> = frames
            .iter()
            .map(|points| {
                let [x, y] = between_eyes(points, eyes);
                [x - 100.0 * size / 90.0, y - 80.0 * size / 90.0]
            })
            .collect();
        let corners = match mode {
            CropMode::Static => {
                let sum = corners.iter().fold([0.0; 2], |s, c| [s[0] + c[0], s[1] + c[1]]);
                vec![sum.map(|s| s / corners.len() as f64)]
            }
            CropMode::Following => hann_smoothed(&corners, 11),
        };
        Ok(Self { side: ((205.0 * size / 90.0) as u32).max(1), corners })
    }

    /// Left and top of a frame's square in whole pixels; may lie outside the frame.
    pub fn corner(&self, frame: usize) -> [i64; 2] {
        let corner = self.corners.get(frame).or(self.corners.last()).copied().unwrap_or_default();
        corner.map(|v| v.floor() as i64)
    }

    /// Cuts the square out of a frame and scales it to [`CROP_SIDE`], bilinear with pixel centres at one half; black where
    /// the square reaches over any of the frame's four sides. [`FaceRegion`](crate::FaceRegion) reads by another rule: pixel
    /// centres at whole coordinates, and turned.
    pub fn cut(&self, frame: usize, picture: &RgbImage) -> RgbImage {
        let [left, top] = self.corner(frame);
        let scale = f64::from(self.side) / f64::from(CROP_SIDE);
        let last = i64::from(self.side) - 1;
        // Scaling reads the square only: its own edge is repeated, never what lies beside it.
        let taps = |index: u32, offset: i64, length: u32| {
            let v = ((f64::from(index) + 0.5) * scale - 0.5).clamp(0.0, last as f64);
            let low = v as i64;
            let inside = |v: i64| usize::try_from(v).ok().filter(|&v| v < length as usize);
            (inside(offset + low), inside(offset + (low + 1).min(last)), (v - low as f64) as f32)
        };
        let width = picture.width() as usize;
        let columns: Vec<_> = (0..CROP_SIDE).map(|column| taps(column, left, picture.width())).collect();
        let source = picture.as_raw();
        let row_of = |y: Option<usize>| y.and_then(|y| source.get(y * width * 3..(y + 1) * width * 3)).unwrap_or(&[]);
        let mut cut = RgbImage::new(CROP_SIDE, CROP_SIDE);
        for (row, pixels) in cut.chunks_exact_mut(3 * CROP_SIDE as usize).enumerate() {
            let (y0, y1, fy) = taps(row as u32, top, picture.height());
            let (upper, lower) = (row_of(y0), row_of(y1));
            for (out, &(x0, x1, fx)) in pixels.chunks_exact_mut(3).zip(&columns) {
                let (a, b) = (pixel(upper, x0), pixel(upper, x1));
                let (c, d) = (pixel(lower, x0), pixel(lower, x1));
                for k in 0..3 {
                    let upper = a[k] + fx * (b[k] - a[k]);
                    let lower = c[k] + fx * (d[k] - c[k]);
                    // Of a value from 0 to 255, this is its rounding.
                    out[k] = (upper + fy * (lower - upper) + 0.5) as u8;
                }
            }
        }
        cut
    }

    /// Carries a point of the frame into the crop (pixel `k`'s value lies at coordinate `k` in both).
    pub fn to_crop(&self, frame: usize, point: [f64; 2]) -> [f64; 2] {
        let corner = self.corner(frame);
        let scale = f64::from(CROP_SIDE) / f64::from(self.side);
        std::array::from_fn(|k| (point[k] - corner[k] as f64 + 0.5) * scale - 0.5)
    }

    /// The inverse of [`FaceCrop::to_crop`].
    pub fn to_frame(&self, frame: usize, point: [f64; 2]) -> [f64; 2] {
        let corner = self.corner(frame);
        let scale = f64::from(self.side) / f64::from(CROP_SIDE);
        std::array::from_fn(|k| (point[k] + 0.5) * scale - 0.5 + corner[k] as f64)
    }
}

/// A pixel of a row of RGB bytes; black outside.
fn pixel(row: &[u8], x: Option<usize>) -> [f32; 3] {
    match x.and_then(|x| row.get(3 * x..3 * x + 3)) {
        Some(rgb) => [f32::from(rgb[0]), f32::from(rgb[1]), f32::from(rgb[2])],
        None => [0.0; 3],
    }
}

/// The longer side of the box around all points.
fn face_size(points: &FlatLandmarks68) -> f64 {
    let range = |axis: usize| {
        let values = points.iter().map(|p| p[axis]);
        values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min)
    };
    range(0).max(range(1))
}

fn between_eyes(points: &FlatLandmarks68, eyes: EyeCentre) -> [f64; 2] {
    let count = match eyes {
        EyeCentre::AllPoints => 6,
        EyeCentre::Reference => 5,
    };
    let mean = |first: usize, axis: usize| points[first..first + count].iter().map(|p| p[axis]).sum::<f64>() / count as f64;
    std::array::from_fn(|axis| (mean(36, axis) + mean(42, axis)) / 2.0)
}

/// Smooths with a Hann window; it shrinks for short tracks, to the largest whose mirror images exist.
fn hann_smoothed(track: &[[f64; 2]], width: usize) -> Vec<[f64; 2]> {
    let window = HannWindow::new(width.min(2 * track.len() - 1));
    let smooth = |frame: i64| std::array::from_fn(|axis| window.at(track.len(), |at| track[at][axis], frame));
    (0..track.len() as i64).map(smooth).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use image::Rgb;

    use super::*;

    fn face(x: f64, y: f64) -> FlatLandmarks68 {
        std::array::from_fn(|i| [x + (i % 10) as f64 * 10.0, y + (i / 10) as f64 * 10.0])
    }

    #[test]
    fn points_go_there_and_back() {
        let crop = FaceCrop::around(&[face(20.0, 30.0)], CropMode::Static, EyeCentre::AllPoints).unwrap();
        let back = crop.to_frame(0, crop.to_crop(0, [33.5, 70.25]));
        assert!((back[0] - 33.5).abs() < 1e-9 && (back[1] - 70.25).abs() < 1e-9);
    }

    #[test]
    fn the_square_is_black_beyond_all_four_sides() {
        let crop = FaceCrop { side: 100, corners: vec![[-20.0, -20.0]] };
        let white = RgbImage::from_pixel(60, 60, Rgb([255; 3]));
        let cut = crop.cut(0, &white);
        for (x, y, value) in [(128, 10, 0), (10, 128, 0), (245, 128, 0), (128, 245, 0), (128, 128, 255)] {
            assert_eq!(cut.get_pixel(x, y).0[0], value, "{x} {y}");
        }
    }

    #[test]
    fn a_following_square_keeps_up_with_a_steady_walk() {
        let frames: Vec<_> = (0..30).map(|t| face(5.0 * t as f64, 0.0)).collect();
        let crop = FaceCrop::around(&frames, CropMode::Following, EyeCentre::AllPoints).unwrap();
        for (t, points) in frames.iter().enumerate().take(19).skip(10) {
            assert!((crop.corners[t + 1][0] - crop.corners[t][0] - 5.0).abs() < 1e-9);
            let [x, _] = crop.to_crop(t, [between_eyes(points, EyeCentre::AllPoints)[0], 0.0]);
            assert!((x - 256.0 * 100.0 / 205.0).abs() < 2.0, "{x}");
        }
        assert_eq!(FaceCrop::around(&frames[..1], CropMode::Following, EyeCentre::AllPoints).unwrap().corners.len(), 1);
    }
}
