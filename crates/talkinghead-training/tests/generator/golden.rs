//! Equality with dumped numbers. The fixture is a step of a tiny network that `tools/pytorch_training.py` dumped; the golden folders are
//! compared where they are at hand.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use talkinghead_training::generator::golden::{verify_perceptual, verify_training_step};

fn check(folder: &Path) {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let device = Device::flex();
    let report =
        if name.starts_with("perceptual") { verify_perceptual(folder, &device) } else { verify_training_step(folder, &device) };
    let report = report.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    assert!(report.passed(), "{}\n{report}", folder.display());
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn the_fixture_agrees() {
    check(&fixtures().join("t_small"));
}

#[test]
fn a_step_of_another_rate_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(fixtures().join("t_small")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), place.path().join(file.file_name())).unwrap();
    }
    let path = place.path().join("options.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let other = text.replace("\"lr\": 2e-05", "\"lr\": 3e-05");
    assert_ne!(text, other);
    std::fs::write(&path, other).unwrap();
    let report = verify_training_step(place.path(), &Device::flex()).unwrap();
    assert!(report.failed() > 50, "{report}");
}

#[test]
fn all_golden_folders_agree() {
    let shared = std::env::var_os("TALKINGHEAD_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let Ok(listing) = std::fs::read_dir(shared.join("golden")) else {
        eprintln!("skipped: no golden folders (set TALKINGHEAD_SHARED)");
        return;
    };
    let mut folders: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let wanted = |folder: &&PathBuf| {
        let name = folder.file_name().unwrap().to_str().unwrap();
        name.starts_with("t_") || name.starts_with("perceptual")
    };
    folders.iter().filter(wanted).for_each(|folder| check(folder));
}
