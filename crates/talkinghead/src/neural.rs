//! The neural renderer in the main job: weights from a file, shots from the references.

use talkinghead_render::Shot;
use talkinghead_synthesis::BurnDevice;
use talkinghead_synthesis::generator::InferenceGenerator;
use talkinghead_synthesis::import::LoadedWeights;
use talkinghead_synthesis::neural::NeuralRenderer;
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::weights::Weights;

use crate::reference_loader::Subject;
use crate::{GenerationError, NeuralChoice, RendererChoice};

/// The generator of a weights file, on its device.
pub(crate) struct LoadedGenerator {
    pub generator: InferenceGenerator,
    pub device: BurnDevice,
}

impl LoadedGenerator {
    /// The network that a renderer needs, if it needs one.
    ///
    /// # Errors
    /// As [`LoadedGenerator::open`].
    pub(crate) fn of(choice: &RendererChoice) -> Result<Option<Self>, GenerationError> {
        match choice {
            RendererChoice::Projection => Ok(None),
            RendererChoice::Neural(choice) => Self::open(choice).map(Some),
        }
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// There is no file, it cannot be read or does not fit, or this machine lacks the device.
    pub(crate) fn open(choice: &NeuralChoice) -> Result<Self, GenerationError> {
        let device = choice.device.open()?;
        let loaded = LoadedWeights::read(&choice.weights, &Options::new())?;
        let LoadedWeights { config, dict, side } = match &choice.person {
            Some(person) => loaded.tuned(&choice.weights, person)?,
            None => loaded,
        };
        let weights = Weights::Checkpoint(dict);
        let generator = InferenceGenerator::with_precision(&config, weights, &device, choice.precision)?.for_side(side)?;
        Ok(Self { generator, device })
    }

    /// A neural renderer for a person.
    ///
    /// # Errors
    /// The portrait cannot be animated, or the network cannot take its pictures.
    pub(crate) fn renderer(self, subject: Subject) -> Result<NeuralRenderer, GenerationError> {
        let projection = subject.portrait()?;
        let base = Shot { picture: subject.picture, landmarks: subject.face.landmarks };
        let shots: Vec<Shot> = std::iter::once(base).chain(subject.shots).collect();
        Ok(NeuralRenderer::new(self.generator, projection, &shots, &self.device)?)
    }
}
