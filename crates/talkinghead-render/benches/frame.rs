//! One frame of the projection renderer and its warp, on a made-up 512 x 512 portrait. One thread and all threads.

use divan::{Bencher, black_box};
use image::RgbImage;
use nalgebra::Vector3;
use talkinghead_face::{CanonicalMesh, FaceMotion, HeadPose, Landmarks, RigidFit};
use talkinghead_render::{Canvas, ProjectionRenderer, RenderOptions, Texture};

fn main() {
    // One frame a thread is how a video is made; here one thread tells the cost of a frame.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().ok();
    divan::main();
}

/// A fixed pattern with edges and slopes.
fn picture() -> RgbImage {
    RgbImage::from_fn(512, 512, |x, y| {
        let stripes = if (x / 9 + y / 7) % 2 == 0 { 60 } else { 0 };
        image::Rgb([(x / 3) as u8 + stripes, (y / 3) as u8 + stripes, 90])
    })
}

/// The canonical face in the middle, 80 pixels between the eyes.
fn landmarks() -> Landmarks {
    let fit = RigidFit { scale: 13.0, rotation: HeadPose::default().rotation(), translation: Vector3::new(256.0, 230.0, 0.0) };
    let mesh = &CanonicalMesh::get().vertices;
    let mut points: Vec<[f32; 3]> = mesh.iter().map(|&p| fit.to_picture(p)).collect();
    for corners in [[33, 133, 159, 145], [362, 263, 386, 374]] {
        let centre: [f32; 3] = std::array::from_fn(|k| corners.iter().map(|&i: &usize| points[i][k]).sum::<f32>() / 4.0);
        points.extend([centre; 5]);
    }
    Landmarks::from_fn(|i| points[i])
}

fn renderer() -> Option<ProjectionRenderer> {
    ProjectionRenderer::new(&picture(), &landmarks(), &[0.0; 52], None, &RenderOptions::default()).ok()
}

#[divan::bench]
fn speaking_and_turning(bencher: Bencher) {
    let Some(renderer) = renderer() else { return };
    let mut motion = FaceMotion::neutral();
    motion.head_pose = HeadPose { yaw: 5.0, pitch: 3.0, roll: 2.0, ..Default::default() };
    motion.lip_gaps = [0.05, 0.1, 0.12, 0.15, 0.15, 0.15, 0.12, 0.1, 0.05];
    bencher.bench_local(|| renderer.frame(black_box(&motion)));
}

#[divan::bench]
fn speaking_only(bencher: Bencher) {
    let Some(renderer) = renderer() else { return };
    let mut motion = FaceMotion::neutral();
    motion.lip_gaps = [0.05, 0.1, 0.12, 0.15, 0.15, 0.15, 0.12, 0.1, 0.05];
    bencher.bench_local(|| renderer.frame(black_box(&motion)));
}

#[divan::bench]
fn blinking(bencher: Bencher) {
    let Some(renderer) = renderer() else { return };
    let motion = FaceMotion { blink: [0.6; 2], ..FaceMotion::neutral() };
    bencher.bench_local(|| renderer.frame(black_box(&motion)));
}

#[divan::bench]
fn sampling_100_000_pixels(bencher: Bencher) {
    let texture = Texture::new(&Canvas::from_rgb(&picture()), 40, 0.18);
    bencher.bench_local(|| {
        let mut sum = 0.0;
        for i in 0..100_000 {
            let (x, y) = ((i % 400) as f32 * 1.01 + 40.0, (i / 400) as f32 * 1.03 + 50.0);
            sum += texture.sample(x, y)[0];
        }
        sum
    });
}

#[divan::bench(sample_count = 10)]
fn preparing_a_portrait(bencher: Bencher) {
    bencher.bench_local(renderer);
}
