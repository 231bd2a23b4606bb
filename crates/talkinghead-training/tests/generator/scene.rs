//! Tiny networks and batches of smooth pictures.

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::discriminator::{Discriminator, DiscriminatorConfig, DiscriminatorNorm, ScaleKind};
use talkinghead_synthesis::generator::{
    AdaptiveLayers, FlowConfig, Generator, GeneratorConfig, PerSource, References, Source, Targets,
};
use talkinghead_synthesis::layers::NormalisationKind;
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::Weights;
use talkinghead_training::flow::TeacherFlow;
use talkinghead_training::generator::{Batch, LossWeights, Trainer, TrainerSettings, initial_discriminator, initial_generator};

/// Side of the pictures.
pub const SIDE: usize = 32;

/// A generator of a few thousand parameters with everything that the full one has.
pub fn config() -> GeneratorConfig {
    let full = GeneratorConfig::default();
    GeneratorConfig {
        width: 4,
        downsamplings: 3,
        shots: 2,
        merge_depth: 1,
        adaptive: Some(AdaptiveLayers { layers: 2, extra_linear_layers: 1, label_embedder: true }),
        flow: FlowConfig { width: 4, downsamplings: 2, blocks: 1, ..full.flow },
        ..full
    }
}

/// The same with instance norms throughout, in which no sample sees another.
pub fn instance_config() -> GeneratorConfig {
    let config = config();
    let flow = FlowConfig { normalisation: NormalisationKind::Instance, ..config.flow };
    GeneratorConfig { normalisation: NormalisationKind::Instance, flow, ..config }
}

pub fn judge() -> DiscriminatorConfig {
    DiscriminatorConfig {
        label_channels: 1,
        width: 4,
        layers: 2,
        scales: 1,
        kind: ScaleKind::Layers,
        norm: DiscriminatorNorm::SpectralInstance,
        stacked_frames: 0,
    }
}

/// Every loss but the perceptual one.
pub fn settings() -> TrainerSettings {
    let weights = LossWeights { perceptual: 0.0, mask: 10.0, absolute: 1.0, mouth_absolute: 1.0, ..LossWeights::default() };
    TrainerSettings { weights, ..TrainerSettings::default() }
}

pub fn trainer(config: &GeneratorConfig, settings: TrainerSettings) -> Trainer {
    let device = Device::flex().autodiff();
    let generator = Generator::new(config, Weights::Checkpoint(initial_generator(config, 1).unwrap()), &device).unwrap();
    let weights = Weights::Checkpoint(initial_discriminator(&judge(), 1).unwrap());
    let discriminator = Discriminator::new(&judge(), weights, &device).unwrap();
    Trainer::new(generator, discriminator, settings, None).unwrap()
}

/// Smooth pictures that differ from salt to salt.
pub fn batch(config: &GeneratorConfig, size: usize, salt: &str) -> Batch {
    let device = Device::flex();
    let recipe = Recipe { salt: salt.to_owned(), ..Recipe::default() };
    let plane = |name: &str, channels: usize, make: fn(&Recipe, &str, &[usize]) -> Vec<f32>| -> Tensor<4> {
        let shape = [size, channels, SIDE, SIDE];
        Tensor::from_data(TensorData::new(make(&recipe, name, &shape), shape), &device)
    };
    let set = |name: &str, channels: usize, make: fn(&Recipe, &str, &[usize]) -> Vec<f32>| -> Tensor<5> {
        let shape = [size, config.shots, channels, SIDE, SIDE];
        Tensor::from_data(TensorData::new(make(&recipe, name, &shape), shape), &device)
    };
    let source = |name: &str| Source {
        label: plane(&format!("{name} label"), 1, Recipe::label),
        image: plane(&format!("{name} image"), 3, Recipe::image),
    };
    let teacher = |name: &str| TeacherFlow {
        flow: plane(&format!("{name} flow"), 2, Recipe::flow),
        confidence: plane(&format!("{name} confidence"), 1, Recipe::confidence),
    };
    Batch {
        references: References { labels: set("labels", 1, Recipe::label), images: set("images", 3, Recipe::image) },
        targets: Targets {
            label: plane("target label", 1, Recipe::label),
            reference: Some(source("reference")),
            projection: config.warp_projection.then(|| source("projection")),
            previous: None,
        },
        target_image: plane("target image", 3, Recipe::image),
        target_template: plane("template", 1, Recipe::confidence),
        cropped_target: config.warp_projection.then(|| plane("cropped image", 3, Recipe::image)),
        teacher: PerSource {
            reference: config.warp_reference.then(|| teacher("reference")),
            projection: config.warp_projection.then(|| teacher("projection")),
            previous: None,
        },
        before: None,
    }
}

/// Two batches, one behind the other.
pub fn joined(a: &Batch, b: &Batch) -> Batch {
    fn cat<const D: usize>(a: &Tensor<D>, b: &Tensor<D>) -> Tensor<D> {
        Tensor::cat(vec![a.clone(), b.clone()], 0)
    }
    fn both<T>(a: &Option<T>, b: &Option<T>, join: impl Fn(&T, &T) -> T) -> Option<T> {
        a.as_ref().zip(b.as_ref()).map(|(a, b)| join(a, b))
    }
    let source = |a: &Source, b: &Source| Source { label: cat(&a.label, &b.label), image: cat(&a.image, &b.image) };
    let teacher = |a: &TeacherFlow, b: &TeacherFlow| TeacherFlow {
        flow: cat(&a.flow, &b.flow),
        confidence: cat(&a.confidence, &b.confidence),
    };
    Batch {
        references: References {
            labels: cat(&a.references.labels, &b.references.labels),
            images: cat(&a.references.images, &b.references.images),
        },
        targets: Targets {
            label: cat(&a.targets.label, &b.targets.label),
            reference: both(&a.targets.reference, &b.targets.reference, source),
            projection: both(&a.targets.projection, &b.targets.projection, source),
            previous: None,
        },
        target_image: cat(&a.target_image, &b.target_image),
        target_template: cat(&a.target_template, &b.target_template),
        cropped_target: both(&a.cropped_target, &b.cropped_target, cat),
        teacher: PerSource {
            reference: both(&a.teacher.reference, &b.teacher.reference, teacher),
            projection: both(&a.teacher.projection, &b.teacher.projection, teacher),
            previous: None,
        },
        before: None,
    }
}
