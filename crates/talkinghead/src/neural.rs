//! The neural renderer in the main job: weights from a file, shots from the references.

use std::path::Path;

use talkinghead_face::FaceNetworks;
use talkinghead_synthesis::DeviceKind;
use talkinghead_synthesis::generator::InferenceGenerator;
use talkinghead_synthesis::import::load_generator;
use talkinghead_synthesis::neural::{NeuralRenderer, Shot};
use talkinghead_synthesis::options::Options;

use crate::subject::Subject;
use crate::{Device, GenerationError, NeuralChoice};

/// Whole pictures that are kept as shots for the network: as many as published networks take.
pub(crate) const MOST_SHOTS: usize = 8;

impl From<Device> for DeviceKind {
    fn from(device: Device) -> Self {
        match device {
            Device::Cpu => Self::Cpu,
            Device::Cuda => Self::Cuda,
            Device::Vulkan => Self::Vulkan,
        }
    }
}

/// The generator in a weights file, ready for use.
pub(crate) fn generator(
    choice: &NeuralChoice,
) -> Result<(InferenceGenerator, talkinghead_synthesis::BurnDevice), GenerationError> {
    let path: &Path = choice.weights.as_deref().ok_or_else(|| {
        GenerationError::option(
            "the neural renderer needs trained weights",
            "name them with --weights FILE, or use --renderer projection",
        )
    })?;
    let device = DeviceKind::from(choice.device).open()?;
    let (config, weights) = load_generator(path, &Options::new())?;
    Ok((InferenceGenerator::new(&config, weights, &device)?, device))
}

/// A neural renderer for a person.
pub(crate) fn renderer(
    choice: &NeuralChoice,
    subject: Subject,
    networks: &FaceNetworks,
) -> Result<NeuralRenderer, GenerationError> {
    let (generator, device) = generator(choice)?;
    let projection = subject.portrait(networks)?;
    let base = Shot { picture: subject.picture, landmarks: subject.face.landmarks };
    let shots: Vec<Shot> = std::iter::once(base).chain(subject.shots).collect();
    Ok(NeuralRenderer::new(generator, projection, &shots, &device)?)
}
