//! Pose, front landmarks and crop against the goldens of a reconstruction of the reference (made-up landmarks).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use talkinghead_face::{CropMode, EyeCentre, FaceCrop, Landmarks68, ReferencePose, key_frame};

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../talkinghead-evaluation/tests/fixtures/preprocessing")).join(name)
}

/// The numbers of a little-endian `.npy` file of f32 or f64.
fn numbers(name: &str) -> Vec<f64> {
    let bytes = std::fs::read(path(name)).unwrap();
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..header_end]).into_owned();
    let data = &bytes[header_end..];
    if header.contains("<f4") {
        return data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect();
    }
    assert!(header.contains("<f8"), "{header}");
    data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}

fn faces(name: &str) -> Vec<Landmarks68> {
    let numbers = numbers(name);
    numbers.chunks_exact(68 * 3).map(|f| std::array::from_fn(|i| std::array::from_fn(|k| f[3 * i + k]))).collect()
}

fn assert_near(a: &Landmarks68, b: &Landmarks68, tolerance: f64) {
    for (p, q) in a.iter().flatten().zip(b.iter().flatten()) {
        assert!((p - q).abs() < tolerance, "{p} {q}");
    }
}

#[test]
fn poses_and_front_landmarks_equal_the_reference() {
    let clip = faces("clip_landmarks.npy");
    let standard = faces("standard_face.npy")[0];
    let front = faces("front.npy");
    let poses: Vec<ReferencePose> = clip.iter().map(|face| ReferencePose::fit(face, &standard)).collect();
    for (pose, row) in poses.iter().zip(numbers("rt.npy").chunks_exact(6)) {
        for (found, wanted) in pose.to_rt().iter().zip(row) {
            assert!((found - wanted).abs() < 1e-8, "{found} {wanted}");
        }
    }
    for ((pose, face), wanted) in poses.iter().zip(&clip).zip(&front) {
        assert_near(&pose.to_front(face), wanted, 1e-7);
        let again = ReferencePose::from_rt(pose.to_rt());
        assert_near(&again.to_posed(&pose.to_front(face)), face, 1e-7);
    }
    // values.json: key_frame.
    let key = key_frame(&poses).unwrap();
    assert_eq!(key, 18);
    for (pose, wanted) in poses.iter().zip(faces("animation_landmarks.npy")) {
        assert_near(&pose.to_posed(&front[key]), &wanted, 1e-6);
    }
}

#[test]
fn crops_equal_the_reference() {
    // values.json: tracker.
    let cases = [
        ("inside", 0.7, [150.0, 60.0], 186, [150.434_127_469_168_8, 63.354_070_742_501_15]),
        ("padded", 0.8, [-20.0, -40.0], 212, [-19.503_854_320_949_99, -36.166_776_294_284_396]),
    ];
    for (name, scale, offset, side, corner) in cases {
        let frames: Vec<[[f64; 2]; 68]> = faces("clip_landmarks.npy")
            .iter()
            .map(|face| face.map(|p| [p[0] * scale + offset[0], p[1] * scale + offset[1]]))
            .collect();
        let crop = FaceCrop::around(&frames, CropMode::Static, EyeCentre::Reference).unwrap();
        assert_eq!(crop.side, side);
        for (found, wanted) in crop.corners[0].iter().zip(corner) {
            assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
        }
        let frame = image::open(path(&format!("tracker_frame_{name}.png"))).unwrap().to_rgb8();
        let wanted = image::open(path(&format!("tracker_crop_{name}.png"))).unwrap().to_rgb8();
        let cut = crop.cut(0, &frame);
        let worst = cut.as_raw().iter().zip(wanted.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 2, "{name}: {worst} grey levels");
    }
}
