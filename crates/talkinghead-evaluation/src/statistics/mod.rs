//! Means, correlations and how sure they are.

mod bootstrap;
mod curves;

pub use bootstrap::{Interval, of_blocks, of_clips, of_people};
pub use curves::{correlation, deviation, filled, mean, mean_absolute_difference, without_mean_curve};
