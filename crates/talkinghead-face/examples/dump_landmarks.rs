//! Tracks the face of a video (or still) and writes its landmarks as raw little-endian floats, `[frames, 478, 3]` pixels:
//! `dump_landmarks VIDEO OUTPUT.f32`. Prints one line with the speed and the gaps.

use std::time::Instant;

use talkinghead_face::{FaceChoice, FaceNetworks, FaceTracker};
use talkinghead_media::{FrameReader, Limits};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, video, output] = arguments.as_slice() else { return Err("usage: dump_landmarks VIDEO OUTPUT.f32".into()) };
    let networks = FaceNetworks::load();
    let start = Instant::now();
    let frames = FrameReader::open(video.as_ref(), &Limits::default())?;
    let track = FaceTracker::new(&networks, FaceChoice::Main).track(frames)?;
    let seconds = start.elapsed().as_secs_f64();
    let bytes: Vec<u8> =
        track.frames.iter().flat_map(|f| f.landmarks.points().iter().flatten().flat_map(|v| v.to_le_bytes())).collect();
    std::fs::write(output, bytes)?;
    println!(
        "{video}: {} frames, {:.1} frames/s, gaps {:?}",
        track.frames.len(),
        track.frames.len() as f64 / seconds,
        track.gaps
    );
    Ok(())
}
