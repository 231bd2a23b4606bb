//! Takes the smile off a portrait: a linear basis from blendshape scores to frontal displacements.

use std::sync::OnceLock;

use talkinghead_face::{BLENDSHAPES, CanonicalMesh, MESH_POINTS};

use super::geometry::PortraitGeometry;
use super::rounded_lips::{rounding, widen};

/// The basis that ships: (card: `assets/models/unsmile.md`).
const SHIPPED: &[u8] = include_bytes!("../../../../assets/models/unsmile.safetensors");

/// Scores below this are the network's noise.
const SCORE_FLOOR: f32 = 0.05;

/// Names (by prefix) of the scores that open or widen a mouth; only these are taken away.
const MOUTH_SCORES: [&str; 6] = ["mouthSmile", "mouthUpperUp", "jawOpen", "mouthLowerDown", "mouthFunnel", "mouthStretch"];

/// Why the bytes of an unsmile basis were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnsmileBasisError {
    /// Not a safetensors file.
    #[error("the unsmile basis: {0}")]
    File(String),
    /// The tensor is not there or holds other numbers.
    #[error("the unsmile basis needs a tensor `basis`, floats of [52, 1404] or [52, 468, 3], found {found}")]
    Tensor {
        /// What is there.
        found: String,
    },
}

/// The linear basis W of `[52]` scores to `[468]` displacements in canonical centimetres.
#[derive(Clone, Debug)]
pub struct UnsmileBasis {
    /// `[52][468]`.
    displacement: Vec<Vec<[f32; 3]>>,
}

impl UnsmileBasis {
    /// The basis that ships with the program, read once.
    #[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
    pub fn get() -> &'static Self {
        static BASIS: OnceLock<UnsmileBasis> = OnceLock::new();
        BASIS.get_or_init(|| Self::from_safetensors(SHIPPED).expect("the shipped asset unsmile.safetensors is checked by a test"))
    }

    /// Reads the tensor `basis`, floats of `[52, 1404]` or `[52, 468, 3]`, from a safetensors file's bytes.
    ///
    /// # Errors
    /// The bytes are no safetensors file, have no such tensor, or hold other numbers in it.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, UnsmileBasisError> {
        let (mut file, _) = talkinghead_formats::parse_safetensors(bytes).map_err(UnsmileBasisError::File)?;
        let refused = |found| UnsmileBasisError::Tensor { found };
        let tensor = file.take("basis").ok_or_else(|| refused("none of that name".to_owned()))?;
        if tensor.integer || tensor.values.len() != BLENDSHAPES * MESH_POINTS * 3 {
            return Err(refused(format!("{:?}", tensor.shape)));
        }
        let values = tensor.values;
        let rows = values.chunks_exact(MESH_POINTS * 3);
        Ok(Self { displacement: rows.map(|row| row.chunks_exact(3).map(|v| [v[0], v[1], v[2]]).collect()).collect() })
    }

    /// Sets `portrait.neutral` to the photographed face without its smile, `F_n = F - m (W b)`, and pursed lips to lips at rest,
    /// by their own shape.
    pub fn relax(&self, portrait: &mut PortraitGeometry, blendshapes: &[f32; 52]) {
        portrait.neutral.clone_from(&portrait.frontal);
        let names = &CanonicalMesh::get().blendshape_names;
        let rounded = rounding(blendshapes);
        for (score, rows) in self.displacement.iter().enumerate() {
            let counts = MOUTH_SCORES.iter().any(|prefix| names[score].starts_with(prefix));
            let mut strength = (blendshapes[score] - SCORE_FLOOR).max(0.0);
            if names[score] == "mouthFunnel" {
                // Learned on mouths that open, its row only makes the upper lip of a pursed one higher.
                strength *= 1.0 - rounded;
            }
            if !counts || strength == 0.0 {
                continue;
            }
            for ((point, weight), move_) in portrait.neutral.iter_mut().zip(&portrait.expression_weight).zip(rows) {
                (0..3).for_each(|k| point[k] -= weight * strength * move_[k]);
            }
        }
        widen(portrait, rounded);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    #[test]
    fn the_basis_that_ships_is_whole() {
        let basis = UnsmileBasis::from_safetensors(SHIPPED).unwrap();
        assert_eq!(basis.displacement.len(), BLENDSHAPES);
        assert!(basis.displacement.iter().all(|row| row.len() == MESH_POINTS));
        assert!(basis.displacement.iter().flatten().flatten().all(|v| v.is_finite()));
        assert!(basis.displacement[44].iter().flatten().any(|v| *v != 0.0), "a smile moves something");
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(matches!(UnsmileBasis::from_safetensors(b"nothing"), Err(UnsmileBasisError::File(_))));
    }

    #[test]
    fn only_mouth_scores_count_and_only_below_the_eyes() {
        let mut portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let basis = UnsmileBasis { displacement: vec![vec![[1.0, 0.0, 0.0]; MESH_POINTS]; 52] };
        let mut scores = [0.0; 52];
        scores[9] = 1.0; // a blink
        basis.relax(&mut portrait, &scores);
        assert_eq!(portrait.neutral, portrait.frontal);
        scores[44] = 0.55; // a smile
        basis.relax(&mut portrait, &scores);
        assert!((portrait.frontal[61][0] - portrait.neutral[61][0] - 0.5).abs() < 1e-5);
        assert_eq!(portrait.neutral[10], portrait.frontal[10]);
    }
}
