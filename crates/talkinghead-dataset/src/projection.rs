//! The animation picture: the front mesh in a frame's pose, drawn as SPEC-data section 6 says.

use image::RgbImage;
use talkinghead_face::ReferencePose;
use talkinghead_render::projection::{ColouredMesh, render_hard};

use crate::clip::CLIP_SIDE;
use crate::head_mesh::HeadMesh;
use crate::rigid::posed;

/// The front mesh in a pose, on black, 256x256.
///
/// Landmarks put pixel `k` at coordinate `k`, the rasteriser at `k + 0.5`: the mesh is moved by half a pixel so that the
/// picture lies over the frame.
pub fn animation_frame(front: &HeadMesh, pose: &ReferencePose) -> RgbImage {
    let vertices: Vec<[f64; 3]> = posed(pose, &front.vertices).into_iter().map(|[x, y, z]| [x + 0.5, y + 0.5, z]).collect();
    rasterized(&vertices, &front.triangles, &front.colors, CLIP_SIDE)
}

/// A coloured mesh (z towards the camera, colours 0..1) as a square picture on black.
pub(crate) fn rasterized(vertices: &[[f64; 3]], triangles: &[[usize; 3]], colours: &[[f64; 3]], side: u32) -> RgbImage {
    let drawn = render_hard(ColouredMesh { vertices, triangles, colours }, side as usize, side as usize);
    RgbImage::from_fn(side, side, |x, y| image::Rgb(drawn.colours[(y * side + x) as usize]))
}
