//! Frames in and out, per frame of 512x512: `cargo bench -p talkinghead-media`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use image::{Rgb, RgbImage};
use talkinghead_media::{FrameReader, Limits, VideoOptions, VideoWriter, read_audio};

const FRAMES: u32 = 100;

fn main() {
    divan::main();
}

/// A moving pattern with soft and hard edges, neither noise nor flat.
fn frame(index: u32) -> RgbImage {
    RgbImage::from_fn(512, 512, |x, y| {
        let wave = ((x + index) as f32 * 0.05).sin() * ((y + 2 * index) as f32 * 0.03).cos();
        let level = (128.0 + 100.0 * wave) as u8;
        let square = if (x / 64 + y / 64) % 2 == 0 { 20 } else { 0 };
        Rgb([level, level.saturating_add(square), 255 - level])
    })
}

fn video(folder: &tempfile::TempDir, extension: &str, frames: &[RgbImage]) -> PathBuf {
    let path = folder.path().join(format!("video.{extension}"));
    let options = VideoOptions { width: 512, height: 512, ..VideoOptions::default() };
    let mut writer = VideoWriter::create(&path, &options).unwrap();
    frames.iter().for_each(|frame| writer.write(frame).unwrap());
    writer.finish().unwrap();
    path
}

#[divan::bench(args = ["mp4", "webm"], sample_count = 5)]
fn write_100_frames(bencher: divan::Bencher, extension: &str) {
    let frames: Vec<RgbImage> = (0..FRAMES).map(frame).collect();
    let folder = tempfile::tempdir().unwrap();
    bencher.bench_local(|| video(&folder, extension, &frames));
}

#[divan::bench(sample_count = 5)]
fn read_100_frames(bencher: divan::Bencher) {
    let frames: Vec<RgbImage> = (0..FRAMES).map(frame).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = video(&folder, "mp4", &frames);
    bencher.bench_local(|| FrameReader::open(&path, &Limits::default()).unwrap().map(Result::unwrap).count());
}

#[divan::bench(sample_count = 5)]
fn read_11_seconds_of_sound(bencher: divan::Bencher) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo/jfk.wav");
    bencher.bench_local(|| read_audio(&path, &Limits::default()).unwrap().len());
}
