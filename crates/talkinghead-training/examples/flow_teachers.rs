//! How far the flow teachers are from flows that are known: real faces, moved by known movements, with noise.
//!
//! `cargo run --release -p talkinghead-training --example flow_teachers -- PICTURE... [--flownet2 FILE] [--raft FILE]`
//!
//! Prints end-point errors in pixels of 256 x 256 pictures, on the face and beside it, over all pixels and over those that the
//! teacher is sure of.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_face::{CropMode, EyeCentre, FaceChoice, FaceCrop, FaceNetworks, FlatLandmarks68, flat_landmarks};
use talkinghead_media::{Limits, read_image};
use talkinghead_render::Canvas;
use talkinghead_render::polygon::{contains, convex_hull};
use talkinghead_training::Compatibility;
use talkinghead_training::flow::{FlowField, FlowPairs, FlowTeacher, LandmarkPair, Occlusion};

const SIDE: usize = 256;
/// Noise on the moved picture, grey levels.
const NOISE: f32 = 2.0;

/// From a place in the moved picture to the same in the still one. Arguments: place, centre of the face, distance of the outer eye
/// corners.
type Movement = fn([f32; 2], [f32; 2], f32) -> [f32; 2];

const MOVEMENTS: [(&str, Movement); 6] = [
    ("all shifted by (3.3, -2.4)", |p, _, _| [p[0] - 3.3, p[1] + 2.4]),
    ("all waving, 4 px", |p, _, _| {
        let wave = |a: f32, b: f32| 4.0 * (a / 17.0 + 0.7).sin() * (b / 23.0).cos();
        [p[0] + wave(p[0], p[1]), p[1] + wave(p[1], p[0])]
    }),
    ("head rolled by 8 degrees, 4 % larger", |p, c, eyes| moved_head(p, c, eyes, |d| turned(d, -8.0, 1.0 / 1.04))),
    ("head yawed by 10 degrees", |p, c, eyes| {
        moved_head(p, c, eyes, |d| {
            // An ellipsoid's depth.
            let depth = |x: f32, y: f32| (1.0 - (x / (1.1 * eyes)).powi(2) - (y / (1.5 * eyes)).powi(2)).max(0.0).sqrt() * eyes;
            let (sine, cosine) = 10.0_f32.to_radians().sin_cos();
            [d[0] * cosine - sine * depth(d[0], d[1]), d[1]]
        })
    }),
    ("head rolled by 15 degrees, shifted by 14 px", |p, c, eyes| {
        moved_head(p, c, eyes, |d| turned([d[0] - 12.0, d[1] + 7.0], -15.0, 1.0))
    }),
    ("chin lowered by 10 px", |p, c, eyes| {
        let (x, y) = ((p[0] - c[0]) / (0.45 * eyes), (p[1] - c[1] - 0.95 * eyes) / (0.4 * eyes));
        [p[0], p[1] - 10.0 * (-x * x - y * y).exp()]
    }),
];

/// A movement of the head about the face's centre that leaves the far background alone.
fn moved_head(p: [f32; 2], c: [f32; 2], eyes: f32, movement: impl Fn([f32; 2]) -> [f32; 2]) -> [f32; 2] {
    let d = [p[0] - c[0], p[1] - c[1]];
    let away = (d[0] / 1.3).hypot(d[1] / 1.6) / eyes;
    let share = 1.0 - ((away - 0.8) / 0.9).clamp(0.0, 1.0);
    let share = share * share * (3.0 - 2.0 * share);
    let q = movement(d);
    [0, 1].map(|k| p[k] + share * (q[k] - d[k]))
}

fn turned(d: [f32; 2], degrees: f32, scale: f32) -> [f32; 2] {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    [scale * (cosine * d[0] - sine * d[1]), scale * (sine * d[0] + cosine * d[1])]
}

