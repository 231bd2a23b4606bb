//! Seeded noise: the same seed gives the same bytes on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What the numbers are for. Each use has a stream of its own, so that switching one kind of movement off or over leaves
/// the others as they were.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    HeadMotion = 1,
    Nods = 2,
    Blinks = 3,
    Gaze = 4,
}

/// A stream of random numbers.
pub(crate) struct Noise(ChaCha8Rng);

impl Noise {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(purpose as u64);
        Self(generator)
    }

    /// Uniform in `low..high`.
    pub(crate) fn uniform(&mut self, low: f32, high: f32) -> f32 {
        // 24 bits: every value is exact, so no rounding differs between machines.
        low + (high - low) * (self.0.random::<u32>() >> 8) as f32 / (1 << 24) as f32
    }

    /// Normal, mean 0 and standard deviation 1 (Box and Muller).
    pub(crate) fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - f64::from(self.uniform(0.0, 1.0))).ln()).sqrt();
        (radius * (std::f64::consts::TAU * f64::from(self.uniform(0.0, 1.0))).cos()) as f32
    }
}
