//! A run that is open: everything that the loop needs, made anew or taken from a checkpoint.

use std::sync::Arc;

use burn::tensor::Device;
use talkinghead_media::OutputClaim;
use talkinghead_synthesis::discriminator::Discriminator;
use talkinghead_synthesis::generator::Generator;
use talkinghead_synthesis::weights::Weights;

use super::checkpoint::Best;
use super::metrics::Metrics;
use super::progress::RunEvent;
use super::resumption::{check_recipe, last_checkpoint};
use super::teacher::Teacher;
use super::trunk::trunk_of;
use super::validation::Validation;
use super::{EventFile, GeneratorTraining, RunError, RunFolder, Start};
use crate::distributed::{Greeting, Peers, World};
use crate::generator::{Trainer, initial_discriminator, initial_generator};
use crate::items::{ClipSet, ItemSettings, RankShare, on_this_machine};
use crate::recipe::Recipe;

/// A run that is open.
pub(super) struct Session {
    pub(super) folder: RunFolder,
    pub(super) recipe: Recipe,
    pub(super) settings: ItemSettings,
    pub(super) clips: Arc<ClipSet>,
    pub(super) trainer: Trainer,
    pub(super) teacher: Option<Teacher>,
    pub(super) validation: Validation,
    /// What is written of the run; none in processes other than the first.
    pub(super) records: Option<Records>,
    pub(super) world: Option<World>,
    pub(super) device: Device,
    pub(super) best: Option<Best>,
    pub(super) skipped: u64,
    /// Steps of the last checkpoint.
    pub(super) saved: Option<u64>,
    _claim: Option<OutputClaim>,
}

/// Files that grow with a run.
pub(super) struct Records {
    pub(super) metrics: Metrics,
    pub(super) events: EventFile,
}

impl Session {
    pub(super) fn open(training: &GeneratorTraining, tell: &mut dyn FnMut(RunEvent)) -> Result<Self, RunError> {
        let folder = RunFolder::new(&training.run);
        let mut warn = |text: String| tell(RunEvent::Warning(text));
        let found = last_checkpoint(&folder, &mut warn)?;
        let world = training.world.clone().filter(|world| world.size > 1);
        let first = world.as_ref().is_none_or(World::is_first);
        let found = match (training.start, found) {
            // Only the first process goes by the folder; the others hear from it.
            (_, found) if !first => found,
            (Start::Anew, Some((checkpoint, _))) => {
                return Err(RunError::Exists { path: training.run.clone(), steps: checkpoint.step });
            }
            (Start::Anew, None) => None,
            (Start::Resumed, None) => return Err(RunError::NoCheckpoint { path: training.run.clone() }),
            (Start::Resumed | Start::Either, found) => found,
        };
        let own = found.as_ref().map(|(_, description)| &description.recipe);
        let recipe = match (&training.recipe, own) {
            (Some(wanted), Some(own)) => {
                check_recipe(&folder, own, wanted)?;
                wanted.clone()
            }
            (Some(wanted), None) => wanted.clone(),
            (None, Some(own)) => own.clone(),
            (None, None) => Recipe::default(),
        };
        let share = world.as_ref().map_or_else(RankShare::default, |world| RankShare { rank: world.rank, ranks: world.size });
        let settings = ItemSettings { share, ..recipe.items() };
        let (config, judge) = (recipe.generator()?, recipe.discriminator()?);

        let claim = first.then(|| folder.prepare()).transpose()?;
        let frames = training.frames.clone().unwrap_or_else(|| folder.frames());
        std::fs::create_dir_all(&frames).map_err(|source| RunError::File { action: "write", path: frames.clone(), source })?;
        let mut clips =
            ClipSet::open(&on_this_machine(&training.data, &frames)?, &settings, config.warp_projection, Some(&frames))?;
        if recipe.data.clips > 0 {
            clips.training.truncate(recipe.data.clips);
        }
        if clips.too_short > 0 {
            let targets = match settings.sequence.least() {
                1 => "a target".to_owned(),
                frames => format!("{frames} consecutive targets"),
            };
            warn(format!("{} clips are too short for {} shots and {targets} and are left out", clips.too_short, settings.shots));
        }
        if share.ranks > clips.training.len() {
            let (ranks, clips) = (share.ranks, clips.training.len());
            return Err(RunError::World(format!("{ranks} ranks train together, but there are only {clips} clips")));
        }
        let clips = Arc::new(clips);
        let peers = match &world {
            Some(world) => {
                let greeting = Greeting::new(world.rank, world.size, &recipe, &clips.fingerprint());
                Some(Peers::meet(world, &greeting)?)
            }
            None => None,
        };

        let device = training.device.clone();
        let generator = Generator::new(&config, Weights::Checkpoint(initial_generator(&config, recipe.seed)?), &device)?;
        let weights = Weights::Checkpoint(initial_discriminator(&judge, recipe.seed)?);
        let discriminator = Discriminator::new(&judge, weights, &device)?;
        let teacher = Teacher::open(&recipe.flow, &config, &settings, &frames.join("flows"), &device)?;
        let trunk = trunk_of(&recipe.perceptual, &device)?;
        let mut trainer = Trainer::new(generator, discriminator, recipe.trainer()?, trunk)?;
        let (mut best, mut skipped, mut step) = (None, 0, 0);
        if let Some((checkpoint, description)) = found.as_ref().filter(|_| first) {
            let state = checkpoint.state(description)?;
            if state.is_temporal() {
                trainer.begin_temporal(recipe.temporal_windows(), recipe.seed)?;
            }
            let other = |error: crate::generator::TrainingError| RunError::OtherNetwork {
                path: checkpoint.path.clone(),
                reason: error.to_string(),
            };
            trainer.restore(state).map_err(other)?;
            (best, skipped, step) = (description.best, description.skipped, description.step);
            if description.data != clips.fingerprint() {
                warn(
                    "the clips are not those of the checkpoint: items from here on differ from an uninterrupted run's".to_owned(),
                );
            }
        }
        if let Some(peers) = peers {
            trainer.join(Box::new(peers));
            super::session_together::share_state(&mut trainer, first, &recipe)?;
        }
        let records = if first {
            talkinghead_media::write_file(&folder.recipe(), recipe.to_toml().as_bytes())?;
            super::about::write_about(&folder, training, &clips)?;
            Some(Records { metrics: Metrics::open(&folder.metrics(), step)?, events: EventFile::begin(folder.path(), step)? })
        } else {
            None
        };
        let validation = Validation::new(&clips, &settings, &recipe.run, &device)?;
        let saved = found.filter(|_| first).map(|_| step);
        Ok(Self {
            folder,
            recipe,
            settings,
            clips,
            trainer,
            teacher,
            validation,
            records,
            world,
            device,
            best,
            skipped,
            saved,
            _claim: claim,
        })
    }
}
