//! Every mix of the published ablation switches through a step: no NaN, and a gradient for exactly those parameters that the result
//! depends on.

use burn::tensor::Tensor;
use talkinghead_synthesis::discriminator::GanLoss;
use talkinghead_synthesis::generator::{Composition, Embedding, GeneratorConfig, Warping};
use talkinghead_synthesis::weights::EntryKind;
use talkinghead_training::Compatibility;
use talkinghead_training::generator::{Loss, TrainerSettings};

use crate::scene::{batch, config, settings, trainer};

/// Whether a parameter reaches a loss (SPEC-network 5), from the design alone.
fn is_reached(config: &GeneratorConfig, key: &str) -> bool {
    let adaptive = config.adaptive.is_some();
    let merges = config.shots > 1;
    let level = |rest: &str| rest.split('.').next().and_then(|part| part.rsplit('_').next()?.parse::<usize>().ok());
    if key.starts_with("netG.atten_gen.") {
        return merges;
    }
    if let Some(rest) = key.strip_prefix("netG.comb_encoder.") {
        return adaptive && level(rest) != Some(0);
    }
    // Labels of the references reach the picture through generated weights, or through the shots' joint view.
    let label_parts = ["conv2.", "fusion2.", "atten2.", "ref_down_lmark_"];
    if let Some(rest) = key.strip_prefix("netG.encoder.").filter(|rest| label_parts.iter().any(|part| rest.starts_with(part))) {
        let before_merge =
            rest.starts_with("conv2.") || rest.starts_with("ref_down_lmark_") && level(rest) < Some(config.merge_depth);
        return adaptive || merges && before_merge;
    }
    if key.starts_with("netG.lmark_encoder.") {
        return adaptive;
    }
    let present = [true, config.warp_reference, config.warp_projection, false];
    if let Some((_, rest)) = key.strip_prefix("netG.up_").and_then(|rest| rest.split_once('.')) {
        // Map 0 has no number; the others are bn_0_1 and so on where norms are averaged, else mlp_gamma2 and so on.
        let by_norm = rest.split('.').next().and_then(|norm| norm.strip_prefix("bn_")?.split_once('_')?.1.parse::<usize>().ok());
        let by_part = rest.split('.').nth(1).and_then(|part| part.chars().last()?.to_digit(10)).map(|digit| digit as usize - 1);
        let map = by_norm.filter(|_| rest.contains("mlp_")).or(by_part.filter(|_| rest.contains("mlp_"))).unwrap_or(0);
        return present[map];
    }
    for (prefix, present) in [("img_ref_embedding.", present[1]), ("img_ani_embedding.", present[2])] {
        if let Some(rest) = key.strip_prefix(prefix) {
            let used = rest.starts_with("conv_first") || level(rest) < Some(config.composition_layers - 1);
            return present && used;
        }
    }
    true
}

fn check(config: &GeneratorConfig, settings: TrainerSettings) {
    let mut trainer = trainer(config, settings);
    let report = trainer.step(&batch(config, 2, "flags")).unwrap_or_else(|error| panic!("{error}\n{config:?}"));
    assert!(report.losses.iter().all(|loss| loss.value.is_finite()) && report.generator_gradient > 0.0, "{report:?}");
    let warps = config.warp_reference || config.warp_projection;
    assert_eq!(report.value(Loss::Flow).is_some(), warps);
    let state = trainer.state().unwrap();
    for entry in trainer.generator().entries().iter().filter(|entry| entry.kind == EntryKind::Parameter) {
        let learned = state.tensors.contains(&format!("generator.second/{}", entry.key));
        assert_eq!(learned, is_reached(config, &entry.key), "{}\n{config:?}", entry.key);
    }
    for entry in trainer.discriminator().entries().iter().filter(|entry| entry.kind == EntryKind::Parameter) {
        assert!(state.tensors.contains(&format!("discriminator.second/{}", entry.key)), "{}", entry.key);
    }
}

fn mixes(shots: usize, attention: bool, warping: Warping) -> impl Iterator<Item = GeneratorConfig> {
    (0..64_u32).map(move |bits| {
        let on = |bit: u32| bits >> bit & 1 == 1;
        let base = config();
        let embedding = match (on(0), attention) {
            (true, true) => Embedding::Hybrid,
            (true, false) => Embedding::HybridMean,
            (false, true) => Embedding::Attention,
            (false, false) => Embedding::Mean,
        };
        GeneratorConfig {
            shots,
            embedding,
            composition: if on(1) { Composition::Nonlinear } else { Composition::Linear },
            raw_image: on(1) && on(2),
            adaptive: base.adaptive.filter(|_| on(3)),
            warp_reference: on(4),
            warp_projection: on(5),
            warping,
            ..base
        }
    })
}

#[test]
fn every_mix_of_two_shots_learns() {
    mixes(2, true, Warping::Warped).for_each(|config| check(&config, settings()));
}

#[test]
fn every_mix_of_one_shot_without_attention_or_warp_learns() {
    mixes(1, false, Warping::Unwarped).for_each(|config| check(&config, settings()));
}

#[test]
fn the_mean_over_shots_learns() {
    mixes(2, false, Warping::Warped).step_by(7).for_each(|config| check(&config, settings()));
}

#[test]
fn every_adversarial_loss_learns() {
    for gan in [GanLoss::Hinge, GanLoss::LeastSquares, GanLoss::CrossEntropy] {
        for compatibility in [Compatibility::Reference, Compatibility::Right] {
            check(&config(), TrainerSettings { gan, compatibility, ..settings() });
        }
    }
}

#[test]
fn the_right_hinge_loss_is_minus_the_mean_score() {
    use talkinghead_training::generator::losses::adversarial;
    let device = burn::tensor::Device::flex();
    let fake_then_real = Tensor::<4>::from_data([[[[3.0_f32, -1.0]]], [[[5.0, 5.0]]]], &device);
    let features = vec![vec![fake_then_real]];
    let value = |compatibility| adversarial(&features, GanLoss::Hinge, compatibility).unwrap().into_scalar::<f32>();
    assert_eq!(value(Compatibility::Right), -1.0);
    // As published: what the discriminator would lose if they were real.
    assert_eq!(value(Compatibility::Reference), 1.0);
}
