//! Seconds and memory of a training step: `measure_step SIDE BATCH STEPS [--operations] [NAME=VALUE...]`. Options have the published names; what is
//! not set has the published default, as in `tools/pytorch_training.py time`. Weights and inputs are procedural, VGG19's too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::discriminator::{Discriminator, DiscriminatorConfig};
use talkinghead_synthesis::generator::{Generator, GeneratorConfig, PerSource, References, Source, Targets};
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::Weights;
use talkinghead_training::flow::TeacherFlow;
use talkinghead_training::generator::perceptual::Vgg19;
use talkinghead_training::generator::{Batch, PerceptualTrunk, Trainer, TrainerSettings};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let counts = arguments.iter().filter_map(|text| text.parse::<usize>().ok());
    let [side, batch_size, steps] =
        <[usize; 3]>::try_from(counts.collect::<Vec<_>>()).map_err(|_| "usage: SIDE BATCH STEPS [NAME=VALUE...]")?;
    let mut options = Options::new();
    for setting in arguments.iter().filter_map(|text| text.split_once('=')) {
        options.set(setting.0, setting.1);
    }
    let times = Arc::new(Times::default());
    if arguments.iter().any(|text| text == "--operations") {
        tracing::subscriber::set_global_default(times.clone())?;
    }
    let device = Device::flex().autodiff();
    let (config, judge) = (GeneratorConfig::from_options(&options)?, DiscriminatorConfig::from_options(&options)?);
    let settings = TrainerSettings::from_options(&options)?;
    let recipe = Recipe::default();
    let generator = Generator::new(&config, Weights::Checkpoint(recipe.state_dict(&Generator::keys(&config)?)), &device)?;
    let keys = Discriminator::new(&judge, Weights::Zeros, &device)?;
    let keys: Vec<_> = keys.entries().iter().map(|entry| (entry.key.clone(), entry.shape.clone())).collect();
    let discriminator = Discriminator::new(&judge, Weights::Checkpoint(recipe.state_dict(&keys)), &device)?;
    let perceptual = settings.weights.perceptual > 0.0;
    let trunk = perceptual.then(|| Vgg19::new(recipe.state_dict(&Vgg19::shapes()), &device)).transpose()?;
    let mut trainer = Trainer::new(generator, discriminator, settings, trunk.map(PerceptualTrunk::Vgg19))?;
    let batch = batch(&config, batch_size, side);
    let before = peak_memory();
    let (mut walls, mut work) = (Vec::new(), Vec::new());
    for step in 0..=steps {
        let (start, processor) = (Instant::now(), processor_time());
        let report = trainer.step(&batch)?;
        let wall = start.elapsed().as_secs_f64();
        println!(
            "step {wall:.2} s, generator {:.3}, discriminator {:.3}",
            report.generator_total(),
            report.discriminator_total()
        );
        if step == 0 {
            times.clear();
        } else {
            walls.push(wall);
            work.push(processor_time() - processor);
        }
    }
    walls.sort_by(f64::total_cmp);
    work.sort_by(f64::total_cmp);
    let [least, median] = [walls[0], walls[walls.len() / 2]];
    println!(
        "least {least:.2} s, median {median:.2} s, {:.2} core-seconds; peak memory {:.2} GB ({before:.2} GB before the first step)",
        work[0],
        peak_memory()
    );
    times.print(steps);
    Ok(())
}

