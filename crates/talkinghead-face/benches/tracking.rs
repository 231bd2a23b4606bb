//! `cargo bench -p talkinghead-face`: what tracking spends its time on, on one public-domain portrait.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;

use divan::Bencher;
use divan::counter::ItemsCount;
use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceNetworks, FaceRegion, FaceTracker, Smoothing};

fn main() {
    divan::main();
}

fn portrait() -> RgbImage {
    image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/astronaut.png")).unwrap().to_rgb8()
}

/// Frames over which the portrait drifts, so that the region has to follow.
fn video(frames: u32) -> Vec<RgbImage> {
    let picture = portrait();
    (0..frames).map(|t| image::imageops::crop_imm(&picture, t % 16, t % 8, 480, 480).to_image()).collect()
}

#[divan::bench]
fn detector(bencher: Bencher) {
    let (networks, picture) = (FaceNetworks::load(), portrait());
    networks.find_faces(&picture).unwrap();
    bencher.bench_local(|| networks.find_faces(&picture).unwrap());
}

#[divan::bench]
fn mesh_pass(bencher: Bencher) {
    let (networks, picture) = (FaceNetworks::load(), portrait());
    let face = networks.still_face(&picture, FaceChoice::Main).unwrap();
    let region = FaceRegion::around_landmarks(&face.landmarks);
    bencher.bench_local(|| networks.mesh_pass(&picture, &region).unwrap());
}

#[divan::bench]
fn blendshapes(bencher: Bencher) {
    let (networks, picture) = (FaceNetworks::load(), portrait());
    let face = networks.still_face(&picture, FaceChoice::Main).unwrap();
    bencher.bench_local(|| networks.blendshapes(&face.landmarks).unwrap());
}

#[divan::bench]
fn identity(bencher: Bencher) {
    let (networks, picture) = (FaceNetworks::load(), portrait());
    let face = networks.still_face(&picture, FaceChoice::Main).unwrap();
    networks.identity(&picture, &face.landmarks).unwrap();
    bencher.bench_local(|| networks.identity(&picture, &face.landmarks).unwrap());
}

#[divan::bench]
fn person_matte(bencher: Bencher) {
    let (networks, picture) = (FaceNetworks::load(), portrait());
    networks.person_matte(&picture).unwrap();
    bencher.bench_local(|| networks.person_matte(&picture).unwrap());
}

#[divan::bench(args = [Smoothing::Off, Smoothing::Adaptive], sample_count = 10)]
fn track_100_frames(bencher: Bencher, smoothing: Smoothing) {
    let (networks, frames) = (FaceNetworks::load(), video(100));
    let tracker = FaceTracker::new(&networks, FaceChoice::Main).with_smoothing(smoothing);
    tracker.track(frames[..2].iter().cloned().map(Ok::<_, Infallible>)).unwrap();
    bencher
        .counter(ItemsCount::new(frames.len()))
        .with_inputs(|| frames.clone())
        .bench_local_values(|frames| tracker.track(frames.into_iter().map(Ok::<_, Infallible>)).unwrap());
}
