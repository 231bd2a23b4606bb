//! Are our flow networks the published ones? Comparison with golden folders (`keys.tsv` and arrays, procedural weights).

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_evaluation::EvaluationError;
use talkinghead_evaluation::golden::{GoldenFolder, Report, Subject, largest_difference};
use talkinghead_formats::NpyArray;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::Weights;

use super::confidence::{Occlusion, by_colour, colour_error};
use super::flownet2::{FlowNet2, correlation};
use super::network_teacher::{FlowNetwork, NetworkTeacher};
use super::raft::Raft;
use super::sampling::{channel_norm, resample};
use super::{FlowError, FlowPairs};
use crate::Compatibility;

/// Compares FlowNet2: its operations, its stages, its flow, and the whole teacher.
///
/// # Errors
/// The folder cannot be read, or holds arrays that are no pictures. Differences are no errors; see [`Report::passed`].
pub fn verify_flownet2(path: &Path, device: &Device) -> Result<Report, EvaluationError> {
    let golden = Golden { folder: GoldenFolder::undescribed(path)?, device };
    let mut report = Report::new(Subject::FlowNet2, path);
    operations(&golden, &mut report)?;
    let network = FlowNet2::new(golden.weights("keys.tsv")?, device)?;
    if let Some([a, b]) = golden.pair("pair_64x128")? {
        let stages = network.stages(a.clone(), b.clone())?;
        golden.compare(&mut report, "net_c_conv3b_every8th_channel", every(stages.features, 8), 1e-5)?;
        golden.compare(&mut report, "net_c_corr_every8th_channel", every(stages.correlation, 8), 1e-6)?;
        for (index, level) in [(0, 6), (3, 3)] {
            if let Some(flow) = stages.coarse.get(index) {
                golden.compare(&mut report, &format!("net_c_flow{level}"), flow.clone(), 1e-6)?;
            }
        }
        golden.compare(&mut report, "net_c_flow2", stages.correlated, 1e-5)?;
        let [once, twice] = stages.simple;
        golden.compare(&mut report, "net_s1_flow2", once, 1e-5)?;
        golden.compare(&mut report, "net_s2_flow2", twice, 1e-5)?;
        golden.compare(&mut report, "net_sd_flow2", stages.small, 1e-5)?;
        golden.compare(&mut report, "net_warped1", stages.warped, 2e-5)?;
        let confidence = by_colour(colour_error(a, b, stages.flow.clone()));
        golden.compare(&mut report, "net_flow", stages.flow, 1e-4)?;
        golden.compare_share(&mut report, "teacher_64x128_conf", confidence, 1e-3, 1e-3)?;
    }
    if let Some([a, b]) = golden.pair("pair_96x80")? {
        let network = FlowNetwork::FlowNet2(Box::new(network));
        let teacher = NetworkTeacher::new(network, Compatibility::Reference, Occlusion::ByColour);
        let taught = teacher.flow(&FlowPairs::of_pictures(a, b)).map_err(plain)?;
        golden.compare(&mut report, "teacher_96x80_flow", taught.flow, 2e-4)?;
        golden.compare_share(&mut report, "teacher_96x80_conf", taught.confidence, 1e-3, 5e-3)?;
    }
    something(report, path)
}

/// Compares RAFT-small: its encoders, the correlation, the flow after some of its updates.
///
/// # Errors
/// As [`verify_flownet2`].
pub fn verify_raft(path: &Path, device: &Device) -> Result<Report, EvaluationError> {
    let golden = Golden { folder: GoldenFolder::undescribed(path)?, device };
    let mut report = Report::new(Subject::Raft, path);
    let network = Raft::new(golden.weights("keys.tsv")?, device)?;
    if let Some([a, b]) = golden.pair("pair_128x144")? {
        let stages = network.stages(a, b)?;
        let first = stages.features.narrow(1, 0, 16);
        golden.compare(&mut report, "feature_encoder_first_16_channels", first, 1e-4)?;
        golden.compare(&mut report, "context_encoder_every_8th_channel", every(stages.context, 8), 1e-5)?;
        golden.compare(&mut report, "corr_features_update0_every_8th_channel", every(stages.correlation, 8), 1e-3)?;
        for (updates, tolerance) in [(1, 2e-4), (2, 3e-4), (4, 5e-4), (12, 2e-3)] {
            if let Some(flow) = stages.flows.get(updates - 1) {
                golden.compare(&mut report, &format!("flow_update_{updates:02}"), flow.clone(), tolerance)?;
            }
        }
    }
    something(report, path)
}

