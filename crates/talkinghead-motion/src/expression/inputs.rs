//! Speech features, reduced to what the expression model reads.

use talkinghead_speech::{MEL_BANDS, PHONEME_FEATURES, SpeechFrame, VISEME_CURVES};

use super::tensor_file::{TensorFile, TensorFileError};

/// Components kept of each group: phoneme features, log-mel, viseme curves.
pub const GROUP_COMPONENTS: [usize; 3] = [48, 32, 28];
/// Inputs of the network per frame.
pub const INPUTS: usize = GROUP_COMPONENTS[0] + GROUP_COMPONENTS[1] + GROUP_COMPONENTS[2];
/// Values of each group in a [`SpeechFrame`].
pub const GROUP_VALUES: [usize; 3] = [PHONEME_FEATURES, MEL_BANDS, VISEME_CURVES];
/// Names of the groups, in order.
pub const GROUP_NAMES: [&str; 3] = ["phonemes", "mel", "visemes"];

/// The values of a frame's three groups, in order.
pub fn groups(frame: &SpeechFrame) -> [&[f32]; 3] {
    [&frame.phoneme_features, &frame.log_mel, &frame.viseme_curves]
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
    /// From tensors `inputs.NAME.mean` and `inputs.NAME.components` (`[components, values]`).
    ///
    /// # Errors
    /// A tensor is missing or has another shape.
    pub fn from_tensors(file: &TensorFile) -> Result<Self, TensorFileError> {
        let group = |g: usize| -> Result<Group, TensorFileError> {
            let (name, values, count) = (GROUP_NAMES[g], GROUP_VALUES[g], GROUP_COMPONENTS[g]);
            let components = file.get(&format!("inputs.{name}.components"), &[count, values])?;
            Ok(Group {
                mean: file.get(&format!("inputs.{name}.mean"), &[values])?.to_vec(),
                components: components.chunks_exact(values).map(<[f32]>::to_vec).collect(),
            })
        };
        Ok(Self { groups: (0..3).map(group).collect::<Result<_, _>>()? })
    }

    /// The inputs of a frame, `[108]`, from its three groups of values.
    pub fn reduce(&self, values: [&[f32]; 3]) -> [f32; INPUTS] {
        let mut inputs = [0.0; INPUTS];
        let rows = self.groups.iter().zip(values).flat_map(|(group, values)| {
            let centred: Vec<f32> = values.iter().zip(&group.mean).map(|(v, m)| v - m).collect();
            group.components.iter().map(move |row| row.iter().zip(&centred).map(|(a, b)| a * b).sum::<f32>())
        });
        for (input, value) in inputs.iter_mut().zip(rows) {
            *input = value;
        }
        inputs
    }
}
