//! How many consecutive frames an item has, by epoch.

/// Single frames first, then sequences that double on schedule (the published `niter_single`, `n_frames_total`, `niter_step`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceSettings {
    /// Epochs of single frames.
    pub single_epochs: u64,
    /// Frames that the network sees at a time, the one to synthesise included; 1 for single frames throughout.
    pub window: usize,
    /// Frames of the first sequences.
    pub first: usize,
    /// Epochs after which sequences are twice as long; 0 for never.
    pub double_every: u64,
    /// Frames of a sequence at most.
    pub most: usize,
}

impl SequenceSettings {
    /// Single frames throughout.
    pub const SINGLE: Self = Self { single_epochs: u64::MAX, window: 1, first: 1, double_every: 0, most: 1 };

    /// Consecutive target frames of an item in an epoch, counted from 1. Clips may have fewer.
    pub fn length(self, epoch: u64) -> usize {
        if self.window <= 1 || epoch <= self.single_epochs {
            return 1;
        }
        let doublings = (epoch - self.single_epochs).checked_div(self.double_every).unwrap_or(0).min(32) as u32;
        self.first.max(self.window).saturating_mul(1_usize << doublings).min(self.most.max(self.window))
    }

    /// Consecutive target frames that a clip must have.
    pub fn least(self) -> usize {
        self.window.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_begin_after_the_single_frames_and_double() {
        let settings = SequenceSettings { single_epochs: 3, window: 2, first: 4, double_every: 2, most: 20 };
        let lengths: Vec<usize> = (1..=9).map(|epoch| settings.length(epoch)).collect();
        assert_eq!(lengths, [1, 1, 1, 4, 8, 8, 16, 16, 20]);
        assert_eq!(SequenceSettings { double_every: 0, ..settings }.length(100), 4);
        assert_eq!(SequenceSettings { first: 1, ..settings }.length(4), 2, "never fewer than the network sees");
        assert_eq!(SequenceSettings::SINGLE.length(u64::MAX), 1);
        assert_eq!(SequenceSettings { double_every: 1, ..settings }.length(u64::MAX), 20);
    }
}