/// Where a place of the still picture goes: the movement's inverse.
fn forward(movement: impl Fn([f32; 2]) -> [f32; 2], p: [f32; 2]) -> [f32; 2] {
    let mut q = p;
    for _ in 0..200 {
        let back = movement(q);
        q = [0, 1].map(|k| q[k] + 0.7 * (p[k] - back[k]));
    }
    q
}

struct Portrait {
    picture: Canvas,
    landmarks: FlatLandmarks68,
}

fn portrait(path: &Path, networks: &FaceNetworks) -> Portrait {
    let picture = read_image(path, &Limits::default()).unwrap();
    let found = networks.still_face(&picture, FaceChoice::default()).unwrap();
    let crop = FaceCrop::around(&[flat_landmarks(&found.landmarks.to_68())], CropMode::Static, EyeCentre::AllPoints).unwrap();
    let cut = crop.cut(0, &picture);
    let landmarks = tracked(&cut, networks).unwrap();
    Portrait { picture: Canvas::from_rgb(&cut), landmarks }
}

fn tracked(picture: &RgbImage, networks: &FaceNetworks) -> Option<FlatLandmarks68> {
    let found = networks.still_face(picture, FaceChoice::default()).ok()?;
    Some(flat_landmarks(&found.landmarks.to_68()))
}

fn tensor(picture: &RgbImage) -> Tensor<4> {
    let channel = |c: usize| picture.pixels().map(move |pixel| f32::from(pixel[c]) / 127.5 - 1.0);
    let values: Vec<f32> = (0..3).flat_map(channel).collect();
    Tensor::from_data(TensorData::new(values, [1, 3, SIDE, SIDE]), &Device::flex())
}

#[derive(Default, Clone, Copy)]
struct Score {
    face: Mean,
    beside: Mean,
    sure: Mean,
    pixels: usize,
    seconds: f64,
    pairs: usize,
}

#[derive(Default, Clone, Copy)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn text(self) -> String {
        if self.count == 0 { "-".to_owned() } else { format!("{:.2}", self.sum / self.count as f64) }
    }
}

fn main() {
    let (mut pictures, mut flownet2, mut raft) = (Vec::new(), None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--flownet2" => flownet2 = arguments.next().map(PathBuf::from),
            "--raft" => raft = arguments.next().map(PathBuf::from),
            path => pictures.push(PathBuf::from(path)),
        }
    }
    let device = Device::flex();
    let (right, by_colour) = (Compatibility::Right, Occlusion::ByColour);
    let mut teachers = vec![
        ("classical".to_owned(), FlowTeacher::Classical(by_colour)),
        ("classical, there and back".to_owned(), FlowTeacher::Classical(Occlusion::ForwardBackward)),
        ("mesh, landmarks known".to_owned(), FlowTeacher::Mesh),
        ("mesh, landmarks tracked".to_owned(), FlowTeacher::Mesh),
    ];
    if let Some(path) = flownet2 {
        teachers.push(("FlowNet2".to_owned(), FlowTeacher::flownet2(&path, right, by_colour, &device).unwrap()));
    }
    if let Some(path) = raft {
        teachers.push(("RAFT-small".to_owned(), FlowTeacher::raft(&path, right, by_colour, &device).unwrap()));
    }
    let networks = FaceNetworks::load();
    let portraits: Vec<Portrait> = pictures.iter().map(|path| portrait(path, &networks)).collect();
    println!("| movement | teacher | face | beside | where sure | sure of | ms |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    let mut totals = vec![Score::default(); teachers.len()];
    for (name, movement) in MOVEMENTS {
        let mut scores = vec![Score::default(); teachers.len()];
        for portrait in &portraits {
            let case = Case::new(portrait, movement, &networks);
            for (index, (_, teacher)) in teachers.iter().enumerate() {
                case.ask(teacher, index == 3, [&mut scores[index], &mut totals[index]]);
            }
        }
        print(name, &teachers, &scores);
    }
    print("all", &teachers, &totals);
}

