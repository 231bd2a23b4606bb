//! Where the person and where the hair is, as a soft value for each pixel.

use image::RgbImage;
use image::imageops::{self, FilterType};

use super::guided_filter::GuidedFilter;
use super::picture_size::check_size;
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use talkinghead_onnx::OnnxNetwork;

const PERSON_SIDE: usize = 256;
const HAIR_SIDE: usize = 512;

static PERSON_SHAPE: [usize; 4] = [1, 3, PERSON_SIDE, PERSON_SIDE];
static HAIR_SHAPE: [usize; 4] = [1, 4, HAIR_SIDE, HAIR_SIDE];

/// One soft value for each pixel of a picture, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matte {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// `[height * width]`, 0 (is not) to 1 (is).
    pub values: Vec<f32>,
}

impl Matte {
    /// The value of a pixel; 0 outside the picture.
    pub fn at(&self, x: u32, y: u32) -> f32 {
        if x >= self.width || y >= self.height {
            return 0.0;
        }
        self.values[y as usize * self.width as usize + x as usize]
    }
}

/// Where a person is (head, body, clothes, hair) against the background.
pub type PersonMatte = Matte;

/// Where hair is.
pub type HairMatte = Matte;

/// The network that separates a person from the background.
#[derive(Debug)]
pub(crate) struct PersonSegmentation {
    network: OnnxNetwork,
}

impl PersonSegmentation {
    pub(crate) const fn new() -> Self {
        Self {
            network: OnnxNetwork::new(
                "selfie_segmentation",
                include_bytes!("../../../../assets/models/selfie_segmentation.onnx"),
                &PERSON_SHAPE,
            ),
        }
    }

    /// Separates the person (everything of them) from the background; edges follow the picture.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub(crate) fn matte(&self, picture: &RgbImage) -> Result<PersonMatte, FaceError> {
        check_size(picture)?;
        let small = shrink(picture, PERSON_SIDE);
        let mut input = vec![0.0; 3 * PERSON_SIDE * PERSON_SIDE];
        write_planes(&small, &mut input);
        let mask = self.network.run_first(&input)?;
        if mask.len() != PERSON_SIDE * PERSON_SIDE {
            return Err(FaceError::network("selfie_segmentation", "mask of another size"));
        }
        let values = GuidedFilter::PERSON.scale_up(&small, &mask, picture);
        Ok(Matte { width: picture.width(), height: picture.height(), values })
    }
}

/// The network that finds hair.
#[derive(Debug)]
pub(crate) struct HairSegmentation {
    network: OnnxNetwork,
}

impl HairSegmentation {
    pub(crate) const fn new() -> Self {
        Self {
            network: OnnxNetwork::new(
                "hair_segmentation",
                include_bytes!("../../../../assets/models/hair_segmentation.onnx"),
                &HAIR_SHAPE,
            ),
        }
    }

    /// Finds the hair of the person whose landmarks are given. Only the square around the head, four times as wide as the
    /// face, is looked at; elsewhere the matte is 0.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub(crate) fn matte(&self, picture: &RgbImage, landmarks: &Landmarks) -> Result<HairMatte, FaceError> {
        check_size(picture)?;
        let [left, top, width, height] = head_square(picture, landmarks);
        let view = imageops::crop_imm(picture, left, top, width, height).to_image();
        let small = shrink(&view, HAIR_SIDE);
        // The fourth channel is the last frame's mask: none for a still.
        let mut input = vec![0.0; 4 * HAIR_SIDE * HAIR_SIDE];
        write_planes(&small, &mut input);
        let logits = self.network.run_first(&input)?;
        let plane = HAIR_SIDE * HAIR_SIDE;
        if logits.len() != 2 * plane {
            return Err(FaceError::network("hair_segmentation", "mask of another size"));
        }
        let mask: Vec<f32> = (0..plane).map(|i| 1.0 / (1.0 + (logits[i] - logits[plane + i]).exp())).collect();
        drop((input, logits));
        let inner = GuidedFilter::HAIR.scale_up(&small, &mask, &view);
        let mut values = vec![0.0; picture.width() as usize * picture.height() as usize];
        for (y, row) in inner.chunks_exact(width as usize).enumerate() {
            let at = (y + top as usize) * picture.width() as usize + left as usize;
            values[at..at + row.len()].copy_from_slice(row);
        }
        Ok(Matte { width: picture.width(), height: picture.height(), values })
    }
}

/// Left, top, width, height of the part of the picture around the head.
fn head_square(picture: &RgbImage, landmarks: &Landmarks) -> [u32; 4] {
    let [x0, y0, x1, y1] = landmarks.bounding_box();
    let half = 2.0 * (x1 - x0).max(y1 - y0);
    let (x, y) = ((x0 + x1) / 2.0, (y0 + y1) / 2.0);
    let range = |centre: f32, length: u32| {
        let low = (centre - half).clamp(0.0, length.saturating_sub(16) as f32) as u32;
        let high = (centre + half).clamp(low as f32 + 16.0, length as f32) as u32;
        (low, high.min(length) - low)
    };
    let (left, width) = range(x, picture.width());
    let (top, height) = range(y, picture.height());
    [left, top, width, height]
}

fn shrink(picture: &RgbImage, side: usize) -> RgbImage {
    imageops::resize(picture, side as u32, side as u32, FilterType::Triangle)
}

/// Writes `[3, height, width]`, 0..1.
fn write_planes(picture: &RgbImage, out: &mut [f32]) {
    let plane = picture.width() as usize * picture.height() as usize;
    for (index, pixel) in picture.pixels().enumerate() {
        for (channel, &value) in pixel.0.iter().enumerate() {
            out[channel * plane + index] = f32::from(value) / 255.0;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_networks_that_ship_load() {
        PersonSegmentation::new().network.load().unwrap();
        HairSegmentation::new().network.load().unwrap();
    }
}
