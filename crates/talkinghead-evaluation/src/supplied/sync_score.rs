//! From embeddings of mouths and sound to LSE-C, LSE-D and offset (Chung and Zisserman 2016; Prajwal et al. 2020).

/// Frames either way within which the best offset is looked for.
pub const LONGEST_OFFSET: usize = 15;

/// How well lips fit the sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SyncScore {
    /// LSE-C: the median over all offsets of the mean distance, less the smallest.
    pub confidence: f64,
    /// LSE-D: the smallest mean distance.
    pub distance: f64,
    /// The offset of the smallest, in frames of 40 ms; positive: the lips are late.
    pub offset_frames: i64,
    /// Windows of five frames that were compared.
    pub windows: usize,
}

impl SyncScore {
    /// Of embeddings of the same windows; `None` of none. As in the public code, what lies beyond either end of the sound is zero, and
    /// those windows count.
    pub fn of(mouths: &[Vec<f32>], sounds: &[Vec<f32>]) -> Option<Self> {
        let windows = mouths.len().min(sounds.len());
        let length = mouths.first()?.len();
        if windows == 0 {
            return None;
        }
        let nothing = vec![0.0; length];
        let means: Vec<f64> = (0..=2 * LONGEST_OFFSET)
            .map(|shift| {
                let sound = |k: usize| (k + shift).checked_sub(LONGEST_OFFSET).filter(|&at| at < windows);
                let distances = (0..windows).map(|k| distance(&mouths[k], sound(k).map_or(&nothing, |at| &sounds[at])));
                distances.sum::<f64>() / windows as f64
            })
            .collect();
        let (best, least) = means.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let mut ordered = means.clone();
        ordered.sort_by(f64::total_cmp);
        let median = ordered[LONGEST_OFFSET];
        let offset_frames = LONGEST_OFFSET as i64 - best as i64;
        Some(Self { confidence: median - least, distance: least, offset_frames, windows })
    }
}

/// Euclidean; PyTorch's `pairwise_distance` adds 1e-6 to every difference.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b) + 1e-6).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_delayed_copy_has_its_delay() {
        let embedding = |k: i64| (0..8).map(|d| (3.0 * ((k * 13 + d * 7) as f32).sin()) + 1.0).collect::<Vec<f32>>();
        let sounds: Vec<Vec<f32>> = (0..60).map(embedding).collect();
        for late in [-4, 0, 3] {
            let mouths: Vec<Vec<f32>> = (0..60).map(|k| embedding(k - late)).collect();
            let found = SyncScore::of(&mouths, &sounds).unwrap();
            assert_eq!((found.offset_frames, found.windows), (late, 60));
            assert!(found.confidence > 1.0, "{found:?}");
        }
        let same = SyncScore::of(&sounds, &sounds).unwrap();
        assert!(same.distance < 1e-4);
        assert!(SyncScore::of(&[], &sounds).is_none());
    }
}