fn print(name: &str, teachers: &[(String, FlowTeacher)], scores: &[Score]) {
    for ((teacher, _), score) in teachers.iter().zip(scores) {
        let share = 100.0 * score.sure.count as f64 / score.pixels.max(1) as f64;
        let milliseconds = 1000.0 * score.seconds / score.pairs.max(1) as f64;
        let [face, beside, sure] = [score.face, score.beside, score.sure].map(Mean::text);
        println!("| {name} | {teacher} | {face} | {beside} | {sure} | {share:.0} % | {milliseconds:.0} |");
    }
}

struct Case {
    pair: FlowPairs,
    exact: LandmarkPair,
    tracked: Option<LandmarkPair>,
    truth: Vec<[f32; 2]>,
    /// Whether the pixel is on the face; none where it leaves the picture.
    on_face: Vec<Option<bool>>,
}

impl Case {
    fn new(portrait: &Portrait, movement: Movement, networks: &FaceNetworks) -> Self {
        let points = portrait.landmarks.map(|p| p.map(|v| v as f32));
        let centre = points[30];
        let eyes = (points[45][0] - points[36][0]).hypot(points[45][1] - points[36][1]);
        let movement = |p| movement(p, centre, eyes);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut noise = || NOISE * ((0..4).map(|_| random.random::<f32>()).sum::<f32>() - 2.0) * 3_f32.sqrt();
        let still = portrait.picture.to_rgb();
        let mut moved = RgbImage::new(SIDE as u32, SIDE as u32);
        for (x, y, pixel) in moved.enumerate_pixels_mut() {
            let [u, v] = movement([x as f32, y as f32]);
            let colour = portrait.picture.bilinear(u, v);
            pixel.0 = colour.map(|value| (value + noise()).round().clamp(0.0, 255.0) as u8);
        }
        let pixel = |i: usize| [(i % SIDE) as f32, (i / SIDE) as f32];
        let goes: Vec<[f32; 2]> = (0..SIDE * SIDE).map(|i| forward(movement, pixel(i))).collect();
        let truth = goes.iter().enumerate().map(|(i, q)| [q[0] - pixel(i)[0], q[1] - pixel(i)[1]]).collect();
        let outline = convex_hull(&points);
        let stays = |q: &[f32; 2]| q.iter().all(|v| (0.0..(SIDE - 1) as f32).contains(v));
        let on_face = goes.iter().enumerate().map(|(i, q)| stays(q).then(|| contains(&outline, pixel(i)))).collect();
        let known = points.map(|p| forward(movement, p).map(f64::from));
        let exact = LandmarkPair { first: portrait.landmarks, second: known };
        let tracked = tracked(&moved, networks).map(|second| LandmarkPair { first: portrait.landmarks, second });
        Self { pair: FlowPairs::of_pictures(tensor(&still), tensor(&moved)), exact, tracked, truth, on_face }
    }

    fn ask(&self, teacher: &FlowTeacher, tracked: bool, scores: [&mut Score; 2]) {
        let landmarks = if tracked { self.tracked.clone() } else { Some(self.exact.clone()) };
        let Some(landmarks) = landmarks else { return };
        let pair = FlowPairs { landmarks: vec![landmarks], ..self.pair.clone() };
        let start = Instant::now();
        let taught = teacher.flow(&pair).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        let field = FlowField::of_tensors(&taught).unwrap().remove(0);
        for score in scores {
            score.seconds += seconds;
            score.pairs += 1;
            for (i, on_face) in self.on_face.iter().enumerate() {
                let Some(on_face) = on_face else { continue };
                let (found, wanted) = (field.flow[i], self.truth[i]);
                let error = f64::from(found[0] - wanted[0]).hypot(f64::from(found[1] - wanted[1]));
                score.pixels += 1;
                if *on_face {
                    score.face.add(error)
                } else {
                    score.beside.add(error)
                }
                if field.confidence[i] > 0.5 {
                    score.sure.add(error);
                }
            }
        }
    }
}
