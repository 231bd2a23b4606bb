//! Names of the losses.

/// A loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The generator's adversarial loss.
    Adversarial,
    /// Distance of the discriminator's features.
    FeatureMatching,
    /// Distance of the perceptual network's features.
    Perceptual,
    /// The generator's adversarial loss on consecutive frames.
    TemporalAdversarial,
    /// Distance of the temporal discriminator's features.
    TemporalFeatureMatching,
    /// Distance from the teacher's flow.
    Flow,
    /// Distance of the warped sources from the target.
    Warp,
    /// What the occlusion masks should be.
    Mask,
    /// Absolute distance.
    Absolute,
    /// Absolute distance within the template.
    MouthAbsolute,
    /// Real frames judged fake.
    Real,
    /// Fakes judged real.
    Fake,
    /// Real consecutive frames judged fake.
    TemporalReal,
    /// Fake consecutive frames judged real.
    TemporalFake,
}

impl Loss {
    /// Every loss, in the published order.
    pub const ALL: [Self; 14] = [
        Self::Adversarial,
        Self::FeatureMatching,
        Self::Perceptual,
        Self::TemporalAdversarial,
        Self::TemporalFeatureMatching,
        Self::Flow,
        Self::Warp,
        Self::Absolute,
        Self::MouthAbsolute,
        Self::Mask,
        Self::Real,
        Self::Fake,
        Self::TemporalReal,
        Self::TemporalFake,
    ];

    /// The name in the published logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adversarial => "G_GAN",
            Self::FeatureMatching => "G_GAN_Feat",
            Self::Perceptual => "G_VGG",
            Self::TemporalAdversarial => "GT_GAN",
            Self::TemporalFeatureMatching => "GT_GAN_Feat",
            Self::Flow => "F_Flow",
            Self::Warp => "F_Warp",
            Self::Absolute => "L1_Loss",
            Self::MouthAbsolute => "Atten_L1_Loss",
            Self::Mask => "W",
            Self::Real => "D_real",
            Self::Fake => "D_fake",
            Self::TemporalReal => "DT_real",
            Self::TemporalFake => "DT_fake",
        }
    }

    /// Whether the discriminator learns from it; else the generator does.
    pub fn is_of_discriminator(self) -> bool {
        matches!(self, Self::Real | Self::Fake | Self::TemporalReal | Self::TemporalFake)
    }
}
