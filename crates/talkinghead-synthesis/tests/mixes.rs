//! Every mix of options runs or is refused with a clear error; what is cached equals what is not; batches equal single frames.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::generator::{
    AdaptiveLayers, Composition, EmbedderShape, Embedding, FlowConfig, FlowUpsampling, Generator, GeneratorConfig,
    InferenceGenerator, RawImage, References, Source, Synthesis, Targets, Warping,
};
use talkinghead_synthesis::import::resolve_options;
use talkinghead_synthesis::layers::{Convolution, Geometry, Mode, NormalisationKind, Pass, convolve, convolve_each};
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::{StateDict, Weights};
use talkinghead_synthesis::{Precision, SynthesisError};

const SIDE: usize = 16;

fn small() -> GeneratorConfig {
    GeneratorConfig {
        width: 2,
        downsamplings: 2,
        merge_depth: 1,
        shots: 2,
        adaptive: Some(AdaptiveLayers { layers: 2, extra_linear_layers: 2, label_embedder: true }),
        flow: FlowConfig { width: 2, downsamplings: 1, blocks: 1, ..GeneratorConfig::default().flow },
        ..GeneratorConfig::default()
    }
}

fn weights(config: &GeneratorConfig) -> StateDict {
    Recipe::default().state_dict(&Generator::keys(config).unwrap())
}

fn build(config: &GeneratorConfig) -> InferenceGenerator {
    InferenceGenerator::new(config, Weights::Checkpoint(weights(config)), &Device::flex()).unwrap()
}

fn picture<const D: usize>(name: &str, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(Recipe::default().image(name, &shape), shape), &Device::flex())
}

fn label<const D: usize>(name: &str, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(Recipe::default().label(name, &shape), shape), &Device::flex())
}

fn references(config: &GeneratorConfig) -> References {
    let shots = config.shots;
    References { labels: label("refs", [1, shots, 1, SIDE, SIDE]), images: picture("shots", [1, shots, 3, SIDE, SIDE]) }
}

fn targets(batch: usize) -> Targets {
    let source = |name: &str| {
        Some(Source {
            label: label(&format!("{name} label"), [batch, 1, SIDE, SIDE]),
            image: picture(name, [batch, 3, SIDE, SIDE]),
        })
    };
    Targets {
        label: label("target", [batch, 1, SIDE, SIDE]),
        reference: source("reference"),
        projection: source("projection"),
        previous: None,
    }
}

fn one(targets: &Targets, index: usize) -> Targets {
    let cut = |x: &Tensor<4>| x.clone().narrow(0, index, 1);
    let source = |source: &Option<Source>| source.as_ref().map(|s| Source { label: cut(&s.label), image: cut(&s.image) });
    Targets {
        label: cut(&targets.label),
        reference: source(&targets.reference),
        projection: source(&targets.projection),
        previous: None,
    }
}

fn largest_difference(a: &Tensor<4>, b: &Tensor<4>) -> f32 {
    (a.clone() - b.clone()).abs().max().into_scalar::<f32>()
}

fn embeddings() -> [Embedding; 4] {
    [Embedding::Hybrid, Embedding::HybridMean, Embedding::Attention, Embedding::Mean]
}

#[test]
fn cached_and_batched_frames_equal_single_uncached_ones() {
    for embedding in embeddings() {
        for shots in [1, 3] {
            let config = GeneratorConfig { embedding, shots, ..small() };
            let generator = build(&config);
            let (references, targets) = (references(&config), targets(3));
            let cached = generator.encode_references(&references).unwrap();
            let batch = generator.synthesise(&cached, &targets, RawImage::Skipped).unwrap();
            for index in 0..3 {
                let target = one(&targets, index);
                let uncached = generator.network().forward(&references, &target, &mut Pass::new(Mode::Evaluation)).unwrap();
                let single = generator.synthesise(&cached, &target, RawImage::Skipped).unwrap();
                assert!(largest_difference(&single.image, &uncached.image) <= 1e-5, "{embedding:?}, {shots} shots: cached");
                let from_batch = batch.image.clone().narrow(0, index, 1);
                assert!(largest_difference(&from_batch, &uncached.image) <= 1e-5, "{embedding:?}, {shots} shots: batch");
            }
        }
    }
}