fn operations(golden: &Golden<'_>, report: &mut Report) -> Result<(), EvaluationError> {
    if let (Some(a), Some(b)) = (golden.tensor("op_corr_a")?, golden.tensor("op_corr_b")?) {
        golden.compare(report, "op_corr_out", correlation(a, b), 1e-6)?;
    }
    if let Some(image) = golden.tensor("op_resample_img")? {
        golden.compare(report, "op_channelnorm_out", channel_norm(image.clone()), 1e-6)?;
        if let Some(flow) = golden.tensor("op_resample_flow")? {
            golden.compare(report, "op_resample_out", resample(image, flow), 1e-5)?;
        }
    }
    if let (Some([a, b]), Some(flow)) = (golden.pair("pair_64x128")?, golden.tensor("op_conf_flow_const")?) {
        let [_, _, height, width] = a.dims();
        let flow = flow.expand([1, 2, height, width]);
        golden.compare_share(report, "op_conf_out", by_colour(colour_error(a, b, flow)), 1e-3, 1e-3)?;
    }
    Ok(())
}

/// A folder whose arrays become tensors.
struct Golden<'a> {
    folder: GoldenFolder,
    device: &'a Device,
}

impl Golden<'_> {
    /// Procedural weights for the listed keys.
    fn weights(&self, file: &str) -> Result<Weights, EvaluationError> {
        let nothing = || EvaluationError::Nothing { path: self.folder.path().join(file) };
        let keys = self.folder.keys(file)?.ok_or_else(nothing)?;
        Ok(Weights::Checkpoint(Recipe::default().state_dict(&keys)))
    }

    fn array(&self, name: &str) -> Result<Option<NpyArray>, EvaluationError> {
        self.folder.array(name)
    }

    /// An array of up to four dimensions; a picture without a batch gets one.
    fn tensor(&self, name: &str) -> Result<Option<Tensor<4>>, EvaluationError> {
        let Some(array) = self.array(name)? else { return Ok(None) };
        let mut shape = [1_usize; 4];
        let Some(start) = 4_usize.checked_sub(array.shape.len()) else {
            let found = format!("{:?}", array.shape);
            return Err(SynthesisError::input(name, "at most four dimensions", found).into());
        };
        shape[start..].copy_from_slice(&array.shape);
        let values: Vec<f32> = array.values.iter().map(|value| *value as f32).collect();
        Ok(Some(Tensor::from_data(TensorData::new(values, shape), self.device)))
    }

    /// Two pictures of bytes, as -1..1.
    fn pair(&self, name: &str) -> Result<Option<[Tensor<4>; 2]>, EvaluationError> {
        let picture = |half: &str| {
            let tensor = self.tensor(&format!("{name}_{half}"))?;
            Ok::<_, EvaluationError>(tensor.map(|tensor| tensor.div_scalar(127.5).sub_scalar(1.0)))
        };
        Ok(picture("a")?.zip(picture("b")?).map(|(a, b)| [a, b]))
    }

    /// The largest absolute difference.
    fn compare(&self, report: &mut Report, name: &str, found: Tensor<4>, tolerance: f64) -> Result<(), EvaluationError> {
        match self.array(name)? {
            Some(wanted) => {
                report.add(name, largest_difference(&numbers(found)?, &wanted.values), tolerance, "absolute");
            }
            None => report.missing.push(name.to_owned()),
        }
        Ok(())
    }

    /// The share of values that differ by more than `most`.
    fn compare_share(
        &self,
        report: &mut Report,
        name: &str,
        found: Tensor<4>,
        most: f64,
        tolerance: f64,
    ) -> Result<(), EvaluationError> {
        let Some(wanted) = self.array(name)? else {
            report.missing.push(name.to_owned());
            return Ok(());
        };
        let found = numbers(found)?;
        let differ = found
            .iter()
            .zip(&wanted.values)
            .filter(|(a, b)| (*a - *b).abs().partial_cmp(&most).is_none_or(|order| order.is_gt()))
            .count();
        let share = if found.len() == wanted.values.len() && !found.is_empty() {
            differ as f64 / found.len() as f64
        } else {
            f64::INFINITY
        };
        report.add(name, share, tolerance, "of the pixels");
        Ok(())
    }
}

fn numbers(x: Tensor<4>) -> Result<Vec<f64>, SynthesisError> {
    Ok(read_back(x)?.into_iter().map(f64::from).collect())
}

/// Channels 0, `step`, twice `step` and so on.
fn every(x: Tensor<4>, step: usize) -> Tensor<4> {
    let channels = x.dims()[1];
    Tensor::cat((0..channels).step_by(step).map(|channel| x.clone().narrow(1, channel, 1)).collect(), 1)
}

fn plain(error: FlowError) -> EvaluationError {
    match error {
        FlowError::Network(error) => error.into(),
        other => SynthesisError::Rendering(other.to_string()).into(),
    }
}

fn something(report: Report, path: &Path) -> Result<Report, EvaluationError> {
    if report.comparisons.is_empty() { Err(EvaluationError::Nothing { path: path.to_path_buf() }) } else { Ok(report) }
}
