//! One whole step.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::tensor::{Device, Tensor};
use serde_json::Value;
use talkinghead_evaluation::golden::{GoldenFolder, Report, Subject};
use talkinghead_synthesis::generator::Synthesis;
use talkinghead_synthesis::layers::host;
use talkinghead_synthesis::weights::{Entry, HostTensor, StateDict, state_dict_of};

use super::compare::{by_length, largest, length, summary};
use super::inputs::{DISCRIMINATOR, GoldenStep};
use crate::generator::optimiser::{GradientSet, tensors_under};
use crate::generator::step::present;
use crate::generator::{LearningRates, LossValue, TrainingError};

/// Bound of losses and of gradients that are compared, relative.
const LOSS: f64 = 1e-3;
const GRADIENT: f64 = 1e-2;
/// Whole gradients, element by element, may also be so many times as far off as the other implementation's single precision is.
const GRADIENT_ROUNDING: f64 = 3.0;
/// Gradients shorter than this are rounding errors of ones that are zero.
const SMALL: f64 = 1e-3;
/// Elements of a gradient below this share of the others' are not followed through Adam.
const TINY: f64 = 3e-2;
/// Bound of what Adam makes of a tensor, in steps of the learning rate.
const STEP: f64 = 0.1;
/// Pictures: at least this, and so many times what rounding does to the other implementation.
const PICTURE: f64 = 2e-4;
/// Pictures after Adam's first step, which moves every parameter by the learning rate in the direction of its gradient's sign: rounding
/// turns those whose gradient is next to nothing, and a flow that is a little off shows at edges. 7e-5 with plain kernels, 1.8e-3 with
/// AVX2's, on the same folder.
const LATER_PICTURE: f64 = 2.5e-3;
const ROUNDING: f64 = 20.0;

/// Takes one step from a folder's weights and inputs and compares everything that the folder holds.
///
/// Gradients of tensors that the folder marks as noise are only held to be as small as there, or as long within what rounding did there.
/// What Adam makes of a tensor is compared in steps of its learning rate, because its first step has that size whatever the gradient's:
/// where a tiny gradient changes sign the two programs are two steps apart.
///
/// # Errors
/// Folders that cannot be read, and weights or options that do not fit. Differences are no errors; see [`Report::passed`].
pub fn verify_training_step(folder: &Path, device: &Device) -> Result<Report, TrainingError> {
    let GoldenStep { golden, mut trainer, batch, before } = GoldenStep::open(folder, device)?;
    let mut report = Report::new(Subject::TrainingStep, folder);
    let rates = trainer.learning_rates();
    let of_generator = trainer.generator().entries().to_vec();
    let of_discriminator = trainer.discriminator().entries().to_vec();
    let mut found = StateDict::new();

    let (half, synthesis) = trainer.generator_half(&batch, 1.0)?;
    pictures(&mut found, "g_pass", &synthesis)?;
    let mut losses = half.losses;
    let mut gradients = gradients_under("", &half.gradients, &of_generator)?;
    trainer.learn_generator(half.gradients, 1.0)?;
    let synthesis = trainer.second_pass(&batch)?;
    pictures(&mut found, "d_pass", &synthesis)?;
    let half = trainer.discriminator_half(&batch, present(&synthesis), 1.0)?;
    losses.extend(half.losses);
    gradients.extend(gradients_under(DISCRIMINATOR, &half.gradients, &of_discriminator)?);
    trainer.learn_discriminator(half.gradients, 1.0)?;
    let mut after: BTreeMap<String, HostTensor> = state_dict_of(trainer.generator(), &of_generator)?.into_tensors().collect();
    let judge = state_dict_of(trainer.discriminator(), &of_discriminator)?.into_tensors();
    after.extend(judge.map(|(key, tensor)| (format!("{DISCRIMINATOR}{key}"), tensor)));

    compare_losses(&mut report, &golden.folder, &losses)?;
    let stated = golden.folder.json("gradients.json")?;
    let noise = compare_gradients(&mut report, stated.as_ref(), &gradients);
    let steps = Steps { rates, noise, before: &before };
    if let Some(outputs) = golden.folder.tensors("outputs.safetensors")? {
        for (name, wanted) in outputs.iter() {
            if let Some(key) = name.strip_prefix("grad/") {
                if !steps.is_noise(key) {
                    let rounding = stated.as_ref().and_then(|file| file.get(key)).map_or(0.0, own_rounding);
                    let bound = GRADIENT.max(GRADIENT_ROUNDING * rounding);
                    report.add(name, by_length(wanted, gradients.get(key)), bound, "of its length");
                }
            } else if let Some(key) = name.strip_prefix("after/") {
                let gradient = outputs.get(&format!("grad/{key}"));
                steps.compare(&mut report, (name, key), wanted, after.get(key), gradient);
            } else {
                let (bound, unit) = bound_of(&golden.folder, name);
                report.add(name, largest(wanted, found.get(name)), bound, unit);
            }
        }
    }
    compare_after(&mut report, &golden.folder, &steps, &after)?;
    Ok(report)
}

