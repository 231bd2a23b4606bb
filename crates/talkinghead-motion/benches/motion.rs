//! Speed of everything that moves and is not a lip, and of the track's file; fixed seeds.
#![allow(clippy::unwrap_used)]

use divan::{Bencher, black_box};
use talkinghead_motion::{BlinkModel, Expression, GazeModel, HeadMotionModel, MotionTrack, Performance, SpeechRhythm};

fn main() {
    divan::main();
}

/// Frames of ten seconds, a minute, an hour.
const LENGTHS: [usize; 3] = [250, 1500, 90_000];

/// Syllables with pauses, the same every time.
fn rhythm(frames: usize) -> SpeechRhythm {
    let level = |k: usize| if k % 110 < 85 { -2.5 + 0.8 * (k as f32).sin() } else { -9.0 };
    let levels: Vec<f32> = (0..frames).map(level).collect();
    SpeechRhythm::from_curves(&levels, &[])
}

fn track(frames: usize) -> MotionTrack {
    let lips = vec![Expression { opening: 0.1, ..Expression::NEUTRAL }; frames];
    Performance::default().perform(&lips, &rhythm(frames)).unwrap()
}

#[divan::bench(args = LENGTHS)]
fn head_motion(bencher: Bencher, frames: usize) {
    let rhythm = rhythm(frames);
    bencher.bench(|| HeadMotionModel::default().generate(black_box(&rhythm), 0));
}

#[divan::bench(args = LENGTHS)]
fn blinks_and_gaze(bencher: Bencher, frames: usize) {
    let rhythm = rhythm(frames);
    let head = HeadMotionModel::still().generate(&rhythm, 0);
    bencher.bench(|| (BlinkModel::default().generate(black_box(&rhythm), 0), GazeModel::default().generate(&head, &rhythm, 0)));
}

#[divan::bench(args = LENGTHS)]
fn write_track(bencher: Bencher, frames: usize) {
    let track = track(frames);
    bencher.bench(|| black_box(&track).to_json());
}

#[divan::bench(args = LENGTHS)]
fn read_track(bencher: Bencher, frames: usize) {
    let text = track(frames).to_json();
    bencher.bench(|| MotionTrack::from_json(black_box(text.as_bytes())).unwrap());
}

#[divan::bench]
fn frame_to_face_motion(bencher: Bencher) {
    let track = track(250);
    bencher.bench(|| track.to_face_motion(black_box(100)).unwrap());
}
