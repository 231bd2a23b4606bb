//! The shape of one photographed face and of the same face in a frame: what every stage of the renderer reads.

use nalgebra::{Matrix3, Vector3};
use talkinghead_face::{Landmarks, RIGID_POINTS, RigidFit};

use crate::math::smoothstep;

/// Points of the frontal neutral face that serve as measures.
pub(crate) const MOUTH_CORNERS: (usize, usize) = (61, 291);
/// Under the nose.
pub(crate) const NOSE_BASE: usize = 2;
/// Chin.
pub(crate) const CHIN: usize = 152;

/// The photographed face: where it is, its depth, its neutral form. Made once per portrait.
#[derive(Clone, Debug)]
pub struct PortraitGeometry {
    /// Canonical mesh onto the picture.
    pub fit: RigidFit,
    /// Distance of the iris centres in pixels of the picture.
    pub iod: f32,
    /// Unit direction in the picture from the forehead to the chin (roll only).
    pub down: [f32; 2],
    /// Mean of the rigid points in pixels (x, y, z): the head turns about it (or about the neck under it).
    pub centre: [f32; 3],
    /// `[468]` mesh points in pixels of the picture; depth limited in slope.
    pub vertices: Vec<[f32; 3]>,
    /// `[468]` the photographed face in the frontal frame (canonical centimetres), called F.
    pub frontal: Vec<[f32; 3]>,
    /// `[468]` the same face relaxed, its smile taken away (lips not yet in contact), called F_n.
    pub neutral: Vec<[f32; 3]>,
    /// `[468]` how much each point takes part in expression: 0 above the eyes, 1 below the nose's base.
    pub expression_weight: Vec<f32>,
    /// Gap between the inner lips' middle points 13 and 14 in the photograph, in interocular distances.
    pub gap: f32,
    /// The ten iris points 468..478 in pixels.
    pub irises: Vec<[f32; 3]>,
}

impl PortraitGeometry {
    /// Canonical centimetres in one interocular distance of this face.
    pub fn centimetres_per_iod(&self) -> f32 {
        self.iod / self.fit.scale.max(1e-6)
    }

    /// The measures of a portrait before depth is limited and the smile is removed.
    ///
    /// Pixel units of `landmarks` are the picture's. `vertices` and `neutral` start as the photograph's own.
    pub fn from_landmarks(landmarks: &Landmarks) -> Self {
        let fit = RigidFit::to_canonical(landmarks);
        let iod = landmarks.interocular_distance().max(1.0);
        let axis = fit.rotation * Vector3::new(0.0, 1.0, 0.0);
        let right = fit.rotation * Vector3::new(1.0, 0.0, 0.0);
        // Roll only: the picture's direction across the eyes, turned by a right angle.
        let roll = right.y.atan2(right.x.max(1e-3));
        let down = if axis.y > 0.0 { [-roll.sin(), roll.cos()] } else { [roll.sin(), -roll.cos()] };
        let mut centre = Vector3::zeros();
        for &i in &RIGID_POINTS {
            centre += Vector3::from(landmarks.points()[i]);
        }
        centre /= RIGID_POINTS.len() as f32;
        let frontal = fit.frontal(landmarks);
        let eye_height = 0.5 * (frontal[33][1] + frontal[263][1]);
        let nose_height = frontal[NOSE_BASE][1];
        let start = eye_height + 0.3 * (nose_height - eye_height);
        let expression_weight = frontal.iter().map(|p| smoothstep(start, nose_height, p[1])).collect();
        let (a, b) = (landmarks.points()[13], landmarks.points()[14]);
        let gap = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt() / iod;
        Self {
            vertices: landmarks.mesh().to_vec(),
            neutral: frontal.clone(),
            frontal,
            expression_weight,
            gap,
            irises: landmarks.irises().to_vec(),
            centre: centre.into(),
            fit,
            iod,
            down,
        }
    }
}

/// A head's rigid movement in the picture's 3D space (pixels; z away): `scale * rotation * (p - centre) + centre + shift`.
#[derive(Clone, Debug, PartialEq)]
pub struct RigidMotion {
    /// Relative to the portrait.
    pub rotation: Matrix3<f32>,
    /// Relative to the portrait.
    pub scale: f32,
    /// Fixed point of rotation and scale, pixels.
    pub centre: Vector3<f32>,
    /// Pixels.
    pub shift: Vector3<f32>,
}

impl RigidMotion {
    /// Moves a point of the photograph.
    pub fn apply(&self, point: [f32; 3]) -> [f32; 3] {
        (self.scale * (self.rotation * (Vector3::from(point) - self.centre)) + self.centre + self.shift).into()
    }

    /// Turns and scales a direction of the photograph.
    pub fn apply_to_vector(&self, vector: [f32; 3]) -> [f32; 3] {
        (self.scale * (self.rotation * Vector3::from(vector))).into()
    }

    /// Whether nothing moves.
    pub fn is_identity(&self) -> bool {
        self.rotation == Matrix3::identity() && self.scale == 1.0 && self.shift == Vector3::zeros()
    }
}

/// The face in one output frame.
#[derive(Clone, Debug)]
pub struct PosedFace {
    /// `[468]` mesh points in pixels of the output picture, lids and lips moved, folds guarded.
    pub points: Vec<[f32; 3]>,
    /// `[468]` the deformed face in the frontal frame, called F'.
    pub frontal: Vec<[f32; 3]>,
    /// The head's movement without expression.
    pub rigid: RigidMotion,
    /// How far the jaw has dropped from neutral, mean of points 17 and 152, in interocular distances; never negative.
    pub jaw_drop: f32,
    /// Gaps of the nine lip pairs as they are in this frame, in interocular distances of the portrait.
    pub lip_gaps: [f32; 9],
    /// How far each eye is closed, 0..1, image left and right.
    pub blink: [f32; 2],
    /// Gaze shift in eye widths.
    pub gaze: [f32; 2],
}

impl PosedFace {
    /// The same face in a piece of the picture that begins at `corner`.
    pub fn seen_from(mut self, corner: [usize; 2]) -> Self {
        let [x, y] = corner.map(|v| v as f32);
        self.points.iter_mut().for_each(|p| {
            p[0] -= x;
            p[1] -= y;
        });
        self.rigid.shift -= Vector3::new(x, y, 0.0);
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    #[test]
    fn down_follows_the_roll() {
        let pose = HeadPose { roll: 30.0, ..Default::default() };
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&pose, 12.0));
        // 30 degrees clockwise: the chin swings to the left of the picture.
        assert!((portrait.down[0] + 0.5).abs() < 1e-3, "{:?}", portrait.down);
        assert!((portrait.down[1] - 0.866).abs() < 1e-3);
    }

    #[test]
    fn an_identity_motion_moves_nothing() {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let motion =
            RigidMotion { rotation: Matrix3::identity(), scale: 1.0, centre: portrait.centre.into(), shift: Vector3::zeros() };
        assert!(motion.is_identity());
        for v in &portrait.vertices {
            let moved = motion.apply(*v);
            assert!((0..3).all(|k| (moved[k] - v[k]).abs() < 1e-3));
        }
    }
}
