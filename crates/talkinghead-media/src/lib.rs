//! Frames, pictures and sound in and out, through ffmpeg child processes. Anything ffmpeg reads becomes what
//! the rest of the program works with: RGB frames at [`FRAME_RATE`] and mono samples at [`SAMPLE_RATE`]; what is
//! written appears whole or not at all. Every other crate may depend on this one; it depends on none of them.
//!
//! One child process serves one stream, its standard error is always drained, and none outlives the value that
//! owns it. [`stop_everything`] ends them all at once, for Ctrl-C.

mod audio;
mod child;
mod colour;
mod container;
mod dynamic_range;
mod error;
mod frame_folder;
mod frames;
mod full_scale;
mod heif;
mod interruption;
mod jpeg;
mod limits;
mod output_claim;
mod output_file;
mod picture;
mod picture_output;
mod plain_wav;
mod planar_frame;
mod probe;
mod processor_time;
mod transparency;
mod video_writer;
mod wav;

pub use audio::{AudioReader, ChannelChoice, read_audio};
pub use container::{Container, ffmpeg_version, ffprobe_version};
pub use error::{Bound, MediaError};
pub use frame_folder::list_frames;
pub use frames::FrameReader;
pub use interruption::{is_stopped, stop_everything};
pub use limits::{DamagedPictures, Limits};
pub use output_claim::OutputClaim;
pub use output_file::{OutputFile, check_output, write_file};
pub use picture::{decode_image, read_image};
pub use picture_output::{PictureOutput, write_picture};
pub use planar_frame::PlanarFrame;
pub use probe::{AudioInfo, MediaInfo, MediaKind, probe};
pub use processor_time::{MediaWork, process_time, thread_time};
pub use video_writer::{VideoOptions, VideoWriter};

/// Frames per second of every video inside the program.
pub const FRAME_RATE: u32 = 25;

/// Samples per second of every sound inside the program.
pub const SAMPLE_RATE: u32 = 16_000;

/// Keeps the README's example compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
