//! What a data set tells of its clips: who speaks, copies left out, splits, the manifest, tar shards. All of it follows from the
//! records of finished sources.

mod collection;
mod duplicates;
mod identities;
mod manifest;
mod settings;
mod shards;
mod splits;
mod webdataset;

pub use collection::MergeSummary;
pub(crate) use collection::{CollectedDataset, collect};
pub use manifest::{ManifestRow, read_manifest};
pub use settings::{Format, MergeSettings};
pub use shards::{ShardFile, read_shard, unpack_shards};
pub use splits::Split;
pub(crate) use webdataset::write_shards;
