//! The discriminator: multi-scale patch scores, conditioned on a reference picture.

mod config;
mod losses;
mod network;
mod scale;

pub use config::{DiscriminatorConfig, DiscriminatorNorm, ScaleKind};
pub use losses::{DiscriminatorLosses, GanLoss, losses, scalar};
pub use network::{Discriminator, Features};
