//! A face cut out the way face recognition networks want it.

use image::RgbImage;
use talkinghead_face::Landmarks;

use crate::image::Plane;

/// Side of the picture.
const SIDE: usize = 112;
/// Where eyes, tip of the nose and corners of the mouth lie in it (ArcFace's template).
const TEMPLATE: [[f32; 2]; 5] =
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]];

/// The face, `[112, 112]` pixels: turned, scaled and moved so that five points come nearest to ArcFace's template; linear between pixels,
/// black beyond the picture.
pub fn face_112(picture: &RgbImage, landmarks: &Landmarks) -> RgbImage {
    let points = five_points(landmarks);
    let middle = |points: &[[f32; 2]; 5]| [0, 1].map(|k| points.iter().map(|p| p[k]).sum::<f32>() / 5.0);
    let (from, to) = (middle(&TEMPLATE), middle(&points));
    // The best similarity from the template to the picture, as a complex number.
    let (mut real, mut imaginary, mut squares) = (0.0, 0.0, 0.0);
    for (p, q) in TEMPLATE.iter().zip(&points) {
        let (p, q) = ([p[0] - from[0], p[1] - from[1]], [q[0] - to[0], q[1] - to[1]]);
        real += p[0] * q[0] + p[1] * q[1];
        imaginary += p[0] * q[1] - p[1] * q[0];
        squares += p[0] * p[0] + p[1] * p[1];
    }
    let (cosine, sine) = (real / squares, imaginary / squares);
    let channels = Plane::channels(picture);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    RgbImage::from_fn(SIDE as u32, SIDE as u32, |i, j| {
        let (u, v) = (i as f32 - from[0], j as f32 - from[1]);
        let (x, y) = (to[0] + cosine * u - sine * v, to[1] + sine * u + cosine * v);
        let inside = x > -0.5 && y > -0.5 && x < width - 0.5 && y < height - 0.5;
        image::Rgb([0, 1, 2].map(|c| if inside { channels[c].between(x, y).round() as u8 } else { 0 }))
    })
}

/// Middles of the eyes, tip of the nose, corners of the mouth.
fn five_points(landmarks: &Landmarks) -> [[f32; 2]; 5] {
    let points = landmarks.to_68();
    let point = |k: usize| [points[k][0] as f32, points[k][1] as f32];
    let eye = |first: usize| [0, 1].map(|k| (first..first + 6).map(|p| point(p)[k]).sum::<f32>() / 6.0);
    [eye(36), eye(42), point(30), point(48), point(54)]
}
