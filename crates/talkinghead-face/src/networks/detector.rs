//! The face detector: MediaPipe's short-range BlazeFace on a 128x128 view of the picture.

use image::RgbImage;

use super::onnx::OnnxNetwork;
use super::picture_size::check_size;
use super::region::{BorderMode, FaceRegion};
use crate::error::FaceError;

/// Side of the network's input.
const SIDE: usize = 128;
/// Boxes the network always gives.
const ANCHORS: usize = 896;
/// Scores below this are dropped.
const LEAST_SCORE: f32 = 0.5;
/// Boxes that overlap more than this belong to one face.
const SAME_FACE_OVERLAP: f32 = 0.3;

static SHAPE: [usize; 4] = [1, 3, SIDE, SIDE];

/// A face that the detector found, in pixels of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// 0.5..1.
    pub score: f32,
    /// Left, top, right, bottom; may reach over the picture's border.
    pub bounds: [f32; 4],
    /// Eye at image left, eye at image right, nose tip, mouth, ear at image left, ear at image right.
    pub keypoints: [[f32; 2]; 6],
}

impl Detection {
    /// Width of the box in pixels.
    pub fn width(&self) -> f32 {
        self.bounds[2] - self.bounds[0]
    }

    /// Height of the box in pixels.
    pub fn height(&self) -> f32 {
        self.bounds[3] - self.bounds[1]
    }

    /// Centre of the box.
    pub fn centre(&self) -> [f32; 2] {
        [(self.bounds[0] + self.bounds[2]) / 2.0, (self.bounds[1] + self.bounds[3]) / 2.0]
    }

    /// The region that the landmark network reads for this face.
    pub fn region(&self) -> FaceRegion {
        let [a, b, ..] = self.keypoints;
        FaceRegion {
            centre: self.centre(),
            width: 1.5 * self.width(),
            height: 1.5 * self.height(),
            rotation: (b[1] - a[1]).atan2(b[0] - a[0]),
        }
    }

    /// Intersection over union with another face's box.
    pub fn overlap(&self, other: &Detection) -> f32 {
        box_overlap(&self.bounds, &other.bounds)
    }
}

/// Intersection over union of two boxes (left, top, right, bottom).
pub(crate) fn box_overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let width = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let height = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let both = width * height;
    let area = |r: &[f32; 4]| (r[2] - r[0]).max(0.0) * (r[3] - r[1]).max(0.0);
    let union = area(a) + area(b) - both;
    if union > 0.0 { both / union } else { 0.0 }
}

/// The detector's network.
#[derive(Debug)]
pub(crate) struct FaceDetector {
    network: OnnxNetwork,
}

impl FaceDetector {
    pub(crate) const fn new() -> Self {
        Self {
            network: OnnxNetwork::new("face_detector", include_bytes!("../../../../assets/models/face_detector.onnx"), &SHAPE),
        }
    }

