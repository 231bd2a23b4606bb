#![doc = include_str!("../README.md")]
//!
//! # How it is built
//!
//! [`Generation`] is the main job; a [`Person`] is prepared once and speaks many times; [`MotionGeneration`] makes the performance
//! alone. All of them hand one value with progress, cancellation and clock down through their stages. Frames flow through bounded
//! queues, so that memory does not grow with the length of the recording. Uses every crate of inference; the command line is a
//! thin layer on top.

mod cancellation;
#[cfg(feature = "neural")]
mod demo_folder;
mod error;
mod framing;
mod generation;
mod job;
mod listening;
mod memory;
mod motion_generation;
mod mouth_checks;
#[cfg(feature = "neural")]
mod neural;
mod options;
mod ordered;
mod performer;
mod person;
mod progress;
#[cfg(feature = "neural")]
mod reenactment;
mod reference_cache;
mod reference_frames;
mod reference_identity;
mod reference_loader;
mod reference_reader;
mod reference_view;
mod report;
mod speech_analysis;
mod stage_costs;
mod threads;
mod tracked_reference;

pub use cancellation::Cancellation;
pub use error::GenerationError;
pub use generation::Generation;
pub use listening::{HeardSound, Listening};
pub use memory::peak_memory_bytes;
pub use motion_generation::{GeneratedMotion, MotionGeneration};
#[cfg(feature = "neural")]
pub use options::{Device, NeuralChoice};
pub use options::{
    Framing, GenerationOptions, HeadMotionChoice, Identities, PerformanceChoice, PerformanceOptions, PersonOptions,
    ReferenceCache, RendererChoice, SizeLimit,
};
pub use person::{Person, PersonBuilder};
pub use progress::{Progress, Stage};
#[cfg(feature = "neural")]
pub use reenactment::{ReenactedPicture, Reenactment, ReenactmentInputs, ReenactmentOptions};
pub use reference_cache::CACHE_VARIABLE;
#[doc(hidden)]
pub use reference_cache::is_subject_file;
pub use reference_frames::{ReferenceFrame, ReferenceFrames};
pub use report::Report;
pub use talkinghead_face::FaceChoice;
pub use talkinghead_media::{DamagedPictures, Limits};
pub use talkinghead_motion::{
    Blinking, Emotion, Keyframe, LipFeatures, LiveLips, LookAhead, MendedTrack, MotionFrame, MotionTrack, Part, Plot,
    PlottedSound, Selection, TrackFormat,
};
pub use talkinghead_simd::{InstructionSet, InstructionSetError, KERNELS_VARIABLE};
#[cfg(feature = "neural")]
pub use talkinghead_synthesis::Precision;
pub use threads::use_threads;
