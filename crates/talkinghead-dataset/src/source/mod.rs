//! One source becomes clips: read shot by shot, the face tracked, each segment cropped, measured and written, or rejected with
//! a reason. Errors of the source end the source, not the run.

mod audio_stream;
mod clip_writer;
mod error;
mod processor;
mod segment_decoder;
mod segments;
mod shots;
mod stage_timer;

pub(crate) use processor::{Processor, SourceFiles, SourceOutcome};
pub use shots::ShotDetector;
pub use stage_timer::StageSeconds;
