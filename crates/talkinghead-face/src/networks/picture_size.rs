//! The sizes of pictures that the networks look at.

use image::RgbImage;

use crate::error::FaceError;

/// The least side of a picture that is looked at, in pixels.
const LEAST_SIDE: u32 = 16;
/// The longest side of a picture that is looked at, in pixels.
const MOST_SIDE: u32 = 16_384;

pub(crate) fn check_size(picture: &RgbImage) -> Result<(), FaceError> {
    let (width, height) = picture.dimensions();
    if width.min(height) < LEAST_SIDE || width.max(height) > MOST_SIDE {
        return Err(FaceError::PictureSize { width, height, least: LEAST_SIDE, most: MOST_SIDE });
    }
    Ok(())
}
