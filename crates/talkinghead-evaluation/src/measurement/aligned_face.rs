//! A face cut out upright, always the same way.

use image::RgbImage;
use talkinghead_face::{FaceRegion, Landmarks, RigidFit};

use crate::image::Plane;

/// Side of the square in canonical centimetres (a face is about 15 wide), and how far its middle lies below the mesh's origin.
const SIDE: f32 = 20.0;
const BELOW: f32 = -1.0;

/// The square around a face, turned with the head's roll; `[side, side]` pixels, bilinear, beyond the picture its edge pixels.
pub fn aligned_face(picture: &RgbImage, landmarks: &Landmarks, side: u32) -> RgbImage {
    let region = region(landmarks);
    let channels = Plane::channels(picture);
    RgbImage::from_fn(side, side, |x, y| {
        let [u, v] = region.to_picture((x as f32 + 0.5) / side as f32, (y as f32 + 0.5) / side as f32);
        image::Rgb(std::array::from_fn(|channel| channels[channel].between(u, v).round() as u8))
    })
}

fn region(landmarks: &Landmarks) -> FaceRegion {
    let fit = RigidFit::to_canonical(landmarks);
    let centre = fit.to_picture([0.0, BELOW, 0.0]);
    let side = SIDE * fit.scale;
    FaceRegion { centre: [centre[0], centre[1]], width: side, height: side, rotation: fit.angles()[2].to_radians() }
}
