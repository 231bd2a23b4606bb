//! Whether a picture and its landmarks are fit to be animated.

use image::RgbImage;
use talkinghead_face::Landmarks;

use super::head_region::Mattes;
use crate::error::RenderError;

/// Least distance of the iris centres that can be animated, pixels.
const LEAST_IOD: f32 = 12.0;

/// Refuses landmarks that are not a face of useful size inside the picture, and mattes of another size.
pub(crate) fn check_fitness(picture: &RgbImage, landmarks: &Landmarks, mattes: Option<Mattes<'_>>) -> Result<(), RenderError> {
    if let Some(index) = landmarks.points().iter().position(|p| p.iter().any(|v| !v.is_finite())) {
        return Err(RenderError::LandmarkNotFinite { index });
    }
    let found = landmarks.interocular_distance();
    if found < LEAST_IOD {
        return Err(RenderError::FaceTooSmall { found, least: LEAST_IOD });
    }
    let (width, height) = picture.dimensions();
    let nose = landmarks.points()[4];
    if nose[0] < 0.0 || nose[1] < 0.0 || nose[0] >= width as f32 || nose[1] >= height as f32 {
        return Err(RenderError::FaceOutside { width, height });
    }
    for (name, matte) in mattes.iter().flat_map(|m| [("person", m.person), ("hair", m.hair)]) {
        if (matte.width, matte.height) != (width, height) {
            let (found_width, found_height) = (matte.width, matte.height);
            return Err(RenderError::MatteSize { name, found_width, found_height, width, height });
        }
    }
    Ok(())
}
