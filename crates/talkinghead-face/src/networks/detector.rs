//! Where faces are: one look for large ones, one for small ones, then looks at overlapping parts for the smallest.

use image::RgbImage;
use rayon::prelude::*;

use super::blaze_face::BlazeFace;
use super::detection::{Detection, merge};
use super::picture_size::check_size;
use super::region::FaceRegion;
use crate::error::FaceError;

/// Side of the smallest parts, pixels: eyes 24 pixels apart are found in them.
const LEAST_PART: f32 = 512.0;
/// Most that the side of a part may be smaller than that of the part it lies in: faces in between are found by neither else.
const MOST_STEP: f32 = 2.5;
/// Overlap of neighbouring parts, in sides: the largest face that a larger part may have missed lies whole in one of them.
const PART_OVERLAP: f32 = 0.25;

/// One way to look over a picture; each finds smaller faces than the one before and takes longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Look {
    /// The whole picture, with the network for large faces.
    Near,
    /// The whole picture, with the network for small faces.
    Far,
    /// Parts of this side in pixels, with the network for small faces.
    Parts(f32),
}

impl Look {
    /// Every look at a picture of this size, largest faces first.
    pub(crate) fn all(width: u32, height: u32) -> Vec<Self> {
        let whole = width.max(height) as f32;
        let steps = ((whole / LEAST_PART).ln() / MOST_STEP.ln()).ceil().max(0.0) as i32;
        let parts = (1..=steps).map(|k| Self::Parts(whole * (LEAST_PART / whole).powf(k as f32 / steps as f32)));
        [Self::Near, Self::Far].into_iter().chain(parts).collect()
    }
}

/// Both detectors.
#[derive(Debug)]
pub(crate) struct FaceDetector {
    near: BlazeFace,
    far: BlazeFace,
}

impl FaceDetector {
    pub(crate) const fn new() -> Self {
        Self { near: BlazeFace::near(), far: BlazeFace::far() }
    }

    /// The faces that one look finds, best score first.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub(crate) fn look(&self, picture: &RgbImage, look: Look) -> Result<Vec<Detection>, FaceError> {
        check_size(picture)?;
        let whole = FaceRegion::around_picture(picture.width(), picture.height());
        match look {
            Look::Near => self.near.look(picture, &whole),
            Look::Far => self.far.look(picture, &whole),
            Look::Parts(side) => {
                let found: Result<Vec<_>, _> =
                    parts(picture.width(), picture.height(), side).par_iter().map(|part| self.far.look(picture, part)).collect();
                Ok(merge(found?.into_iter().flatten().collect()))
            }
        }
    }

    /// The faces in an upright square of the picture.
    ///
    /// # Errors
    /// As [`FaceDetector::look`].
    pub(crate) fn look_at(&self, picture: &RgbImage, square: &FaceRegion) -> Result<Vec<Detection>, FaceError> {
        check_size(picture)?;
        self.near.look(picture, square)
    }
}

/// Overlapping squares that cover a picture.
fn parts(width: u32, height: u32, side: f32) -> Vec<FaceRegion> {
    let centres = |length: u32| -> Vec<f32> {
        let length = length as f32;
        if length <= side {
            return vec![length / 2.0];
        }
        let steps = ((length - side) / ((1.0 - PART_OVERLAP) * side)).ceil().max(1.0) as usize;
        (0..=steps).map(|k| side / 2.0 + (length - side) * k as f32 / steps as f32).collect()
    };
    let (columns, rows) = (centres(width), centres(height));
    let part = |x, y| FaceRegion { centre: [x, y], width: side, height: side, rotation: 0.0 };
    rows.iter().flat_map(|&y| columns.iter().map(move |&x| part(x, y))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_end_with_parts_that_show_the_smallest_faces() {
        assert_eq!(Look::all(512, 400), [Look::Near, Look::Far]);
        for (width, height) in [(513, 480), (1280, 720), (1080, 1920), (3840, 2160), (8000, 6000), (16_384, 16_384)] {
            let looks = Look::all(width, height);
            let mut side = width.max(height) as f32;
            for look in &looks[2..] {
                let &Look::Parts(smaller) = look else { panic!("{look:?}") };
                assert!(smaller < side && smaller * MOST_STEP >= side * 0.999, "{looks:?}");
                side = smaller;
            }
            assert!((side - LEAST_PART).abs() < 0.5, "{looks:?}");
        }
    }

    #[test]
    fn every_small_square_lies_whole_in_a_part() {
        for (width, height) in [(1280_u32, 720_u32), (700, 4000), (650, 650)] {
            let parts = parts(width, height, LEAST_PART);
            let face = PART_OVERLAP * LEAST_PART;
            let mut k = 0_u32;
            while k < 2000 {
                k += 1;
                let x = (k.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 * (width as f32 - face);
                let y = (k.wrapping_mul(2_246_822_519) >> 8) as f32 / 16_777_216.0 * (height as f32 - face);
                let holds =
                    |centre: f32, side: f32, at: f32| at >= centre - side / 2.0 - 0.1 && at + face <= centre + side / 2.0 + 0.1;
                assert!(parts.iter().any(|p| holds(p.centre[0], p.width, x) && holds(p.centre[1], p.height, y)), "{x} {y}");
            }
        }
    }
}
