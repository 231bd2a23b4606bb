//! From a recipe to what is built of it, and into a file.

use std::fmt::Write;

use serde_json::Value;
use talkinghead_synthesis::discriminator::DiscriminatorConfig;
use talkinghead_synthesis::generator::GeneratorConfig;
use talkinghead_synthesis::options::Options;

use super::options::{LOSS_OPTIONS, NETWORK_OPTIONS};
use super::{PerceptualKind, Recipe, RecipeError, ReferenceShare};
use crate::generator::{DiscriminatorFakes, Schedule, TemporalWindows, TrainerSettings};
use crate::items::{CropRule, Flips, ItemOrder, ItemSettings, RankShare, ReferenceRule, SequenceSettings, WarpInputs};

impl Recipe {
    /// The generator.
    ///
    /// # Errors
    /// Options that describe none.
    pub fn generator(&self) -> Result<GeneratorConfig, RecipeError> {
        Ok(GeneratorConfig::from_options(&self.network_options())?)
    }

    /// The discriminator.
    ///
    /// # Errors
    /// Options that describe none.
    pub fn discriminator(&self) -> Result<DiscriminatorConfig, RecipeError> {
        Ok(DiscriminatorConfig::from_options(&self.network_options())?)
    }

    fn network_options(&self) -> Options {
        let mut options = self.network.to_options();
        options.set("n_shot", self.data.shots);
        options.set("fineSize", self.data.size);
        options
    }

    /// How a step is done.
    ///
    /// # Errors
    /// Values out of range.
    pub fn trainer(&self) -> Result<TrainerSettings, RecipeError> {
        let mut options = self.losses.to_options();
        let training = &self.training;
        options.set("lr", training.lr);
        options.set("no_TTUR", !training.ttur);
        options.set("beta1", training.beta1);
        options.set("beta2", training.beta2);
        if self.perceptual.network == PerceptualKind::None {
            options.set("no_vgg_loss", true);
        }
        let settings = TrainerSettings {
            compatibility: self.compatibility.into(),
            fakes: if training.fresh_fakes { DiscriminatorFakes::Anew } else { DiscriminatorFakes::Reused },
            gradient_limit: (training.gradient_limit != 0.0).then_some(training.gradient_limit),
            average: (training.average != 0.0).then_some(training.average),
            precision: training.precision.into(),
            ..TrainerSettings::from_options(&options)?
        };
        settings.validate()?;
        Ok(settings)
    }

    /// Windows of the temporal stage.
    pub fn temporal_windows(&self) -> TemporalWindows {
        TemporalWindows { generator: self.data.target_frames.max(2), discriminator: self.training.discriminator_frames }
    }

    /// Learning rates by epoch.
    pub fn schedule(&self) -> Schedule {
        Schedule { constant: self.training.epochs, falling: self.training.decay_epochs }
    }

