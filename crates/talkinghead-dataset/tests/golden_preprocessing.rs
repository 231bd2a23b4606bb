//! Our preprocessing against numbers that the reference made.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::PathBuf;

fn golden() -> Option<PathBuf> {
    let shared = std::env::var_os("TALKINGHEAD_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let folder = shared.join("golden/preprocessing");
    folder.join("values.json").exists().then_some(folder)
}

#[test]
fn everything_in_the_golden_folder_holds() {
    let Some(folder) = golden() else {
        eprintln!("skipped: no golden folder (set TALKINGHEAD_SHARED)");
        return;
    };
    let report = talkinghead_dataset::verify::verify(&folder).unwrap();
    println!("{report}");
    assert!(report.checks.len() > 60, "{}", report.checks.len());
    assert!(report.passed(), "{report}");
}

#[test]
fn a_wrong_number_is_noticed() {
    let Some(folder) = golden() else {
        eprintln!("skipped: no golden folder (set TALKINGHEAD_SHARED)");
        return;
    };
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    // The last value of the last row of poses, and one label in the place of another.
    let mut bytes = std::fs::read(folder.join("rt.npy")).unwrap();
    let end = bytes.len();
    bytes[end - 8..].copy_from_slice(&1e6_f64.to_le_bytes());
    std::fs::write(copy.path().join("rt.npy"), bytes).unwrap();
    std::fs::copy(folder.join("edge_000.png"), copy.path().join("edge_013.png")).unwrap();
    let report = talkinghead_dataset::verify::verify(copy.path()).unwrap();
    let failed: Vec<&str> = report.checks.iter().filter(|check| !check.passed).map(|check| check.name.as_str()).collect();
    assert!(failed.contains(&"rt, translation") && failed.contains(&"edge_013"), "{failed:?}");
    assert!(!failed.contains(&"edge_000"), "{failed:?}");
}
