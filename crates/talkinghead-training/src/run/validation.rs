//! How good the generator's pictures are: fixed frames, nothing drawn, as at synthesis.

use burn::tensor::Device;
use image::RgbImage;
use serde::{Deserialize, Serialize};
use talkinghead_evaluation::image::{PSNR_OF_EQUAL_DB, PerceptualNetwork, PictureSimilarity, psnr_db};
use talkinghead_face::FlatLandmarks68;
use talkinghead_synthesis::generator::Synthesis;
use talkinghead_synthesis::neural::{FrameHistory, picture_of};

use super::RunError;
use super::flicker::residual;
use crate::generator::{Batch, Trainer};
use crate::items::{Choice, ClipSet, ItemError, ItemSettings, TrainingItem, batch_of, make_item, make_sequence};
use crate::recipe::RunSection;

/// Means over the frames of a validation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Peak signal-to-noise ratio against the real frames, dB.
    pub psnr: f64,
    /// Structural similarity, up to 1.
    pub ssim: f64,
    /// Distance of a perceptual network's features (SqueezeNet), from 0.
    pub perceptual: f64,
    /// How much more consecutive frames differ, once warped onto each other, than those of the real clip; see [`super::flicker()`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flicker: Option<f64>,
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
        Ok(Self { psnr, ssim, perceptual, flicker: None })
    }
}

/// Consecutive frames by which flicker is judged.
pub(super) const CONSECUTIVE: usize = 5;

/// The frames that a run is judged by, each a batch of one.
pub(super) struct Validation {
    items: Vec<(TrainingItem, Batch)>,
    /// Consecutive frames.
    sequences: Vec<Vec<(TrainingItem, Batch)>>,
}

/// What the generator makes of consecutive frames, each behind those before it.
pub(super) struct MadeSequence<'a> {
    pub items: Vec<&'a TrainingItem>,
    pub made: Vec<RgbImage>,
    pub real: Vec<RgbImage>,
    pub syntheses: Vec<Synthesis>,
}

impl Validation {
    /// Spreads frames and sequences over the clips of the validation split, or over those that teach where there are none.
    pub fn new(clips: &ClipSet, settings: &ItemSettings, run: &RunSection, device: &Device) -> Result<Self, ItemError> {
        let from = if clips.validation.is_empty() { &clips.training } else { &clips.validation };
        let count = run.validation_items;
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
        let mut sequences = Vec::new();
        for index in 0..run.validation_sequences {
            let clip = &from[index % from.len()];
            let of = run.validation_sequences.div_ceil(from.len());
            let choice = Choice::fixed_sequence(clip, settings, (index / from.len(), of), CONSECUTIVE);
            let Some(choice) = choice.filter(|choice| choice.length > 1) else { continue };
            match make_sequence(clip, &choice, settings) {
                Ok(items) => {
                    let batch = |item: TrainingItem| {
                        let batch = batch_of(std::slice::from_ref(&item), device);
                        (item, batch)
                    };
                    sequences.push(items.into_iter().map(batch).collect());
                }
                Err(error) if error.is_of_one_frame() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { items, sequences })
    }

    /// Consecutive frames with what the generator makes of them now. A network of several frames is shown those it has made, as in a video.
    pub fn made_sequences<'a>(&'a self, trainer: &'a Trainer) -> impl Iterator<Item = Result<MadeSequence<'a>, RunError>> {
        self.sequences.iter().map(move |frames| {
            let window = trainer.generator().config().previous_frames;
            let mut found = MadeSequence { items: Vec::new(), made: Vec::new(), real: Vec::new(), syntheses: Vec::new() };
            let mut history = FrameHistory::new(window);
            for (index, (item, batch)) in frames.iter().enumerate() {
                let synthesis = history.made(index, &batch.targets.label, |previous| {
                    let mut batch = batch.clone();
                    batch.targets.previous = previous;
                    trainer.synthesise(&batch)
                })?;
                found.made.push(picture_of(&synthesis.image)?);
                found.real.push(picture_of(&batch.target_image)?);
                found.items.push(item);
                found.syntheses.push(synthesis);
            }
            Ok(found)
        })
    }

    /// Mean flicker over the sequences; none without any.
    fn flicker(&self, trainer: &Trainer) -> Result<Option<f64>, RunError> {
        let (mut made, mut real) = (0.0, 0.0);
        for sequence in self.made_sequences(trainer) {
            let sequence = sequence?;
            let landmarks: Vec<FlatLandmarks68> = sequence.items.iter().map(|item| item.target.landmarks).collect();
            made += residual(&sequence.made, &landmarks);
            real += residual(&sequence.real, &landmarks);
        }
        Ok((real > 0.0).then(|| made / real))
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
        let scores = Scores::of(pairs.iter().map(|(found, real)| (found, real)))?;
        Ok(Scores { flicker: self.flicker(trainer)?, ..scores })
    }
}
