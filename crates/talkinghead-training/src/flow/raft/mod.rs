//! RAFT-small (Teed and Deng, ECCV 2020) with torchvision's names: a teacher of a million parameters.

mod correlation;
mod encoder;
mod network;
mod update;

pub(crate) use network::{LEAST_SIDE, SIDE_STEP};
pub use network::{Raft, RaftStages};
