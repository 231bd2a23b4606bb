//! Is our preprocessing the reference's? Comparison with numbers and pictures that it made: `values.json`, `.npy` and `.png` files
//! (the layout of `golden/preprocessing`).

mod clip;
mod geometry;
mod pictures;
mod selection;
mod verification;

pub use verification::verify;
