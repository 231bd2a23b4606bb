//! A mouth as a vector: two mouths are alike when their vectors are near.

use talkinghead_face::{HeadPose, LIP_PAIRS, Landmarks, RigidFit};

use crate::mouth::contour::{LOWER_LIP, OUTER_LIPS, UPPER_LIP};
use crate::portrait::geometry::{PortraitGeometry, PosedFace};

/// Numbers in a feature: x and y of 40 lip points, and nine gaps.
pub(crate) const FEATURE_LENGTH: usize = 89;
/// The point under the nose that lips are measured from.
const NOSE_BASE: usize = 2;
/// How much more a gap counts than a point's coordinate.
const GAP_WEIGHT: f32 = 2.0;

/// The form of a mouth, free of head pose; a squared difference is a mean square distance of the lip points in
/// interocular distances.
#[derive(Clone, Debug, PartialEq)]
pub struct MouthFeature(pub(crate) [f32; FEATURE_LENGTH]);

impl MouthFeature {
    /// Reads the feature off a face in the frontal frame (`[468]` points).
    pub fn from_frontal(frontal: &[[f32; 3]]) -> Self {
        let unit = eye_distance(frontal);
        let base = frontal[NOSE_BASE];
        let scale = 1.0 / (unit * 40f32.sqrt());
        let mut values = [0.0; FEATURE_LENGTH];
        let points = OUTER_LIPS.iter().chain(&UPPER_LIP).chain(&LOWER_LIP[1..10]);
        for (pair, &i) in values.chunks_exact_mut(2).zip(points) {
            pair[0] = (frontal[i][0] - base[0]) * scale;
            pair[1] = (frontal[i][1] - base[1]) * scale;
        }
        for (value, (upper, lower)) in values[80..].iter_mut().zip(LIP_PAIRS) {
            let gap = (frontal[lower][0] - frontal[upper][0]).hypot(frontal[lower][1] - frontal[upper][1]);
            *value = GAP_WEIGHT * gap * scale;
        }
        Self(values)
    }

    /// Gap between the lips' middle points, interocular distances.
    pub fn gap(&self) -> f32 {
        self.0[84] * 40f32.sqrt() / GAP_WEIGHT
    }

    /// Squared distance.
    pub fn distance_squared(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a - b) * (a - b)).sum()
    }
}

/// Distance of the eyes' middles in the frontal frame: an interocular distance that does not shrink when the head turns.
pub(crate) fn eye_distance(frontal: &[[f32; 3]]) -> f32 {
    let middle = |a: usize, b: usize| [0, 1].map(|k| 0.5 * (frontal[a][k] + frontal[b][k]));
    let (left, right) = (middle(33, 133), middle(362, 263));
    (right[0] - left[0]).hypot(right[1] - left[1]).max(1e-3)
}

/// A mouth that is wanted: its form and the pose it will be seen in.
#[derive(Clone, Debug, PartialEq)]
pub struct MouthTarget {
    /// Form of the mouth.
    pub feature: MouthFeature,
    /// Yaw, pitch, roll of the head in the picture, degrees.
    pub angles: [f32; 3],
}

impl MouthTarget {
    /// The mouth of a face as the renderer poses it.
    pub fn of_posed_face(portrait: &PortraitGeometry, face: &PosedFace) -> Self {
        let rotation = face.rigid.rotation * portrait.fit.rotation;
        Self { feature: MouthFeature::from_frontal(&face.frontal), angles: HeadPose::angles(&rotation) }
    }

    /// The mouth of a measured face.
    pub fn of_landmarks(landmarks: &Landmarks) -> Self {
        let fit = RigidFit::to_canonical(landmarks);
        Self { feature: MouthFeature::from_frontal(&fit.frontal(landmarks)), angles: fit.angles() }
    }

    /// `|f - f'|^2 + 0.0005 |pose difference / 5 degrees|^2`: what it costs to show one mouth for the other.
    pub fn cost(&self, other: &Self) -> f32 {
        let pose: f32 = self.angles.iter().zip(&other.angles).map(|(a, b)| ((a - b) / 5.0).powi(2)).sum();
        let misfit = self.interior_misfit(other);
        self.feature.distance_squared(&other.feature) + POSE_WEIGHT * pose + MISFIT_WEIGHT * misfit * misfit
    }

    /// By how much (interocular distances) what lies between `other`'s lips would have to be stretched or squeezed beyond what
    /// looks right: a closed mouth drawn open is only smeared lip, and teeth drawn together shrink instead of being covered.
    pub fn interior_misfit(&self, other: &Self) -> f32 {
        let (wanted, shown) = (self.feature.gap(), other.feature.gap());
        (wanted - 1.35 * shown - 0.02).max(0.4 * shown - wanted - 0.01).max(0.0)
    }
}

const POSE_WEIGHT: f32 = 0.0005;
const MISFIT_WEIGHT: f32 = 1.0;
