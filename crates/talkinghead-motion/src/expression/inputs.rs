//! Speech features, reduced to what the expression model reads.

use talkinghead_speech::{ENCODER_FEATURES, MEL_BANDS, PHONEME_FEATURES, SpeechFrame, VISEME_CURVES};

use super::tensor_file::{TensorFile, TensorFileError};

/// Groups of speech features: phoneme features, log-mel, viseme curves, and, in models that hear it, the speech encoder.
pub const GROUPS: usize = 4;
/// Names of the groups, in order.
pub const GROUP_NAMES: [&str; GROUPS] = ["phonemes", "mel", "visemes", "encoder"];
/// Values of each group in a [`SpeechFrame`].
pub const GROUP_VALUES: [usize; GROUPS] = [PHONEME_FEATURES, MEL_BANDS, VISEME_CURVES, ENCODER_FEATURES];
/// Components that training keeps of each group.
///
/// Design decision: many. Kept to the 48 strongest, phoneme features lose 0.04 of the correlation with the lips of free speech; what
/// too many of them would overfit, dropout and noise take care of.
pub const GROUP_COMPONENTS: [usize; GROUPS] = [192, 40, 28, 192];

/// The values of a frame's groups, in order; the last is empty where the encoder did not listen.
pub fn groups(frame: &SpeechFrame) -> [&[f32]; GROUPS] {
    [&frame.phoneme_features, &frame.log_mel, &frame.viseme_curves, &frame.encoder_features]
}

/// Principal components of each group, scaled to about unit size.
#[derive(Clone, Debug)]
pub struct InputReduction {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    mean: Vec<f32>,
    /// One row for each component.
    components: Vec<Vec<f32>>,
}

impl InputReduction {
    /// From tensors `inputs.NAME.mean` and `inputs.NAME.components` (`[components, values]`, 1 to as many as there are values). The
    /// encoder's may be missing: then it is not heard.
    ///
    /// # Errors
    /// A tensor is missing or has another shape.
    pub fn from_tensors(file: &TensorFile) -> Result<Self, TensorFileError> {
        let group = |g: usize| -> Result<Group, TensorFileError> {
            let (name, values) = (format!("inputs.{}.components", GROUP_NAMES[g]), GROUP_VALUES[g]);
            let count = file.shape(&name).and_then(|shape| shape.first()).map_or(1, |&count| count.clamp(1, values));
            let components = file.get(&name, &[count, values])?;
            Ok(Group {
                mean: file.get(&format!("inputs.{}.mean", GROUP_NAMES[g]), &[values])?.to_vec(),
                components: components.chunks_exact(values).map(<[f32]>::to_vec).collect(),
            })
        };
        let heard = if file.shape("inputs.encoder.components").is_some() { GROUPS } else { GROUPS - 1 };
        Ok(Self { groups: (0..heard).map(group).collect::<Result<_, _>>()? })
    }

    /// Inputs of a frame: the components of all groups.
    pub fn inputs(&self) -> usize {
        self.groups.iter().map(|group| group.components.len()).sum()
    }

    /// Whether the speech encoder's features are among the inputs.
    pub fn hears_encoder(&self) -> bool {
        self.groups.len() == GROUPS
    }

    /// The inputs of a frame from its groups of values. A group that is empty counts as its mean.
    pub fn reduce(&self, values: [&[f32]; GROUPS]) -> Vec<f32> {
        let rows = self.groups.iter().zip(values).flat_map(|(group, values)| {
            let centred: Vec<f32> = values.iter().zip(&group.mean).map(|(v, m)| v - m).collect();
            group.components.iter().map(move |row| row.iter().zip(&centred).map(|(a, b)| a * b).sum::<f32>())
        });
        rows.collect()
    }
}
