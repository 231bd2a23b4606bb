//! Everything that can be chosen about a generation.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use talkinghead_face::FaceChoice;
use talkinghead_media::Limits;
use talkinghead_motion::{Blinking, Emotion, LipFeatures, LookAhead};
#[cfg(feature = "neural")]
pub use talkinghead_synthesis::DeviceKind as Device;
#[cfg(feature = "neural")]
use talkinghead_synthesis::Precision;

/// Choices about the person; the default is what most people want.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PersonOptions {
    /// Pictures of the person to use, spread over all references; `None` uses all there are.
    pub shots: Option<NonZeroUsize>,
    /// Which face, where a picture shows several.
    pub face: FaceChoice,
    /// How frames are made.
    pub renderer: RendererChoice,
    /// How large the picture may be that is moved and shown.
    pub size: SizeLimit,
    /// What is done with references that show somebody else than the first.
    pub identities: Identities,
    /// Bounds of what is read.
    pub limits: Limits,
    /// Where what was found out about the references is kept for the next time.
    pub cache: ReferenceCache,
}

/// Where what was found out about references is kept for the next time: their picture, face, mattes and mouths. The least recently
/// used goes when there is more than 500 MB. What is made with it is byte for byte what is made without.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ReferenceCache {
    /// Nowhere.
    #[default]
    Off,
    /// In the user's cache folder (`$XDG_CACHE_HOME/talkinghead`, or what the system has instead).
    User,
    /// In a folder, which is made if it is not there.
    Folder(PathBuf),
}

/// How large the picture may be that is moved and shown: a larger one is made smaller when it is read, though never so small
/// that eyes come nearer to each other than 24 pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SizeLimit {
    /// The whole picture by 1080 x 1920 pixels, upright or lying.
    #[default]
    FullFrame,
    /// The square around the face ([`Framing::FaceSquare`]) by 1080 pixels a side; the picture around it may be larger.
    FaceSquare,
    /// No limit.
    None,
}

/// What is done with references that show somebody else than the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Identities {
    /// They are left out, with a warning.
    #[default]
    One,
    /// They are used: features of several people are mixed.
    Mixed,
}

/// Choices about one video; the default is what most people want.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GenerationOptions {
    /// Where the performance comes from.
    pub performance: PerformanceChoice,
    /// A file to which the performance is written.
    pub save_motion: Option<PathBuf>,
    /// What the video shows.
    pub framing: Framing,
    /// Constant rate factor of the encoder, 0 (best) to 51; `None` takes the format's default.
    pub crf: Option<u8>,
    /// A picture of the first frame, written before the long run, in the format of its name.
    pub preview: Option<PathBuf>,
    /// Bounds of what is read.
    pub limits: Limits,
    /// Threads that make frames; `None` uses every core.
    pub threads: Option<NonZeroUsize>,
}

/// How frames are made.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum RendererChoice {
    /// The photographed head, moved in three dimensions. Needs no weights.
    #[default]
    Projection,
    /// The neural generator.
    #[cfg(feature = "neural")]
    Neural(NeuralChoice),
}

/// What the neural generator needs.
#[cfg(feature = "neural")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeuralChoice {
    /// Trained weights.
    pub weights: PathBuf,
    /// What fine-tuning on the person changed of them (`talkinghead finetune`).
    pub person: Option<PathBuf>,
    /// Where the network runs.
    pub device: Device,
    /// In which numbers its convolutions multiply on the processor.
    pub precision: Precision,
}

#[cfg(feature = "neural")]
impl NeuralChoice {
    /// The network of a weights file, on the processor.
    pub fn new(weights: impl Into<PathBuf>) -> Self {
        Self { weights: weights.into(), person: None, device: Device::default(), precision: Precision::default() }
    }

    /// The files that it needs.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        std::iter::once(&self.weights).chain(&self.person).map(PathBuf::as_path).collect()
    }
}

/// Where the performance comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum PerformanceChoice {
    /// Made from the recording.
    Generated(PerformanceOptions),
    /// Read from a motion track's file.
    Track {
        /// The file.
        path: PathBuf,
        /// Factor on head movement, 0 to 10.
        head_gain: f32,
        /// Factor on the expression, 0 to 10.
        expression_gain: f32,
    },
}

impl PerformanceChoice {
    /// The file that the performance comes from: a track, or the video whose head is followed.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Track { path, .. } => Some(path),
            Self::Generated(options) => options.head_motion.path(),
        }
    }
}

impl HeadMotionChoice {
    /// The video whose head is followed, if one is.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Video(path) => Some(path),
            Self::Audio | Self::Still => None,
        }
    }
}

impl RendererChoice {
    /// The files that it needs.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Projection => Vec::new(),
            #[cfg(feature = "neural")]
            Self::Neural(neural) => neural.paths(),
        }
    }
}

impl Default for PerformanceChoice {
    fn default() -> Self {
        Self::Generated(PerformanceOptions::default())
    }
}

/// Choices for a performance made from a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct PerformanceOptions {
    /// Where head movement comes from.
    pub head_motion: HeadMotionChoice,
    /// Whether the eyes blink.
    pub blinking: Blinking,
    /// Factor on head movement, 0 to 10.
    pub head_gain: f32,
    /// Factor on the expression, 0 to 10.
    pub expression_gain: f32,
    /// What the performance feels like.
    pub emotion: Emotion,
    /// How clearly, 0 to 1.
    pub emotion_strength: f32,
    /// What lips are made from where the recording is heard whole.
    pub lip_features: LipFeatures,
    /// Lips as a live stream of this look-ahead would have them; `None` hears the whole recording first, and is better. Head,
    /// lids and gaze always hear it whole.
    pub look_ahead: Option<LookAhead>,
    /// Seed of everything random: same seed, same bytes.
    pub seed: u64,
}

impl Default for PerformanceOptions {
    fn default() -> Self {
        Self {
            head_motion: HeadMotionChoice::Audio,
            blinking: Blinking::On,
            head_gain: 1.0,
            expression_gain: 1.0,
            emotion: Emotion::Neutral,
            emotion_strength: 0.7,
            lip_features: LipFeatures::default(),
            look_ahead: None,
            seed: 0,
        }
    }
}

/// Where head movement comes from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum HeadMotionChoice {
    /// Generated, livelier where there is speech.
    #[default]
    Audio,
    /// Held still, but alive.
    Still,
    /// As the head in this video moves.
    Video(PathBuf),
}

/// What the video shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Framing {
    /// The reference's full frame.
    #[default]
    Full,
    /// The square around the face.
    FaceSquare,
}
