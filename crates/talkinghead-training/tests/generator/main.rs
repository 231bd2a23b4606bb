//! One step of training the generator: against the published one's numbers, and by what must hold for any numbers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accumulation;
mod average;
mod flags;
mod golden;
mod guard;
mod mixed;
mod perceptual;
mod resume;
mod scene;
mod temporal;
mod together;
mod tuning;
