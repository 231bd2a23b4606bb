//! The discriminator on a golden folder: features, losses, gradients, spectral vectors.

use burn::tensor::Device;
use serde_json::Value;

use super::inputs::{GoldenNetwork, InputKind};
use super::tensors::{TensorReport, scalar_tensor};
use crate::EvaluationError;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::discriminator::{Discriminator, DiscriminatorConfig, GanLoss, losses, scalar};
use talkinghead_synthesis::generator::Source;
use talkinghead_synthesis::layers::{Mode, Pass, host};
use talkinghead_synthesis::weights::{StateDict, Weights, gradients_of, state_dict_of};

pub(super) fn run(golden: &GoldenNetwork, report: &mut TensorReport, device: &Device) -> Result<(), EvaluationError> {
    let device = &device.clone().autodiff();
    let options = golden.options();
    let config = DiscriminatorConfig::from_options(options)?;
    let gan = GanLoss::parse(options.get("gan_mode").unwrap_or("hinge"))?;
    let feature_weight = if options.flag("no_ganFeat_loss")? { 0.0 } else { options.number("lambda_feat", 10.0)? };
    let network = Discriminator::new(&config, Weights::Checkpoint(golden.weights()?), device)?;
    let wanted = golden.folder.tensors("outputs.safetensors")?.ok_or_else(|| {
        EvaluationError::malformed(golden.folder.path(), "no outputs.safetensors: there is nothing to compare with")
    })?;
    let mode = if golden.is_training() { Mode::Training } else { Mode::Evaluation };

    let [batch, height, width] = golden.size()?;
    let label_shape = [batch, config.label_channels, height, width];
    let picture = [batch, 3, height, width];
    let label = golden.input("tgt_label", InputKind::Label, label_shape, device)?;
    let reference = Source {
        label: golden.input("warp_ref_label", InputKind::Label, label_shape, device)?,
        image: golden.input("warp_ref_image", InputKind::Image, picture, device)?,
    };
    let fake = golden.input("d_fake", InputKind::Image, picture, device)?.require_grad();
    let real = golden.input("tgt_image", InputKind::Image, picture, device)?;

    let features = network.forward(&reference, &label, fake.clone(), real, &mut Pass::new(mode))?;
    let mut found = StateDict::new();
    for (scale, outputs) in features.iter().enumerate() {
        for (index, feature) in outputs.iter().enumerate() {
            found.insert(format!("scale{scale}.feature{index}"), host(feature)?);
        }
    }
    let Some(losses) = losses(&features, gan, feature_weight) else {
        return Err(SynthesisError::Configuration("the discriminator has no outputs".into()).into());
    };
    let named = [
        ("D_real", &losses.real),
        ("D_fake", &losses.fake),
        ("G_GAN", &losses.generator),
        ("G_GAN_Feat", &losses.feature_matching),
    ];
    let named = named.map(|(name, loss)| (name, scalar(loss)));
    for (key, tensor) in state_dict_of(&network, network.entries())?.iter() {
        found.insert(format!("after/{key}"), tensor.clone());
    }

    // Both gradients belong to the same forward pass, but each backward consumes its graph: the second starts anew with the
    // vectors that the first left, which must not advance again.
    let gradients = (losses.real + losses.fake).backward();
    let parameters = gradients_of(&network, network.entries(), &gradients)?;
    for (key, gradient) in parameters.iter() {
        found.insert(format!("grad_d/{key}"), gradient.clone());
    }
    let again = network.forward(
        &reference,
        &label,
        fake.clone(),
        golden.input("tgt_image", InputKind::Image, picture, device)?,
        &mut Pass::new(Mode::Evaluation),
    )?;
    if let Some(losses) = talkinghead_synthesis::discriminator::losses(&again, gan, feature_weight) {
        let gradients = (losses.generator + losses.feature_matching).backward();
        if let Some(gradient) = fake.grad(&gradients) {
            found.insert("grad_generator_losses_wrt_fake", host(&gradient)?);
        }
    }
    report.compare_all(&wanted, &found);
    if let Some(wanted) = golden.folder.field("losses").and_then(Value::as_object) {
        for (name, value) in named {
            if let Some(wanted) = wanted.get(name).and_then(Value::as_f64) {
                report.compare(&format!("loss/{name}"), &scalar_tensor(wanted), Some(&scalar_tensor(value)));
            }
        }
    }
    for (key, norms) in golden.folder.field("gradient_norms").and_then(Value::as_object).into_iter().flatten() {
        let Some(wanted) = norms.get("norm").and_then(Value::as_f64) else { continue };
        let norm = parameters.get(key).map(|gradient| gradient.values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt());
        report.compare(&format!("gradient_norm/{key}"), &scalar_tensor(wanted), norm.map(scalar_tensor).as_ref());
    }
    Ok(())
}