fn batch(config: &GeneratorConfig, size: usize, side: usize) -> Batch {
    let (device, recipe) = (Device::flex(), Recipe::default());
    let make = |name: &str, shape: &[usize], kind: fn(&Recipe, &str, &[usize]) -> Vec<f32>| {
        kind(&recipe, &format!("input/{name}"), shape)
    };
    let plane = |name: &str, channels: usize, kind: fn(&Recipe, &str, &[usize]) -> Vec<f32>| -> Tensor<4> {
        let shape = [size, channels, side, side];
        Tensor::from_data(TensorData::new(make(name, &shape, kind), shape), &device)
    };
    let set = |name: &str, channels: usize, kind: fn(&Recipe, &str, &[usize]) -> Vec<f32>| -> Tensor<5> {
        let shape = [size, config.shots, channels, side, side];
        Tensor::from_data(TensorData::new(make(name, &shape, kind), shape), &device)
    };
    let source = |name: &str| Source {
        label: plane(&format!("{name}_label"), config.label_channels, Recipe::label),
        image: plane(&format!("{name}_image"), 3, Recipe::image),
    };
    let teacher = |name: &str| TeacherFlow {
        flow: plane(&format!("flow_gt_{name}"), 2, Recipe::flow),
        confidence: plane(&format!("conf_gt_{name}"), 1, Recipe::confidence),
    };
    Batch {
        references: References {
            labels: set("ref_labels", config.label_channels, Recipe::label),
            images: set("ref_images", 3, Recipe::image),
        },
        targets: Targets {
            label: plane("tgt_label", config.label_channels, Recipe::label),
            reference: Some(source("warp_ref")),
            projection: config.warp_projection.then(|| source("ani")),
            previous: None,
        },
        target_image: plane("tgt_image", 3, Recipe::image),
        target_template: plane("tgt_template", 1, Recipe::confidence),
        cropped_target: config.warp_projection.then(|| plane("tgt_crop_image", 3, Recipe::image)),
        teacher: PerSource {
            reference: config.warp_reference.then(|| teacher("ref")),
            projection: config.warp_projection.then(|| teacher("ani")),
            previous: None,
        },
        before: None,
    }
}

/// Gigabytes that the process has held at most; 0 where the system does not say.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// Seconds of processor time so far, all threads together; 0 where the system does not say.
fn processor_time() -> f64 {
    /// Of a tick, which is what the kernel counts in.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_the_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = behind_the_name.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// Time by kind of operation: forward passes alone, whose operations are spans.
#[derive(Default)]
struct Times {
    open: Mutex<Vec<(String, u64, Instant)>>,
    kinds: Mutex<BTreeMap<String, (usize, Duration, u64)>>,
}

impl Times {
    fn clear(&self) {
        if let Ok(mut kinds) = self.kinds.lock() {
            kinds.clear();
        }
    }

    fn print(&self, steps: usize) {
        let Ok(kinds) = self.kinds.lock() else { return };
        for (kind, (calls, time, work)) in kinds.iter() {
            let seconds = time.as_secs_f64() / steps as f64;
            let rate = 2e-9 * *work as f64 / time.as_secs_f64();
            println!("{kind:50} {:5} calls {seconds:7.3} s a step {rate:7.1} GFLOP/s", calls / steps.max(1));
        }
    }
}

struct Fields(String, u64);

impl tracing::field::Visit for Fields {
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        if field.name() == "kind" {
            self.0 = value.to_owned();
        }
    }

    fn record_u64(&mut self, field: &tracing::field::Field, value: u64) {
        if field.name() == "multiply_adds" {
            self.1 = value;
        }
    }

    fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
}

impl tracing::Subscriber for Times {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == talkinghead_synthesis::layers::OPERATION_TARGET
    }

    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut fields = Fields(String::new(), 0);
        attributes.record(&mut fields);
        let Ok(mut open) = self.open.lock() else { return tracing::span::Id::from_u64(1) };
        open.push((fields.0, fields.1, Instant::now()));
        tracing::span::Id::from_u64(open.len() as u64)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {
        let (Ok(mut open), Ok(mut kinds)) = (self.open.lock(), self.kinds.lock()) else { return };
        if let Some((kind, work, start)) = open.pop() {
            let entry = kinds.entry(kind).or_default();
            *entry = (entry.0 + 1, entry.1 + start.elapsed(), entry.2 + work);
        }
    }
}
