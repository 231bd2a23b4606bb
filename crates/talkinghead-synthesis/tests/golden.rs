//! Numerical equality with the published PyTorch code, on the numbers in `golden/`: every design of the generator, the
//! discriminators, and networks saved by `torch.save` in both containers. Further folders, and those with intermediates, are
//! compared where `TALKINGHEAD_SHARED` has them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::verify::{Network, parse_keys, verify};

/// A file or folder of the repository's golden numbers.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden").join(name)
}

/// The folders of networks in a folder, in order.
fn networks_in(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| {
        let name = folder.file_name().unwrap().to_str().unwrap();
        name.starts_with("g_") || name.starts_with("d_") || matches!(name, "checkpoint_zip" | "checkpoint_legacy")
    });
    folders.sort();
    folders
}

/// `golden/d_lsgan` with its weights as `torch.save` writes them, in the container `zip` or `legacy`.
fn saved_discriminator(container: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let options = std::fs::read_to_string(golden("d_lsgan/options.json")).unwrap();
    let mut options: serde_json::Value = serde_json::from_str(&options).unwrap();
    options["checkpoint"] = "latest_net_D.pth".into();
    std::fs::write(folder.path().join("options.json"), options.to_string()).unwrap();
    std::fs::copy(golden("d_lsgan/outputs.safetensors"), folder.path().join("outputs.safetensors")).unwrap();
    std::fs::copy(golden(&format!("d_lsgan/{container}.pth")), folder.path().join("latest_net_D.pth")).unwrap();
    folder
}

fn network_of(folder: &Path) -> Network {
    let name = folder.file_name().unwrap().to_str().unwrap();
    if name.starts_with("d_") { Network::Discriminator } else { Network::Generator }
}

fn check(network: Network, folder: &Path) {
    let report = verify(network, folder, None, &Device::flex()).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    assert!(report.passed(), "{}\n{report}", folder.display());
}

#[test]
fn golden_folders_agree() {
    let folders = networks_in(&golden(""));
    assert!(folders.len() >= 29, "{folders:?}");
    folders.iter().for_each(|folder| check(network_of(folder), folder));
}

#[test]
fn discriminators_saved_by_torch_agree() {
    for container in ["zip", "legacy"] {
        check(Network::Discriminator, saved_discriminator(container).path());
    }
}

/// On a GPU sums are taken in another order.
#[cfg(feature = "vulkan")]
#[test]
fn golden_folders_agree_on_vulkan() {
    let device = talkinghead_synthesis::DeviceKind::Vulkan.open().unwrap();
    for folder in networks_in(&golden("")) {
        let name = folder.display();
        let report = verify(network_of(&folder), &folder, Some(1e-2), &device).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(report.passed(), "{name}\n{report}");
    }
}

#[test]
fn a_difference_is_noticed() {
    let report = verify(Network::Generator, &golden("g_rect"), Some(1e-12), &Device::flex()).unwrap();
    assert!(!report.passed());
    assert!(report.to_json().contains("\"passed\":false"));
}

#[test]
fn further_golden_folders_agree() {
    let Some(shared) = std::env::var_os("TALKINGHEAD_SHARED").map(PathBuf::from) else {
        eprintln!("skipped: TALKINGHEAD_SHARED names no folder with further golden folders");
        return;
    };
    let folders = networks_in(&shared.join("golden"));
    assert!(!folders.is_empty(), "no golden folders of networks in {}", shared.join("golden").display());
    let more = |folder: &Path| {
        !golden(folder.file_name().unwrap().to_str().unwrap()).exists() || folder.join("intermediates.safetensors").exists()
    };
    folders.iter().filter(|folder| more(folder)).for_each(|folder| check(network_of(folder), folder));
}

#[test]
fn the_full_size_network_has_the_published_keys() {
    let text = std::fs::read_to_string(golden("state_dict_keys_full.txt")).unwrap();
    let generator = text.split("# latest_net_D").next().unwrap();
    let mut wanted = parse_keys(generator).unwrap();
    let mut found = Generator::keys(&GeneratorConfig::default()).unwrap();
    assert_eq!(found.len(), 1124);
    found.sort();
    wanted.sort();
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found, wanted);
    }
    let parameters: usize = {
        let network =
            Generator::new(&GeneratorConfig::default(), talkinghead_synthesis::weights::Weights::Zeros, &Device::flex()).unwrap();
        let is_parameter = |kind| kind == talkinghead_synthesis::weights::EntryKind::Parameter;
        network.entries().iter().filter(|e| is_parameter(e.kind)).map(|e| e.shape.iter().product::<usize>()).sum()
    };
    assert_eq!(parameters, 107_920_769);
}
