//! Speed of a generator: `measure_generator WEIGHTS.safetensors [SIDE] [FRAMES] [PRECISION]`. Prints arithmetic per frame, seconds per frame
//! with and without cached references, the machine's matrix-product rate measured in the same run, and peak memory.

use std::path::Path;
use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use talkinghead_kernels::Precision;
use talkinghead_synthesis::generator::{InferenceGenerator, RawImage, References, Source, Targets};
use talkinghead_synthesis::import::load_generator;
use talkinghead_synthesis::layers::{Mode, Pass};
use talkinghead_synthesis::options::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().ok_or("usage: measure_generator WEIGHTS.safetensors [SIDE] [FRAMES] [PRECISION]")?;
    let side: usize = arguments.get(1).map_or(Ok(256), |text| text.parse())?;
    let frames: usize = arguments.get(2).map_or(Ok(3), |text| text.parse())?;
    let precision: Precision = arguments.get(3).map_or(Ok(Precision::F32), |text| text.parse())?;
    let device = Device::flex();
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
    let targets = Targets { label: picture([1, channels, side, side]), reference: Some(source()), projection: Some(source()) };

    let mut pass = Pass::new(Mode::Evaluation);
    let start = Instant::now();
    let encoded = generator.network().encode_references(&references, &mut pass)?;
    println!("references: {:.1} GFLOP in {:.2} s", pass.operations() as f64 / 1e9, start.elapsed().as_secs_f64());
    let mut counted = Pass::new(Mode::Evaluation);
    generator.network().synthesise(&encoded, &targets, RawImage::Skipped, &mut counted)?;
    let work = counted.operations() as f64 / 1e9;
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
    let mut pass = Pass::new(Mode::Evaluation);
    let start = Instant::now();
    generator.network().synthesise(&encoded, &targets, RawImage::Skipped, &mut pass)?.image.into_data();
    let whole = start.elapsed().as_secs_f64();
    let mut rest = whole;
    println!("by kind of operation (one frame, {:.0} ms):", 1e3 * whole);
    for (kind, share) in pass.shares() {
        let (seconds, work) = (share.time.as_secs_f64(), 2e-9 * share.multiply_adds as f64);
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
