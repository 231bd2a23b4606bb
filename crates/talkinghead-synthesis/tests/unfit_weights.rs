//! Weights that do not fit the network: nothing is loaded partially, and everything that is wrong is named.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use burn::tensor::Device;
use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::import::{load_generator, metadata_of};
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::weights::{HostTensor, Weights, write_safetensors};

#[test]
fn mismatches_are_all_named() {
    let config = GeneratorConfig { width: 2, downsamplings: 2, adaptive: None, shots: 2, ..GeneratorConfig::default() };
    let keys = Generator::keys(&config).unwrap();
    let mut dict = talkinghead_synthesis::procedural::Recipe::default().state_dict(&keys);
    dict.take("netG.conv_img.bias");
    dict.insert("netG.stranger", HostTensor::new(vec![1], vec![0.0]).unwrap());
    let mut wrong = dict.take("netG.conv_img.weight").unwrap();
    wrong.shape = vec![3, 18];
    dict.insert("netG.conv_img.weight", wrong);
    let mut poisoned = dict.take("netG.up_0.conv_0.bias").unwrap();
    poisoned.values[1] = f32::NAN;
    dict.insert("netG.up_0.conv_0.bias", poisoned);
    let error = Generator::new(&config, Weights::Checkpoint(dict), &Device::flex()).unwrap_err().to_string();
    for part in [
        "missing     netG.conv_img.bias",
        "unexpected  netG.stranger",
        "[3, 2, 3, 3]",
        "[3, 18]",
        "netG.up_0.conv_0.bias: element 1 is NaN",
    ] {
        assert!(error.contains(part), "{error} lacks {part}");
    }
}

/// Options that cannot be read are not options that are not there.
#[test]
fn unreadable_options_in_the_metadata_are_told() {
    let config = GeneratorConfig { width: 2, downsamplings: 2, adaptive: None, shots: 2, ..GeneratorConfig::default() };
    let dict = talkinghead_synthesis::procedural::Recipe::default().state_dict(&Generator::keys(&config).unwrap());
    let mut metadata = metadata_of(&config);
    metadata.values_mut().for_each(|text| text.truncate(text.len() / 2));
    let path = std::env::temp_dir().join(format!("unreadable-options-{}.safetensors", std::process::id()));
    write_safetensors(&path, &dict, &metadata).unwrap();
    let error = load_generator(&path, &Options::new()).map(drop);
    std::fs::remove_file(&path).unwrap();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("metadata") && error.contains("JSON"), "{error}");
}

/// One small tensor of a hostile file says that all layers are as wide as the program allows.
#[cfg(target_os = "linux")]
#[test]
fn claimed_widths_take_no_memory() {
    let mut dict = talkinghead_synthesis::weights::StateDict::new();
    dict.insert("netG.conv_img.weight", HostTensor::new(vec![3, 1024, 3, 3], vec![0.0; 3 * 1024 * 9]).unwrap());
    let config = GeneratorConfig { width: 1024, shots: 64, ..GeneratorConfig::default() };
    let before = peak_memory_mib();
    let error = Generator::new(&config, Weights::Checkpoint(dict), &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("missing     netG.conv_img.bias"), "{error}");
    let grown = peak_memory_mib() - before;
    assert!(grown < 100, "{grown} MiB were taken");
}

#[cfg(target_os = "linux")]
fn peak_memory_mib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}
