//! Tables for docs/results.md: which sizes of faces are found in pictures of which size, and false faces in pictures without
//! people. Faces come from the portraits that are named (a person each); scenes are made up.
//!
//! `cargo run --release -p talkinghead-face --example find_small_faces -- assets/demo/*.jpg`

use std::error::Error;
use std::time::Instant;

use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceNetworks, Landmarks};

#[path = "../tests/made_scenes/mod.rs"]
mod made_scenes;

use made_scenes::{KINDS, Random, paste, without_people};

const SIZES: [(u32, u32); 3] = [(1280, 720), (1920, 1080), (3840, 2160)];
const DISTANCES: [f32; 9] = [24.0, 28.0, 32.0, 48.0, 64.0, 100.0, 160.0, 250.0, 400.0];

fn main() -> Result<(), Box<dyn Error>> {
    let networks = FaceNetworks::load();
    let mut people = Vec::new();
    for path in std::env::args().skip(1) {
        let picture = image::open(&path)?.to_rgb8();
        let face = networks.still_face(&picture, FaceChoice::Main)?;
        people.push((picture, face.landmarks));
    }
    if people.is_empty() {
        return Err("name portraits".into());
    }
    println!("| pixels between the eyes | 1280x720 | 1920x1080 | 3840x2160 |\n| --- | --- | --- | --- |");
    for distance in DISTANCES {
        let cells: Result<Vec<String>, Box<dyn Error>> =
            SIZES.iter().map(|&(width, height)| found(&networks, &people, distance, width, height)).collect();
        println!("| {distance} | {} |", cells?.join(" | "));
    }
    let mut text = Vec::new();
    for (width, height) in SIZES {
        let mut faces = 0;
        for kind in 0..KINDS {
            let scene = without_people(kind, width, height);
            let found = networks.still_face(&scene, FaceChoice::Main).is_ok();
            if found {
                eprintln!("kind {kind} at {width}x{height}: a false face");
            }
            faces += usize::from(found);
        }
        text.push(format!("{faces} in {width}x{height}"));
    }
    println!("\nFalse faces in {KINDS} pictures without people: {}.", text.join(", "));
    Ok(())
}

/// "found of tried (median seconds)".
fn found(
    networks: &FaceNetworks,
    people: &[(RgbImage, Landmarks)],
    distance: f32,
    width: u32,
    height: u32,
) -> Result<String, Box<dyn Error>> {
    if 4.0 * distance > height as f32 {
        return Ok("–".into());
    }
    let (mut hits, mut times) = (0, Vec::new());
    for (number, (portrait, landmarks)) in people.iter().enumerate() {
        let mut scene = without_people((number * 7 + distance as usize) % KINDS, width, height);
        let mut random = Random::new(number as u64 * 1000 + distance as u64 + u64::from(width));
        let margin = 2.0 * distance;
        let place = [random.between(margin, width as f32 - margin), random.between(margin, height as f32 - margin)];
        paste(&mut scene, portrait, landmarks, distance, place);
        let start = Instant::now();
        let face = networks.still_face(&scene, FaceChoice::Main);
        times.push(start.elapsed().as_secs_f64());
        hits += usize::from(face.is_ok_and(|face| {
            let (a, b) = (face.landmarks.points()[468], face.landmarks.points()[473]);
            let off = [0, 1].map(|k| (a[k] + b[k]) / 2.0 - place[k]);
            let size = face.landmarks.interocular_distance() / distance;
            off[0].hypot(off[1]) < 0.25 * distance && (0.8..1.25).contains(&size)
        }));
    }
    times.sort_by(f64::total_cmp);
    Ok(format!("{hits} of {} ({:.2} s)", people.len(), times[times.len() / 2]))
}
