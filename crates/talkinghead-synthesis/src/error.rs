//! The one error type of this crate: every message names the file or tensor, what was wanted and what was found.

use std::path::{Path, PathBuf};

use talkinghead_formats::FormatError;
use talkinghead_kernels::KernelError;

/// What can go wrong while reading weights, building a network or running it.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file's bytes are not what its format demands.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with names and sizes.
        reason: String,
    },
    /// The options describe a network that cannot exist.
    #[error("network options: {0}")]
    Configuration(String),
    /// The device that was asked for cannot be used.
    #[error("{0}")]
    Device(String),
    /// Weights of a person were tuned from others than those they are used with.
    #[error("{} was tuned from other weights than {}", person.display(), weights.display())]
    OtherBase {
        /// The person's file.
        person: PathBuf,
        /// The base that was given.
        weights: PathBuf,
        /// Name of the file that it was tuned from.
        wanted: String,
    },
    /// The weights and the network do not fit each other.
    #[error("{0}")]
    Weights(Box<WeightMismatch>),
    /// An input tensor has another shape than the network needs.
    #[error("input `{name}`: wanted {wanted}, found {found}")]
    Input {
        /// Name of the input.
        name: String,
        /// The shape or property that is needed.
        wanted: String,
        /// What was given.
        found: String,
    },
    /// The kernels refuse the shapes that the layers gave them.
    #[error("the network does not fit its input: {0}")]
    Kernel(#[from] KernelError),
    /// A result could not be read back from the device.
    #[error("the device failed while it computed: {0}")]
    ReadBack(String),
    /// A file could not be written.
    #[error(transparent)]
    Output(#[from] talkinghead_media::MediaError),
    /// The picture pipeline around the network failed.
    #[error("{0}")]
    Rendering(String),
}

impl SynthesisError {
    /// Wraps a system error with the file it concerns.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    /// A file whose content is unusable.
    pub fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_path_buf(), reason: reason.into() }
    }

    /// An input that does not fit.
    pub fn input(name: &str, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Input { name: name.into(), wanted: wanted.into(), found: found.into() }
    }

    /// What the user can do about it, if there is something general to say.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Output(error) => return error.hint(),
            Self::Io { .. } => "check that the file exists and may be read or written",
            Self::Malformed { reason, .. } if reason.contains("refused") => {
                "a state dict needs no more than tensors: do not trust this file, or save its state_dict() alone, with torch.save or as \
                 safetensors"
            }
            Self::Malformed { path, .. } => match path.extension().and_then(|extension| extension.to_str()) {
                Some("npy") => {
                    "the published preprocessing writes such arrays: float32 or float64, [frames, 68, 3] or [frames, 6]"
                }
                Some("json" | "txt") => "compare it with a file that the published training script wrote",
                _ => {
                    "the file may be incomplete or of another kind: copy it again; weights are a plain state dict, saved with \
                     torch.save or as safetensors"
                }
            },
            Self::Configuration(_) => "option names and meanings are those of the published training script",
            Self::Device(_) => {
                "`talkinghead doctor` lists what this program can use; book/src/devices.md says what each device needs"
            }
            Self::OtherBase { wanted, .. } if !wanted.is_empty() => {
                return Some(format!(
                    "it belongs to a file that was called {wanted}: give that one with --weights, or tune anew with `talkinghead finetune`"
                ));
            }
            Self::OtherBase { .. } => "give the weights that it was tuned from, or tune anew with `talkinghead finetune`",
            Self::ReadBack(_) => "the device may lack memory: use fewer or smaller pictures, or the processor (`--device cpu`)",
            Self::Weights(mismatch) if mismatch.fits() => {
                "training diverged or the file is damaged: use an earlier checkpoint, or copy the file again"
            }
            Self::Weights(_) => {
                "the options must be those the checkpoint was trained with: import it with its opt.txt (--options), or with single \
                 ones (--set NAME=VALUE)"
            }
            Self::Input { .. } | Self::Kernel(_) => {
                "all inputs must belong to each other and be of the size and number that the network was built for"
            }
            Self::Rendering(_) => "use pictures in which the whole face is visible",
        };
        Some(hint.to_owned())
    }
}

/// All the ways in which a set of tensors differs from what a network needs. Never loaded partially.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct WeightMismatch {
    /// Keys that the network needs and the file lacks.
    pub missing: Vec<String>,
    /// Keys that the file has and the network does not know.
    pub unexpected: Vec<String>,
    /// Tensors of another shape: key, wanted, found.
    pub wrong_shape: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Tensors holding values that are not finite: key, position of the first, value.
    pub not_finite: Vec<(String, usize, f32)>,
}

impl WeightMismatch {
    /// Whether keys and shapes fit, whatever the values.
    pub fn fits(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.wrong_shape.is_empty()
    }

    /// Whether everything fits.
    pub fn is_empty(&self) -> bool {
        self.fits() && self.not_finite.is_empty()
    }
}

impl std::fmt::Display for WeightMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let missing = self.missing.iter().map(|key| format!("missing     {key}"));
        let unexpected = self.unexpected.iter().map(|key| format!("unexpected  {key}"));
        let shapes = self.wrong_shape.iter();
        let shapes = shapes.map(|(key, wanted, found)| format!("shape       {key}: network has {wanted:?}, file has {found:?}"));
        let values = self.not_finite.iter();
        let values = values.map(|(key, position, value)| format!("not finite  {key}: element {position} is {value}"));
        let kinds = [
            ("missing", missing.collect::<Vec<_>>()),
            ("unexpected", unexpected.collect()),
            ("of another shape", shapes.collect()),
            ("with values that are not finite", values.collect()),
        ];
        // One line that stands for all, then all of them.
        let there = || kinds.iter().filter(|(_, tensors)| !tensors.is_empty());
        let counts: Vec<String> = there().map(|(kind, tensors)| format!("{} {kind}", tensors.len())).collect();
        write!(f, "the weights do not fit the network: {}", counts.join(", "))?;
        let worst = there().next_back().and_then(|(_, tensors)| tensors.first());
        if let Some(worst) = worst {
            write!(f, " (such as {})", worst.split_whitespace().collect::<Vec<_>>().join(" "))?;
        }
        kinds.iter().flat_map(|(_, tensors)| tensors).try_for_each(|tensor| write!(f, "\n  {tensor}"))
    }
}

impl From<FormatError> for SynthesisError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Io { path, source } => Self::Io { path, source },
            FormatError::Malformed { path, reason } => Self::Malformed { path, reason },
            error @ FormatError::Option { .. } => Self::Configuration(error.to_string()),
        }
    }
}

impl From<SynthesisError> for talkinghead_render::FrameError {
    fn from(error: SynthesisError) -> Self {
        let hint = error.hint();
        Self::new(error, hint)
    }
}

impl From<WeightMismatch> for SynthesisError {
    fn from(mismatch: WeightMismatch) -> Self {
        Self::Weights(Box::new(mismatch))
    }
}
