//! What was learned of a head that speaks: how it answers the loudness of its voice, and how it moves besides.

use std::sync::OnceLock;

use crate::expression::{TensorFile, TensorFileError};

/// Frames between two taps of the response, and taps: it looks 1.4 s back and ahead.
pub const TAP_STEP: usize = 2;
/// See [`TAP_STEP`].
pub const TAPS: usize = 36;
/// Rows of the response: yaw, pitch, roll (standard deviations), log of head speed, brows (standard deviations).
pub const RESPONSES: usize = 5;

/// A speaker's movement, taken apart: a linear response to loudness, and real movement with that response taken out.
#[derive(Clone, Debug)]
pub struct HeadMaterial {
    /// `[5][36]`: weights on the loudness envelope (mean 0, standard deviation 1) around a frame.
    response: Vec<[f32; TAPS]>,
    /// What the response leaves of yaw, pitch, roll in each frame; standard deviation 1 over everything.
    pub(super) residual: Vec<[f32; 3]>,
    /// How lively the speech was in each of these frames, as log of head speed; standard deviation 1.
    pub(super) activity: Vec<f32>,
    /// For each frame, the first frame behind its stretch of continuous recording.
    pub(super) stretch_end: Vec<usize>,
}

impl HeadMaterial {
    /// The material that ships with the program, parsed once.
    #[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
    pub fn get() -> &'static Self {
        static MATERIAL: OnceLock<HeadMaterial> = OnceLock::new();
        MATERIAL.get_or_init(|| {
            let bytes = include_bytes!("../../../../assets/models/head_motion.safetensors");
            let file = TensorFile::from_bytes(bytes).expect("the shipped asset head_motion.safetensors is checked by a test");
            Self::from_tensors(&file).expect("the shipped asset head_motion.safetensors is checked by a test")
        })
    }

    /// From tensors `response.weight` `[5, 36]`, `residual.angles` `[frames, 3]`, `residual.activity` `[frames]` and
    /// `residual.lengths` `[stretches, 2]` (frames of each: thousands and the rest).
    ///
    /// # Errors
    /// A tensor is missing, has another shape, or the lengths do not add up to the frames.
    pub fn from_tensors(file: &TensorFile) -> Result<Self, TensorFileError> {
        let sizes = |name: &str| file.shape(name).and_then(|shape| shape.first().copied()).unwrap_or(0);
        let frames = sizes("residual.angles");
        let lengths = file.get("residual.lengths", &[sizes("residual.lengths"), 2])?;
        let mut stretch_end = Vec::with_capacity(frames);
        for [thousands, rest] in lengths.as_chunks::<2>().0 {
            let end = stretch_end.len().saturating_add((1000.0 * thousands + rest).max(0.0) as usize);
            stretch_end.resize(end.min(frames), end.min(frames));
        }
        let sum: f32 = lengths.as_chunks::<2>().0.iter().map(|[thousands, rest]| 1000.0 * thousands + rest).sum();
        if stretch_end.len() != frames || frames == 0 || sum != frames as f32 {
            return Err(TensorFileError::Invalid(format!("the stretches do not add up to the {frames} frames of movement")));
        }
        Ok(Self {
            response: file.get("response.weight", &[RESPONSES, TAPS])?.as_chunks::<TAPS>().0.to_vec(),
            residual: file.get("residual.angles", &[frames, 3])?.as_chunks::<3>().0.to_vec(),
            activity: file.get("residual.activity", &[frames])?.to_vec(),
            stretch_end,
        })
    }

    /// How the head answers a loudness envelope (mean 0, standard deviation 1; it goes on beyond its ends): yaw, pitch,
    /// roll, log of speed, brows, each as long as the envelope.
    pub(crate) fn respond(&self, loudness: &[f32]) -> [Vec<f32>; RESPONSES] {
        let reach = (TAPS * TAP_STEP / 2) as isize - 1;
        let last = loudness.len() as isize - 1;
        let mut answers: [Vec<f32>; RESPONSES] = std::array::from_fn(|_| Vec::with_capacity(loudness.len()));
        for at in 0..loudness.len() as isize {
            let heard: [f32; TAPS] =
                std::array::from_fn(|tap| loudness[(at - reach + (tap * TAP_STEP) as isize).clamp(0, last) as usize]);
            for (answer, weights) in answers.iter_mut().zip(&self.response) {
                answer.push(weights.iter().zip(&heard).map(|(w, h)| w * h).sum());
            }
        }
        answers
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rhythm::mean_and_deviation;

    #[test]
    fn the_material_that_ships_is_whole() {
        let material = HeadMaterial::get();
        assert!(material.residual.len() > 30_000 && material.activity.len() == material.residual.len());
        for axis in 0..3 {
            let (_, deviation) = mean_and_deviation(&material.residual.iter().map(|r| r[axis]).collect::<Vec<_>>());
            assert!((deviation - 1.0).abs() < 0.02, "axis {axis}: {deviation}");
        }
    }

    #[test]
    fn the_head_is_raised_at_a_loud_moment_and_lowered_after() {
        let loudness: Vec<f32> = (0..200).map(|k| (-0.5 * ((k as f32 - 100.0) / 3.0).powi(2)).exp()).collect();
        let pitch = &HeadMaterial::get().respond(&loudness)[1];
        let mean = |range: std::ops::Range<usize>| pitch[range.clone()].iter().sum::<f32>() / range.len() as f32;
        // Positive is down.
        assert!(mean(95..106) < 0.0 && mean(115..130) > 0.0, "{} {}", mean(95..106), mean(115..130));
    }

    #[test]
    fn stretches_that_do_not_add_up_are_refused() {
        let mut file = TensorFile::default();
        file.insert("response.weight", &[RESPONSES, TAPS], vec![0.0; RESPONSES * TAPS]);
        file.insert("residual.angles", &[10, 3], vec![0.0; 30]);
        file.insert("residual.activity", &[10], vec![0.0; 10]);
        for lengths in [vec![0.0, 4.0, 0.0, 5.0], vec![0.0, 4.0, 0.0, 7.0], vec![0.0, -1.0], vec![1e30, 0.0], vec![]] {
            file.insert("residual.lengths", &[lengths.len() / 2, 2], lengths);
            assert!(HeadMaterial::from_tensors(&file).is_err());
        }
        file.insert("residual.lengths", &[2, 2], vec![0.0, 4.0, 0.0, 6.0]);
        assert_eq!(HeadMaterial::from_tensors(&file).unwrap().stretch_end[3..5], [4, 10]);
    }
}
