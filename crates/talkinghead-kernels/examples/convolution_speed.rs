//! Speed of convolutions: `convolution_speed [REPETITIONS] [all]`. A line a case and pass, milliseconds (least of all repetitions) and
//! GFLOP/s, counted as 2 x multiply-adds of the direct algorithm. `exact` is the plain sum (training), `fast` with Winograd (inference),
//! `bf16` in bf16 (matrix tiles where the processor has them, else their numerics through f32), `gradients` those of input and weights
//! together.

use std::time::Instant;

use talkinghead_kernels::{Convolution, Epilogue, Geometry, InstructionSet, Method, Precision, weight_gradient};

type Anything = Box<dyn std::error::Error>;

fn main() -> Result<(), Anything> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let repetitions: usize = arguments.first().map_or(Ok(10), |text| text.parse())?;
    let instructions = InstructionSet::chosen()?;
    println!("instructions {instructions}, {} threads", rayon::current_num_threads());
    let three = |input, output| Geometry::new(input, output, 3).padding(1);
    let mut cases = vec![
        ("64 -> 64 @256", three(64, 64), 256, 1),
        ("256 -> 256 @64", three(256, 256), 64, 1),
        ("512 -> 512 @32", three(512, 512), 32, 1),
        ("1024 -> 1024 @16", three(1024, 1024), 16, 1),
        ("4 samples 64 -> 64 @128", three(64, 64), 128, 4),
    ];
    if arguments.get(1).is_some_and(|text| text == "all") {
        cases.extend([
            ("64 -> 64 @128 1x1", Geometry::new(64, 64, 1), 128, 1),
            ("64 -> 32 @256", three(64, 32), 256, 1),
            ("32 -> 32 @256", three(32, 32), 256, 1),
            ("32 -> 3 @256", three(32, 3), 256, 1),
            ("5 -> 32 @256", three(5, 32), 256, 1),
            ("32 -> 64 @256 stride 2", three(32, 64).stride(2), 256, 1),
            ("64 -> 128 @128 4x4 stride 2", Geometry::new(64, 128, 4).padding(2).stride(2), 128, 1),
            ("64 -> 32 @128 transposed", three(64, 32).stride(2).transposed(1), 128, 1),
        ]);
    }
    for (name, geometry, side, samples) in cases {
        case(name, geometry, side, samples, instructions, repetitions)?;
    }
    Ok(())
}

fn case(
    name: &str,
    geometry: Geometry,
    side: usize,
    samples: usize,
    instructions: InstructionSet,
    repetitions: usize,
) -> Result<(), Anything> {
    let size = [side, side];
    let out = geometry.output_size(size)?;
    let numbers =
        |count: usize, prime: usize| -> Vec<f32> { (0..count).map(|i| ((i * prime) % 1000) as f32 / 500.0 - 1.0).collect() };
    let x = numbers(geometry.input * side * side, 7919);
    let y = numbers(geometry.output * out[0] * out[1], 6007);
    let weights = numbers(geometry.weights(), 104_729);
    let work = 2.0 * samples as f64 * geometry.multiply_adds(1, size)? as f64 / 1e9;
    let report = |pass: &str, work: f64, run: &mut dyn FnMut() -> Result<(), Anything>| -> Result<(), Anything> {
        let mut best = f64::INFINITY;
        for _ in 0..=repetitions {
            let start = Instant::now();
            run()?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{name:28} {pass:9}: {:8.2} ms {:6.0} GFLOP/s", best * 1e3, work / best);
        Ok(())
    };
    let mut result = vec![0.0; y.len()];
    let none = Epilogue::default();
    let of = |method, precision| -> Result<Vec<Convolution>, Anything> {
        let one = || Ok(Convolution::new(geometry, weights.clone(), instructions, method)?.with_precision(precision));
        (0..samples).map(|_| one()).collect()
    };
    for (pass, method, precision) in [
        ("exact", Method::Exact, Precision::F32),
        ("fast", Method::Fast, Precision::F32),
        ("bf16", Method::Exact, Precision::Bf16),
    ] {
        let convolutions = of(method, precision)?;
        report(pass, work, &mut || {
            convolutions.iter().try_for_each(|one| one.forward(&x, 1, size, none, &mut result))?;
            Ok(())
        })?;
    }
    let backward: Vec<Convolution> = (0..samples)
        .map(|_| Convolution::new(geometry.input_gradient(size)?, weights.clone(), instructions, Method::Exact))
        .collect::<Result<_, _>>()?;
    let mut gradient = vec![0.0; x.len()];
    report("input", work, &mut || {
        backward.iter().try_for_each(|one| one.forward(&y, 1, out, none, &mut gradient))?;
        Ok(())
    })?;
    report("weights", work, &mut || {
        (0..samples).try_for_each(|_| weight_gradient(&geometry, instructions, &x, &y, 1, size).map(drop))?;
        Ok(())
    })?;
    report("gradients", 2.0 * work, &mut || {
        for one in &backward {
            one.forward(&y, 1, out, none, &mut gradient)?;
            weight_gradient(&geometry, instructions, &x, &y, 1, size)?;
        }
        Ok(())
    })
}