    /// Every face of the picture, best score first.
    ///
    /// The whole picture is searched first. Only if that finds nothing, overlapping parts of a half and of a third of its
    /// size are searched as well, for faces that are small in the picture.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub(crate) fn find_faces(&self, picture: &RgbImage) -> Result<Vec<Detection>, FaceError> {
        check_size(picture)?;
        let whole = FaceRegion::around_picture(picture.width(), picture.height());
        let found = detect_in(&self.network, picture, &whole)?;
        if !found.is_empty() {
            return Ok(found);
        }
        for parts in [2, 3] {
            let found = self.find_small_faces(picture, parts)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// Faces of the picture as the detector sees them in one view of the whole picture; fast, for following a video.
    pub(crate) fn find_large_faces(&self, picture: &RgbImage) -> Result<Vec<Detection>, FaceError> {
        detect_in(&self.network, picture, &FaceRegion::around_picture(picture.width(), picture.height()))
    }

    fn find_small_faces(&self, picture: &RgbImage, parts: usize) -> Result<Vec<Detection>, FaceError> {
        let side = picture.width().max(picture.height()) as f32 / parts as f32;
        let centres = |length: u32| -> Vec<f32> {
            let length = length as f32;
            if length <= side {
                return vec![length / 2.0];
            }
            // Neighbours overlap by half at least.
            let steps = ((length - side) / (side / 2.0)).ceil().max(1.0) as usize;
            (0..=steps).map(|k| side / 2.0 + (length - side) * k as f32 / steps as f32).collect()
        };
        let mut found = Vec::new();
        for y in centres(picture.height()) {
            for x in centres(picture.width()) {
                let part = FaceRegion { centre: [x, y], width: side, height: side, rotation: 0.0 };
                found.extend(detect_in(&self.network, picture, &part)?);
            }
        }
        Ok(merge(found))
    }
}

fn detect_in(network: &OnnxNetwork, picture: &RgbImage, view: &FaceRegion) -> Result<Vec<Detection>, FaceError> {
    let input = view.read(picture, SIDE, BorderMode::Black, 1.0 / 127.5, -1.0);
    let outputs = network.run(&input)?;
    let [boxes, scores] = outputs.as_slice() else {
        return Err(FaceError::network("face_detector", format!("{} outputs instead of 2", outputs.len())));
    };
    if boxes.len() != ANCHORS * 16 || scores.len() != ANCHORS {
        return Err(FaceError::network("face_detector", format!("outputs of {} and {} numbers", boxes.len(), scores.len())));
    }
    let mut candidates = Vec::new();
    for (index, &logit) in scores.iter().enumerate() {
        let score = 1.0 / (1.0 + (-logit.clamp(-100.0, 100.0)).exp());
        if score >= LEAST_SCORE {
            candidates.push(decode(&boxes[16 * index..16 * index + 16], anchor(index), score, view));
        }
    }
    Ok(merge(candidates))
}

/// Centre of an anchor, 0..1: a 16x16 grid with 2 each, then an 8x8 grid with 6 each.
fn anchor(index: usize) -> [f32; 2] {
    let (cell, grid) = if index < 512 { (index / 2, 16) } else { ((index - 512) / 6, 8) };
    [((cell % grid) as f32 + 0.5) / grid as f32, ((cell / grid) as f32 + 0.5) / grid as f32]
}

fn decode(raw: &[f32], anchor: [f32; 2], score: f32, view: &FaceRegion) -> Detection {
    let at = |x: f32, y: f32| view.to_picture(x / SIDE as f32 + anchor[0], y / SIDE as f32 + anchor[1]);
    let [x, y] = at(raw[0], raw[1]);
    let (width, height) = (raw[2] / SIDE as f32 * view.width, raw[3] / SIDE as f32 * view.height);
    Detection {
        score,
        bounds: [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0],
        keypoints: std::array::from_fn(|k| at(raw[4 + 2 * k], raw[5 + 2 * k])),
    }
}

/// Weighted non-maximum suppression: a face is the mean of all boxes that overlap its best box, weighted by score.
fn merge(mut candidates: Vec<Detection>) -> Vec<Detection> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while let Some(best) = candidates.first().cloned() {
        let (same, rest): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| c.overlap(&best) > SAME_FACE_OVERLAP);
        candidates = rest;
        if same.is_empty() {
            // A box without area overlaps nothing, not even itself.
            candidates.remove(0);
            continue;
        }
        let total: f32 = same.iter().map(|c| c.score).sum();
        let mean = |pick: &dyn Fn(&Detection) -> f32| same.iter().map(|c| pick(c) * c.score).sum::<f32>() / total;
        faces.push(Detection {
            score: best.score,
            bounds: std::array::from_fn(|k| mean(&|c| c.bounds[k])),
            keypoints: std::array::from_fn(|k| std::array::from_fn(|a| mean(&|c| c.keypoints[k][a]))),
        });
    }
    faces
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_network_that_ships_loads() {
        FaceDetector::new().network.load().unwrap();
    }

    #[test]
    fn anchors_cover_both_grids() {
        assert_eq!(anchor(0), [0.5 / 16.0, 0.5 / 16.0]);
        assert_eq!(anchor(511), [15.5 / 16.0, 15.5 / 16.0]);
        assert_eq!(anchor(512), [0.5 / 8.0, 0.5 / 8.0]);
        assert_eq!(anchor(895), [7.5 / 8.0, 7.5 / 8.0]);
    }

    #[test]
    fn overlapping_boxes_are_averaged_by_score() {
        let face = |x: f32, score| Detection { score, bounds: [x, 0.0, x + 10.0, 10.0], keypoints: [[x, 1.0]; 6] };
        let faces = merge(vec![face(0.0, 0.6), face(1.0, 0.9), face(50.0, 0.7), face(7.0, 0.0)]);
        assert_eq!(faces.len(), 3);
        assert_eq!(faces[0].score, 0.9);
        assert!((faces[0].bounds[0] - 0.6).abs() < 1e-6);
        assert_eq!(faces[1].bounds[0], 50.0);
    }

    #[test]
    fn boxes_without_area_end_the_search() {
        let flat = Detection { score: 0.9, bounds: [1.0, 1.0, 1.0, 1.0], keypoints: [[0.0; 2]; 6] };
        assert!(merge(vec![flat]).is_empty());
    }
}
