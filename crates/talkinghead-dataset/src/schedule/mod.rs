//! The run over many sources: which of them a shard holds, several at a time, each taken up or passed over by its record, so that
//! a run can be killed anywhere and any number of machines can share it.

mod dataset_description;
mod preprocessing;
mod scheduler;
mod shard;
mod summary;
mod work_record;

pub(crate) use dataset_description::DATASET;
pub use dataset_description::DatasetDescription;
pub use preprocessing::Preprocessing;
pub use shard::Shard;
pub use summary::{PreprocessingProgress, RunSummary};
pub use work_record::WorkRecord;
pub(crate) use work_record::{CLIPS, WORK};
