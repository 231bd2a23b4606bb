//! Networks and a batch as a folder describes them.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use talkinghead_evaluation::EvaluationError;
use talkinghead_evaluation::golden::network::{GoldenNetwork, InputKind};
use talkinghead_formats::StateDict;
use talkinghead_synthesis::discriminator::{Discriminator, DiscriminatorConfig};
use talkinghead_synthesis::generator::{Generator, GeneratorConfig, PerSource, References, Source, Targets};
use talkinghead_synthesis::weights::Weights;

use crate::flow::TeacherFlow;
use crate::generator::perceptual::Vgg19;
use crate::generator::{Batch, PerceptualTrunk, Phase, Trainer, TrainerSettings, TrainingError};

/// Before the discriminator's keys.
pub(super) const DISCRIMINATOR: &str = "netD/";

impl From<EvaluationError> for TrainingError {
    fn from(error: EvaluationError) -> Self {
        Self::Golden(Box::new(error))
    }
}

/// VGG19 with the folder's procedural weights.
pub(super) fn procedural_trunk(golden: &GoldenNetwork, device: &Device) -> Result<PerceptualTrunk, TrainingError> {
    let weights = golden.recipe().state_dict(&Vgg19::shapes());
    Ok(PerceptualTrunk::Vgg19(Vgg19::new(weights, device)?))
}

/// What a training step starts from.
pub(super) struct GoldenStep {
    pub golden: GoldenNetwork,
    pub trainer: Trainer,
    pub batch: Batch,
    /// All weights, the discriminator's under its prefix.
    pub before: StateDict,
}

impl GoldenStep {
    pub fn open(folder: &Path, device: &Device) -> Result<Self, TrainingError> {
        let golden = GoldenNetwork::open(folder)?;
        let options = golden.options();
        let (config, judge) = (GeneratorConfig::from_options(options)?, DiscriminatorConfig::from_options(options)?);
        let settings = TrainerSettings::from_options(options)?;
        let before = golden.weights()?;
        let mut of_generator = before.clone();
        let of_discriminator = of_generator.take_prefixed(DISCRIMINATOR);
        let device = device.clone().autodiff();
        let generator = Generator::new(&config, Weights::Checkpoint(of_generator), &device)?;
        let discriminator = Discriminator::new(&judge, Weights::Checkpoint(of_discriminator), &device)?;
        let trunk = (settings.weights.perceptual > 0.0).then(|| procedural_trunk(&golden, &device)).transpose()?;
        let batch = batch(&golden, &config, settings.phase, &device)?;
        let trainer = Trainer::new(generator, discriminator, settings, trunk)?;
        Ok(Self { golden, trainer, batch, before })
    }
}

/// The folder's inputs.
fn batch(golden: &GoldenNetwork, config: &GeneratorConfig, phase: Phase, device: &Device) -> Result<Batch, TrainingError> {
    let [batch, height, width] = golden.size()?;
    let channels = config.label_channels;
    let plane = |name: &str, kind: InputKind, channels: usize| golden.input(name, kind, [batch, channels, height, width], device);
    let set = |name: &str, kind: InputKind, channels: usize| {
        golden.input(name, kind, [batch, config.shots, channels, height, width], device)
    };
    let source = |name: &str| -> Result<Source, TrainingError> {
        Ok(Source {
            label: plane(&format!("{name}_label"), InputKind::Label, channels)?,
            image: plane(&format!("{name}_image"), InputKind::Image, 3)?,
        })
    };
    let tuning = phase != Phase::Training;
    let teacher = |name: &str, warped: bool| -> Result<Option<TeacherFlow>, TrainingError> {
        let flow = || plane(&format!("flow_gt_{name}"), InputKind::Flow, 2);
        let confidence = || plane(&format!("conf_gt_{name}"), InputKind::Confidence, 1);
        Ok(if warped && !tuning { Some(TeacherFlow { flow: flow()?, confidence: confidence()? }) } else { None })
    };
    let template =
        if tuning { Tensor::ones([batch, 1, height, width], device) } else { plane("tgt_template", InputKind::Confidence, 1)? };
    let cropped = config.warp_projection && !tuning;
    Ok(Batch {
        references: References {
            labels: set("ref_labels", InputKind::Label, channels)?,
            images: set("ref_images", InputKind::Image, 3)?,
        },
        targets: Targets {
            label: plane("tgt_label", InputKind::Label, channels)?,
            reference: Some(source("warp_ref")?),
            projection: config.warp_projection.then(|| source("ani")).transpose()?,
            previous: None,
        },
        target_image: plane("tgt_image", InputKind::Image, 3)?,
        target_template: template,
        cropped_target: cropped.then(|| plane("tgt_crop_image", InputKind::Image, 3)).transpose()?,
        teacher: PerSource {
            reference: teacher("ref", config.warp_reference)?,
            projection: teacher("ani", config.warp_projection)?,
            previous: None,
        },
        before: None,
    })
}
