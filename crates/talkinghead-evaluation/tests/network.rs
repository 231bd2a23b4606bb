//! Numerical equality with the published PyTorch code, on dumped numbers. The fixtures are some of the golden folders (the
//! four basic mixes of composition and embedding, a size that is not square, discriminators) without their intermediates, and
//! one discriminator saved by `torch.save` in both containers; all others are compared where they are at hand.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use talkinghead_evaluation::golden::network::{Network, verify};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/network")
}

const FIXTURES: [&str; 8] =
    ["g_full", "g_linear", "g_plain", "g_fewshot_vid2vid", "g_rect", "g_neither", "d_lsgan", "d_single_eval"];

fn network_of(folder: &Path) -> Network {
    let name = folder.file_name().unwrap().to_str().unwrap();
    if name.starts_with("d_") { Network::Discriminator } else { Network::Generator }
}

fn check(folder: &Path) {
    let report =
        verify(network_of(folder), folder, None, &Device::flex()).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    assert!(report.passed(), "{}\n{report}", folder.display());
}

#[test]
fn fixtures_agree() {
    FIXTURES.iter().for_each(|name| check(&fixtures().join(name)));
}

/// The discriminator of `d_lsgan` as `torch.save` wrote it, in both containers: the same outputs.
#[test]
fn checkpoints_agree() {
    for container in ["d_lsgan_zip", "d_lsgan_legacy"] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join(container);
        std::fs::create_dir(&folder).unwrap();
        let copy = |from: &str, file: &str| std::fs::copy(fixtures().join(from).join(file), folder.join(file)).unwrap();
        copy(container, "latest_net_D.pth");
        copy("d_lsgan_zip", "options.json");
        copy("d_lsgan", "outputs.safetensors");
        check(&folder);
    }
}

/// On a GPU sums are taken in another order.
#[cfg(feature = "vulkan")]
#[test]
fn fixtures_agree_on_vulkan() {
    let device = talkinghead_synthesis::DeviceKind::Vulkan.open().unwrap();
    for name in FIXTURES {
        let folder = fixtures().join(name);
        let report = verify(network_of(&folder), &folder, Some(1e-2), &device).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(report.passed(), "{name}\n{report}");
    }
}

#[test]
fn a_difference_is_noticed() {
    let report = verify(Network::Generator, &fixtures().join("g_rect"), Some(1e-12), &Device::flex()).unwrap();
    assert!(!report.passed());
    assert!(report.to_json().contains("\"passed\":false"));
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
    let wanted = |folder: &PathBuf| {
        let name = folder.file_name().unwrap().to_str().unwrap();
        name.starts_with("g_") || name.starts_with("d_") || matches!(name, "checkpoint_zip" | "checkpoint_legacy")
    };
    folders.iter().filter(|folder| wanted(folder)).for_each(|folder| check(folder));
}
