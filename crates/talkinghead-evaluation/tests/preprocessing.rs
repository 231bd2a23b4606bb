//! Our preprocessing against numbers that the reference made: the part of a golden folder that is in the repository, and a whole
//! one where `TALKINGHEAD_SHARED` (or `shared` beside the repository) has it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};

use talkinghead_evaluation::golden::Report;
use talkinghead_evaluation::golden::preprocessing::verify;

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/preprocessing")
}

fn whole_folder() -> Option<PathBuf> {
    let shared = std::env::var_os("TALKINGHEAD_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let folder = shared.join("golden/preprocessing");
    folder.join("values.json").exists().then_some(folder)
}

/// A copy of the fixture that may be spoilt.
fn copied() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

fn failed(folder: &Path) -> Vec<String> {
    let report: Report = verify(folder).unwrap();
    report.comparisons.into_iter().filter(|check| !check.passed).map(|check| check.name).collect()
}

#[test]
fn everything_in_the_fixture_holds() {
    let report = verify(&fixture()).unwrap();
    println!("{report}");
    assert!(report.comparisons.len() > 60, "{}", report.comparisons.len());
    assert!(report.passed(), "{report}");
    assert!(report.missing.contains(&"image_256.png".to_owned()), "{:?}", report.missing);
}

#[test]
fn everything_in_a_whole_folder_holds() {
    let Some(folder) = whole_folder() else {
        eprintln!("skipped: no golden folder (set TALKINGHEAD_SHARED)");
        return;
    };
    let report = verify(&folder).unwrap();
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert_eq!(report.missing, Vec::<String>::new());
}

/// One changed number in each array fails the comparison that it belongs to.
#[test]
fn a_wrong_number_is_noticed() {
    for (file, element, check) in [
        ("rt.npy", 5, "rt, translation"),
        ("rt.npy", 0, "rt, rotation"),
        ("front.npy", 1000, "front"),
        ("animation_landmarks.npy", 77, "animation_landmarks"),
        ("landmarks_smoothed_xy.npy", 99, "landmarks_smoothed_xy"),
        ("affine_3x4.npy", 3, "affine_3x4"),
        ("mesh_posed.npy", 8, "mesh_posed"),
        ("standard_face.npy", 100, "rt, rotation"),
        ("clip_landmarks.npy", 90, "rt, rotation"),
    ] {
        let copy = copied();
        let mut bytes = std::fs::read(fixture().join(file)).unwrap();
        let double = bytes.windows(3).any(|part| part == b"<f8");
        let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        if double {
            let at = start + 8 * element;
            let value = f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) + 0.25;
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        } else {
            let at = start + 4 * element;
            let value = f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) + 0.25;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        std::fs::write(copy.path().join(file), bytes).unwrap();
        let failed = failed(copy.path());
        assert!(failed.iter().any(|name| name == check), "{file}: {failed:?}");
    }
}

#[test]
fn a_wrong_choice_is_noticed() {
    let text = std::fs::read_to_string(fixture().join("values.json")).unwrap();
    let values: serde_json::Value = serde_json::from_str(&text).unwrap();
    let bump = |value: &serde_json::Value| serde_json::json!(value.as_i64().unwrap() + 1);
    for (pointer, check) in [
        ("/key_frame", "key_frame"),
        ("/find_largest_mouth_order/3", "find_largest_mouth_order"),
        ("/warp_reference/2/worst_position", "warp_reference 2, positions"),
        ("/warp_reference/1/nearest_position", "warp_reference 1, positions"),
        ("/sampling/0/target_from/0", "sampling 0"),
        ("/train_crop/1/y0_y1_x0_x1/2", "train_crop 1"),
        ("/clean/kept/1", "clean"),
    ] {
        let copy = copied();
        let mut changed = values.clone();
        let place = changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"));
        *place = bump(place);
        std::fs::write(copy.path().join("values.json"), changed.to_string()).unwrap();
        let failed = failed(copy.path());
        assert_eq!(failed, [check], "{pointer}");
    }
}

#[test]
fn a_wrong_picture_is_noticed() {
    for (file, other) in [
        ("edge_000", "edge_013"),
        ("edge_no_mouth_000", "edge_000"),
        ("mask_mouth_000", "mask_eyes_mouth_000"),
        ("mask_wide_000", "mask_abs_mouth_000"),
        ("mask_small_eyes_000", "mask_eyes_mouth_000"),
    ] {
        let copy = copied();
        std::fs::copy(fixture().join(format!("{other}.png")), copy.path().join(format!("{file}.png"))).unwrap();
        let failed = failed(copy.path());
        assert!(failed.contains(&file.to_owned()), "{file}: {failed:?}");
    }
}

#[test]
fn a_folder_that_is_none_is_an_error() {
    let empty = tempfile::tempdir().unwrap();
    assert!(verify(empty.path()).is_err());
    let copy = copied();
    std::fs::write(copy.path().join("rt.npy"), b"\x93NUMPY").unwrap();
    assert!(verify(copy.path()).unwrap_err().to_string().contains("rt.npy"));
    std::fs::write(copy.path().join("values.json"), b"{").unwrap();
    assert!(verify(copy.path()).unwrap_err().to_string().contains("values.json"));
}
