//! Is our step the published one? Comparison with golden folders: losses, gradients, what the optimiser makes of them, statistics.

mod compare;
mod inputs;
mod perceptual;
mod training_step;

pub use perceptual::verify_perceptual;
pub use training_step::verify_training_step;
