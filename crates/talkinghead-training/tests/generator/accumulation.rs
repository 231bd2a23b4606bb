//! Several small batches count as one large batch.

use talkinghead_training::generator::{Batch, Loss, Trainer, TrainerSettings};

use crate::scene::{batch, instance_config, joined, settings, trainer};

/// Largest difference of parameters after a step, in steps of the learning rate.
fn difference(a: &Trainer, b: &Trainer) -> f32 {
    let (a, b) = (a.state().unwrap().tensors, b.state().unwrap().tensors);
    assert_eq!(a.len(), b.len());
    let largest = |(key, tensor): (&str, &talkinghead_formats::HostTensor)| {
        let other = b.get(key).unwrap();
        tensor.values.iter().zip(&other.values).map(|(x, y)| (x - y).abs()).fold(0.0_f32, f32::max)
    };
    a.iter()
        .filter(|(key, _)| key.starts_with("generator/") || key.starts_with("discriminator/"))
        .map(largest)
        .fold(0.0, f32::max)
}

/// A step whose length follows the gradient's, so that rounding errors stay as small as they are: Adam's first step would be as long for a
/// gradient that is zero but for rounding.
fn gentle() -> TrainerSettings {
    let mut settings = settings();
    settings.adam.epsilon = 1.0;
    settings.rates = talkinghead_training::generator::LearningRates::equal(0.1);
    settings
}

fn halves() -> (Batch, Batch) {
    let config = instance_config();
    (batch(&config, 2, "first half"), batch(&config, 2, "second half"))
}

/// Instance norms see one sample at a time, so here the two must be equal. (Batch norms see a batch: two halves have other statistics than
/// the whole, in any program.)
#[test]
fn two_of_two_equal_one_of_four() {
    let config = instance_config();
    let (a, b) = halves();
    let (mut parts, mut whole) = (trainer(&config, gentle()), trainer(&config, gentle()));
    let of_parts = parts.step_accumulated(&[a.clone(), b.clone()]).unwrap();
    let of_whole = whole.step(&joined(&a, &b)).unwrap();
    for loss in Loss::ALL {
        let (found, wanted) = (of_parts.value(loss), of_whole.value(loss));
        assert_eq!(found.is_some(), wanted.is_some(), "{loss:?}");
        let (found, wanted) = (found.unwrap_or(0.0), wanted.unwrap_or(0.0));
        assert!((found - wanted).abs() <= 1e-4 * wanted.abs().max(0.1), "{loss:?}: {found} instead of {wanted}");
    }
    let far = difference(&parts, &whole);
    assert!(far < 2e-5, "parameters and spectral vectors are {far} apart");
}

#[test]
fn one_half_alone_is_another_step() {
    let config = instance_config();
    let (a, b) = halves();
    let (mut part, mut whole) = (trainer(&config, gentle()), trainer(&config, gentle()));
    part.step(&a).unwrap();
    whole.step(&joined(&a, &b)).unwrap();
    let far = difference(&part, &whole);
    assert!(far > 1e-4, "parameters are only {far} apart: this test could not fail");
}

#[test]
fn no_batch_is_refused() {
    let error = trainer(&instance_config(), settings()).step_accumulated(&[]).unwrap_err();
    assert!(error.to_string().contains("at least one target"), "{error}");
}
