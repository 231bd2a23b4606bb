//! Renders close-ups of mouths from closed to wide open, one row a portrait. For looking at, not for measuring.
//!
//! `cargo run --release -p talkinghead-render --example mouth_sheet -- OUT.png PORTRAIT…`
//!
//! The first column is the photograph, the others are gaps of 0, 0.03, 0.06, 0.1, 0.15 and 0.25 interocular distances.

use image::{RgbImage, imageops};
use talkinghead_face::{CanonicalMesh, FaceChoice, FaceMotion, FaceNetworks, LIP_PAIRS, Landmarks};
use talkinghead_render::{ProjectionRenderer, RenderOptions};

const GAPS: [f32; 6] = [0.0, 0.03, 0.06, 0.1, 0.15, 0.25];
/// Mean share of the middle gap that each lip pair has in speech.
const PROFILE: [f32; 9] = [0.35, 0.61, 0.83, 0.96, 1.0, 0.97, 0.83, 0.61, 0.36];
/// Pixels of one close-up.
const SIDE: u32 = 220;

/// Lips `gap` interocular distances apart, the jaw dropped with them.
fn open(gap: f32) -> FaceMotion {
    let mesh = CanonicalMesh::get();
    let mut motion = FaceMotion::neutral();
    let (mouth, chin) = (mesh.vertices[14][1], mesh.vertices[152][1]);
    for (moved, vertex) in motion.displacement.iter_mut().zip(&mesh.vertices) {
        if vertex[1] > mouth - 0.3 {
            let share = ((vertex[1] - mouth) / (chin - mouth)).clamp(0.0, 1.0);
            let near = (-(vertex[0] / 3.5).powi(2)).exp();
            moved[1] = 6.0 * gap * (0.55 * near + 0.1 * share);
        }
    }
    for ((gap_here, share), (upper, _)) in motion.lip_gaps.iter_mut().zip(PROFILE).zip(LIP_PAIRS) {
        *gap_here = share * gap;
        motion.displacement[upper][1] = -6.0 * gap * 0.15 * share;
    }
    motion
}

/// The mouth's surroundings, one and a half interocular distances wide.
fn close_up(picture: &RgbImage, landmarks: &Landmarks) -> RgbImage {
    let iod = landmarks.interocular_distance();
    let (a, b) = (landmarks.points()[13], landmarks.points()[14]);
    let left = 0.5 * (a[0] + b[0]) - 0.75 * iod;
    let top = 0.5 * (a[1] + b[1]) - 0.65 * iod;
    let side = (1.5 * iod) as u32;
    let crop = imageops::crop_imm(picture, left.max(0.0) as u32, top.max(0.0) as u32, side, side).to_image();
    imageops::resize(&crop, SIDE, SIDE, imageops::FilterType::CatmullRom)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, portraits @ ..] = arguments.as_slice() else {
        return Err("usage: mouth_sheet OUT.png PORTRAIT…".into());
    };
    let networks = FaceNetworks::load();
    let mut sheet = RgbImage::new(SIDE * (GAPS.len() as u32 + 1), SIDE * portraits.len() as u32);
    for (row, portrait) in portraits.iter().enumerate() {
        let picture = image::open(portrait)?.to_rgb8();
        let face = networks.still_face(&picture, FaceChoice::Main)?;
        let renderer = ProjectionRenderer::new(&picture, &face.landmarks, &face.blendshapes, None, &RenderOptions::default())?;
        let frames = GAPS.iter().map(|&gap| renderer.frame(&open(gap)));
        for (column, frame) in std::iter::once(picture.clone()).chain(frames).enumerate() {
            let place = (column as i64 * i64::from(SIDE), row as i64 * i64::from(SIDE));
            imageops::replace(&mut sheet, &close_up(&frame, &face.landmarks), place.0, place.1);
        }
    }
    sheet.save(out)?;
    Ok(())
}
