//! What a corpus holds: the folder layouts that are understood, and from them the sources, each a video with its sound, its
//! words, who speaks in it and which official part it belongs to. Knows names and places, opens no video.

mod clip_names;
mod corpora;
mod crema_d;
mod grid;
mod lrs3;
mod sidecars;
mod source;
mod transcript;
mod videos;
mod voxceleb2;

pub(crate) use clip_names::segment_name;
pub use corpora::Corpus;
pub use source::{OfficialSplit, Source};
pub(crate) use transcript::read_transcript;
pub use transcript::{TranscriptKind, words};
