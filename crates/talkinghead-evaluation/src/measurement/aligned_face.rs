//! A face cut out upright, always the same way.

use image::RgbImage;
use talkinghead_face::{FaceRegion, Landmarks, RigidFit};

/// Side of the square in canonical centimetres (a face is about 15 wide), and how far its middle lies below the mesh's origin.
const SIDE: f32 = 20.0;
const BELOW: f32 = -1.0;

/// The square around a face, turned with the head's roll; `[side, side]` pixels, bilinear, beyond the picture its edge pixels.
pub fn aligned_face(picture: &RgbImage, landmarks: &Landmarks, side: u32) -> RgbImage {
    let region = region(landmarks);
    let pixel = 1.0 / side as f32;
    let start = region.to_picture(pixel / 2.0, pixel / 2.0);
    let step = |to: [f32; 2]| [(to[0] - start[0]) / (side - 1).max(1) as f32, (to[1] - start[1]) / (side - 1).max(1) as f32];
    let (right, down) =
        (step(region.to_picture(1.0 - pixel / 2.0, pixel / 2.0)), step(region.to_picture(pixel / 2.0, 1.0 - pixel / 2.0)));
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw().as_chunks::<3>().0;
    let mut face = RgbImage::new(side, side);
    for (index, out) in face.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (i, j) = ((index % side as usize) as f32, (index / side as usize) as f32);
        let x = (start[0] + i * right[0] + j * down[0]).clamp(0.0, (width - 1) as f32);
        let y = (start[1] + i * right[1] + j * down[1]).clamp(0.0, (height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (next, below) = (usize::from(left + 1 < width), if top + 1 < height { width } else { 0 });
        let (u, v) = (x - left as f32, y - top as f32);
        let at = top * width + left;
        let (a, b, c, d) = (pixels[at], pixels[at + next], pixels[at + below], pixels[at + below + next]);
        for k in 0..3 {
            let upper = f32::from(a[k]) + u * (f32::from(b[k]) - f32::from(a[k]));
            let lower = f32::from(c[k]) + u * (f32::from(d[k]) - f32::from(c[k]));
            out[k] = (upper + v * (lower - upper) + 0.5) as u8;
        }
    }
    face
}

fn region(landmarks: &Landmarks) -> FaceRegion {
    let fit = RigidFit::to_canonical(landmarks);
    let centre = fit.to_picture([0.0, BELOW, 0.0]);
    let side = SIDE * fit.scale;
    FaceRegion { centre: [centre[0], centre[1]], width: side, height: side, rotation: fit.angles()[2].to_radians() }
}
