//! What a face does below the eyes while it speaks: the few numbers that travel in a motion track, what they mean, and
//! the model that finds them in speech.
//!
//! [`Expression`] is the score (opening, width, eight shape components, brow), [`ExpressionBasis`] turns it into
//! displacements of the mesh and back, [`ExpressionModel`] predicts it from [`talkinghead_speech::SpeechFrame`]s.
//! Both are learned by `train_expression` in `talkinghead-training` and ship in one file of weights.

mod basis;
pub mod inputs;
mod live;
mod model;
pub mod network;
pub mod points;
mod tensor_file;

use std::sync::OnceLock;

pub use basis::{Deformation, ExpressionBasis, opening_and_width};
pub use live::{LiveLips, LookAhead};
pub use model::{ExpressionModel, ExpressionSettings, ExpressionStream, LIVE_CONTEXT, LipFeatures};
pub use talkinghead_formats::FloatWidth;
pub use tensor_file::{TensorFile, TensorFileError};

/// The weights that ship with the program, parsed once.
#[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
fn shipped() -> &'static TensorFile {
    static FILE: OnceLock<TensorFile> = OnceLock::new();
    FILE.get_or_init(|| {
        let bytes = include_bytes!("../../../../assets/models/expression.safetensors");
        TensorFile::from_bytes(bytes).expect("the shipped asset expression.safetensors is checked by a test")
    })
}

/// Shape components in an [`Expression`].
pub const SHAPE_COMPONENTS: usize = 8;

/// One interocular distance (iris centre to iris centre) in the frontal frame's canonical centimetres, as real faces have it.
pub const CENTIMETRES_PER_IOD: f32 = 6.4;

/// One frame's expression, relative to the relaxed face with closed lips, independent of whose face it is.
///
/// All zeros is that relaxed face. `opening` and `width` have the last word: the shape is corrected until it has them.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Expression {
    /// Gap between the inner lips at the middle (points 13, 14) in interocular distances; 0 = lips touch. In speech
    /// its median is about 0.11 and its standard deviation 0.08; 0.4 is a wide open mouth.
    pub opening: f32,
    /// How much wider the mouth is (points 61, 291) than at rest, in interocular distances; negative = rounded or
    /// pursed. In speech its standard deviation is about 0.05.
    pub width: f32,
    /// `[8]` components of the lips' and jaw's shape, in standard deviations of each over speech about rest.
    pub shape: [f32; SHAPE_COMPONENTS],
    /// How far the brows are raised, in interocular distances; negative = lowered. An accent raises them by 0.03.
    pub brow: f32,
}

impl Expression {
    /// The relaxed face with closed lips.
    pub const NEUTRAL: Self = Self { opening: 0.0, width: 0.0, shape: [0.0; SHAPE_COMPONENTS], brow: 0.0 };
}

impl Default for Expression {
    fn default() -> Self {
        Self::NEUTRAL
    }
}
