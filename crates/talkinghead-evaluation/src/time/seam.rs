//! A seam where a made face was pasted into its picture.

use talkinghead_face::{CanonicalMesh, Landmarks};

use crate::image::Plane;

/// Contours that are looked along: the face's oval enlarged by these factors, and upright rectangles around it.
const FACTORS: std::ops::RangeInclusive<usize> = 0..=24;
const SMALLEST: f32 = 0.9;
const STEP: f32 = 0.04;
/// Points along a contour.
const POINTS: usize = 120;

/// Mean jump of brightness across each contour, in grey levels, summed over frames.
#[derive(Clone, Debug, PartialEq)]
pub struct SeamProfile {
    ovals: Vec<f64>,
    boxes: Vec<f64>,
    frames: usize,
}

impl SeamProfile {
    /// Nothing yet.
    pub fn empty() -> Self {
        let zeros = vec![0.0; FACTORS.count()];
        Self { ovals: zeros.clone(), boxes: zeros, frames: 0 }
    }

    /// Adds another frame's profile.
    pub fn add(&mut self, other: &Self) {
        self.ovals.iter_mut().zip(&other.ovals).for_each(|(sum, value)| *sum += value);
        self.boxes.iter_mut().zip(&other.boxes).for_each(|(sum, value)| *sum += value);
        self.frames += other.frames;
    }

    /// How much the jump across one contour stands out from that across its neighbours, at the contour where it does most, in grey
    /// levels, mean over the frames. Pictures without a seam have some too (collars, hair): compare with the real video's. `None` of
    /// nothing.
    pub fn score(&self) -> Option<f64> {
        if self.frames == 0 {
            return None;
        }
        let excess = |jumps: &[f64]| {
            let frames = self.frames as f64;
            jumps.windows(5).map(|w| (w[2] - (w[0] + w[4]) / 2.0) / frames).fold(0.0, f64::max)
        };
        Some(excess(&self.ovals).max(excess(&self.boxes)))
    }
}

/// The profile of one frame: the face's oval and the box around it, about the face's middle, from 0.9 to 1.86 times their size.
pub fn seam_profile(picture: &Plane, landmarks: &Landmarks) -> SeamProfile {
    let Some(ring) = CanonicalMesh::get().contours.get("face_oval") else { return SeamProfile::empty() };
    let oval: Vec<[f32; 2]> = ring.iter().map(|&i| [landmarks.points()[i][0], landmarks.points()[i][1]]).collect();
    let bounds = oval
        .iter()
        .fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]);
    let rectangle = [[bounds[0], bounds[1]], [bounds[2], bounds[1]], [bounds[2], bounds[3]], [bounds[0], bounds[3]]];
    let middle = [(bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0];
    let jumps = |contour: &[[f32; 2]]| -> Vec<f64> {
        FACTORS.map(|k| jump(picture, contour, middle, SMALLEST + STEP * k as f32)).collect()
    };
    SeamProfile { ovals: jumps(&oval), boxes: jumps(&rectangle), frames: 1 }
}

/// Mean difference of brightness between half a pixel outside and half a pixel inside of a contour, signed mean taken over short
/// stretches so that noise cancels.
fn jump(picture: &Plane, contour: &[[f32; 2]], middle: [f32; 2], factor: f32) -> f64 {
    const STRETCH: usize = 6;
    let corner = |k: usize| {
        let p = contour[k % contour.len()];
        [0, 1].map(|axis| middle[axis] + factor * (p[axis] - middle[axis]))
    };
    let length = |k: usize| {
        let (a, b) = (corner(k), corner(k + 1));
        (b[0] - a[0]).hypot(b[1] - a[1])
    };
    let whole: f32 = (0..contour.len()).map(length).sum();
    let (mut side, mut passed) = (0, 0.0);
    let (mut sum, mut stretches, mut stretch, mut inside) = (0.0_f64, 0_usize, 0.0_f64, 0_usize);
    for point in 0..POINTS {
        let at = whole * point as f32 / POINTS as f32;
        while side + 1 < contour.len() && passed + length(side) < at {
            passed += length(side);
            side += 1;
        }
        let (a, b) = (corner(side), corner(side + 1));
        let share = ((at - passed) / length(side).max(1e-6)).clamp(0.0, 1.0);
        let p = [0, 1].map(|k| a[k] + share * (b[k] - a[k]));
        let along = length(side).max(1e-6);
        let normal = [(b[1] - a[1]) / along, -(b[0] - a[0]) / along];
        let within = p[0] >= 1.0 && p[1] >= 1.0 && p[0] <= picture.width as f32 - 2.0 && p[1] <= picture.height as f32 - 2.0;
        if within {
            let value = |way: f32| picture.between(p[0] + way * normal[0], p[1] + way * normal[1]);
            stretch += f64::from(value(1.0) - value(-1.0));
            inside += 1;
        }
        if point % STRETCH == STRETCH - 1 {
            if inside == STRETCH {
                sum += (stretch / STRETCH as f64).abs();
                stretches += 1;
            }
            (stretch, inside) = (0.0, 0);
        }
    }
    if stretches == 0 { 0.0 } else { sum / stretches as f64 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_rectangle_shows() {
        let mesh = CanonicalMesh::get();
        let face = Landmarks::from_fn(|i| {
            let [x, y, z] = mesh.vertices.get(i).copied().unwrap_or_default();
            [6.0 * x + 100.0, 6.0 * y + 100.0, 6.0 * z]
        });
        let smooth = |x: usize, y: usize| 90.0 + 20.0 * (x as f32 * 0.05).sin() + 20.0 * (y as f32 * 0.04).cos();
        let whole = Plane::from_fn(200, 200, smooth);
        let pasted = Plane::from_fn(200, 200, |x, y| {
            smooth(x, y) + if (40..160).contains(&x) && (34..166).contains(&y) { 12.0 } else { 0.0 }
        });
        let clean = seam_profile(&whole, &face).score().unwrap();
        let seam = seam_profile(&pasted, &face).score().unwrap();
        assert!(clean < 0.3 && seam > 1.0, "{clean} {seam}");
        assert_eq!(SeamProfile::empty().score(), None);
    }
}
