//! Training from scratch, or tuning to one person.

/// What a step does with the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Batch statistics and power iterations, every parameter, every loss (SPEC-network 5).
    #[default]
    Training,
    /// Stored statistics, some of the generator's parameters, no loss of flow (SPEC-network 6).
    FineTuning(TunedPart),
}

/// What fine-tuning changes of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TunedPart {
    /// The published subset: parameters with `fc`, `conv_img` or `up` in their names. Not all parts named `up` are of the main branch.
    #[default]
    Published,
    /// The same subset, of whose matrices the change is a product of two thin ones.
    LowRank {
        /// Columns of the left factor, at least 1.
        rank: usize,
    },
    /// What scales and shifts features: SPADE's convolutions, the biases of the generated ones, and the layer that makes the picture.
    Modulation,
}

impl TunedPart {
    /// Whether fine-tuning changes the generator's parameter of that key.
    pub fn learns(self, key: &str) -> bool {
        let has = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
        match self {
            Self::Published | Self::LowRank { .. } => has(&["fc", "conv_img", "up"]),
            Self::Modulation => has(&[".mlp_gamma", ".mlp_beta", "conv_img"]) || has(&[".fc_spade_"]) && key.ends_with(".bias"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_name() {
        let keys = [
            "netG.weight_gen.fc_spade_0_1.0.weight_orig",
            "netG.weight_gen.fc_spade_0_1.0.bias",
            "netG.up_0.conv_0.weight_orig",
            "netG.up_4.bn_0.mlp_gamma.weight",
            "warp.flow_network_ref.up_flow.1.0.weight_orig",
            "netG.conv_img.bias",
            "netG.encoder.conv1.conv.bias",
        ];
        let learned = |part: TunedPart| keys.map(|key| part.learns(key));
        assert_eq!(learned(TunedPart::Published), [true, true, true, true, true, true, false]);
        assert_eq!(learned(TunedPart::LowRank { rank: 2 }), learned(TunedPart::Published));
        assert_eq!(learned(TunedPart::Modulation), [false, true, false, true, false, true, false]);
    }
}
