//! Are these the published networks? Comparison with golden folders (`keys.tsv` and arrays; weights and inputs are procedural).

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_evaluation::EvaluationError;
use talkinghead_evaluation::golden::{GoldenFolder, Report, Subject, largest_difference};
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::procedural::{Recipe, raw};
use talkinghead_synthesis::weights::{StateDict, Weights};

use super::Run;
use super::expression::LandmarkNetwork;
use super::head_motion::{PoseDiscriminator, RotateAudio};

/// Bound of a tensor's largest difference.
const TOLERANCE: f64 = 1e-4;

/// Compares `RotateAudio`: what it hears, what it remembers, the poses it predicts, what its discriminator thinks of them.
///
/// # Errors
/// The folder cannot be read. Differences are no errors; see [`Report::passed`].
pub fn verify_head_motion(path: &Path, device: &Device) -> Result<Report, EvaluationError> {
    let folder = GoldenFolder::undescribed(path)?;
    let mut report = Report::new(Subject::HeadMotion, path);
    let (mut generator, mut judge) = (StateDict::new(), StateDict::new());
    for (key, tensor) in weights(&folder)?.iter() {
        let dict = if key.starts_with("dis.") { &mut judge } else { &mut generator };
        dict.insert(key, tensor.clone());
    }
    let network = RotateAudio::new(Weights::Checkpoint(generator), device)?;
    let judge = PoseDiscriminator::new(Weights::Checkpoint(judge), device)?;
    let (past, future) = (20, 12);
    let poses: Tensor<3> = procedural("input.rt", 1.5, [2, past, 6], device);
    let sound: Tensor<5> = procedural("input.audio", 0.5, [2, past + future, 1, 7, 640], device);
    let mut run = Run::evaluation();
    let heard = network.listen(sound.reshape([2, past + future, 7, 640]), &mut run)?;
    compare(&folder, &mut report, "audio_features", heard.clone())?;
    let code = network.remember(poses, heard.clone().narrow(1, 0, past), &mut run)?;
    compare(&folder, &mut report, "pose_code", code.clone())?;
    let predicted = network.predict(code, heard.narrow(1, past, future));
    compare(&folder, &mut report, "predicted_rt_normalised", predicted.clone())?;
    compare(&folder, &mut report, "discriminator_probability", judge.forward(predicted))?;
    Ok(report)
}

/// Compares the network from sound to landmarks: its features and its coefficients.
///
/// # Errors
/// As [`verify_head_motion`].
pub fn verify_expression(path: &Path, device: &Device) -> Result<Report, EvaluationError> {
    let folder = GoldenFolder::undescribed(path)?;
    let mut report = Report::new(Subject::Expression, path);
    let network = LandmarkNetwork::new(Weights::Checkpoint(weights(&folder)?), device)?;
    let sound: Tensor<3> = procedural("input.expression.audio", 0.5, [2, 1, 14_000], device);
    let example: Tensor<2> = procedural("input.expression.landmark", 3.0, [2, 20], device);
    let mut run = Run::evaluation();
    let heard = network.listen(sound, &mut run)?;
    let places = heard.dims()[1] / 90;
    let every = heard.clone().reshape([2, places, 90]).narrow(2, 0, 1);
    compare(&folder, &mut report, "audio_features_every_90th", every)?;
    compare(&folder, &mut report, "coefficients", network.coefficients(heard, example, &mut run))?;
    Ok(report)
}

fn weights(folder: &GoldenFolder) -> Result<StateDict, EvaluationError> {
    let file = "keys.tsv";
    let keys = folder.keys(file)?.ok_or_else(|| EvaluationError::Nothing { path: folder.path().join(file) })?;
    Ok(Recipe::default().state_dict(&keys))
}

fn procedural<const D: usize>(name: &str, scale: f64, shape: [usize; D], device: &Device) -> Tensor<D> {
    let values: Vec<f32> = raw(name, shape.iter().product()).into_iter().map(|value| (scale * value) as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn compare<const D: usize>(
    folder: &GoldenFolder,
    report: &mut Report,
    name: &str,
    found: Tensor<D>,
) -> Result<(), EvaluationError> {
    match folder.array(name)? {
        Some(wanted) => {
            let found: Vec<f64> = read_back(found)?.into_iter().map(f64::from).collect();
            report.add(name, largest_difference(&found, &wanted.values), TOLERANCE, "absolute");
        }
        None => report.missing.push(name.to_owned()),
    }
    Ok(())
}
