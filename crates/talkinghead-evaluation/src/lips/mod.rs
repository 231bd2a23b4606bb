//! Do the lips move with the words? All curves have one value a frame, 25 a second.

mod agreement;
mod closures;
mod curve;
mod stillness;

pub use agreement::{LARGEST_LAG, best_lag, chance_correlation};
pub use closures::{Closures, closures};
pub use curve::LipCurve;
pub use stillness::motion_in_silence;
