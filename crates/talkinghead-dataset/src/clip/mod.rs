//! A clip: what is written about it, the file set in its folder (ours, or one of the published tools), its geometry and sound,
//! and which frames of it a training item takes.

mod audio;
mod contact_strip;
mod description;
mod file_set;
mod folder;
mod geometry;
mod settings;
mod training_item;
mod wav;

pub(crate) use audio::{AUDIO_MARGIN, ClipAudio, SAMPLES_PER_FRAME};
pub(crate) use contact_strip::ContactStrip;
pub use description::{ClipDescription, ClipFiles, CropDescription, PoseRange, SyncDescription};
pub(crate) use file_set::{ClipContent, write_file_set};
pub use folder::ClipFolder;
pub(crate) use geometry::ClipGeometry;
pub use settings::ClipSettings;
pub use training_item::{AudioTail, CropJitter, FrameRanges, PixelBox, audio_windows, frame_ranges, training_crop};
