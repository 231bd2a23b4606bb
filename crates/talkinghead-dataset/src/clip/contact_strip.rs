//! A few small frames of a clip with their landmarks, side by side, for the report.

use image::RgbImage;

use crate::geometry::CLIP_SIDE;

/// Frames of the contact strip.
const FRAMES: usize = 5;
/// Pixels of a picture in it.
const SIDE: u32 = 112;

/// Collects the strip while a clip's frames go by.
pub(crate) struct ContactStrip {
    frames: usize,
    pictures: Vec<RgbImage>,
}

impl ContactStrip {
    /// For a clip of so many frames.
    pub(crate) fn new(frames: usize) -> Self {
        Self { frames, pictures: Vec::new() }
    }

    /// Looks at a frame's crop with its 68 points (pixels of the crop); takes it if it is one of the strip's.
    pub(crate) fn look(&mut self, frame: usize, crop: &RgbImage, points: &[[f64; 3]]) {
        if (0..FRAMES).any(|k| frame == self.frames * (2 * k + 1) / (2 * FRAMES)) {
            self.pictures.push(small(crop, points));
        }
    }

    /// The strip; `None` if there is nothing to see.
    pub(crate) fn jpeg(&self) -> Option<Vec<u8>> {
        let mut strip = RgbImage::new(SIDE * self.pictures.len() as u32, SIDE);
        for (at, picture) in self.pictures.iter().enumerate() {
            image::imageops::replace(&mut strip, picture, i64::from(SIDE) * at as i64, 0);
        }
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 72);
        (!self.pictures.is_empty() && strip.write_with_encoder(encoder).is_ok()).then_some(bytes)
    }
}

/// A small picture of a crop with its landmarks.
fn small(crop: &RgbImage, points: &[[f64; 3]]) -> RgbImage {
    let mut small = image::imageops::resize(crop, SIDE, SIDE, image::imageops::FilterType::Triangle);
    let scale = f64::from(SIDE) / f64::from(CLIP_SIDE);
    for point in points {
        let (x, y) = ((point[0] * scale).round(), (point[1] * scale).round());
        if x >= 0.0 && y >= 0.0 && x < f64::from(SIDE) && y < f64::from(SIDE) {
            small.put_pixel(x as u32, y as u32, image::Rgb([60, 255, 60]));
        }
    }
    small
}