fn gradients_under(
    prefix: &str,
    gradients: &GradientSet,
    entries: &[Entry],
) -> Result<HashMap<String, HostTensor>, TrainingError> {
    let mut dict = StateDict::new();
    tensors_under(&mut dict, "", entries, |id| gradients.get(id))?;
    Ok(dict.without_prefix("/").into_tensors().map(|(key, tensor)| (format!("{prefix}{key}"), tensor)).collect())
}

/// A synthesis under the golden folders' names.
fn pictures(dict: &mut StateDict, pass: &str, synthesis: &Synthesis) -> Result<(), TrainingError> {
    let Synthesis { image, raw, with_projection, flow, weight, .. } = synthesis;
    let named: [(&str, Option<&Tensor<4>>); 7] = [
        ("img_final", Some(image)),
        ("img_raw", raw.as_ref()),
        ("img_ani", with_projection.as_ref()),
        ("flow_ref", flow.reference.as_ref()),
        ("flow_ani", flow.projection.as_ref()),
        ("weight_ref", weight.reference.as_ref()),
        ("weight_ani", weight.projection.as_ref()),
    ];
    for (name, tensor) in named {
        if let Some(tensor) = tensor {
            dict.insert(format!("{pass}/{name}"), host(tensor)?);
        }
    }
    Ok(())
}

fn bound_of(folder: &GoldenFolder, name: &str) -> (f64, &'static str) {
    let stated = folder.field("max_abs_float32_vs_float64").and_then(|stated| stated.get(name));
    let stated = stated.or_else(|| folder.field("d_pass_max_abs_float32_vs_float64").filter(|_| name.starts_with("d_pass/")));
    let least = if name.starts_with("d_pass/") { LATER_PICTURE } else { PICTURE };
    let stated = stated.and_then(Value::as_f64).unwrap_or(0.0);
    // Flows are pixels, twenty times a network's output.
    let least = if name.contains("/flow_") { 20.0 * least } else { least };
    (least.max(ROUNDING * stated), if name.contains("/flow_") { "px" } else { "absolute" })
}

fn compare_losses(report: &mut Report, folder: &GoldenFolder, losses: &[LossValue]) -> Result<(), TrainingError> {
    let file = folder.json("losses.json")?;
    let wanted = file.as_ref().and_then(|file| file.get("losses")).and_then(Value::as_object);
    let sum = |of_discriminator: bool| {
        losses.iter().filter(|value| value.loss.is_of_discriminator() == of_discriminator).map(|value| value.value).sum::<f64>()
    };
    for (name, wanted) in wanted.into_iter().flatten() {
        let Some(wanted) = wanted.as_f64() else { continue };
        let found = match name.as_str() {
            "G_total" => sum(false),
            "D_total" => sum(true),
            name => losses.iter().find(|value| value.loss.name() == name).map_or(0.0, |value| value.value),
        };
        report.add(format!("loss {name}"), (found - wanted).abs() / wanted.abs().max(1e-3), LOSS, "relative");
    }
    Ok(())
}

/// How far the other implementation's gradient in single precision is from its own in double precision, relative, where the folder says so.
/// Behind the generator's optimiser step it can be a tenth: Adam's first step turns the signs of what is rounding, and the discriminator
/// sees the picture that this makes.
fn own_rounding(wanted: &Value) -> f64 {
    wanted.get("rel_dev").and_then(Value::as_f64).unwrap_or(0.0)
}

/// What the difference of a gradient's length from `norm` is divided by, its bound, and what that is a share of.
fn bound_of_length(wanted: &Value, norm: f64) -> (f64, f64, &'static str) {
    if norm < SMALL {
        (1.0, SMALL, "of a gradient that is zero")
    } else if is_noise(wanted) {
        (norm, GRADIENT.max(own_rounding(wanted)), "of its length, which is rounding")
    } else {
        (norm, GRADIENT, "of its length")
    }
}

fn is_noise(wanted: &Value) -> bool {
    wanted.get("noise").and_then(Value::as_bool).unwrap_or(false)
}

