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
    // The pixel to the upper left of a place, and how far the place lies from it; at the far edges the one before the last.
    let within = |at: f32, length: usize| {
        let at = at.clamp(0.0, (length - 1) as f32);
        let first = (at as i32).min(length as i32 - 2).max(0);
        (first as usize, at - first as f32)
    };
    let (next, below) = (usize::from(width > 1), if height > 1 { width } else { 0 });
    for (j, row) in face.as_chunks_mut::<3>().0.chunks_exact_mut(side as usize).enumerate() {
        let j = j as f32;
        let (from_x, from_y) = (start[0] + j * down[0], start[1] + j * down[1]);
        for (i, out) in row.iter_mut().enumerate() {
            let i = i as f32;
            let ((left, u), (top, v)) = (within(from_x + i * right[0], width), within(from_y + i * right[1], height));
            let (upper, lower) = (&pixels[top * width + left..], &pixels[top * width + left + below..]);
            let (a, b, c, d) = (upper[0], upper[next], lower[0], lower[next]);
            for k in 0..3 {
                let upper = f32::from(a[k]) + u * (f32::from(b[k]) - f32::from(a[k]));
                let lower = f32::from(c[k]) + u * (f32::from(d[k]) - f32::from(c[k]));
                out[k] = (upper + v * (lower - upper) + 0.5) as u8;
            }
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
