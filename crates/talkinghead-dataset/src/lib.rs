//! Raw corpora in; aligned, checked, documented training clips out.
//!
//! Design decision: a corpus is a set of independent sources, and what becomes of one depends only on its bytes and the
//! settings. So a source is done whole or not at all, a run can be killed anywhere and taken up again, any number of
//! machines can share it, and the manifest, the splits, the duplicates and the report follow from the finished sources
//! alone ([`merge()`]). Clips are the reference's file set plus `clip.json` ([`ClipDescription`]). May be used by training and
//! evaluation; uses media, face, render and formats.
//!
//! # Rooms
//!
//! In the order of the work; a room uses only those above it, and all use the few files beside the rooms:
//!
//! | room | purpose |
//! | --- | --- |
//! | [`store`] | folders and object stores, what lies in them |
//! | [`corpus`] | folder layouts, and the sources in them |
//! | [`geometry`] | crop, pose, key frame, head mesh, projection |
//! | [`quality`] | what is measured of a clip, and the thresholds |
//! | [`clip`] | description, file set and folder of a clip; what a training item takes of it |
//! | `source` | one source becomes clips: shots, tracking, writing |
//! | `schedule` | the run over many sources: shards, records, resuming |
//! | `publish` | manifest, identities, duplicates, splits, tar shards |
//! | `report` | the page that shows a data set |
//! | [`inspect`] | a clip to look at, and how true it is to its video |

pub mod clip;
pub mod corpus;
pub mod geometry;
pub mod inspect;
pub mod quality;
pub mod store;

mod error;
mod hash;
mod lock;
mod merge;
mod publish;
mod rejection;
mod report;
mod schedule;
mod source;
mod statistics;

pub use clip::{ClipDescription, ClipFiles, ClipFolder, ClipSettings, CropDescription, PoseRange, SyncDescription};
pub use corpus::{Corpus, OfficialSplit, Source};
pub use error::DatasetError;
pub use geometry::CLIP_SIDE;
pub use merge::merge;
pub use publish::{Format, ManifestRow, MergeSettings, MergeSummary, ShardFile, Split, read_manifest, read_shard, unpack_shards};
pub use quality::{FailedThreshold, Quality, Thresholds};
pub use rejection::{Reason, Rejection};
pub use schedule::{DatasetDescription, Preprocessing, PreprocessingProgress, RunSummary, Shard, WorkRecord};
pub use source::{ShotDetector, StageSeconds};
pub use statistics::Statistics;
pub use store::{FileEntry, Listing, Location, encode_path};
pub use talkinghead_face::CropMode;
