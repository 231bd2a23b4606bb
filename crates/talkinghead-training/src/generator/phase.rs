//! Training from scratch, or tuning to one person.

/// What a step does with the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Batch statistics and power iterations, every parameter, every loss (SPEC-network 5).
    #[default]
    Training,
    /// Stored statistics, some of the generator's parameters, no loss of flow (SPEC-network 6).
    FineTuning,
}

/// Whether fine-tuning changes the generator's parameter of that key: as published, by a part of its name. Not all parts named `up` are of
/// the main branch.
pub fn is_tuned(key: &str) -> bool {
    ["fc", "conv_img", "up"].iter().any(|part| key.contains(part))
}
