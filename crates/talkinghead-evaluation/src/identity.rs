//! Is it still the same person?

use talkinghead_face::IdentityEmbedding;

/// How near faces are to a reference's mean face.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct IdentityScore {
    /// Euclidean distance: under 0.55 the same person, different people 0.56 and more, usually 0.8.
    pub distance: f64,
    /// Cosine. Squeezed with this embedding: different people have 0.83 in the middle and 99 % of them under 0.95.
    pub cosine: f64,
}

/// The mean of embeddings; `None` of none.
pub fn mean_embedding(embeddings: &[IdentityEmbedding]) -> Option<IdentityEmbedding> {
    let length = embeddings.first()?.values.len();
    let mean = |k: usize| embeddings.iter().map(|e| e.values[k]).sum::<f32>() / embeddings.len() as f32;
    Some(IdentityEmbedding { values: (0..length).map(mean).collect() })
}

/// A face against a reference.
pub fn identity_score(face: &IdentityEmbedding, reference: &IdentityEmbedding) -> IdentityScore {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let lengths = (dot(&face.values, &face.values) * dot(&reference.values, &reference.values)).sqrt();
    IdentityScore {
        distance: f64::from(face.distance(reference)),
        cosine: dot(&face.values, &reference.values) / lengths.max(1e-12),
    }
}

/// The mean of embeddings, each brought to length 1; `None` of none, or of different lengths.
pub fn mean_direction(embeddings: &[Vec<f32>]) -> Option<Vec<f32>> {
    let length = embeddings.first()?.len();
    if embeddings.iter().any(|embedding| embedding.len() != length) {
        return None;
    }
    let scales: Vec<f32> = embeddings.iter().map(|e| e.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12)).collect();
    let mean = |k: usize| embeddings.iter().zip(&scales).map(|(e, scale)| e[k] / scale).sum::<f32>() / embeddings.len() as f32;
    Some((0..length).map(mean).collect())
}

/// Cosine of two embeddings (CSIM); `None` where one is nothing.
pub fn csim(a: &[f32], b: &[f32]) -> Option<f64> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    (lengths > 0.0).then(|| dot(a, b) / lengths)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn distance_and_cosine_of_known_vectors() {
        let of = |values: [f32; 2]| IdentityEmbedding { values: values.to_vec() };
        let found = identity_score(&of([1.0, 0.0]), &of([0.0, 1.0]));
        assert!((found.distance - 2.0_f64.sqrt()).abs() < 1e-6 && found.cosine.abs() < 1e-9);
        assert_eq!(mean_embedding(&[of([1.0, 0.0]), of([0.0, 1.0])]).unwrap().values, [0.5, 0.5]);
        assert!(mean_embedding(&[]).is_none());
        let mean = mean_direction(&[vec![2.0, 0.0], vec![0.0, 5.0]]).unwrap();
        assert!((csim(&mean, &[3.0, 3.0]).unwrap() - 1.0).abs() < 1e-6 && csim(&mean, &[1.0, -1.0]).unwrap().abs() < 1e-6);
        assert!(csim(&mean, &[0.0, 0.0]).is_none() && mean_direction(&[vec![1.0], vec![]]).is_none());
    }
}
