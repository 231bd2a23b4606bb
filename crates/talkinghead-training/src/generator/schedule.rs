//! Learning rates by epoch.

/// Learning rates of both networks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningRates {
    /// Of the generator.
    pub generator: f64,
    /// Of the discriminator.
    pub discriminator: f64,
}

impl LearningRates {
    /// Two time scales, as published: half the rate for the generator, twice the rate for the discriminator.
    pub fn two_scales(rate: f64) -> Self {
        Self { generator: rate / 2.0, discriminator: 2.0 * rate }
    }

    /// The same rate for both (`no_TTUR`).
    pub fn equal(rate: f64) -> Self {
        Self { generator: rate, discriminator: rate }
    }

    /// Both times `factor`.
    pub fn scaled(self, factor: f64) -> Self {
        Self { generator: self.generator * factor, discriminator: self.discriminator * factor }
    }
}

/// Constant, then falling by equal steps towards 0 (SPEC-network 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Epochs with the full rate (`niter`).
    pub constant: usize,
    /// Epochs of the fall behind them (`niter_decay`).
    pub falling: usize,
}

impl Schedule {
    /// The share of the full rate in an epoch, counted from 1: 1, then `1 - (epoch - constant) / (falling + 1)`, never below 0.
    pub fn factor(self, epoch: usize) -> f64 {
        let beyond = epoch.saturating_sub(self.constant) as f64;
        (1.0 - beyond / (self.falling as f64 + 1.0)).max(0.0)
    }

    /// Number of epochs.
    pub fn epochs(self) -> usize {
        self.constant + self.falling
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_constant_and_then_falls_by_equal_steps() {
        let schedule = Schedule { constant: 2, falling: 3 };
        let factors: Vec<f64> = (1..=schedule.epochs()).map(|epoch| schedule.factor(epoch)).collect();
        assert_eq!(factors, [1.0, 1.0, 0.75, 0.5, 0.25]);
        assert_eq!(schedule.factor(100), 0.0);
        assert_eq!(Schedule { constant: 100, falling: 0 }.factor(100), 1.0);
    }

    #[test]
    fn two_time_scales_are_the_published_ones() {
        assert_eq!(LearningRates::two_scales(0.0004), LearningRates { generator: 0.0002, discriminator: 0.0008 });
    }
}
