//! Takes the smile off a portrait: a linear basis from blendshape scores to frontal displacements.

use talkinghead_face::{CanonicalMesh, MESH_POINTS};

use crate::portrait::PortraitGeometry;

/// Scores below this are the network's noise.
const SCORE_FLOOR: f32 = 0.05;

/// Names (by prefix) of the scores that open or widen a mouth; only these are taken away.
const MOUTH_SCORES: [&str; 6] = ["mouthSmile", "mouthUpperUp", "jawOpen", "mouthLowerDown", "mouthFunnel", "mouthStretch"];

/// The linear basis W of `[52]` scores to `[468]` displacements in canonical centimetres.
#[derive(Clone, Debug)]
pub struct UnsmileBasis {
    /// `[52][468]`; empty for a basis that does nothing.
    displacement: Vec<Vec<[f32; 3]>>,
}

impl UnsmileBasis {
    /// A basis that leaves every face as it is: the contact pass alone closes the lips.
    pub fn none() -> Self {
        Self { displacement: Vec::new() }
    }

    /// Reads the tensor `basis`, floats of `[52, 1404]` or `[52, 468, 3]`, from a safetensors file's bytes.
    ///
    /// `None` when there is no such tensor.
    pub fn from_safetensors(bytes: &[u8]) -> Option<Self> {
        let (mut file, _) = talkinghead_formats::parse_safetensors(bytes).ok()?;
        let values = file.take("basis").filter(|tensor| !tensor.integer)?.values;
        (values.len() == 52 * MESH_POINTS * 3).then(|| Self {
            displacement: values
                .chunks_exact(MESH_POINTS * 3)
                .map(|row| row.chunks_exact(3).map(|v| [v[0], v[1], v[2]]).collect())
                .collect(),
        })
    }

    /// Sets `portrait.neutral` to the photographed face without its smile: `F_n = F - m (W b)`.
    pub fn relax(&self, portrait: &mut PortraitGeometry, blendshapes: &[f32; 52]) {
        portrait.neutral.clone_from(&portrait.frontal);
        let names = &CanonicalMesh::get().blendshape_names;
        for (score, rows) in self.displacement.iter().enumerate() {
            let counts = names.get(score).is_some_and(|name| MOUTH_SCORES.iter().any(|prefix| name.starts_with(prefix)));
            let strength = (blendshapes[score] - SCORE_FLOOR).max(0.0);
            if !counts || strength == 0.0 {
                continue;
            }
            for ((point, weight), move_) in portrait.neutral.iter_mut().zip(&portrait.expression_weight).zip(rows) {
                (0..3).for_each(|k| point[k] -= weight * strength * move_[k]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

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
