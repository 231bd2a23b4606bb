//! A few pictures of a person and a recording in; a video out in which the person speaks it.
//!
//! Design decision: one builder, [`Generation`], does the whole job and everything it needs is a value: options, a callback
//! for progress, a handle to stop it, a report at the end. Frames flow through bounded queues, so that memory does not grow
//! with the length of the recording. Uses every crate of inference; the command line is a thin layer on top.

#[cfg(feature = "neural")]
mod driving;
mod error;
mod framing;
mod generation;
mod hearing;
mod memory;
#[cfg(feature = "neural")]
mod neural;
mod options;
mod ordered;
mod performing;
mod progress;
mod report;
mod subject;
mod threads;

#[cfg(feature = "neural")]
pub use driving::{DrivenGeneration, DrivenPicture};
pub use error::GenerationError;
pub use generation::Generation;
pub use memory::peak_memory_bytes;
#[cfg(feature = "neural")]
pub use options::{Device, NeuralChoice};
pub use options::{Framing, GenerationOptions, HeadMotionChoice, PerformanceChoice, PerformanceOptions, RendererChoice};
pub use performing::{track_from_audio, track_from_video};
pub use progress::{Cancellation, Progress, Stage};
pub use report::Report;
pub use talkinghead_face::FaceChoice;
pub use talkinghead_media::Limits;
pub use talkinghead_motion::{Blinking, MotionFrame, MotionTrack};
pub use talkinghead_simd::{InstructionSet, InstructionSetError, KERNELS_VARIABLE};
#[cfg(feature = "neural")]
pub use talkinghead_synthesis::Precision;
pub use threads::use_threads;
