//! The orthographic z-buffer projection of a coloured mesh, and what the neural renderer is shown of a frame.

use image::{Rgb, RgbImage};
use talkinghead_face::Landmarks;

use crate::picture::canvas::{Canvas, to_byte};
use crate::picture::grey_image::GreyImage;
use crate::picture::working_area::WorkingArea;

/// A mesh as the reference keeps it: x right, y down, z **towards** the camera, pixels; colours 0..1.
#[derive(Clone, Copy, Debug)]
pub struct ColouredMesh<'a> {
    /// Vertices.
    pub vertices: &'a [[f64; 3]],
    /// Vertex numbers from 0.
    pub triangles: &'a [[usize; 3]],
    /// One colour a vertex, 0..1.
    pub colours: &'a [[f64; 3]],
}

/// A rendered mesh on black.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshImage {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// `[height * width]` RGB.
    pub colours: Vec<[u8; 3]>,
    /// 255 where the mesh is.
    pub cover: GreyImage,
}

/// One frame for the neural renderer, at the size of the portrait's picture. Crop it, resize it as PIL does
/// ([`crate::resize`]), and draw labels and masks ([`crate::label`], [`crate::masks`]) from its landmarks.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameProjection {
    /// The posed, textured face on black.
    pub image: RgbImage,
    /// 255 where the face is.
    pub cover: GreyImage,
    /// `[478]` posed landmarks in pixels.
    pub landmarks: Landmarks,
}

impl FrameProjection {
    /// Puts a working area's pixels in their place of the whole picture.
    pub(crate) fn place(area: &WorkingArea, canvas: &Canvas, cover: &[u8], landmarks: Landmarks) -> Self {
        let (width, height) = area.picture().dimensions();
        let mut image = RgbImage::new(width, height);
        let mut whole = GreyImage::black(width as usize, height as usize);
        for (x, y, pixel) in image.enumerate_pixels_mut() {
            let Some([u, v]) = area.from_picture([x as f32, y as f32]) else { continue };
            let (near_x, near_y) = (u.round() as usize, v.round() as usize);
            if cover.get(near_y * canvas.width + near_x) == Some(&255) && near_x < canvas.width {
                *pixel = Rgb(canvas.bilinear(u, v).map(to_byte));
                whole.data[y as usize * width as usize + x as usize] = 255;
            }
        }
        Self { image, cover: whole, landmarks }
    }
}

/// The least whole number not below a value, 0 for negative ones. The processor's own rounding is a function call on most
/// targets.
fn rounded_up(value: f64) -> usize {
    let whole = value as usize;
    whole + usize::from((whole as f64) < value)
}

/// Renders a mesh (SPEC-data section 6): pixel (r, c) has its centre at (c + 0.5, r + 0.5), the largest z is in front,
/// colours are 255 times the interpolated ones, truncated.
pub fn render_hard(mesh: ColouredMesh<'_>, width: usize, height: usize) -> MeshImage {
    let mut colours = vec![[0u8; 3]; width * height];
    let mut depth = vec![f64::NEG_INFINITY; width * height];
    let mut cover = GreyImage::black(width, height);
    for t in mesh.triangles {
        let [a, b, c] = t.map(|i| mesh.vertices[i]);
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area == 0.0 || !area.is_finite() {
            continue;
        }
        // Pixels whose centres lie within the triangle's box; fine meshes have many triangles without any.
        let range = |axis: usize, size: usize| {
            let low = a[axis].min(b[axis]).min(c[axis]);
            let high = a[axis].max(b[axis]).max(c[axis]);
            let first = rounded_up(low - 0.5);
            let end = if high < 0.5 { 0 } else { ((high - 0.5) as usize + 1).min(size) };
            first..end
        };
        let (rows, columns) = (range(1, height), range(0, width));
        if columns.is_empty() {
            continue;
        }
        for y in rows {
            for x in columns.clone() {
                let (px, py) = (x as f64 + 0.5, y as f64 + 0.5);
                let wb = ((px - a[0]) * (c[1] - a[1]) - (py - a[1]) * (c[0] - a[0])) / area;
                let wc = ((b[0] - a[0]) * (py - a[1]) - (b[1] - a[1]) * (px - a[0])) / area;
                let wa = 1.0 - wb - wc;
                if wa < 0.0 || wb < 0.0 || wc < 0.0 {
                    continue;
                }
                let z = wa * a[2] + wb * b[2] + wc * c[2];
                let i = y * width + x;
                if z > depth[i] {
                    depth[i] = z;
                    cover.data[i] = 255;
                    let [ca, cb, cc] = t.map(|i| mesh.colours[i]);
                    colours[i] =
                        std::array::from_fn(|k| (255.0 * (wa * ca[k] + wb * cb[k] + wc * cc[k])).clamp(0.0, 255.0) as u8);
                }
            }
        }
    }
    MeshImage { width, height, colours, cover }
}
