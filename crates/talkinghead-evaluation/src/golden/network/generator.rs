//! The generator on a golden folder.

use burn::tensor::Device;
use serde_json::Value;

use super::inputs::{GoldenNetwork, InputKind};
use super::tensors::TensorReport;
use crate::EvaluationError;
use talkinghead_synthesis::generator::{
    Generator, GeneratorConfig, InferenceGenerator, PerSource, RawImage, References, Source, Synthesis, Targets,
};
use talkinghead_synthesis::layers::{Mode, Pass, host};
use talkinghead_synthesis::weights::{HostTensor, StateDict, Weights, state_dict_of};

pub(super) fn run(golden: &GoldenNetwork, report: &mut TensorReport, device: &Device) -> Result<(), EvaluationError> {
    report.set_rounding(golden.folder.field("max_abs_float32_vs_float64"));
    let config = GeneratorConfig::from_options(golden.options())?;
    let network = Generator::new(&config, Weights::Checkpoint(golden.weights()?), device)?;
    let (references, targets) = inputs(golden, &config, device)?;
    let wanted = golden.folder.tensors("outputs.safetensors")?.ok_or_else(|| {
        EvaluationError::malformed(golden.folder.path(), "no outputs.safetensors: there is nothing to compare with")
    })?;
    let mode = if golden.is_training() { Mode::Training } else { Mode::Evaluation };
    let intermediates = golden.folder.tensors("intermediates.safetensors")?;
    let mut pass = if intermediates.is_some() { Pass::traced(mode) } else { Pass::new(mode) };
    let synthesis = network.forward(&references, &targets, &mut pass)?;
    report.compare_all(&wanted, &tensors(&synthesis)?);
    if let Some(intermediates) = intermediates {
        report.compare_all(&intermediates, &pass.into_trace()?);
    }
    if mode == Mode::Training {
        if let Some(after) = golden.folder.json("buffers_after.json")? {
            compare_buffers(report, &after, &state_dict_of(&network, network.entries())?);
        }
        return Ok(());
    }
    // The path that is used in practice: folded weights, references encoded once.
    let prepared = InferenceGenerator::try_from(network)?;
    let encoded = prepared.encode_references(&references)?;
    let synthesis = prepared.synthesise(&encoded, &targets, RawImage::AsConfigured)?;
    for (name, found) in tensors(&synthesis)?.iter() {
        if let Some(wanted) = wanted.get(name).filter(|_| name.starts_with("img_")) {
            report.compare(&format!("{name} (prepared, cached)"), wanted, Some(found));
        }
    }
    Ok(())
}

/// A folder's inputs.
fn inputs(golden: &GoldenNetwork, config: &GeneratorConfig, device: &Device) -> Result<(References, Targets), EvaluationError> {
    let [batch, height, width] = golden.size()?;
    let channels = config.label_channels;
    let source = |name: &str| -> Result<Source, EvaluationError> {
        Ok(Source {
            label: golden.input(&format!("{name}_label"), InputKind::Label, [batch, channels, height, width], device)?,
            image: golden.input(&format!("{name}_image"), InputKind::Image, [batch, 3, height, width], device)?,
        })
    };
    let references = References {
        labels: golden.input("ref_labels", InputKind::Label, [batch, config.shots, channels, height, width], device)?,
        images: golden.input("ref_images", InputKind::Image, [batch, config.shots, 3, height, width], device)?,
    };
    let targets = Targets {
        label: golden.input("tgt_label", InputKind::Label, [batch, channels, height, width], device)?,
        reference: if config.warp_reference { Some(source("warp_ref")?) } else { None },
        projection: if config.warp_projection { Some(source("ani")?) } else { None },
        previous: None,
    };
    Ok((references, targets))
}

/// A synthesis under the golden folders' names.
fn tensors(synthesis: &Synthesis) -> Result<StateDict, EvaluationError> {
    let mut dict = StateDict::new();
    dict.insert("img_final", host(&synthesis.image)?);
    let mut add = |name: &str, tensor: Option<HostTensor>| {
        if let Some(tensor) = tensor {
            dict.insert(name, tensor);
        }
    };
    add("img_raw", synthesis.raw.as_ref().map(host).transpose()?);
    add("img_ani", synthesis.with_projection.as_ref().map(host).transpose()?);
    add("attention", synthesis.attention.as_ref().map(host).transpose()?);
    add("ref_idx", synthesis.strongest_shot.as_ref().map(|index| host(&index.clone().float())).transpose()?);
    let sources = [("flow", &synthesis.flow), ("weight", &synthesis.weight), ("warped", &synthesis.warped)];
    for (name, PerSource { reference, projection, .. }) in sources {
        add(&format!("{name}_ref"), reference.as_ref().map(host).transpose()?);
        add(&format!("{name}_ani"), projection.as_ref().map(host).transpose()?);
    }
    Ok(dict)
}

/// Per buffer: sum, sum of squares, first, last.
fn compare_buffers(report: &mut TensorReport, after: &Value, found: &StateDict) {
    for (key, wanted) in after.as_object().into_iter().flatten() {
        let wanted: Vec<f64> = wanted.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let summary = found.get(key).map(|tensor| {
            let values = || tensor.values.iter().map(|value| f64::from(*value));
            let ends =
                [tensor.values.first(), tensor.values.last()].map(|value| value.map_or(f64::NAN, |value| f64::from(*value)));
            [values().sum(), values().map(|value| value * value).sum(), ends[0], ends[1]].to_vec()
        });
        let pack = |values: Vec<f64>| HostTensor {
            shape: vec![values.len()],
            values: values.iter().map(|v| *v as f32).collect(),
            integer: false,
        };
        report.compare(&format!("after/{key}"), &pack(wanted), summary.map(pack).as_ref());
    }
}
