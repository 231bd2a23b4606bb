//! The head's turning over a clip as three curves: yaw red, pitch green, roll blue; a mark for the frame that is shown.

use image::{Rgb, RgbImage};
use talkinghead_face::{HeadPose, ReferencePose};

use super::overlay::stroke;

/// Colours of yaw, pitch, roll.
const COLOURS: [[u8; 3]; 3] = [[255, 92, 92], [110, 225, 110], [110, 150, 255]];
const BACKGROUND: [u8; 3] = [22, 22, 26];
const GRID: [u8; 3] = [70, 70, 78];
/// The curves' range is at least this large to both sides, degrees, and grows in such steps.
const STEP: f64 = 15.0;

/// The curves of a clip, drawn once.
pub(crate) struct PoseCurves {
    picture: RgbImage,
    frames: usize,
}

/// Yaw, pitch, roll in degrees of a row of the pose file.
pub(crate) fn angles(row: &[f64; 6]) -> [f64; 3] {
    HeadPose::angles(&ReferencePose::from_rt(*row).rotation.map(|value| value as f32)).map(f64::from)
}

impl PoseCurves {
    /// Draws them; `key` is marked by a line.
    pub(crate) fn new(poses: &[[f64; 6]], key: Option<usize>, width: u32, height: u32) -> Self {
        let mut picture = RgbImage::from_pixel(width, height, Rgb(BACKGROUND));
        let values: Vec<[f64; 3]> = poses.iter().map(angles).collect();
        let most = values.iter().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
        let range = (most / STEP).ceil().clamp(1.0, 12.0) * STEP;
        let at = |degrees: f64| f64::from(height) * (0.5 - 0.46 * degrees / range);
        for degrees in [-range, 0.0, range] {
            stroke(&mut picture, [0.0, at(degrees)], [f64::from(width), at(degrees)], 0.5, GRID, 1.0);
        }
        let curves = Self { picture, frames: poses.len() };
        let x = |frame: usize| curves.x(frame);
        let mut picture = curves.picture.clone();
        if let Some(key) = key {
            stroke(&mut picture, [x(key), 0.0], [x(key), f64::from(height)], 0.5, [200, 170, 60], 1.0);
        }
        for (axis, colour) in COLOURS.into_iter().enumerate() {
            for (frame, pair) in values.windows(2).enumerate() {
                stroke(&mut picture, [x(frame), at(pair[0][axis])], [x(frame + 1), at(pair[1][axis])], 0.9, colour, 1.0);
            }
        }
        Self { picture, ..curves }
    }

    fn x(&self, frame: usize) -> f64 {
        f64::from(self.picture.width()) * (frame as f64 + 0.5) / self.frames.max(1) as f64
    }

    /// The curves with the mark at a frame.
    pub(crate) fn at(&self, frame: usize) -> RgbImage {
        let mut picture = self.picture.clone();
        let x = self.x(frame);
        stroke(&mut picture, [x, 0.0], [x, f64::from(self.picture.height())], 1.0, [255; 3], 0.9);
        picture
    }
}
