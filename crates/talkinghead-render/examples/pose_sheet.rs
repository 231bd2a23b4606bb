//! Renders a contact sheet of one portrait: rest, opening mouth, turns, blinks, gaze. For looking at, not for measuring.
//!
//! `cargo run --release -p talkinghead-render --example pose_sheet -- PORTRAIT OUT_FOLDER [CASE…]`
//!
//! Writes one PNG per case (`rest.png`, `open2.png`, …) and prints the time each frame took.

use std::path::Path;
use std::time::Instant;

use talkinghead_face::{CanonicalMesh, FaceChoice, FaceMotion, FaceNetworks, HeadPose};
use talkinghead_render::{Mattes, ProjectionRenderer, RenderOptions};

/// A jaw that drops and lips that part by about `gap` interocular distances.
fn open(gap: f32) -> FaceMotion {
    let mesh = CanonicalMesh::get();
    let mut motion = FaceMotion::neutral();
    let (nose, chin, mouth) = (mesh.vertices[2][1], mesh.vertices[152][1], mesh.vertices[14][1]);
    for (d, v) in motion.displacement.iter_mut().zip(&mesh.vertices) {
        let t = ((v[1] - mouth) / (chin - mouth)).clamp(0.0, 1.0);
        if v[1] > nose {
            d[1] = 6.0 * gap * 0.75 * t;
        }
    }
    for (&(upper, lower), gap) in talkinghead_face::LIP_PAIRS.iter().zip(&mut motion.lip_gaps) {
        let half = (mesh.vertices[308][0] - mesh.vertices[78][0]) / 2.0;
        let x = (mesh.vertices[upper][0] + mesh.vertices[lower][0]) / 2.0 / half;
        *gap = (1.0 - x * x).max(0.0).sqrt();
    }
    motion.lip_gaps.iter_mut().for_each(|g| *g *= gap);
    motion
}

fn turn(yaw: f32, pitch: f32, roll: f32, gap: f32) -> FaceMotion {
    FaceMotion { head_pose: HeadPose { yaw, pitch, roll, ..Default::default() }, ..open(gap) }
}

fn cases() -> Vec<(&'static str, FaceMotion)> {
    let rest = FaceMotion::neutral;
    vec![
        ("rest", rest()),
        ("open1", open(0.06)),
        ("open2", open(0.12)),
        ("open3", open(0.25)),
        ("open4", open(0.4)),
        ("left", turn(12.0, 0.0, 0.0, 0.0)),
        ("right", turn(-12.0, 0.0, 0.0, 0.1)),
        ("down", turn(0.0, 10.0, 0.0, 0.0)),
        ("up", turn(0.0, -10.0, 0.0, 0.1)),
        ("roll", turn(5.0, 3.0, 8.0, 0.15)),
        ("speech", turn(3.0, 2.0, -2.0, 0.1)),
        ("shift", FaceMotion { head_pose: HeadPose { translation: [0.3, 0.1], ..Default::default() }, ..rest() }),
        ("blink3", FaceMotion { blink: [0.3; 2], ..rest() }),
        ("blink6", FaceMotion { blink: [0.6; 2], ..rest() }),
        ("blink10", FaceMotion { blink: [1.0; 2], ..rest() }),
        ("gaze", FaceMotion { gaze: [0.1, 0.0], ..rest() }),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [portrait, out, wanted @ ..] = arguments.as_slice() else {
        return Err("usage: pose_sheet PORTRAIT OUT_FOLDER [CASE…]".into());
    };
    let picture = image::open(portrait)?.to_rgb8();
    let networks = FaceNetworks::load();
    let face = networks.still_face(&picture, FaceChoice::Main)?;
    let person = networks.person_matte(&picture)?;
    let hair = networks.hair_matte(&picture, &face.landmarks)?;
    let start = Instant::now();
    let mattes = Mattes { person: &person, hair: &hair };
    let renderer =
        ProjectionRenderer::new(&picture, &face.landmarks, &face.blendshapes, Some(mattes), &RenderOptions::default())?;
    println!("prepared in {:.1} ms, IOD {:.1}", start.elapsed().as_secs_f64() * 1e3, renderer.portrait().iod);
    std::fs::create_dir_all(out)?;
    for (name, motion) in cases() {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == name) {
            continue;
        }
        let mut best = f64::MAX;
        let mut frame = picture.clone();
        for _ in 0..9 {
            let start = Instant::now();
            frame = renderer.frame(&motion);
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{name}: {:.2} ms", 1e3 * best);
        frame.save(Path::new(out).join(format!("{name}.png")))?;
    }
    Ok(())
}
