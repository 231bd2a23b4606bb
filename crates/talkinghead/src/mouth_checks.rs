//! Whether a reference shows the mouth that is to move.

use std::path::Path;

use image::RgbImage;
use talkinghead_face::{FaceError, FaceNetworks, Landmarks, MissingPart, MouthView, missing_parts};

/// Refuses a face whose mouth lies outside its picture.
pub(crate) fn check_mouth(landmarks: &Landmarks, size: (u32, u32), place: &str) -> Result<(), FaceError> {
    if missing_parts(landmarks, size).contains(&MissingPart::Mouth) {
        return Err(FaceError::NoMouth { place: place.to_owned(), covered: false });
    }
    Ok(())
}

/// Refuses a face whose mouth is covered; warns where it seems so.
pub(crate) fn check_cover(
    networks: &FaceNetworks,
    picture: &RgbImage,
    landmarks: &Landmarks,
    path: &Path,
    warnings: &mut Vec<String>,
) -> Result<(), FaceError> {
    match networks.mouth_view(picture, landmarks)? {
        MouthView::Free => {}
        MouthView::Doubtful => {
            warnings.push(format!("{}: the mouth seems to be covered; what is in front of it will move with it", path.display()));
        }
        MouthView::Covered => return Err(FaceError::NoMouth { place: "the picture".to_owned(), covered: true }),
    }
    Ok(())
}
