//! One remembered mouth: a crop of a frame, its mesh points and its feature.

use image::RgbImage;
use talkinghead_face::{CanonicalMesh, Landmarks};

use super::feature::{MouthTarget, eye_distance};
use crate::mouth::contour::{OUTER_LIPS, outer_lips, scaled};
use crate::picture::bicubic::{WEIGHT_BITS, whole_weights};
use crate::picture::polygon::Region;
use talkinghead_face::RigidFit;

/// How much wider and higher than the lips the overlay's mask reaches.
pub(crate) const MASK_GROWTH: [f32; 2] = [1.30, 1.75];

/// A mouth kept in a bank.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Frame number in its recording.
    pub frame: usize,
    /// Which recording; frames of different recordings never run on.
    pub recording: usize,
    /// Form and pose.
    pub target: MouthTarget,
    /// Pixels of the crop.
    pub width: usize,
    /// Pixels of the crop.
    pub height: usize,
    /// `[height * width]` RGB and a byte that means nothing.
    pub pixels: Vec<[u8; 4]>,
    /// `[mouth_points]` mesh points in pixels of the crop, in the order of [`MouthMesh::points`].
    pub points: Vec<[f32; 2]>,
}

impl Entry {
    /// Cuts the mouth out of a frame; crops whose eye distance is over `largest_iod` pixels are made smaller.
    /// `None` when the mouth lies outside the picture.
    pub fn cut(picture: &RgbImage, landmarks: &Landmarks, frame: usize, recording: usize, largest_iod: f32) -> Option<Self> {
        let fit = RigidFit::to_canonical(landmarks);
        let iod = eye_distance(&fit.frontal(landmarks)) * fit.scale;
        let polygon = scaled(&outer_lips(landmarks.points()), MASK_GROWTH);
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let region = Region::around(&polygon, 0.12 * iod, width, height)?;
        let factor = (largest_iod / iod).min(1.0);
        let size = [region.width, region.height].map(|v| ((v as f32 * factor).round() as u32).max(2));
        let crop =
            image::imageops::crop_imm(picture, region.x as u32, region.y as u32, region.width as u32, region.height as u32);
        let crop = if factor < 1.0 {
            image::imageops::resize(&*crop, size[0], size[1], image::imageops::FilterType::CatmullRom)
        } else {
            crop.to_image()
        };
        let scale = [crop.width() as f32 / region.width as f32, crop.height() as f32 / region.height as f32];
        let points = MouthMesh::get()
            .points
            .iter()
            .map(|&i| {
                let p = landmarks.points()[i];
                [(p[0] - region.x as f32 + 0.5) * scale[0] - 0.5, (p[1] - region.y as f32 + 0.5) * scale[1] - 0.5]
            })
            .collect();
        Some(Self {
            frame,
            recording,
            target: MouthTarget::of_landmarks(landmarks),
            width: crop.width() as usize,
            height: crop.height() as usize,
            pixels: crop.pixels().map(|p| [p.0[0], p.0[1], p.0[2], 0]).collect(),
            points,
        })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.pixels.len() * 4 + self.points.len() * 8 + std::mem::size_of::<Self>()
    }
}

/// The triangles of the canonical mesh around and inside the lips.
pub(crate) struct MouthMesh {
    /// Numbers of the mesh points that take part.
    pub points: Vec<usize>,
    /// Triangles over `points`.
    pub triangles: Vec<[usize; 3]>,
}

