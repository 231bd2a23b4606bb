//! Numerical equality of flow networks and published motion networks with golden folders. The fixtures are parts of them; the whole
//! ones are compared where they are at hand.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use talkinghead_evaluation::EvaluationError;
use talkinghead_evaluation::golden::Report;
use talkinghead_training::flow::verification::{verify_flownet2, verify_raft};
use talkinghead_training::published::verification::{verify_expression, verify_head_motion};

type Verify = fn(&Path, &Device) -> Result<Report, EvaluationError>;

const SUBJECTS: [(&str, Verify); 4] = [
    ("flownet2", verify_flownet2),
    ("raft_small", verify_raft),
    ("head_motion", verify_head_motion),
    ("expression", verify_expression),
];

fn check(verify: Verify, folder: &Path) {
    let report = verify(folder, &Device::flex()).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    assert!(report.passed(), "{}\n{report}", folder.display());
}

#[test]
fn fixtures_agree() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden");
    SUBJECTS.iter().for_each(|(name, verify)| check(*verify, &fixtures.join(name)));
}

#[test]
fn whole_folders_agree() {
    let Some(shared) = std::env::var_os("TALKINGHEAD_SHARED").map(PathBuf::from) else {
        eprintln!("skipped: no golden folders (set TALKINGHEAD_SHARED)");
        return;
    };
    SUBJECTS.iter().for_each(|(name, verify)| check(*verify, &shared.join("golden").join(name)));
}

#[test]
fn a_difference_is_noticed() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/expression");
    let folder = tempfile::tempdir().unwrap();
    for file in ["keys.tsv", "coefficients.npy"] {
        std::fs::copy(fixture.join(file), folder.path().join(file)).unwrap();
    }
    let path = folder.path().join("coefficients.npy");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 0x01;
    std::fs::write(&path, bytes).unwrap();
    let report = verify_expression(folder.path(), &Device::flex()).unwrap();
    assert!(!report.passed());
    assert_eq!(report.missing, ["audio_features_every_90th"]);
}
