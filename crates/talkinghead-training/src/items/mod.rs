//! Clip folders into what a training step learns from (SPEC-data 8, 9 and 11).
//!
//! Design decision: item `index` of epoch `epoch` is a function of these two numbers, the seed and the clips, and of nothing else. So a
//! training that stops anywhere goes on as if it had not, and any number of threads may make items.

mod batch;
mod choice;
mod clip;
mod clip_set;
mod error;
mod frame_store;
mod item;
mod loader;
mod location;
mod picture;
mod search;
mod sequence;
mod settings;
mod share;

pub use batch::{batch_of, flow_pairs};
pub use choice::{Choice, ItemPosition};
pub use clip::TrainingClip;
pub use clip_set::ClipSet;
pub use error::ItemError;
pub use frame_store::FrameStore;
pub use item::{ItemSource, TrainingItem, make_item, make_sequence};
pub use loader::{ItemLoader, LoadedItem};
pub use location::on_this_machine;
pub use sequence::SequenceSettings;
pub use settings::{CropRule, Flips, ItemOrder, ItemSettings, ReferenceRule, WarpInputs};
pub use share::RankShare;