impl MouthMesh {
    /// The one mouth mesh, picked once out of the canonical mesh.
    pub fn get() -> &'static Self {
        static MESH: std::sync::OnceLock<MouthMesh> = std::sync::OnceLock::new();
        MESH.get_or_init(|| {
            let mesh = CanonicalMesh::get();
            let lips: Vec<[f32; 2]> = OUTER_LIPS.iter().map(|&i| [mesh.vertices[i][0], mesh.vertices[i][1]]).collect();
            let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
            for p in &lips {
                for k in 0..2 {
                    low[k] = low[k].min(p[k]);
                    high[k] = high[k].max(p[k]);
                }
            }
            // The mask ends well inside this box (canonical centimetres), with the jaw dropped too.
            let near = |i: usize| {
                let [x, y, _] = mesh.vertices[i];
                x > low[0] - 1.6 && x < high[0] + 1.6 && y > low[1] - 1.6 && y < high[1] + 2.5
            };
            let kept: Vec<[usize; 3]> = mesh.triangles.iter().copied().filter(|t| t.iter().any(|&i| near(i))).collect();
            let mut points: Vec<usize> = kept.iter().flatten().copied().collect();
            points.sort_unstable();
            points.dedup();
            let place = |i: usize| points.binary_search(&i).unwrap_or(0);
            let triangles = kept.iter().map(|t| t.map(place)).collect();
            MouthMesh { points, triangles }
        })
    }
}

impl Entry {
    /// Colour at crop coordinates, cubic (Catmull-Rom), in whole numbers until the end; outside, the nearest edge.
    pub fn bicubic(&self, [x, y]: [f32; 2]) -> [f32; 3] {
        /// Digits dropped between across and down.
        const DROPPED: u32 = 8;
        const ONE: f32 = (1 << (2 * WEIGHT_BITS - DROPPED)) as f32;
        let (right, bottom) = ((self.width - 1) as f32, (self.height - 1) as f32);
        let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
        let (x0, y0) = (x as u32 as usize, y as u32 as usize);
        let (across, down) = (whole_weights(x - x0 as f32), whole_weights(y - y0 as f32));
        let mut sum = [0_i32; 4];
        let mut add = |taps: &[[u8; 4]; 4], down: i16| {
            let mut line = [1 << (DROPPED - 1); 4];
            for (tap, weight) in taps.iter().zip(across) {
                for (line, value) in line.iter_mut().zip(tap) {
                    *line += i32::from(*value) * i32::from(weight);
                }
            }
            for (sum, line) in sum.iter_mut().zip(line) {
                *sum += (line >> DROPPED) * i32::from(down);
            }
        };
        let row = |k: usize| (y0 + k).saturating_sub(1).min(self.height - 1) * self.width;
        for (k, &down) in down.iter().enumerate() {
            let start = (row(k) + x0).wrapping_sub(1);
            match self.pixels.get(start..start.wrapping_add(4)).and_then(|taps| taps.try_into().ok()) {
                Some(taps) if x0 > 0 && x0 + 2 < self.width => add(taps, down),
                _ => add(&std::array::from_fn(|i| self.pixels[row(k) + (x0 + i).saturating_sub(1).min(self.width - 1)]), down),
            }
        }
        [sum[0], sum[1], sum[2]].map(|v| v as f32 / ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::bicubic::bicubic;
    use crate::picture::canvas::Canvas;

    #[test]
    fn whole_numbers_read_as_floats_do() {
        let (width, height) = (23, 17);
        let pixels: Vec<[u8; 4]> = (0..width * height).map(|i| [0, 1, 2, 3].map(|k| (i * 7919 + k * 31) as u8)).collect();
        let data = pixels.iter().map(|p| [p[0], p[1], p[2]].map(f32::from)).collect();
        let canvas = Canvas { width, height, data };
        let feature = crate::mouth_bank::MouthFeature([0.0; crate::mouth_bank::MouthRecord::FEATURE_LENGTH]);
        let target = MouthTarget { feature, angles: [0.0; 3] };
        let entry = Entry { frame: 0, recording: 0, target, width, height, pixels, points: Vec::new() };
        for i in 0..900 {
            let at = [(i * 17 % 97) as f32 * 0.27 - 1.5, (i * 29 % 83) as f32 * 0.23 - 1.0];
            let (whole, exact) = (entry.bicubic(at), bicubic(&canvas, at[0], at[1]));
            // Places are rounded to a 256th of a pixel; here neighbours differ by up to 255.
            assert!((0..3).all(|k| (whole[k] - exact[k]).abs() < 4.0), "{at:?}: {whole:?} {exact:?}");
        }
    }
}
