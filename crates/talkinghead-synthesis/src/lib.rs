//! The neural networks of the paper in Burn, numerically equal to the published PyTorch code: generator and discriminator,
//! reading of their checkpoints, and the renderer built on them. May depend on render, face and kernels.

mod device;
pub mod discriminator;
pub mod error;
pub mod generator;
pub mod import;
pub mod layers;
pub mod neural;
pub mod options;
mod person_weights;
pub mod procedural;
pub mod weights;

pub use burn::tensor::Device as BurnDevice;
pub use device::DeviceKind;
pub use error::{SynthesisError, WeightMismatch};
pub use neural::NeuralRenderer;
pub use person_weights::{PersonWeights, WeightChange, weights_hash};
pub use talkinghead_formats::FormatError;
pub use talkinghead_kernels::{KernelError, Precision};
