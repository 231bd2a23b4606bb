//! Mixed precision: bf16 where numbers are multiplied, f32 where they are kept.

use talkinghead_kernels::Precision;
use talkinghead_synthesis::weights::StateDict;
use talkinghead_training::generator::{Loss, TrainerSettings};

use crate::scene::{batch, config, settings, trainer};

/// Numbers of all tensors under a prefix, in order.
fn under(state: &StateDict, prefix: &str) -> Vec<f64> {
    let tensors = state.iter().filter(|(key, _)| key.starts_with(prefix));
    tensors.flat_map(|(_, tensor)| tensor.values.iter().map(|value| f64::from(*value))).collect()
}

#[test]
fn a_step_in_bf16_goes_the_same_way_with_parameters_of_f32() {
    let config = config();
    let batch = batch(&config, 2, "mixed");
    let step = |precision| {
        let mut settings = TrainerSettings { precision, ..settings() };
        // So that there is a first moment, which after one step is the gradient times a number.
        settings.adam.beta1 = 0.5;
        let mut trainer = trainer(&config, settings);
        let losses = trainer.step(&batch).unwrap().losses;
        (losses, trainer.state().unwrap().tensors)
    };
    let [(full, of_full), (half, of_half)] = [step(Precision::F32), step(Precision::Bf16)];
    for (full, half) in full.iter().zip(&half) {
        let apart = (half.value / full.value - 1.0).abs();
        assert!(apart < 0.05, "{}: {} and {}", full.loss.name(), full.value, half.value);
    }
    assert!(full.iter().zip(&half).any(|(full, half)| full.value != half.value), "nothing was rounded");
    let [a, b] = [&of_full, &of_half].map(|state| under(state, "generator.first/"));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
    assert!(cosine > 0.98, "cosine of the gradients: {cosine}");
    let parameters = under(&of_half, "generator/");
    let coarse = parameters.iter().filter(|value| (**value as f32).to_bits() & 0xFFFF == 0).count();
    assert!(coarse * 2 < parameters.len(), "{coarse} of {} parameters are numbers of bf16", parameters.len());
}

#[test]
fn what_is_learned_in_bf16_is_learned_as_well() {
    let config = config();
    let batch = batch(&config, 2, "learns");
    let last = |precision| {
        let mut trainer = trainer(&config, TrainerSettings { precision, ..settings() });
        let of = |report: &talkinghead_training::generator::StepReport| {
            report.losses.iter().find(|value| value.loss == Loss::Absolute).unwrap().value
        };
        let first = of(&trainer.step(&batch).unwrap());
        let reports = (0..60).map(|_| of(&trainer.step(&batch).unwrap()));
        (first, reports.last().unwrap())
    };
    let [(before, full), (_, half)] = [last(Precision::F32), last(Precision::Bf16)];
    assert!(full < 0.8 * before, "f32 learns nothing: {before} to {full}");
    assert!((half / full - 1.0).abs() < 0.15, "{half} in bf16, {full} in f32 from {before}");
}

#[test]
fn the_processor_takes_f32_for_auto() {
    let settings = TrainerSettings { precision: Precision::Auto, ..settings() };
    assert_eq!(trainer(&config(), settings).settings().precision, Precision::F32);
}
