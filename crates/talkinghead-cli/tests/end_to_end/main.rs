//! The binary, run as people run it: what it makes, and above all what it does when something is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_audio;
mod bad_motion;
mod bad_options;
mod bad_output;
mod bad_reference;
#[cfg(feature = "neural")]
mod bad_weights;
mod inspection;
mod interruption;
mod main_job;
mod motion_edits;
#[cfg(feature = "neural")]
mod neural;
mod odd_references;
mod own_pictures;
mod own_sound;
mod preprocessing_golden;
mod program;
mod reference_cache;