#[test]
fn reference_sets_may_differ_within_a_batch() {
    let config = small();
    let generator = build(&config);
    let both =
        References { labels: label("two sets", [2, 2, 1, SIDE, SIDE]), images: picture("two sets", [2, 2, 3, SIDE, SIDE]) };
    let targets = targets(2);
    let together = generator.synthesise(&generator.encode_references(&both).unwrap(), &targets, RawImage::Skipped).unwrap();
    for index in 0..2 {
        let set = References { labels: both.labels.clone().narrow(0, index, 1), images: both.images.clone().narrow(0, index, 1) };
        let alone =
            generator.synthesise(&generator.encode_references(&set).unwrap(), &one(&targets, index), RawImage::Skipped).unwrap();
        assert!(largest_difference(&together.image.clone().narrow(0, index, 1), &alone.image) <= 1e-5);
    }
}

fn check(config: GeneratorConfig) {
    let dict = weights(&config);
    // What shapes cannot tell is given; everything else must be found again.
    let mut given = Options::new();
    let all = Options::from(&config);
    for name in [
        "flow_multiplier",
        "no_warp",
        "add_raw_loss",
        "grid_align_corners",
        "n_shot",
        "label_nc",
        "n_downsample_A",
        "n_sc_layers",
    ] {
        given.set(name, all.get(name).unwrap());
    }
    let found = resolve_options(&dict, &given).unwrap_or_else(|error| panic!("{config:?}\n{error}"));
    InferenceGenerator::new(&found, Weights::Checkpoint(dict.clone()), &Device::flex())
        .unwrap_or_else(|error| panic!("{config:?}\n{error}"));

    let network = Generator::new(&config, Weights::Checkpoint(dict), &Device::flex()).unwrap();
    let run = |network: &Generator, mode: Mode| -> Synthesis {
        network
            .forward(&references(&config), &targets(1), &mut Pass::new(mode))
            .unwrap_or_else(|error| panic!("{config:?}\n{error}"))
    };
    let plain = run(&network, Mode::Evaluation);
    assert_eq!(plain.image.dims(), [1, 3, SIDE, SIDE]);
    let values = plain.image.clone().into_data().try_into_vec_as::<f32>().unwrap();
    assert!(values.iter().all(|value| value.is_finite() && value.abs() <= 2.0), "{config:?}");
    let prepared = InferenceGenerator::try_from(network.clone()).unwrap();
    let difference = largest_difference(&run(prepared.network(), Mode::Evaluation).image, &plain.image);
    assert!(difference < 2e-3, "{config:?}: folding changes the picture by {difference}");
    run(&network, Mode::Training);
}

#[test]
fn every_mix_of_switches_runs() {
    for bits in 0..64_u32 {
        let bit = |index: u32| bits >> index & 1 == 1;
        for embedding in embeddings() {
            let shots = 1 + (bits as usize + embedding as usize) % 2;
            let adaptive = small().adaptive.filter(|_| bit(2));
            let composition = if bit(0) { Composition::Nonlinear } else { Composition::Linear };
            check(GeneratorConfig {
                embedding,
                shots,
                composition,
                adaptive,
                raw_image: bit(0) && bit(1),
                warp_reference: bit(3),
                warp_projection: bit(4),
                warping: if bit(5) { Warping::Unwarped } else { Warping::Warped },
                ..small()
            });
        }
    }
}

