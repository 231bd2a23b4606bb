//! How good the generator's pictures are: fixed frames, nothing drawn, as at synthesis.

use burn::tensor::Device;
use image::RgbImage;
use serde::{Deserialize, Serialize};
use talkinghead_evaluation::image::{PSNR_OF_EQUAL_DB, PerceptualNetwork, PictureSimilarity, psnr_db};
use talkinghead_synthesis::generator::Synthesis;
use talkinghead_synthesis::neural::picture_of;

use super::RunError;
use crate::generator::{Batch, Trainer};
use crate::items::{Choice, ClipSet, ItemError, ItemSettings, TrainingItem, batch_of, make_item};

/// Means over the frames of a validation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Peak signal-to-noise ratio against the real frames, dB.
    pub psnr: f64,
    /// Structural similarity, up to 1.
    pub ssim: f64,
    /// Distance of a perceptual network's features (SqueezeNet), from 0.
    pub perceptual: f64,
}

impl Scores {
    /// Of pictures, each beside the real one.
    ///
    /// # Errors
    /// Pictures of different sizes.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a RgbImage, &'a RgbImage)>) -> Result<Self, RunError> {
        let (mut sums, mut count) = ([0.0; 3], 0.0);
        for (found, real) in pairs {
            sums[0] += psnr_db(found, real).unwrap_or(PSNR_OF_EQUAL_DB);
            sums[1] += PictureSimilarity::between(found, real).map_or(0.0, |similarity| similarity.ssim);
            sums[2] += PerceptualNetwork::get().distance(found, real)?;
            count += 1.0;
        }
        let [psnr, ssim, perceptual] = sums.map(|sum| sum / count);
        Ok(Self { psnr, ssim, perceptual })
    }
}

/// The frames that a run is judged by, each a batch of one.
pub(super) struct Validation {
    items: Vec<(TrainingItem, Batch)>,
}

impl Validation {
    /// Spreads `count` frames over the clips of the validation split, or over those that teach where there are none.
    pub fn new(clips: &ClipSet, settings: &ItemSettings, count: usize, device: &Device) -> Result<Self, ItemError> {
        let from = if clips.validation.is_empty() { &clips.training } else { &clips.validation };
        let of = count.div_ceil(from.len().max(1));
        let mut items = Vec::with_capacity(count);
        for index in 0..count {
            let clip = &from[index % from.len()];
            let Some(choice) = Choice::fixed(clip, settings, index / from.len(), of) else { continue };
            match make_item(clip, &choice, settings) {
                Ok(item) => {
                    let batch = batch_of(std::slice::from_ref(&item), device);
                    items.push((item, batch));
                }
                Err(error) if error.is_of_one_frame() && index > 0 => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { items })
    }

    /// Items with what the generator makes of them now.
    pub fn syntheses<'a>(
        &'a self,
        trainer: &'a Trainer,
    ) -> impl Iterator<Item = Result<(&'a TrainingItem, &'a Batch, Synthesis), RunError>> {
        self.items.iter().map(move |(item, batch)| Ok((item, batch, trainer.synthesise(batch)?)))
    }

    /// Scores of the generator as it is now.
    pub fn scores(&self, trainer: &Trainer) -> Result<Scores, RunError> {
        let mut pairs = Vec::new();
        for made in self.syntheses(trainer) {
            let (_, batch, synthesis) = made?;
            pairs.push((picture_of(&synthesis.image)?, picture_of(&batch.target_image)?));
        }
        Scores::of(pairs.iter().map(|(found, real)| (found, real)))
    }
}
