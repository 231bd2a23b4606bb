//! A training of the generator in a folder of its own: the loop, checkpoints, and what people see of it.
//!
//! Design decision: whatever decides the next step is in a checkpoint or follows from the recipe: weights, optimisers, averages and the
//! number of steps. Items follow from the number. So a run that was killed goes on to the same bytes on the processor.

mod about;
mod checkpoint;
mod discriminator_file;
mod error;
mod event_file;
mod event_message;
mod export;
mod flicker;
mod flow_colour;
mod fold;
mod folder;
mod metrics;
mod progress;
mod report;
mod resumption;
mod sequence_strip;
mod series;
mod session;
mod session_loop;
mod session_records;
mod session_together;
mod teacher;
mod tiles;
mod training_run;
mod trunk;
mod validation;

pub use checkpoint::{Best, Checkpoint, CheckpointDescription};
pub use discriminator_file::load_discriminator;
pub use error::RunError;
pub use event_file::EventFile;
pub use event_message::{Summary, crc32c};
pub use export::{Exported, ExportedWeights, export_generator};
pub use flicker::flicker;
pub use flow_colour::flow_colours;
pub use folder::RunFolder;
pub use metrics::{MetricLine, Metrics};
pub use progress::{RunEvent, RunSummary};
pub(crate) use resumption::deciding_choices;
pub use training_run::{GeneratorTraining, Start};
pub use validation::Scores;
