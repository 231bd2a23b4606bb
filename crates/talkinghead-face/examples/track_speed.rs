//! How fast faces are tracked in frames that are in memory already: `track_speed VIDEO...`. First each video alone, best of
//! five; then all of them side by side on all cores.

use std::convert::Infallible;
use std::time::Instant;

use image::RgbImage;
use rayon::prelude::*;
use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTracker};
use talkinghead_media::{FrameReader, Limits};

const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tracker = FaceTracker::new(&FaceNetworks::load(), FaceChoice::Main);
    let mut videos: Vec<(String, Vec<RgbImage>)> = Vec::new();
    for path in std::env::args().skip(1) {
        let frames = FrameReader::open(path.as_ref(), &Limits::default())?.collect::<Result<_, _>>()?;
        videos.push((path, frames));
    }
    let track = |frames: &[RgbImage]| -> Result<usize, FaceError> {
        Ok(tracker.track(frames.iter().cloned().map(Ok::<_, Infallible>))?.frames.len())
    };
    for (path, frames) in &videos {
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let start = Instant::now();
            track(frames)?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{path}: {:.1} frames/s alone", frames.len() as f64 / best);
    }
    let mut best = f64::INFINITY;
    let mut count = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        count = videos.par_iter().map(|(_, frames)| track(frames)).try_reduce(|| 0, |a, b| Ok(a + b))?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("all {} side by side: {:.1} frames/s", videos.len(), count as f64 / best);
    Ok(())
}
