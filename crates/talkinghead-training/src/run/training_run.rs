//! A training of the generator, as it is asked for.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use burn::tensor::Device;

use super::RunError;
use super::progress::{RunEvent, RunSummary};
use super::session::Session;
use crate::distributed::World;
use crate::recipe::Recipe;

/// Whether a run begins or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It begins; the folder must hold no checkpoint.
    Anew,
    /// It goes on from the last checkpoint.
    Resumed,
    /// It goes on where there is a checkpoint, and begins where there is none.
    Either,
}

/// A training of the generator.
#[derive(Debug, Clone)]
pub struct GeneratorTraining {
    /// Clips: the output of `preprocess`, or any folder of clip folders.
    pub data: PathBuf,
    /// The run's folder.
    pub run: PathBuf,
    /// Everything that is chosen. `None` only where a run goes on: with its own recipe.
    pub recipe: Option<Recipe>,
    /// Whether it begins or goes on.
    pub start: Start,
    /// Where the networks are trained.
    pub device: Device,
    /// Where decoded frames are kept; the run's own folder where nothing is said.
    pub frames: Option<PathBuf>,
    /// The processes that train together, where there are several; the first writes the run's folder.
    pub world: Option<World>,
}

impl GeneratorTraining {
    /// Trains to the end of the recipe, or until `stop` is set: then a checkpoint is written after the step under way.
    ///
    /// # Errors
    /// [`RunError::Stopped`] after a stop; data, recipe, checkpoint or disk that do not do.
    pub fn run(&self, stop: &AtomicBool, tell: &mut dyn FnMut(RunEvent)) -> Result<RunSummary, RunError> {
        let mut session = Session::open(self, tell)?;
        session.train(stop, tell)
    }
}
