//! Who it is: a vector that is close for pictures of one person.

use image::RgbImage;
use nalgebra::{Matrix2, Vector2};

use super::region::{BorderMode, FaceRegion};
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use talkinghead_onnx::OnnxNetwork;

/// Side of the network's input.
const SIDE: usize = 150;
/// Numbers of the vector.
const LENGTH: usize = 128;
/// Mesh point and its place in the aligned face, in units of 100 pixels from a 25 pixel margin.
const ALIGNMENT: [(usize, [f32; 2]); 5] = [
    (263, [0.85957, 0.21350]),
    (362, [0.64606, 0.22897]),
    (33, [0.12058, 0.21373]),
    (133, [0.33409, 0.22906]),
    (2, [0.49011, 0.62780]),
];

static SHAPE: [usize; 4] = [1, 3, SIDE, SIDE];

/// A face as a point among faces (dlib's ResNet, 128 numbers, about 1.4 long).
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityEmbedding {
    /// `[128]`.
    pub values: Vec<f32>,
}

impl IdentityEmbedding {
    /// Faces nearer than this show the same person; different people are at least 0.56 apart.
    pub const SAME_PERSON: f32 = 0.55;

    /// Faces farther apart than this show different people: none of 100 pairs of pictures or clips of one person is, 99 % of
    /// 15,800 pairs of different people are (nearest of up to three frames each).
    pub const OTHER_PERSON: f32 = 0.6;

    /// Euclidean distance.
    pub fn distance(&self, other: &IdentityEmbedding) -> f32 {
        self.values.iter().zip(&other.values).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    }

    /// Whether both are one person by [`IdentityEmbedding::SAME_PERSON`].
    pub fn same_person(&self, other: &IdentityEmbedding) -> bool {
        self.distance(other) < Self::SAME_PERSON
    }
}

/// The network that tells people apart.
#[derive(Debug)]
pub(crate) struct IdentityNetwork {
    network: OnnxNetwork,
}

impl IdentityNetwork {
    pub(crate) const fn new() -> Self {
        Self {
            network: OnnxNetwork::new("face_embedding", include_bytes!("../../../../assets/models/face_embedding.onnx"), &SHAPE),
        }
    }

    /// The identity vector of a face whose landmarks are known.
    ///
    /// # Errors
    /// [`FaceError::Network`].
    pub(crate) fn identity(&self, picture: &RgbImage, landmarks: &Landmarks) -> Result<IdentityEmbedding, FaceError> {
        self.embed(&aligned_face(picture, landmarks))
    }

    /// The identity vector of an [`aligned_face`].
    pub(crate) fn embed(&self, face: &[f32]) -> Result<IdentityEmbedding, FaceError> {
        let values = self.network.run_first(face)?;
        if values.len() != LENGTH {
            return Err(FaceError::network("face_embedding", format!("{} numbers instead of 128", values.len())));
        }
        Ok(IdentityEmbedding { values })
    }
}

/// The face cut out upright, `[3, 150, 150]`, 0..255.
pub(crate) fn aligned_face(picture: &RgbImage, landmarks: &Landmarks) -> Vec<f32> {
    let to: Vec<Vector2<f32>> =
        ALIGNMENT.iter().map(|&(i, _)| Vector2::new(landmarks.points()[i][0], landmarks.points()[i][1])).collect();
    let from: Vec<Vector2<f32>> =
        ALIGNMENT.iter().map(|&(_, [x, y])| Vector2::new(x, y) * 100.0 + Vector2::repeat(25.0)).collect();
    let similarity = Similarity::between(&from, &to);
    // Averaging over each output pixel's footprint blurs just enough when the face shrinks by more than 2.
    let fine = if similarity.scale > 2.0 { similarity.scale.ceil().min(32.0) as usize } else { 1 };
    let side = SIDE * fine;
    // The region's sample (i, j) lies at (i, j)/fine; the mean of a block would lie off its pixel by this much.
    let shift = (fine as f32 - 1.0) / (2.0 * fine as f32);
    let middle = SIDE as f32 / 2.0 - shift;
    let region = FaceRegion {
        centre: similarity.apply(Vector2::repeat(middle)).into(),
        width: similarity.scale * SIDE as f32,
        height: similarity.scale * SIDE as f32,
        rotation: similarity.angle,
    };
    let mut out = vec![0.0; 3 * SIDE * SIDE];
    let weight = 1.0 / (fine * fine) as f32;
    region.sample(picture, side, BorderMode::Nearest, |index, colour| {
        let (x, y) = (index % side / fine, index / side / fine);
        for (channel, value) in colour.into_iter().enumerate() {
            out[channel * SIDE * SIDE + y * SIDE + x] += value * weight;
        }
    });
    out
}

/// `p -> scale * R(angle) * p + translation`.
struct Similarity {
    scale: f32,
    angle: f32,
    translation: Vector2<f32>,
}

impl Similarity {
    /// Least squares (Umeyama in two dimensions).
    fn between(from: &[Vector2<f32>], to: &[Vector2<f32>]) -> Self {
        let n = from.len() as f32;
        let mean_from = from.iter().sum::<Vector2<f32>>() / n;
        let mean_to = to.iter().sum::<Vector2<f32>>() / n;
        let (mut along, mut across, mut variance) = (0.0, 0.0, 0.0);
        for (a, b) in from.iter().zip(to) {
            let (a, b) = (a - mean_from, b - mean_to);
            along += a.dot(&b);
            across += a.x * b.y - a.y * b.x;
            variance += a.norm_squared();
        }
        let angle = across.atan2(along);
        let scale = (along * along + across * across).sqrt() / variance.max(1e-12);
        let mut similarity = Self { scale, angle, translation: Vector2::zeros() };
        similarity.translation = mean_to - similarity.apply(mean_from);
        similarity
    }

    fn apply(&self, point: Vector2<f32>) -> Vector2<f32> {
        let (sin, cos) = self.angle.sin_cos();
        self.scale * (Matrix2::new(cos, -sin, sin, cos) * point) + self.translation
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_network_that_ships_loads() {
        IdentityNetwork::new().network.load().unwrap();
    }

    #[test]
    fn a_similarity_is_found_again() {
        let truth = Similarity { scale: 2.5, angle: 0.4, translation: Vector2::new(30.0, -4.0) };
        let from: Vec<_> = ALIGNMENT.iter().map(|&(_, [x, y])| Vector2::new(x, y)).collect();
        let to: Vec<_> = from.iter().map(|&p| truth.apply(p)).collect();
        let found = Similarity::between(&from, &to);
        assert!((found.scale - 2.5).abs() < 1e-4 && (found.angle - 0.4).abs() < 1e-4);
        assert!((found.translation - truth.translation).norm() < 1e-3);
    }

    #[test]
    fn shrinking_averages_without_a_shift() {
        // A ramp stays a ramp whatever the averaging: the same place must give the same value at both scales.
        let picture = RgbImage::from_fn(1200, 1200, |x, _| image::Rgb([(x / 5) as u8, 0, 0]));
        for scale in [1.5_f32, 5.0] {
            let mut points = vec![[0.0; 3]; 478];
            for (i, [x, y]) in ALIGNMENT {
                points[i] = [300.0 + scale * (100.0 * x + 25.0), 300.0 + scale * (100.0 * y + 25.0), 0.0];
            }
            let face = aligned_face(&picture, &Landmarks::new(points).unwrap());
            let expected = (300.0 + scale * 70.0) / 5.0 - 0.4;
            assert!((face[60 * SIDE + 70] - expected).abs() < 0.6, "{} {expected}", face[60 * SIDE + 70]);
        }
    }
}
