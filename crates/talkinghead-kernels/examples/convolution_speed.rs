//! Speed of convolutions: `convolution_speed [REPETITIONS]`. Prints milliseconds (least of all repetitions) and GFLOP/s, counted as 2 x
//! multiply-adds of the direct algorithm. With RAYON_NUM_THREADS=1 the time is that of the processor, which other programs disturb less.

use std::sync::OnceLock;
use std::time::Instant;

use talkinghead_kernels::{Convolution, Epilogue, Geometry, Method, Path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repetitions: usize = std::env::args().nth(1).map_or(Ok(10), |text| text.parse())?;
    let path = Path::chosen()?;
    println!("path {path}, {} threads", rayon::current_num_threads());
    let cases = [
        ("64 -> 64 @256", Geometry::new(64, 64, 3).padding(1), 256),
        ("256 -> 256 @64", Geometry::new(256, 256, 3).padding(1), 64),
        ("512 -> 512 @32", Geometry::new(512, 512, 3).padding(1), 32),
        ("1024 -> 1024 @16", Geometry::new(1024, 1024, 3).padding(1), 16),
        ("64 -> 64 @128", Geometry::new(64, 64, 3).padding(1), 128),
        ("32 -> 64 @256 stride 2", Geometry::new(32, 64, 3).padding(1).stride(2), 256),
        ("64 -> 64 @128 1x1", Geometry::new(64, 64, 1), 128),
        ("64 -> 32 @256", Geometry::new(64, 32, 3).padding(1), 256),
        ("32 -> 32 @256", Geometry::new(32, 32, 3).padding(1), 256),
        ("32 -> 3 @256", Geometry::new(32, 3, 3).padding(1), 256),
        ("5 -> 32 @256", Geometry::new(5, 32, 3).padding(1), 256),
        ("64 -> 32 @128 transposed", Geometry::new(64, 32, 3).padding(1).stride(2).transposed(1), 128),
    ];
    for (name, geometry, side) in cases {
        let size = [side, side];
        let out = geometry.output_size(size)?;
        let x: Vec<f32> = (0..geometry.input * side * side).map(|i| ((i * 7919) % 1000) as f32 / 500.0 - 1.0).collect();
        let weights: Vec<f32> = (0..geometry.weights()).map(|i| ((i * 104_729) % 1000) as f32 / 500.0 - 1.0).collect();
        let mut result = vec![0.0; geometry.output * out[0] * out[1]];
        let work = 2.0 * geometry.multiply_adds(1, size)? as f64 / 1e9;
        for method in [Method::Exact, Method::Fast] {
            let convolution = Convolution::new(geometry, weights.clone(), path, method)?;
            let mut best = f64::INFINITY;
            for _ in 0..repetitions + 1 {
                let start = seconds();
                convolution.forward(&x, 1, size, Epilogue::default(), &mut result)?;
                best = best.min(seconds() - start);
            }
            println!("{name:26} {method:?}: {:8.2} ms {:7.0} GFLOP/s", best * 1e3, work / best);
        }
    }
    Ok(())
}

/// Processor time of this thread if it works alone, else time.
fn seconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    if rayon::current_num_threads() == 1 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        if let Some(nanoseconds) = text.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()) {
            return nanoseconds / 1e9;
        }
    }
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}