#[test]
fn depths_kernels_and_shapes_run() {
    let adaptive =
        |layers, extra_linear_layers, label_embedder| Some(AdaptiveLayers { layers, extra_linear_layers, label_embedder });
    let flow = small().flow;
    let base = small();
    let mixes = [
        GeneratorConfig { adaptive: adaptive(3, 0, true), composition_layers: 3, ..base },
        GeneratorConfig { adaptive: adaptive(0, 2, true), composition_layers: 1, ..base },
        GeneratorConfig { adaptive: adaptive(1, 1, false), embed_kernel: 3, spade_kernel: 3, ..base },
        GeneratorConfig { embed_kernel: 2, ..base },
        GeneratorConfig { embed_kernel: 2, label_embedder: EmbedderShape::Encoder, ..base },
        GeneratorConfig { embed_kernel: 3, label_embedder: EmbedderShape::Encoder, ..base },
        GeneratorConfig { composition_layers: 0, raw_image: false, ..base },
        GeneratorConfig { composition_embedder: EmbedderShape::EncoderDecoder, ..base },
        GeneratorConfig { merge_depth: 0, shots: 1, ..base },
        GeneratorConfig { merge_depth: 2, ..base },
        GeneratorConfig { normalisation: NormalisationKind::Instance, ..base },
        GeneratorConfig {
            normalisation: NormalisationKind::Instance,
            composition: Composition::Linear,
            raw_image: false,
            ..base
        },
        GeneratorConfig {
            flow: FlowConfig { normalisation: NormalisationKind::Instance, upsampling: FlowUpsampling::Transposed, ..flow },
            ..base
        },
        GeneratorConfig { flow: FlowConfig { downsamplings: 0, blocks: 0, ..flow }, ..base },
        GeneratorConfig { label_classes: 3, ..base },
        GeneratorConfig { label_classes: 1, adaptive: None, embedding: Embedding::Mean, ..base },
        GeneratorConfig {
            width: 3,
            downsamplings: 1,
            merge_depth: 1,
            composition_layers: 2,
            adaptive: adaptive(2, 2, true),
            ..base
        },
    ];
    mixes.into_iter().for_each(check);
}

#[test]
fn unfit_inputs_are_named_with_both_shapes() {
    let config = small();
    let generator = build(&config);
    let odd = References { labels: label("odd", [1, 2, 1, 18, 16]), images: picture("odd", [1, 2, 3, 18, 16]) };
    let message = generator.encode_references(&odd).unwrap_err().to_string();
    assert!(message.contains("multiples of 4") && message.contains("18 x 16"), "{message}");
    let few = References { labels: label("few", [1, 1, 1, SIDE, SIDE]), images: picture("few", [1, 1, 3, SIDE, SIDE]) };
    let message = generator.encode_references(&few).unwrap_err().to_string();
    assert!(message.contains("2 of shots") && message.contains("[1, 1, 3, 16, 16]"), "{message}");
    let encoded = generator.encode_references(&references(&config)).unwrap();
    let lacking = Targets { projection: None, ..targets(1) };
    let message = generator.synthesise(&encoded, &lacking, RawImage::Skipped).unwrap_err().to_string();
    assert!(message.contains("animation"), "{message}");
    let mut uneven = targets(1);
    uneven.reference = uneven.reference.map(|source| Source { image: picture("uneven", [1, 3, 8, 16]), ..source });
    let message = generator.synthesise(&encoded, &uneven, RawImage::Skipped).unwrap_err().to_string();
    assert!(
        message.contains("warp reference image") && message.contains("[1, 3, 16, 16]") && message.contains("[1, 3, 8, 16]"),
        "{message}"
    );
}

/// Whatever does not fit is an error, of the network at its entrance and of a layer that is used alone.
#[test]
fn shapes_that_do_not_fit_are_refused() {
    let generator = build(&small());
    let encoded = generator.encode_references(&references(&small())).unwrap();
    let nothing =
        Targets { label: Tensor::zeros([0, 1, SIDE, SIDE], &Device::flex()), reference: None, projection: None, previous: None };
    assert!(matches!(generator.synthesise(&encoded, &nothing, RawImage::Skipped), Err(SynthesisError::Input { .. })));

    let x = picture("features", [1, 3, 8, 8]);
    let unfit = |channels: usize, kernel: usize| Tensor::zeros([2, channels, kernel, kernel], &Device::flex());
    for (weight, geometry) in [
        (unfit(4, 3), Geometry::new(1, 1)),
        (unfit(3, 11), Geometry::new(1, 1)),
        (unfit(3, 3), Geometry::new(0, 1)),
        (unfit(3, 3), Geometry::doubling(1)),
    ] {
        let error = SynthesisError::from(convolve(x.clone(), weight, None, geometry).unwrap_err());
        assert!(error.hint().is_some(), "{error}");
    }
    let sets = Tensor::zeros([1, 2, 4, 3, 3], &Device::flex());
    assert!(convolve_each(x, &sets, None, Geometry::new(1, 1)).is_err());
    let impossible = Convolution::constant(unfit(3, 3), None, Geometry::new(0, 1), Precision::F32);
    assert!(impossible.is_err(), "{impossible:?}");
}
