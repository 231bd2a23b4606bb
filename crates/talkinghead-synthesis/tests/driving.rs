//! The demo item of the published code: smoothing, key frame, posed front landmarks, choice of the warp reference. Compared
//! with dumped numbers where they are at hand.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use talkinghead_synthesis::neural::{Driving, read_landmarks, read_poses};

fn golden() -> Option<PathBuf> {
    let shared = std::env::var_os("TALKINGHEAD_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let folder = shared.join("golden/preprocessing");
    folder.exists().then_some(folder)
}

#[test]
fn demo_items_equal_the_published_ones() {
    let Some(folder) = golden() else {
        eprintln!("skipped: no golden folders (set TALKINGHEAD_SHARED)");
        return;
    };
    let clip = read_landmarks(&folder.join("clip_landmarks.npy")).unwrap();
    let front = read_landmarks(&folder.join("front.npy")).unwrap();
    let poses = read_poses(&folder.join("rt.npy")).unwrap();
    let driving = Driving::new(&clip, &poses, &front, &clip).unwrap();
    let values: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("values.json")).unwrap()).unwrap();
    assert_eq!(driving.key() as u64, values["key_frame"].as_u64().unwrap());
    let posed = read_landmarks(&folder.join("animation_landmarks.npy")).unwrap();
    for (index, wanted) in posed.iter().enumerate() {
        let found = driving.projection_landmarks(index);
        let worst = found.iter().zip(wanted).flat_map(|(a, b)| [(a[0] - b[0]).abs(), (a[1] - b[1]).abs()]).fold(0.0, f64::max);
        assert!(worst < 1e-3, "frame {index}: {worst} pixels");
    }
    for case in values["warp_reference"].as_array().unwrap() {
        let shots: Vec<usize> = case["refs"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect();
        let target = case["target"].as_u64().unwrap() as usize;
        assert_eq!(driving.nearest(&shots, target) as u64, case["nearest_position"].as_u64().unwrap(), "{case}");
    }
}
