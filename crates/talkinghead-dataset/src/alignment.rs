//! From a tracked face to a clip's own coordinates: the square that is cut out, the landmarks in it, the pose (SPEC-data,
//! sections 3 and 4).

use image::RgbImage;
use talkinghead_face::{CanonicalMesh, Landmarks};

use crate::clip::CLIP_SIDE;
use crate::smoothing::{Trim, smooth};
use crate::CropMode;

/// Which eye points give the eyes' centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EyeCenter {
    /// All six points of each eye.
    AllPoints,
    /// The first five, as the reference by mistake.
    FirstFive,
}

/// The square around the face in every frame, source pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct CropTrack {
    /// Pixels of the side.
    pub side: u32,
    /// Mean size of the face: longer side of the box of the 68 points.
    pub face_size: f64,
    /// Top edge: one number, or one a frame.
    pub top: Vec<f64>,
    /// Left edge.
    pub left: Vec<f64>,
}

impl CropTrack {
    /// The square of a clip, from the 68 points of its frames (pixels, x and y). `None` without frames.
    pub fn around(frames: &[Vec<[f64; 3]>], mode: CropMode, eyes: EyeCenter) -> Option<Self> {
        if frames.is_empty() {
            return None;
        }
        let count = frames.len() as f64;
        let face_size = frames.iter().map(|points| box_side(points)).sum::<f64>() / count;
        let unit = face_size / 90.0;
        let (mut top, mut left) = (Vec::with_capacity(frames.len()), Vec::with_capacity(frames.len()));
        for points in frames {
            let last = if eyes == EyeCenter::AllPoints { 6 } else { 5 };
            let center = |first: usize, axis: usize| points[first..first + last].iter().map(|p| p[axis]).sum::<f64>() / last as f64;
            let middle = |axis: usize| 0.5 * (center(36, axis) + center(42, axis));
            top.push(middle(1) - 80.0 * unit);
            left.push(middle(0) - 100.0 * unit);
        }
        let settle = |edge: Vec<f64>| match mode {
            CropMode::Constant => vec![edge.iter().sum::<f64>() / count],
            CropMode::Tracked => smooth(&edge, 11, Trim::Symmetric),
        };
        Some(Self { side: ((205.0 * unit) as u32).max(8), face_size, top: settle(top), left: settle(left) })
    }

    /// Top and left edge of a frame's square, whole pixels.
    pub fn corner(&self, frame: usize) -> (i64, i64) {
        let at = |edge: &[f64]| edge.get(frame.min(edge.len().saturating_sub(1))).map_or(0, |value| value.floor() as i64);
        (at(&self.top), at(&self.left))
    }

    /// Cuts a frame's square out, black where it reaches over the edge, 256x256.
    pub fn cut(&self, picture: &RgbImage, frame: usize) -> RgbImage {
        let (top, left) = self.corner(frame);
        let mut square = RgbImage::new(self.side, self.side);
        image::imageops::overlay(&mut square, picture, -left, -top);
        if self.side > CLIP_SIDE {
            // Antialiased, where the reference is not: a face of 800 pixels would flicker.
            image::imageops::resize(&square, CLIP_SIDE, CLIP_SIDE, image::imageops::FilterType::Triangle)
        } else {
            enlarged(&square, CLIP_SIDE)
        }
    }

    /// A source point (pixel `k` at coordinate `k`, z away from the camera) in the clip (z towards the camera).
    pub fn to_clip(&self, point: [f32; 3], frame: usize) -> [f64; 3] {
        let (top, left) = self.corner(frame);
        let scale = f64::from(CLIP_SIDE) / f64::from(self.side);
        let [x, y, z] = point.map(f64::from);
        [(x + 0.5 - left as f64) * scale - 0.5, (y + 0.5 - top as f64) * scale - 0.5, -z * scale]
    }
}

fn box_side(points: &[[f64; 3]]) -> f64 {
    let extent = |axis: usize| {
        let (least, most) = points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        most - least
    };
    extent(0).max(extent(1))
}

/// Bilinear with half-pixel centres, edges repeated, no antialiasing.
pub(crate) fn enlarged(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let place = |i: u32, from: u32| {
        let at = ((f64::from(i) + 0.5) * f64::from(from) / f64::from(side) - 0.5).clamp(0.0, f64::from(from - 1));
        let low = at.floor();
        (low as u32, (low as u32 + 1).min(from - 1), at - low)
    };
    RgbImage::from_fn(side, side, |i, j| {
        let ((x0, x1, fx), (y0, y1, fy)) = (place(i, width), place(j, height));
        let pixel = |x: u32, y: u32| picture.get_pixel(x, y).0.map(f64::from);
        let (a, b, c, d) = (pixel(x0, y0), pixel(x1, y0), pixel(x0, y1), pixel(x1, y1));
        image::Rgb(std::array::from_fn(|k| {
            ((a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy).round() as u8
        }))
    })
}

/// The 68 points of a face as the landmark network sees it, source pixels, z away from the camera.
pub fn points68(landmarks: &Landmarks) -> Vec<[f32; 3]> {
    MESH_OF_68.iter().map(|&vertex| landmarks.points[vertex]).collect()
}

/// The mesh vertex nearest to each of the 68 points.
const MESH_OF_68: [usize; 68] = [
    127, 234, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 454, 356, 70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, 61, 39, 37, 0, 267, 269, 291, 405,
    314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
];

/// The standard face, 68 points in pixels of a 256x256 clip: the canonical mesh, frontal, of the size and at the place
/// that the crop gives a face on average.
pub fn standard_face() -> Vec<[f64; 3]> {
    let canonical = &CanonicalMesh::get().vertices;
    let points: Vec<[f64; 3]> = MESH_OF_68.iter().map(|&vertex| canonical[vertex].map(f64::from)).collect();
    let scale = 90.0 / 205.0 * f64::from(CLIP_SIDE) / box_side(&points);
    let eyes = |axis: usize| points[36..48].iter().map(|p| p[axis]).sum::<f64>() / 12.0;
    let depth = points.iter().map(|p| p[2]).sum::<f64>() / 68.0;
    let place = [100.0 / 205.0, 80.0 / 205.0].map(|share| share * f64::from(CLIP_SIDE));
    let (x, y) = (eyes(0), eyes(1));
    points.iter().map(|p| [(p[0] - x) * scale + place[0], (p[1] - y) * scale + place[1], -(p[2] - depth) * scale]).collect()
}
