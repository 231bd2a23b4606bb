//! How much each loss counts.

use talkinghead_synthesis::options::Options;

use crate::generator::TrainingError;

/// Weights; a loss of weight 0 is left out. The defaults are the published ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossWeights {
    /// Adversarial, 1.
    pub adversarial: f64,
    /// Feature matching (`lambda_feat`, `no_ganFeat_loss`), 10.
    pub feature_matching: f64,
    /// Perceptual (`lambda_vgg`, `no_vgg_loss`), 10.
    pub perceptual: f64,
    /// Distance from the teacher's flow (`lambda_flow`), 10.
    pub flow: f64,
    /// Distance of warped sources (`lambda_flow` too), 10.
    pub warp: f64,
    /// Occlusion masks (`lambda_weight`; only with `use_weight_loss`), 0.
    pub mask: f64,
    /// Absolute distance (`face_l1`), 0.
    pub absolute: f64,
    /// Absolute distance within the template (`mask_l1`), 0.
    pub mouth_absolute: f64,
    /// Factor on both losses of the temporal discriminator (`lambda_temp`), 1.
    pub temporal: f64,
}

impl Default for LossWeights {
    fn default() -> Self {
        Self {
            adversarial: 1.0,
            feature_matching: 10.0,
            perceptual: 10.0,
            flow: 10.0,
            warp: 10.0,
            mask: 0.0,
            absolute: 0.0,
            mouth_absolute: 0.0,
            temporal: 1.0,
        }
    }
}

impl LossWeights {
    /// From options under the published names.
    ///
    /// # Errors
    /// Values that are no numbers or no switches, by name.
    pub fn from_options(options: &Options) -> Result<Self, TrainingError> {
        let unless = |switch: &str, weight: f64| Ok::<_, TrainingError>(if options.flag(switch)? { 0.0 } else { weight });
        let flow = options.number("lambda_flow", 10.0)?;
        Ok(Self {
            adversarial: 1.0,
            feature_matching: unless("no_ganFeat_loss", options.number("lambda_feat", 10.0)?)?,
            perceptual: unless("no_vgg_loss", options.number("lambda_vgg", 10.0)?)?,
            flow,
            warp: flow,
            mask: if options.flag("use_weight_loss")? { options.number("lambda_weight", 10.0)? } else { 0.0 },
            absolute: options.number("face_l1", 0.0)?,
            mouth_absolute: options.number("mask_l1", 0.0)?,
            temporal: options.number("lambda_temp", 1.0)?,
        })
    }

    /// Checks that all are numbers of at least 0.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn validate(&self) -> Result<(), TrainingError> {
        let named = [
            ("adversarial", self.adversarial),
            ("feature-matching", self.feature_matching),
            ("perceptual", self.perceptual),
            ("flow", self.flow),
            ("warp", self.warp),
            ("mask", self.mask),
            ("absolute", self.absolute),
            ("mouth", self.mouth_absolute),
            ("temporal", self.temporal),
        ];
        match named.iter().find(|(_, weight)| !(weight.is_finite() && *weight >= 0.0)) {
            Some((name, weight)) => {
                Err(TrainingError::Settings(format!("the weight of the {name} loss is {weight}: wanted a number of at least 0")))
            }
            None => Ok(()),
        }
    }
}
