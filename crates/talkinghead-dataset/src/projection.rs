//! The animation picture: the front mesh in a frame's pose, drawn as SPEC-data section 6 says.

use image::RgbImage;

use crate::clip::CLIP_SIDE;
use crate::head_mesh::HeadMesh;
use crate::rigid::RigidPose;

/// The front mesh in a pose, on black, 256x256.
///
/// Landmarks put pixel `k` at coordinate `k`, the rasteriser at `k + 0.5`: the mesh is moved by half a pixel so that the
/// picture lies over the frame.
pub(crate) fn animation_frame(front: &HeadMesh, pose: &RigidPose) -> RgbImage {
    let vertices: Vec<[f64; 3]> = pose.posed(&front.vertices).into_iter().map(|[x, y, z]| [x + 0.5, y + 0.5, z]).collect();
    rasterized(&vertices, &front.triangles, &front.colors, CLIP_SIDE)
}

/// Orthographic z-buffer picture of a coloured mesh: pixel centres at + 0.5, the largest z in front, colours truncated from
/// 255 c, both sides of triangles drawn.
pub fn rasterized(vertices: &[[f64; 3]], triangles: &[[usize; 3]], colors: &[[f64; 3]], side: u32) -> RgbImage {
    let mut picture = RgbImage::new(side, side);
    let mut depth = vec![f64::MIN; (side * side) as usize];
    let most = f64::from(side);
    for triangle in triangles {
        let [a, b, c] = triangle.map(|vertex| vertices[vertex]);
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        if area.abs() < 1e-12 || !area.is_finite() {
            continue;
        }
        let range = |axis: usize| {
            let least = a[axis].min(b[axis]).min(c[axis]);
            let largest = a[axis].max(b[axis]).max(c[axis]);
            ((least - 0.5).ceil().clamp(0.0, most) as u32, ((largest - 0.5).floor() + 1.0).clamp(0.0, most) as u32)
        };
        let ((x0, x1), (y0, y1)) = (range(0), range(1));
        for y in y0..y1 {
            for x in x0..x1 {
                let (px, py) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
                let wa = ((b[0] - px) * (c[1] - py) - (c[0] - px) * (b[1] - py)) / area;
                let wb = ((c[0] - px) * (a[1] - py) - (a[0] - px) * (c[1] - py)) / area;
                let wc = 1.0 - wa - wb;
                if wa < 0.0 || wb < 0.0 || wc < 0.0 {
                    continue;
                }
                let z = wa * a[2] + wb * b[2] + wc * c[2];
                let at = (y * side + x) as usize;
                if z > depth[at] {
                    depth[at] = z;
                    let [ca, cb, cc] = triangle.map(|vertex| colors[vertex]);
                    let color = std::array::from_fn(|i| ((wa * ca[i] + wb * cb[i] + wc * cc[i]).clamp(0.0, 1.0) * 255.0) as u8);
                    picture.put_pixel(x, y, image::Rgb(color));
                }
            }
        }
    }
    picture
}