/// Lengths of all gradients beside those that the folder states; the keys that are noise.
fn compare_gradients(report: &mut Report, stated: Option<&Value>, gradients: &HashMap<String, HostTensor>) -> Vec<String> {
    let mut noise = Vec::new();
    for (key, wanted) in stated.and_then(Value::as_object).into_iter().flatten() {
        let found = gradients.get(key).map(length);
        let name = format!("gradient {key}");
        let Some(norm) = wanted.get("norm").and_then(Value::as_f64) else {
            // No gradient, or one that is zero throughout.
            report.add(name, found.unwrap_or(0.0), 0.0, "longer than none");
            noise.push(key.clone());
            continue;
        };
        let (scale, bound, unit) = bound_of_length(wanted, norm);
        report.add(name, found.map_or(f64::INFINITY, |found| (found - norm).abs() / scale), bound, unit);
        if norm < SMALL || is_noise(wanted) {
            noise.push(key.clone());
        }
    }
    noise
}

/// Parameters behind an optimiser step.
struct Steps<'a> {
    rates: LearningRates,
    noise: Vec<String>,
    before: &'a StateDict,
}

impl Steps<'_> {
    fn is_noise(&self, key: &str) -> bool {
        self.noise.iter().any(|other| other == key)
    }

    fn rate(&self, key: &str) -> f64 {
        if key.starts_with(DISCRIMINATOR) { self.rates.discriminator } else { self.rates.generator }
    }

    /// A whole tensor: the share of the step's length by which the two differ. Of elements whose wanted gradient is next to nothing beside
    /// the others' only rounding decides the direction: they are left out.
    fn compare(
        &self,
        report: &mut Report,
        (name, key): (&str, &str),
        wanted: &HostTensor,
        found: Option<&HostTensor>,
        gradient: Option<&HostTensor>,
    ) {
        if self.is_noise(key) {
            return;
        }
        let (Some(found), Some(before)) = (found, self.before.get(key)) else {
            return report.add(name, f64::INFINITY, 0.0, "absent");
        };
        let counts = |index: usize| {
            gradient.is_none_or(|gradient| {
                let usual = length(gradient) / (gradient.values.len() as f64).sqrt();
                f64::from(gradient.values[index].abs()) >= TINY * usual
            })
        };
        let moved = |to: &HostTensor| HostTensor {
            shape: to.shape.clone(),
            values: (0..to.values.len().min(before.values.len()))
                .map(|index| if counts(index) { to.values[index] - before.values[index] } else { 0.0 })
                .collect(),
            integer: false,
        };
        report.add(name, by_length(&moved(wanted), Some(&moved(found))), STEP, "of its step");
    }
}

/// Parameters and buffers after the step, each by sum, length, first and last value.
fn compare_after(
    report: &mut Report,
    folder: &GoldenFolder,
    steps: &Steps<'_>,
    after: &BTreeMap<String, HostTensor>,
) -> Result<(), TrainingError> {
    let file = folder.json("after.json")?;
    for (key, wanted) in file.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let deviation = wanted.get("max_abs_dev_vs_float64").and_then(Value::as_f64).unwrap_or(0.0);
        let summary_wanted = wanted.get("summary").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64);
        let wanted: Vec<f64> = summary_wanted.collect();
        let name = format!("after {key}");
        let (Some(found), [sum, norm, first, last]) = (after.get(key), wanted.as_slice()) else {
            report.add(name, f64::INFINITY, 0.0, "absent");
            continue;
        };
        let count = found.values.len() as f64;
        let [own_sum, own_norm, own_first, own_last] = summary(found);
        let ends = (own_first - first).abs().max((own_last - last).abs());
        let is_parameter = !["running_mean", "running_var", "weight_u", "weight_v", "num_batches_tracked"]
            .iter()
            .any(|leaf| key.ends_with(leaf));
        if !is_parameter {
            let scale = (norm / count.sqrt()).max(1e-2);
            let worst = ends.max((own_norm - norm).abs() / count.sqrt()).max((own_sum - sum).abs() / count);
            report.add(name, worst / scale, 1e-3_f64.max(ROUNDING * deviation / scale), "of its size");
            continue;
        }
        if steps.is_noise(key) {
            continue;
        }
        // In steps of the learning rate: no more than rounding does to the other implementation, which may be two.
        let rate = steps.rate(key);
        let bound = STEP.max(10.0 * deviation / rate);
        report.add(name, ends.max((own_sum - sum).abs() / count) / rate, bound, "steps");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn noise_that_is_no_small_gradient_is_held_to_the_folders_own_rounding() {
        let bound = |wanted: Value, norm: f64| {
            let (scale, bound, _) = bound_of_length(&wanted, norm);
            scale * bound
        };
        assert_eq!(bound(json!({"noise": true, "rel_dev": 0.5}), 1e-5), SMALL);
        assert_eq!(bound(json!({"noise": false, "rel_dev": 0.5}), 2.0), 2.0 * GRADIENT);
        assert_eq!(bound(json!({"noise": true, "rel_dev": 0.1}), 2.0), 0.2);
        assert_eq!(bound(json!({"noise": true}), 2.0), 2.0 * GRADIENT);
    }
}
