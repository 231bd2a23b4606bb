//! bf16 against f32 on whole images. Where the processor lacks matrix tiles this measures their numerics through the f32 kernels.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_kernels::Precision;
use talkinghead_synthesis::generator::{Generator, GeneratorConfig, InferenceGenerator, RawImage, References, Source, Targets};
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::Weights;

const SIDE: usize = 64;

#[test]
fn images_in_bf16_are_within_45_db_of_f32() {
    let config = GeneratorConfig { width: 16, shots: 2, ..GeneratorConfig::default() };
    let recipe = Recipe::default();
    let device = Device::flex();
    let weights = || Weights::Checkpoint(recipe.state_dict(&Generator::keys(&config).unwrap()));
    let picture = |name: &str, channels: usize| -> Tensor<4> {
        let shape = [1, channels, SIDE, SIDE];
        let values = if channels == 1 { recipe.label(name, &shape) } else { recipe.image(name, &shape) };
        Tensor::from_data(TensorData::new(values, shape), &device)
    };
    let references = References {
        labels: Tensor::stack(vec![picture("a", 1), picture("b", 1)], 1),
        images: Tensor::stack(vec![picture("c", 3), picture("d", 3)], 1),
    };
    let source = |name: &str| Some(Source { label: picture(&format!("{name} label"), 1), image: picture(name, 3) });
    let targets = Targets { label: picture("target", 1), reference: source("reference"), projection: source("projection") };
    let image = |precision| {
        let generator = InferenceGenerator::with_precision(&config, weights(), &device, precision).unwrap();
        let encoded = generator.encode_references(&references).unwrap();
        generator.synthesise(&encoded, &targets, RawImage::Skipped).unwrap().image
    };
    let difference = image(Precision::F32) - image(Precision::Bf16);
    let mean_square = difference.powi_scalar(2).mean().into_scalar::<f32>();
    // Images span -1 to 1.
    let psnr = 10.0 * (4.0 / mean_square).log10();
    println!("{psnr:.1} dB");
    assert!(mean_square > 0.0 && psnr > 45.0, "{psnr} dB");
}
