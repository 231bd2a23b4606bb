//! What must never be learned from, and limits.

use burn::tensor::Tensor;
use talkinghead_training::generator::{LearningRates, Loss, TrainerSettings, TrainingError};

use crate::scene::{batch, config, settings, trainer};

#[test]
fn a_loss_that_is_no_number_is_named_and_nothing_is_learned() {
    let config = config();
    let mut trainer = trainer(&config, settings());
    let good = batch(&config, 2, "guard");
    let mut bad = good.clone();
    if let Some(teacher) = &mut bad.teacher.reference {
        teacher.flow = teacher.flow.clone().mul_scalar(f32::INFINITY);
    }
    let parameters = |trainer: &talkinghead_training::generator::Trainer| {
        let dict = trainer.state().unwrap().tensors;
        dict.get("generator/netG.conv_img.weight").unwrap().values.clone()
    };
    let before = parameters(&trainer);
    let error = trainer.step(&bad).unwrap_err();
    assert!(matches!(error, TrainingError::LossNotFinite { loss: Loss::Flow, step: 1, .. }), "{error}");
    assert!(error.to_string().contains("F_Flow") && error.hint().unwrap().contains("checkpoint"), "{error}");
    assert_eq!(parameters(&trainer), before);
    assert_eq!(trainer.steps(), 0);
    trainer.step(&good).unwrap();
    assert_ne!(parameters(&trainer), before);
}

#[test]
fn gradients_are_shortened_to_the_limit() {
    let config = config();
    let batch = batch(&config, 2, "limit");
    let second = |limit: Option<f64>| {
        let mut trainer = trainer(&config, TrainerSettings { gradient_limit: limit, ..settings() });
        let report = trainer.step(&batch).unwrap();
        let dict = trainer.state().unwrap().tensors;
        // The mean square after one step is 0.001 times the squared gradient.
        let squares: f64 = dict
            .iter()
            .filter(|(key, _)| key.starts_with("generator.second/"))
            .flat_map(|(_, tensor)| &tensor.values)
            .map(|v| f64::from(*v) / 0.001)
            .sum();
        (report.generator_gradient, squares.sqrt())
    };
    let (free, used) = second(None);
    assert!(free > 1.0 && (used / free - 1.0).abs() < 1e-3, "{used} of {free}");
    let (length, used) = second(Some(0.5));
    assert!((length / free - 1.0).abs() < 1e-6, "the report gives the length before");
    assert!((used / 0.5 - 1.0).abs() < 1e-3, "{used} instead of 0.5");
}

#[test]
fn a_rate_of_zero_changes_no_parameter() {
    let config = config();
    let mut trainer = trainer(&config, settings());
    trainer.set_learning_rates(LearningRates::equal(0.0));
    let before = trainer.state().unwrap().tensors;
    trainer.step(&batch(&config, 2, "rate")).unwrap();
    let after = trainer.state().unwrap().tensors;
    let key = "generator/netG.up_0.conv_0.weight_orig";
    assert_eq!(before.get(key), after.get(key));
    // Statistics advance all the same.
    let key = "generator/netG.encoder.conv1.bn.running_mean";
    assert_ne!(before.get(key), after.get(key));
}

#[test]
fn batches_that_do_not_fit_are_refused_by_name() {
    let config = config();
    let mut trainer = trainer(&config, settings());
    let good = batch(&config, 2, "shape");
    let mut smaller = good.clone();
    smaller.target_image = Tensor::zeros([2, 3, 16, 16], &burn::tensor::Device::flex());
    let mut alone = good.clone();
    alone.targets.reference = None;
    for (bad, name) in [(smaller, "target image"), (alone, "warp reference")] {
        let error = trainer.step(&bad).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_perceptual_loss_needs_its_network() {
    let config = config();
    let settings = TrainerSettings::default();
    let device = burn::tensor::Device::flex().autodiff();
    let weights = talkinghead_training::generator::initial_generator(&config, 1).unwrap();
    let generator = talkinghead_synthesis::generator::Generator::new(
        &config,
        talkinghead_synthesis::weights::Weights::Checkpoint(weights),
        &device,
    )
    .unwrap();
    let judge = crate::scene::judge();
    let weights = talkinghead_training::generator::initial_discriminator(&judge, 1).unwrap();
    let discriminator = talkinghead_synthesis::discriminator::Discriminator::new(
        &judge,
        talkinghead_synthesis::weights::Weights::Checkpoint(weights),
        &device,
    )
    .unwrap();
    let error = talkinghead_training::generator::Trainer::new(generator, discriminator, settings, None).unwrap_err();
    assert!(error.to_string().contains("perceptual"), "{error}");
}
