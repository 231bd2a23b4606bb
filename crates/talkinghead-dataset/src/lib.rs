//! Raw corpora in; aligned, checked, documented training clips out.
//!
//! Design decision: a corpus is a set of independent sources, and what becomes of one depends only on its bytes and the
//! settings. So a source is done whole or not at all, a run can be killed anywhere and taken up again, any number of
//! machines can share it, and the manifest, the splits, the duplicates and the report follow from the finished sources
//! alone ([`merge`]). Clips are the reference's file set plus `clip.json` ([`ClipDescription`]). May be used by training; uses
//! media, face, speech and render.

pub mod affine;
mod alignment;
#[cfg(feature = "object-store")]
mod bucket;
#[cfg(not(feature = "object-store"))]
#[path = "no_bucket.rs"]
mod bucket;
mod clip;
mod clip_folder;
mod clip_geometry;
mod clip_identity;
mod clip_name;
mod clip_sound;
mod clip_writer;
mod contact_strip;
mod corpus;
mod duplicates;
mod error;
pub mod head_mesh;
mod identities;
pub mod inspect;
pub mod key_frame;
pub mod lip_opening;
mod listing;
mod manifest;
pub mod merge;
mod mesh_topology;
pub mod npy;
mod overlay;
mod pieces;
mod place;
mod pose_curves;
mod preprocess;
mod process;
pub mod projection;
mod quality;
mod reason;
mod report;
pub mod rigid;
pub mod round_trip;
mod settings;
mod shard;
mod shots;
mod signature;
pub mod smoothing;
mod splits;
mod stages;
pub mod sync;
mod thresholds;
pub mod training_item;
pub mod transcript;
pub mod verify;
mod wav;
mod webdataset;
mod work;
mod workshop;

pub use clip::{CLIP_SIDE, ClipDescription, ClipFiles, CropDescription, PoseRange, Spread, SyncDescription};
pub use clip_folder::ClipFolder;
pub use clip_name::encode_path;
pub use corpus::{Corpus, OfficialSplit, Source};
pub use error::DatasetError;
pub use listing::{FileEntry, Listing};
pub use manifest::{ManifestRow, read_manifest};
pub use place::Place;
pub use preprocess::{DatasetDescription, Preprocessing, Progress, RunSummary};
pub use quality::Quality;
pub use reason::{Reason, Rejection};
pub use settings::{ClipSettings, CropMode, Format, MergeSettings};
pub use shard::Shard;
pub use shots::ShotDetector;
pub use splits::Split;
pub use stages::StageSeconds;
pub use thresholds::{Shortcoming, Thresholds};
pub use work::WorkRecord;
