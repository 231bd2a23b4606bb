//! Label images, masks, resizing and the hard projection against the goldens of the reference.
//!
//! The files are those of `talkinghead-evaluation`: made-up landmarks and what the PyTorch reference does with them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use talkinghead_face::FlatLandmarks68;
use talkinghead_render::label::{GreyImage, LabelParts, forehead, label_image};
use talkinghead_render::masks::{MaskKind, mask};
use talkinghead_render::projection::{ColouredMesh, render_hard};
use talkinghead_render::resize::{Bytes, Kernel, resize};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../talkinghead-evaluation/tests/fixtures/preprocessing").join(name)
}

/// The numbers of a little-endian `.npy` file in C order.
fn npy(name: &str) -> Vec<f64> {
    let bytes = std::fs::read(fixture(name)).unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + length]).into_owned();
    let data = &bytes[10 + length..];
    let read = |size: usize, f: fn(&[u8]) -> f64| data.chunks_exact(size).map(f).collect();
    if header.contains("<f8") {
        read(8, |b| f64::from_le_bytes(b.try_into().unwrap()))
    } else if header.contains("<f4") {
        read(4, |b| f64::from(f32::from_le_bytes(b.try_into().unwrap())))
    } else if header.contains("<i4") {
        read(4, |b| f64::from(i32::from_le_bytes(b.try_into().unwrap())))
    } else {
        assert!(header.contains("|u1"), "{header}");
        read(1, |b| f64::from(b[0]))
    }
}

fn landmarks(frame: usize) -> FlatLandmarks68 {
    let all = npy("clip_landmarks.npy");
    std::array::from_fn(|i| {
        let start = (frame * 68 + i) * 3;
        [all[start], all[start + 1]]
    })
}

fn grey(name: &str) -> GreyImage {
    let image = image::open(fixture(name)).unwrap().to_luma8();
    GreyImage { width: image.width() as usize, height: image.height() as usize, data: image.into_raw() }
}

/// At most 1 % of the lit pixels may differ (the reference's solver is iterative), which is far below 0.1 % of all.
fn assert_label(got: &GreyImage, want: &GreyImage, name: &str) {
    let lit = want.data.iter().filter(|&&v| v > 0).count();
    let differing = got.data.iter().zip(&want.data).filter(|(a, b)| a != b).count();
    assert!(differing * 100 <= lit, "{name}: {differing} of {lit} lit pixels differ");
}

#[test]
fn labels_are_the_references() {
    for frame in [0, 8, 13, 39] {
        let name = format!("edge_{frame:03}.png");
        assert_label(&label_image(&landmarks(frame), 256, 256, LabelParts::default()), &grey(&name), &name);
    }
    let parts = LabelParts { mouth: false, ..Default::default() };
    assert_label(&label_image(&landmarks(0), 256, 256, parts), &grey("edge_no_mouth_000.png"), "edge_no_mouth_000");
}

#[test]
fn foreheads_are_the_references() {
    for frame in [0, 13] {
        let want = npy(&format!("upper_points_{frame:03}.npy"));
        let columns = want.len() / 15;
        for (got, want) in forehead(&landmarks(frame)).iter().zip(want.chunks_exact(columns)) {
            assert_eq!(got.map(f64::from), want[..2]);
        }
    }
}

#[test]
fn masks_are_the_references() {
    for frame in [0, 8, 13, 39] {
        let points = landmarks(frame);
        for (kind, name) in [(MaskKind::EyesAndMouth, "eyes_mouth"), (MaskKind::Mouth, "mouth")] {
            let name = format!("mask_{name}_{frame:03}.png");
            assert!(mask(&points, 256, 256, kind) == grey(&name), "{name}");
        }
    }
    let points = landmarks(0);
    assert!(mask(&points, 256, 256, MaskKind::Wide) == grey("mask_wide_000.png"));
    assert!(mask(&points, 256, 256, MaskKind::MouthSquare) == grey("mask_abs_mouth_000.png"));
    // The reference's file lacks the left eye (a defect of it); its right eye is ours.
    let (ours, theirs) = (mask(&points, 256, 256, MaskKind::Eyes), grey("mask_small_eyes_000.png"));
    assert!(theirs.data.iter().zip(&ours.data).all(|(t, o)| *t == 0 || t == o));
    assert!(theirs.data.contains(&255));
}

#[test]
fn a_label_is_resized_and_flipped_as_by_the_reference() {
    let edge = grey("train_edge.png");
    let bytes = Bytes { height: edge.height, width: edge.width, channels: 1, data: edge.data };
    let small = resize(&bytes, 256, 256, Kernel::Bilinear);
    let want = grey("train_label_256.png");
    let worst = small.data.iter().zip(&want.data).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert_eq!(worst, 0, "bit for bit");
    let flipped = GreyImage { width: 256, height: 256, data: small.data }.flipped();
    assert_eq!(flipped.data[0], want.data[255]);
}

#[test]
fn the_hard_projection_is_the_references() {
    let vertices: Vec<[f64; 3]> = npy("mesh_posed.npy").chunks_exact(3).map(|v| [v[0], v[1], v[2]]).collect();
    let colours: Vec<[f64; 3]> = npy("mesh_colors.npy").chunks_exact(3).map(|v| [v[0], v[1], v[2]]).collect();
    let triangles: Vec<[usize; 3]> =
        npy("mesh_triangles.npy").chunks_exact(3).map(|t| [t[0], t[1], t[2]].map(|v| v as usize)).collect();
    let mesh = ColouredMesh { vertices: &vertices, triangles: &triangles, colours: &colours };
    let got = render_hard(mesh, 64, 64);
    let want = npy("render_hard_64.npy");
    let differing = got
        .colours
        .iter()
        .zip(want.chunks_exact(3))
        .filter(|(a, b)| (0..3).any(|k| (f64::from(a[k]) - b[k]).abs() > 1.0))
        .count();
    assert!(differing * 1000 <= 64 * 64, "{differing} pixels differ");
    assert!(got.cover.data.iter().filter(|&&v| v == 255).count() > 1900);
}
