//! Speed of a generator: `measure_generator WEIGHTS.safetensors [SIDE] [FRAMES] [PRECISION]`. Prints arithmetic per frame, seconds per frame
//! with and without cached references, the machine's matrix-product rate measured in the same run, and peak memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Tensor};
use talkinghead_kernels::Precision;
use talkinghead_synthesis::generator::{InferenceGenerator, RawImage, References, Source, Targets};
use talkinghead_synthesis::import::load_generator;
use talkinghead_synthesis::layers::OPERATION_TARGET;
use talkinghead_synthesis::options::Options;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().ok_or("usage: measure_generator WEIGHTS.safetensors [SIDE] [FRAMES] [PRECISION]")?;
    let side: usize = arguments.get(1).map_or(Ok(256), |text| text.parse())?;
    let frames: usize = arguments.get(2).map_or(Ok(3), |text| text.parse())?;
    let precision: Precision = arguments.get(3).map_or(Ok(Precision::F32), |text| text.parse())?;
    let device = Device::flex();
    let shares = Shares::default();
    tracing_subscriber::registry().with(shares.clone()).init();
    let start = Instant::now();
    let (config, weights) = load_generator(Path::new(file), &Options::new())?;
    let generator = InferenceGenerator::with_precision(&config, weights, &device, precision)?;
    println!("loaded in {:.2} s, peak memory {:.2} GB", start.elapsed().as_secs_f64(), peak_gigabytes());

    let channels = config.label_channels;
    let picture = |shape| Tensor::<4>::random(shape, Distribution::Uniform(-1.0, 1.0), &device);
    let source = || Source { label: picture([1, channels, side, side]), image: picture([1, 3, side, side]) };
    let shots = config.shots;
    let references = References {
        labels: Tensor::random([1, shots, channels, side, side], Distribution::Uniform(0.0, 1.0), &device),
        images: Tensor::random([1, shots, 3, side, side], Distribution::Uniform(-1.0, 1.0), &device),
    };
    let targets = Targets {
        label: picture([1, channels, side, side]),
        reference: Some(source()),
        projection: Some(source()),
        previous: None,
    };

    let start = Instant::now();
    let encoded = generator.encode_references(&references)?;
    println!(
        "references: {:.1} GFLOP in {:.2} s",
        shares.take().values().map(Share::gflop).sum::<f64>(),
        start.elapsed().as_secs_f64()
    );
    generator.synthesise(&encoded, &targets, RawImage::Skipped)?;
    let work: f64 = shares.take().values().map(Share::gflop).sum();
    let mut seconds: Vec<f64> = Vec::new();
    let mut rates: Vec<f64> = Vec::new();
    for _ in 0..frames {
        rates.push(matrix_rate(&device));
        let start = Instant::now();
        let frame = generator.synthesise(&encoded, &targets, RawImage::Skipped)?;
        frame.image.into_data();
        seconds.push(start.elapsed().as_secs_f64());
    }
    let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let peak = rates.iter().copied().fold(0.0, f64::max);
    seconds.sort_by(f64::total_cmp);
    println!(
        "cached frame: {work:.1} GFLOP, best {best:.2} s, median {:.2} s, {:.0} GFLOP/s",
        seconds[seconds.len() / 2],
        work / best
    );
    println!(
        "matrix product 1024^3 (f32, same threads): {peak:.0} GFLOP/s; the frame reaches {:.0} % of it",
        100.0 * work / best / peak
    );
    shares.take();
    let start = Instant::now();
    generator.synthesise(&encoded, &targets, RawImage::Skipped)?.image.into_data();
    let whole = start.elapsed().as_secs_f64();
    let mut rest = whole;
    println!("by kind of operation (one frame, {:.0} ms):", 1e3 * whole);
    for (kind, share) in shares.take() {
        let (seconds, work) = (share.time.as_secs_f64(), share.gflop());
        rest -= seconds;
        println!(
            "  {kind:36} {:4} calls {:7.1} ms {:5.1} % {work:6.1} GFLOP {:5.0} GFLOP/s",
            share.calls,
            1e3 * seconds,
            100.0 * seconds / whole,
            work / seconds
        );
    }
    println!("  {:36}            {:7.1} ms {:5.1} %", "everything else", 1e3 * rest, 100.0 * rest / whole);
    println!("peak memory {:.2} GB", peak_gigabytes());
    Ok(())
}

/// What one kind of operation took.
#[derive(Debug, Clone, Default)]
struct Share {
    calls: u32,
    multiply_adds: u64,
    time: Duration,
}

impl Share {
    /// One multiply-add is two operations.
    fn gflop(&self) -> f64 {
        2e-9 * self.multiply_adds as f64
    }
}

/// Adds up the spans of the networks' operations by kind.
#[derive(Debug, Clone, Default)]
struct Shares(Arc<Mutex<BTreeMap<String, Share>>>);

impl Shares {
    fn take(&self) -> BTreeMap<String, Share> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An operation that runs.
#[derive(Debug, Default)]
struct Running {
    kind: String,
    multiply_adds: u64,
    since: Option<Instant>,
}

impl tracing::field::Visit for Running {
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        if field.name() == "kind" {
            self.kind = value.to_owned();
        }
    }

    fn record_u64(&mut self, field: &tracing::field::Field, value: u64) {
        if field.name() == "multiply_adds" {
            self.multiply_adds = value;
        }
    }

    fn record_debug(&mut self, _field: &tracing::field::Field, _value: &dyn std::fmt::Debug) {}
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Shares {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _context: Context<'_, S>) -> bool {
        metadata.target() == OPERATION_TARGET
    }

    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, id: &tracing::span::Id, context: Context<'_, S>) {
        let mut running = Running::default();
        attributes.record(&mut running);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(running);
        }
    }

    fn on_enter(&self, id: &tracing::span::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(running) = span.extensions_mut().get_mut::<Running>()
        {
            running.since = Some(Instant::now());
        }
    }

    fn on_exit(&self, id: &tracing::span::Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(running) = span.extensions_mut().remove::<Running>() else { return };
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let share = shares.entry(running.kind).or_default();
        share.calls += 1;
        share.multiply_adds += running.multiply_adds;
        share.time += running.since.map_or(Duration::ZERO, |since| since.elapsed());
    }
}

fn matrix_rate(device: &Device) -> f64 {
    let matrix = || Tensor::<2>::random([1024, 1024], Distribution::Uniform(-1.0, 1.0), device);
    let (a, b) = (matrix(), matrix());
    let mut best = 0.0_f64;
    for _ in 0..4 {
        let start = Instant::now();
        a.clone().matmul(b.clone()).into_data();
        best = best.max(2.0 * 1024.0_f64.powi(3) / 1e9 / start.elapsed().as_secs_f64());
    }
    best
}

fn peak_gigabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).map_or(f64::NAN, |kilobytes| kilobytes / 1e6)
}
