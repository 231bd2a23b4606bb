//! The perceptual loss.

use std::path::Path;

use burn::tensor::Device;
use serde_json::Value;
use talkinghead_evaluation::golden::network::{GoldenNetwork, InputKind};
use talkinghead_evaluation::golden::{Report, Subject};
use talkinghead_synthesis::discriminator::scalar;
use talkinghead_synthesis::layers::host;

use super::compare::{by_length, largest};
use super::inputs::procedural_trunk;
use crate::Compatibility;
use crate::generator::TrainingError;

/// Compares the loss of VGG19 with procedural weights, its terms, its gradient and features with a folder.
///
/// # Errors
/// Folders that cannot be read. Differences are no errors; see [`Report::passed`].
pub fn verify_perceptual(folder: &Path, device: &Device) -> Result<Report, TrainingError> {
    const COMPATIBILITY: Compatibility = Compatibility::Reference;
    let device = &device.clone().autodiff();
    let golden = GoldenNetwork::open(folder)?;
    let trunk = procedural_trunk(&golden, device)?;
    let [batch, height, width] = golden.size()?;
    let shape = [batch, 3, height, width];
    let fake = golden.input("d_fake", InputKind::Image, shape, device)?.require_grad();
    let real = golden.input("tgt_image", InputKind::Image, shape, device)?;
    let target = trunk.target(real, COMPATIBILITY)?;
    let mut report = Report::new(Subject::Perceptual, folder);
    let relative = |wanted: f64, found: f64| (wanted - found).abs() / wanted.abs().max(1e-6);

    let terms = trunk.distances(fake.clone(), &target, COMPATIBILITY)?;
    let wanted = golden.folder.field("terms").and_then(Value::as_array).into_iter().flatten();
    let weights = golden.folder.field("weights").and_then(Value::as_array).into_iter().flatten();
    for (index, (wanted, weight)) in wanted.zip(weights).enumerate() {
        let (Some(wanted), Some(weight)) = (wanted.as_f64(), weight.as_f64()) else { continue };
        let found = terms.get(index).map_or(f64::NAN, scalar);
        report.add(format!("term {index}"), relative(wanted * weight, found), 1e-3, "relative");
    }
    let loss = trunk.distance(fake.clone(), &target, COMPATIBILITY)?;
    if let Some(wanted) = golden.folder.field("loss").and_then(Value::as_f64) {
        report.add("loss", relative(wanted, scalar(&loss)), 1e-3, "relative");
    }
    let features = trunk.features(fake.clone().without_autodiff(), COMPATIBILITY)?;
    let gradient = fake.grad(&loss.backward()).map(|gradient| host(&gradient)).transpose()?;
    if let Some(outputs) = golden.folder.tensors("outputs.safetensors")? {
        if let Some(wanted) = outputs.get("grad_wrt_x") {
            report.add("grad_wrt_x", by_length(wanted, gradient.as_ref()), 1e-3, "of its length");
        }
        if let (Some(wanted), Some(found)) = (outputs.get("relu1_1_x_channel0"), features.first()) {
            let found = host(&found.clone().narrow(1, 0, 1))?;
            report.add("relu1_1_x_channel0", largest(wanted, Some(&found)), 1e-4, "absolute");
        }
        if let (Some(wanted), Some(found)) = (outputs.get("relu5_1_x"), features.last()) {
            report.add("relu5_1_x", by_length(wanted, Some(&host(found)?)), 1e-3, "of its length");
        }
    }
    Ok(report)
}
