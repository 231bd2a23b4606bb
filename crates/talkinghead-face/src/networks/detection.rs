//! A face as a detector sees it: a box with six key points.

use super::region::FaceRegion;

/// Boxes that overlap more than this belong to one face.
const SAME_FACE_OVERLAP: f32 = 0.3;

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

/// Weighted non-maximum suppression: a face is the mean of all boxes that overlap its best box, weighted by score.
pub(crate) fn merge(mut candidates: Vec<Detection>) -> Vec<Detection> {
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

/// Adds those of `more` that are no face of `faces` yet.
pub(crate) fn add_new(faces: &mut Vec<Detection>, more: Vec<Detection>) {
    for face in more {
        if faces.iter().all(|known| known.overlap(&face) <= SAME_FACE_OVERLAP) {
            faces.push(face);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_face_seen_twice_counts_once() {
        let face = |x: f32| Detection { score: 0.9, bounds: [x, 0.0, x + 10.0, 10.0], keypoints: [[x, 1.0]; 6] };
        let mut faces = vec![face(0.0)];
        add_new(&mut faces, vec![face(2.0), face(40.0)]);
        assert_eq!(faces, [face(0.0), face(40.0)]);
    }
}
