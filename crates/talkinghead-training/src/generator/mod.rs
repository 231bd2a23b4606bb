//! Training of the generator: losses, optimiser and the published step, in terms of tensors. Data, the loop around the step and files
//! are other rooms.

mod batch;
mod error;
mod frozen;
pub mod golden;
mod initialisation;
pub mod losses;
pub mod optimiser;
pub mod perceptual;
mod phase;
mod report;
mod schedule;
mod settings;
mod state;
mod step;
mod sums;
mod temporal;
mod together;
mod trainer;

pub use batch::{Batch, FrameStacks};
pub use error::TrainingError;
pub use initialisation::{initial_discriminator, initial_generator};
pub use losses::{Loss, LossWeights};
pub use perceptual::PerceptualTrunk;
pub use phase::{Phase, TunedPart};
pub use report::{LossValue, StepReport};
pub use schedule::{LearningRates, Schedule};
pub use settings::{DiscriminatorFakes, TrainerSettings};
pub use state::TrainerState;
pub use temporal::{TEMPORAL_RATE, TemporalWindows};
pub use together::KeptTrainer;
pub use trainer::Trainer;
