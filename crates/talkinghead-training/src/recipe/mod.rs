//! Everything that is chosen about a training of the generator, as a file that people read and edit.
//!
//! Design decision: a recipe is a TOML file with a section for each part of the training. Networks and losses keep the published names of
//! their options, so that a published command can be read across; everything else has plain names. What a recipe does not say has the
//! value of the published training script; a key that nothing reads is an error.

mod error;
mod options;
mod sections;
mod text;
mod values;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use error::RecipeError;
pub use options::{LOSS_OPTIONS, NETWORK_OPTIONS};
pub use sections::{DataSection, FlowSection, PerceptualKind, PerceptualSection, RunSection, TeacherName, TrainingSection};
pub use values::{CompatibilityName, OptionValue, OptionValues, PrecisionName, ReferenceShare};

/// A training of the generator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// What it is for, a sentence.
    pub about: String,
    /// Whether the published programs' defects are kept.
    pub compatibility: CompatibilityName,
    /// Decides everything random: initial weights and items.
    pub seed: u64,
    /// What items are made of.
    pub data: DataSection,
    /// Options of generator and discriminator under their published names.
    pub network: OptionValues,
    /// Options of the losses under their published names.
    pub losses: OptionValues,
    /// The network that tells how alike pictures look.
    pub perceptual: PerceptualSection,
    /// The teacher of the flow.
    pub flow: FlowSection,
    /// Optimiser and length.
    pub training: TrainingSection,
    /// What is shown and kept.
    pub run: RunSection,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            about: String::new(),
            compatibility: CompatibilityName::Reference,
            seed: 0,
            data: DataSection::default(),
            network: options::published_network(),
            losses: OptionValues::default(),
            perceptual: PerceptualSection::default(),
            flow: FlowSection::default(),
            training: TrainingSection::default(),
            run: RunSection::default(),
        }
    }
}

/// A recipe in the making: a file, and what is said over it.
#[derive(Debug, Clone, Default)]
pub struct RecipeDraft {
    table: toml::Table,
}

impl RecipeDraft {
    /// The published training script, unchanged.
    pub fn new() -> Self {
        Self::default()
    }

    /// From a file.
    ///
    /// # Errors
    /// The file cannot be read or is no TOML.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        let text = std::fs::read_to_string(path).map_err(|source| RecipeError::File { path: path.to_owned(), source })?;
        let table = text.parse::<toml::Table>().map_err(|error: toml::de::Error| RecipeError::NoToml {
            path: path.to_owned(),
            line: error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1)),
            reason: error.message().lines().next().unwrap_or_default().to_owned(),
        })?;
        Ok(Self { table })
    }

    /// Sets one value; `key` is `section.name`, or a name at the top. Text that is no TOML value is taken as it is.
    pub fn set(&mut self, key: &str, value: &str) {
        let parsed = format!("value = {value}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("value"));
        let value = parsed.unwrap_or_else(|| toml::Value::String(value.to_owned()));
        match key.split_once('.') {
            None => {
                self.table.insert(key.to_owned(), value);
            }
            Some((section, name)) => {
                let section = self.table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
                if let toml::Value::Table(section) = section {
                    section.insert(name.to_owned(), value);
                }
            }
        }
    }

    /// The finished recipe.
    ///
    /// # Errors
    /// Keys that nothing reads, values of another kind or out of range, by name.
    pub fn finish(self) -> Result<Recipe, RecipeError> {
        let mut recipe: Recipe = toml::Value::Table(self.table).try_into().map_err(|error: toml::de::Error| {
            // The key is on a line of its own.
            let lines = error.to_string();
            RecipeError::Value {
                reason: lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", "),
            }
        })?;
        recipe.network = options::completed(recipe.network);
        recipe.validate()?;
        Ok(recipe)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_empty_recipe_is_the_published_script() {
        let recipe = RecipeDraft::new().finish().unwrap();
        assert_eq!(recipe, Recipe::default());
        assert_eq!(recipe.generator().unwrap(), talkinghead_synthesis::generator::GeneratorConfig::default());
        assert_eq!(recipe.trainer().unwrap(), crate::generator::TrainerSettings::default());
        assert_eq!((recipe.training.lr, recipe.data.shots, recipe.training.epochs), (0.0004, 8, 1000));
    }

    #[test]
    fn what_is_said_last_counts_and_survives_the_way_through_a_file() {
        let mut draft = RecipeDraft::new();
        for (key, value) in [("network.ngf", "8"), ("data.shots", "2"), ("about", "a test"), ("data.reference_share", "around")] {
            draft.set(key, value);
        }
        draft.set("network.ngf", "16");
        let recipe = draft.finish().unwrap();
        assert_eq!((recipe.generator().unwrap().width, recipe.generator().unwrap().shots), (16, 2));
        let text = recipe.to_toml();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.toml");
        std::fs::write(&path, &text).unwrap();
        assert_eq!(RecipeDraft::read(&path).unwrap().finish().unwrap(), recipe, "{text}");
    }

    #[test]
    fn keys_that_nothing_reads_and_impossible_values_are_named() {
        for (key, value, named) in [
            ("data.shot", "3", "shot"),
            ("network.ngff", "3", "ngff"),
            ("losses.lambda_feet", "1", "lambda_feet"),
            ("network.n_shot", "3", "n_shot"),
            ("training.batch", "0", "batch"),
            ("training.lr", "-1", "lr"),
            ("training.lr", "fast", "lr"),
            ("data.size", "100", "size"),
            ("data.target_frames", "0", "target_frames"),
            ("training.single_frame_epochs", "5", "single_frame_epochs"),
            ("data.sequence_frames", "0", "sequence_frames"),
            ("network.warp_prev", "true", "warp_prev"),
            ("training.average", "1.5", "average"),
            ("training.precision", "f16", "f16"),
            ("training.temporal_rate", "0", "temporal_rate"),
            ("compatibility", "wrong", "wrong"),
        ] {
            let mut draft = RecipeDraft::new();
            draft.set(key, value);
            let error = draft.finish().unwrap_err();
            assert!(error.to_string().contains(named), "{key} = {value}: {error}");
            assert!(!error.to_string().contains('\n') && error.hint().is_some());
        }
    }

    #[test]
    fn every_shipped_recipe_is_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let recipe = RecipeDraft::read(&path).unwrap().finish().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(!recipe.about.is_empty(), "{}", path.display());
            count += 1;
        }
        assert!(count >= 11, "{count}");
    }
}
