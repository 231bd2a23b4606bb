//! The losses of SPEC-network 4, each a scalar that is weighted already.

mod adversarial;
mod flow;
mod kind;
mod pictures;
mod weights;

pub use adversarial::{adversarial, discriminator_losses, feature_matching};
pub use flow::{flow_loss, mask_loss, warp_loss};
pub use kind::Loss;
pub use pictures::{absolute, masked_absolute};
pub use weights::LossWeights;
