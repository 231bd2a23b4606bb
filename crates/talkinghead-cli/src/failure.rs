//! How a command fails: details if there are any, one `error:` line, then a `hint:` line.

use talkinghead::GenerationError;
use talkinghead_dataset::DatasetError;
use talkinghead_evaluation::EvaluationError;
use talkinghead_media::MediaError;
use talkinghead_motion::MotionError;
#[cfg(feature = "neural")]
use talkinghead_synthesis::SynthesisError;
#[cfg(feature = "training")]
use talkinghead_training::generator::TrainingError;
#[cfg(feature = "training")]
use talkinghead_training::run::RunError;

/// Exit code of a failure.
const FAILED: u8 = 1;
/// Exit code of what was stopped in order: 128 and the number of the signal.
#[cfg(feature = "training")]
const STOPPED: u8 = 130;

/// What is told to the person at the end of a failed command.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    /// Exit code.
    code: u8,
}

impl Failure {
    /// A failure with a word on what to do.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), code: FAILED }
    }

    /// What the program ends with.
    pub fn exit_code(&self) -> std::process::ExitCode {
        std::process::ExitCode::from(self.code)
    }

    /// Prints it to standard error. Of a message of several lines the first is the error; the others (such as a list of
    /// tensors) come before it, so that error and hint are the last that is seen.
    pub fn print(&self) {
        let line = |text: &str| text.replace(['\n', '\r'], " ");
        let (first, details) = self.message.split_once('\n').unwrap_or((&self.message, ""));
        details.lines().for_each(|detail| eprintln!("{detail}"));
        eprintln!("error: {}", line(first));
        if let Some(hint) = &self.hint {
            eprintln!("hint: {}", line(hint));
        }
    }
}

impl From<GenerationError> for Failure {
    fn from(error: GenerationError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), code: FAILED }
    }
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), code: FAILED }
    }
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), code: FAILED }
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), code: FAILED }
    }
}

impl From<MotionError> for Failure {
    fn from(error: MotionError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), code: FAILED }
    }
}

#[cfg(feature = "neural")]
impl From<SynthesisError> for Failure {
    fn from(error: SynthesisError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), code: FAILED }
    }
}

#[cfg(feature = "training")]
impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let code = if matches!(error, RunError::Stopped { .. }) { STOPPED } else { FAILED };
        Self { message: error.to_string(), hint: error.hint(), code }
    }
}

#[cfg(feature = "training")]
impl From<TrainingError> for Failure {
    fn from(error: TrainingError) -> Self {
        Self { message: error.to_string(), hint: error.hint(), code: FAILED }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { message: format!("{error:#}"), hint: None, code: FAILED }
    }
}
