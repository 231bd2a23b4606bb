//! What a frame costs in each metric: a portrait at 256 x 256 and 512 x 512 pixels.
#![allow(missing_docs, clippy::unwrap_used)]

use divan::Bencher;
use image::RgbImage;
use talkinghead_evaluation::image::{PerceptualNetwork, PictureSimilarity, Plane, cpbd, psnr_db};
use talkinghead_evaluation::measurement::aligned_face;
use talkinghead_evaluation::time::{flicker, seam_profile};
use talkinghead_face::{FaceChoice, FaceNetworks, FaceRegion, Landmarks};

fn main() {
    divan::main();
}

fn portrait(side: u32) -> RgbImage {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/demo/johnson.jpg");
    let picture = image::open(file).unwrap().to_rgb8();
    image::imageops::resize(&picture, side, side, image::imageops::FilterType::Triangle)
}

fn face(picture: &RgbImage) -> Landmarks {
    FaceNetworks::load().still_face(picture, FaceChoice::Main).unwrap().landmarks
}

#[divan::bench]
fn psnr(bencher: Bencher) {
    let picture = portrait(256);
    bencher.bench_local(|| psnr_db(&picture, &picture));
}

#[divan::bench]
fn ssim(bencher: Bencher) {
    let picture = portrait(256);
    bencher.bench_local(|| PictureSimilarity::between(&picture, &picture));
}

#[divan::bench]
fn ssim_and_ms_ssim(bencher: Bencher) {
    let picture = portrait(256);
    bencher.bench_local(|| PictureSimilarity::of_scales(&picture, &picture));
}

#[divan::bench]
fn sharpness_cpbd(bencher: Bencher) {
    let luma = Plane::luma(&portrait(256));
    bencher.bench_local(|| cpbd(&luma));
}

#[divan::bench]
fn perceptual(bencher: Bencher) {
    let picture = portrait(256);
    PerceptualNetwork::get().distance(&picture, &picture).unwrap();
    bencher.bench_local(|| PerceptualNetwork::get().distance(&picture, &picture));
}

#[divan::bench]
fn identity(bencher: Bencher) {
    let (networks, picture) = (FaceNetworks::load(), portrait(256));
    let landmarks = face(&picture);
    networks.identity(&picture, &landmarks).unwrap();
    bencher.bench_local(|| networks.identity(&picture, &landmarks));
}

#[divan::bench]
fn landmarks(bencher: Bencher) {
    let (networks, picture) = (FaceNetworks::load(), portrait(256));
    let region = FaceRegion::around_landmarks(&face(&picture));
    bencher.bench_local(|| networks.mesh_pass(&picture, &region));
}

#[divan::bench(args = [256, 512])]
fn face_cut_out(bencher: Bencher, side: u32) {
    let picture = portrait(side);
    let landmarks = face(&picture);
    bencher.bench_local(|| aligned_face(&picture, &landmarks, 256));
}

#[divan::bench(args = [256, 512])]
fn flicker_of_a_frame(bencher: Bencher, side: u32) {
    let picture = portrait(side);
    let (landmarks, luma) = (face(&picture), Plane::luma(&picture));
    bencher.bench_local(|| flicker((&luma, &landmarks), (&luma, &landmarks)));
}

#[divan::bench]
fn seam(bencher: Bencher) {
    let picture = portrait(256);
    let (landmarks, luma) = (face(&picture), Plane::luma(&picture));
    bencher.bench_local(|| seam_profile(&luma, &landmarks));
}
