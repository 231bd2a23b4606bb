//! The animation picture: the front mesh in a frame's pose, drawn as SPEC-data section 6 says.

use image::RgbImage;
use talkinghead_face::ReferencePose;
use talkinghead_render::HeadMesh;

use super::crop::CLIP_SIDE;
use super::rigid::posed;

/// The front mesh in a pose, on black, 256x256.
pub fn animation_frame(front: &HeadMesh, pose: &ReferencePose) -> RgbImage {
    HeadMesh { vertices: posed(pose, &front.vertices), ..front.clone() }.drawn(CLIP_SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::to_front;
    use talkinghead_face::CanonicalMesh;

    /// The key frame's own projection lies over the key frame: a shift of half a pixel would show in the gradient.
    #[test]
    fn the_key_frame_shows_itself() {
        let pose = ReferencePose::from_rt([0.05, -0.1, 0.03, 4.0, -3.0, 10.0]);
        let canonical = &CanonicalMesh::get().vertices;
        let standard: Vec<[f64; 3]> = canonical
            .iter()
            .map(|v| [128.0 + 8.0 * f64::from(v[0]), 128.0 + 8.0 * f64::from(v[1]), -8.0 * f64::from(v[2])])
            .collect();
        let picture = RgbImage::from_fn(256, 256, |x, y| image::Rgb([x as u8, y as u8, (128 + (x as i32 - y as i32) / 2) as u8]));
        let mesh = HeadMesh::of_frame(&posed(&pose, &standard), &picture);
        let front = HeadMesh { vertices: to_front(&pose, &mesh.vertices), ..mesh };
        let drawn = animation_frame(&front, &pose);
        let covered: Vec<_> = drawn.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 != [0; 3]).collect();
        assert!(covered.len() > 10_000, "{}", covered.len());
        for channel in 0..2 {
            let own = |x: u32, y: u32| f64::from(picture.get_pixel(x, y)[channel]);
            let mut shifts: Vec<f64> = covered.iter().map(|&(x, y, pixel)| f64::from(pixel[channel]) - own(x, y)).collect();
            // Colours are truncated, not rounded; a shift by half a pixel would move the middle by half a level more.
            let middle = crate::statistics::median(&mut shifts);
            let off = shifts.iter().filter(|shift| !(-1.0..=0.0).contains(*shift)).count();
            assert!((-1.0..=0.0).contains(&middle) && off * 20 < shifts.len(), "{middle}, {off} of {}", shifts.len());
        }
    }

    /// No pixel inside the face stays black, in any pose of speech.
    #[test]
    fn the_projection_has_no_holes() {
        let canonical = &CanonicalMesh::get().vertices;
        let points: Vec<[f64; 3]> =
            canonical.iter().map(|v| [9.0 * f64::from(v[0]), 9.0 * f64::from(v[1]), -9.0 * f64::from(v[2])]).collect();
        let centred: Vec<[f64; 3]> = points.iter().map(|p| [p[0] + 128.0, p[1] + 128.0, p[2]]).collect();
        let mesh = HeadMesh::of_frame(&centred, &RgbImage::from_pixel(256, 256, image::Rgb([200, 150, 120])));
        let front = HeadMesh { vertices: mesh.vertices.iter().map(|p| [p[0] - 128.0, p[1] - 128.0, p[2]]).collect(), ..mesh };
        for (pitch, yaw) in [(0.0, 0.0), (0.3, 0.4), (-0.3, -0.5), (0.0, 0.7)] {
            let pose = ReferencePose::from_rt([pitch, yaw, 0.1, 0.0, 0.0, 0.0]);
            let moved = ReferencePose { translation: -(pose.rotation * nalgebra::Vector3::new(128.0, 128.0, 0.0)), ..pose };
            let drawn = animation_frame(&front, &moved);
            for row in 0..256 {
                let lit: Vec<u32> = (0..256).filter(|&x| drawn.get_pixel(x, row).0 != [0; 3]).collect();
                if let (Some(first), Some(last)) = (lit.first(), lit.last()) {
                    // The outline may be concave (the temples), a hole inside is one pixel after another.
                    let gaps = (last - first + 1) as usize - lit.len();
                    assert!(gaps <= 12, "{gaps} black pixels in row {row} at pitch {pitch}, yaw {yaw}");
                }
            }
        }
    }
}
