//! bf16 against f32 on whole images. Where the processor lacks matrix tiles this measures their numerics through the f32 kernels.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_kernels::Precision;
use talkinghead_synthesis::generator::{Generator, GeneratorConfig, InferenceGenerator, RawImage, References, Source, Targets};
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::Weights;

const SIDE: usize = 64;

/// Pictures that are compared; one alone says little, since a network of drawn weights spreads by 2 dB from one to the next.
const PICTURES: usize = 6;
/// The least mean, dB. Found: 45.0 with every instruction set (portable, AVX2, AVX-512), single pictures 40.9 to 47.0.
const LEAST: f32 = 44.0;

#[test]
fn images_in_bf16_are_near_those_in_f32() {
    let config = GeneratorConfig { width: 16, shots: 2, ..GeneratorConfig::default() };
    let recipe = Recipe::default();
    let device = Device::flex();
    let weights = || Weights::Checkpoint(recipe.state_dict(&Generator::keys(&config).unwrap()));
    let generator = |precision| InferenceGenerator::with_precision(&config, weights(), &device, precision).unwrap();
    let (exact, rounded) = (generator(Precision::F32), generator(Precision::Bf16));
    let ratios: Vec<f32> = (0..PICTURES).map(|number| ratio(&exact, &rounded, &recipe, number)).collect();
    let mean = ratios.iter().sum::<f32>() / PICTURES as f32;
    println!("{ratios:.1?}, mean {mean:.1} dB");
    assert!(mean > LEAST && ratios.iter().all(|ratio| ratio.is_finite()), "{ratios:?} dB");
}

/// Signal-to-noise ratio of picture `number`, dB; images span -1 to 1.
fn ratio(exact: &InferenceGenerator, rounded: &InferenceGenerator, recipe: &Recipe, number: usize) -> f32 {
    let device = Device::flex();
    let picture = |name: &str, channels: usize| -> Tensor<4> {
        let (name, shape) = (format!("{name} {number}"), [1, channels, SIDE, SIDE]);
        let values = if channels == 1 { recipe.label(&name, &shape) } else { recipe.image(&name, &shape) };
        Tensor::from_data(TensorData::new(values, shape), &device)
    };
    let references = References {
        labels: Tensor::stack(vec![picture("a", 1), picture("b", 1)], 1),
        images: Tensor::stack(vec![picture("c", 3), picture("d", 3)], 1),
    };
    let source = |name: &str| Some(Source { label: picture(&format!("{name} label"), 1), image: picture(name, 3) });
    let targets =
        Targets { label: picture("target", 1), reference: source("reference"), projection: source("projection"), previous: None };
    let image = |generator: &InferenceGenerator| {
        let encoded = generator.encode_references(&references).unwrap();
        generator.synthesise(&encoded, &targets, RawImage::Skipped).unwrap().image
    };
    let mean_square = (image(exact) - image(rounded)).powi_scalar(2).mean().into_scalar::<f32>();
    10.0 * (4.0 / mean_square).log10()
}