    /// How items are made.
    pub fn items(&self) -> ItemSettings {
        let data = &self.data;
        ItemSettings {
            side: data.size,
            shots: data.shots,
            references: match data.reference_share {
                ReferenceShare::Share(share) => ReferenceRule::FirstPart(share),
                ReferenceShare::Around(_) => ReferenceRule::Around,
            },
            farthest_probability: data.farthest_probability,
            warp_inputs: if data.crop_ref { WarpInputs::Masked } else { WarpInputs::Whole },
            crop: if data.random_crop { CropRule::Random } else { CropRule::Centred },
            flips: if data.flip { Flips::Half } else { Flips::None },
            order: if data.serial { ItemOrder::Serial } else { ItemOrder::Shuffled },
            sequence: SequenceSettings {
                single_epochs: self.training.single_frame_epochs as u64,
                window: data.target_frames,
                first: data.sequence_frames,
                double_every: data.sequence_double_every as u64,
                most: data.most_sequence_frames,
            },
            items_per_clip: data.items_per_clip,
            compatibility: self.compatibility.into(),
            seed: self.seed,
            share: RankShare::default(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), RecipeError> {
        let sections = [("[network]", &self.network, &NETWORK_OPTIONS[..]), ("[losses]", &self.losses, &LOSS_OPTIONS[..])];
        for (section, values, known) in sections {
            if let Some(name) = values.0.keys().find(|name| !known.contains(&name.as_str())) {
                let known = if name == "n_shot" { "data.shots in its place".to_owned() } else { known.join(", ") };
                return Err(RecipeError::Unknown { section, name: name.clone(), known });
            }
        }
        let (data, training, run) = (&self.data, &self.training, &self.run);
        let check = |holds: bool, name: &'static str, value: String, wanted: &str| {
            if holds { Ok(()) } else { Err(RecipeError::Range { name, value, wanted: wanted.to_owned() }) }
        };
        let divisor = self.generator()?.size_divisor();
        let fits = data.size > 0 && data.size <= 1024 && data.size.is_multiple_of(divisor);
        check(fits, "data.size", data.size.to_string(), &format!("a multiple of {divisor}, at most 1024"))?;
        self.validate_sequences()?;
        if let ReferenceShare::Share(share) = data.reference_share {
            check((0.0..1.0).contains(&share), "data.reference_share", share.to_string(), "0 to 1, or \"around\"")?;
        }
        let probability = data.farthest_probability;
        check((0.0..=1.0).contains(&probability), "data.farthest_probability", probability.to_string(), "0 to 1")?;
        let limit = data.unreadable_limit;
        check((0.0..=1.0).contains(&limit), "data.unreadable_limit", limit.to_string(), "0 to 1")?;
        for (name, value, most) in [
            ("data.items_per_clip", data.items_per_clip, 1_000_000),
            ("training.batch", training.batch, 4096),
            ("training.accumulation", training.accumulation, 4096),
            ("training.epochs", training.epochs, 1_000_000),
            ("run.keep", run.keep, 100_000),
            ("run.workers", run.workers, 256),
            ("run.validation_items", run.validation_items, 4096),
        ] {
            check((1..=most).contains(&value), name, value.to_string(), &format!("1 to {most}"))?;
        }
        for (name, value) in [
            ("run.picture_every", run.picture_every),
            ("run.save_every", run.save_every),
            ("run.validate_every", run.validate_every),
        ] {
            check(value > 0, name, value.to_string(), "at least 1")?;
        }
        let rate = training.temporal_rate;
        check(
            rate.is_finite() && rate > 0.0 && rate <= 1.0,
            "training.temporal_rate",
            rate.to_string(),
            "more than 0, at most 1",
        )?;
        check(training.lr.is_finite() && training.lr > 0.0, "training.lr", training.lr.to_string(), "more than 0")?;
        check(
            (0.0..1.0).contains(&training.average),
            "training.average",
            training.average.to_string(),
            "0 or more and less than 1",
        )?;
        let limit = training.gradient_limit;
        check(limit.is_finite() && limit >= 0.0, "training.gradient_limit", limit.to_string(), "at least 0")?;
        self.discriminator()?;
        self.trainer().map(drop)
    }

    /// The temporal stage's values.
    fn validate_sequences(&self) -> Result<(), RecipeError> {
        let (data, training) = (&self.data, &self.training);
        let check = |holds: bool, name: &'static str, value: usize, wanted: &str| {
            if holds { Ok(()) } else { Err(RecipeError::Range { name, value: value.to_string(), wanted: wanted.to_owned() }) }
        };
        let frames = data.target_frames;
        check((1..=17).contains(&frames), "data.target_frames", frames, "1 to 17")?;
        let all = training.epochs + training.decay_epochs;
        let single = training.single_frame_epochs;
        let wanted =
            format!("at least the {all} epochs there are, or data.target_frames of at least 2 for the epochs behind them");
        check(frames > 1 || single >= all, "training.single_frame_epochs", single, &wanted)?;
        let most = data.most_sequence_frames;
        check((frames.max(1)..=1024).contains(&most), "data.most_sequence_frames", most, "data.target_frames to 1024")?;
        let first = data.sequence_frames;
        let wanted = "data.target_frames to data.most_sequence_frames";
        check((frames.min(most)..=most).contains(&first), "data.sequence_frames", first, wanted)?;
        let judged = training.discriminator_frames;
        check((2..=17).contains(&judged), "training.discriminator_frames", judged, "2 to 17")
    }

    /// As a file that [`super::RecipeDraft::read`] reads, every value written out.
    pub fn to_toml(&self) -> String {
        let Ok(Value::Object(top)) = serde_json::to_value(self) else { return String::new() };
        let (mut head, mut sections) = (String::new(), String::new());
        for (name, value) in &top {
            match value {
                Value::Object(section) => {
                    let _ = write!(sections, "\n[{name}]\n");
                    for (key, value) in section {
                        let _ = writeln!(sections, "{key} = {}", scalar(value));
                    }
                }
                value => {
                    let _ = writeln!(head, "{name} = {}", scalar(value));
                }
            }
        }
        head + &sections
    }
}

/// JSON's text of a scalar is TOML's too.
fn scalar(value: &Value) -> String {
    value.to_string()
}
