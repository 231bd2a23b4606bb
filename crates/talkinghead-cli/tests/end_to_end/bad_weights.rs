//! Checkpoints that are damaged, hostile or of another network: named, refused whole, before any other work.

use std::path::{Path, PathBuf};

use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::import::metadata_of;
use talkinghead_synthesis::procedural::Recipe;
use talkinghead_synthesis::weights::{HostTensor, StateDict, write_safetensors};

use crate::program::Place;

/// A network that runs in a moment.
pub fn small() -> GeneratorConfig {
    let default = GeneratorConfig::default();
    GeneratorConfig {
        width: 2,
        downsamplings: 2,
        merge_depth: 1,
        shots: 2,
        adaptive: default.adaptive.map(|adaptive| talkinghead_synthesis::generator::AdaptiveLayers { layers: 2, ..adaptive }),
        flow: talkinghead_synthesis::generator::FlowConfig { width: 2, downsamplings: 1, blocks: 1, ..default.flow },
        ..default
    }
}

/// Its weights.
pub fn tensors() -> StateDict {
    Recipe::default().state_dict(&Generator::keys(&small()).unwrap())
}

/// Writes its weights, changed by `change`, without any metadata (as a converted checkpoint) or with.
fn weights(place: &Place, name: &str, with_metadata: bool, change: impl FnOnce(&mut StateDict)) {
    let mut dict = tensors();
    change(&mut dict);
    let metadata = if with_metadata { metadata_of(&small()) } else { Default::default() };
    write_safetensors(&place.at(name), &dict, &metadata).unwrap();
}

/// A test file of another crate.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

const HOSTILE: &str = "talkinghead-formats/tests/fixtures/hostile";
const ZIP: &str = "talkinghead-evaluation/tests/fixtures/network/d_lsgan_zip/latest_net_D.pth";
const LEGACY: &str = "talkinghead-evaluation/tests/fixtures/network/d_lsgan_legacy/latest_net_D.pth";

#[test]
fn hostile_pickles_are_refused_by_name() {
    let place = Place::new();
    for name in ["evil_zip.pth", "evil_legacy.pth", "evil_bare.pkl"] {
        std::fs::copy(fixture(HOSTILE).join(name), place.at(name)).unwrap();
        let failure =
            place.fail(&format!("import {name} --output model.safetensors"), 1, &[name, "refused", "nothing is executed"]);
        assert!(failure.hint.contains("state dict"), "{failure:?}");
        place.fail(&format!("{GENERATE} --weights {name}"), 1, &[name, "refused"]);
    }
}

#[test]
fn damaged_files_are_told_apart() {
    let place = Place::new();
    let import = |name: &str| format!("import {name} --output model.safetensors");
    for (source, name) in [(ZIP, "zip.pth"), (LEGACY, "legacy.pth")] {
        let bytes = std::fs::read(fixture(source)).unwrap();
        place.write(name, &bytes[..bytes.len() / 2]);
        place.fail(&import(name), 1, &[name, "truncated"]);
        place.write(name, &bytes[..9]);
        place.fail(&import(name), 1, &[name]);
    }
    weights(&place, "whole.safetensors", true, |_| {});
    let bytes = std::fs::read(place.at("whole.safetensors")).unwrap();
    place.write("half.safetensors", &bytes[..bytes.len() / 2]);
    place.fail(&import("half.safetensors"), 1, &["half.safetensors", "safetensors"]);
    place.fail(&format!("{GENERATE} --weights half.safetensors"), 1, &["half.safetensors"]);
    place.write("empty.pth", []);
    place.fail(&import("empty.pth"), 1, &["empty.pth", "is empty"]);
    place.fail(&import("portrait.jpg"), 1, &["portrait.jpg", "neither a zip file"]);
    place.fail(&import("none.pth"), 1, &["none.pth", "no such file"]);
    place.fail(&format!("{GENERATE} --weights none.pth"), 1, &["none.pth", "does not exist"]);
}

#[test]
fn every_tensor_that_does_not_fit_is_named() {
    let place = Place::new();
    let said = |arguments: &str| String::from_utf8_lossy(&place.run(arguments).stderr).into_owned();
    weights(&place, "unfit.safetensors", true, |dict| {
        dict.take("netG.conv_img.bias");
        dict.take("netG.up_1.conv_0.bias");
        dict.insert("netG.stranger", HostTensor::new(vec![1], vec![0.0]).unwrap());
        dict.take("netG.up_0.conv_1.bias");
        dict.insert("netG.up_0.conv_1.bias", HostTensor::new(vec![5], vec![0.0; 5]).unwrap());
    });
    for command in
        ["import unfit.safetensors --output model.safetensors".to_owned(), format!("{GENERATE} --weights unfit.safetensors")]
    {
        let counts = ["2 missing", "1 unexpected", "1 of another shape", "netG.up_0.conv_1.bias", "[2]", "[5]"];
        let failure = place.fail(&command, 1, &counts);
        assert!(failure.hint.contains("--options"), "{failure:?}");
        let said = said(&command);
        for line in ["missing     netG.conv_img.bias", "missing     netG.up_1.conv_0.bias", "unexpected  netG.stranger"] {
            assert!(said.contains(line), "{said}");
        }
    }
    // A discriminator is no generator.
    std::fs::copy(fixture(ZIP), place.at("latest_net_D.pth")).unwrap();
    place.fail("import latest_net_D.pth --output model.safetensors", 1, &["discriminator_0", "generator"]);
}

#[test]
fn values_that_are_not_finite() {
    let place = Place::new();
    for (name, value) in [("nan", f32::NAN), ("inf", f32::INFINITY)] {
        let file = format!("{name}.safetensors");
        weights(&place, &file, true, |dict| {
            let mut bias = dict.take("netG.conv_img.bias").unwrap();
            bias.values[1] = value;
            dict.insert("netG.conv_img.bias", bias);
        });
        for command in [format!("import {file} --output model.safetensors"), format!("{GENERATE} --weights {file}")] {
            let failure = place.fail(&command, 1, &["netG.conv_img.bias", "element 1", name]);
            assert!(failure.hint.contains("diverged"), "{failure:?}");
        }
    }
}

#[test]
fn options_that_the_shapes_contradict() {
    let place = Place::new();
    weights(&place, "model.safetensors", false, |_| {});
    let import = |rest: &str| format!("import model.safetensors --output other.safetensors {rest}");
    place.fail(&import("--set n_shot=8"), 1, &["n_shot = 8", "say 2", "atten1", "[4, 8, 3, 3]"]);
    place.fail(&import("--set ngf=32"), 1, &["ngf = 32", "say 2", "netG.conv_img.weight", "[3, 2, 3, 3]"]);
    let failure = place.fail(&import("--set n_shots=2"), 1, &["n_shots"]);
    assert!(failure.hint.contains("n_shot,"), "{failure:?}");
    place.fail(&import("--set flow_multiplier=lots"), 1, &["flow_multiplier = lots", "a number"]);
    place.fail(&import("--set conv_ks=5"), 1, &["conv_ks = 5", "only 3 works"]);
    place.fail(&import("--set n_shot"), 2, &["--set"]);
    place.write("opt.txt", "---- Options ----\nngf: 2\nthis is no option\n");
    place.fail(&import("--options opt.txt"), 1, &["opt.txt", "line 3"]);
    place.write("opt.json", "{\"ngf\": 2");
    place.fail(&import("--options opt.json"), 1, &["opt.json", "JSON"]);
    place.write("opt.txt", "ngf: 2\nn_shot: 4\n");
    place.fail(&import("--options opt.txt"), 1, &["n_shot = 4"]);
}

#[test]
fn an_import_never_replaces_its_inputs() {
    let place = Place::new();
    weights(&place, "model.safetensors", false, |_| {});
    place.write("opt.txt", "ngf: 2\n");
    place.fail("import model.safetensors --output ./model.safetensors", 1, &["model.safetensors", "input"]);
    place.fail("import model.safetensors --options opt.txt --output opt.txt", 1, &["opt.txt", "input"]);
    place.fail("import model.safetensors --output none/model.safetensors", 1, &["none"]);
}

#[test]
fn pictures_that_the_network_cannot_halve() {
    let place = Place::new();
    let options = |height: usize| {
        format!(r#"{{"options": {{"n_shot": 2, "ngf": 2, "n_downsample_G": 2}}, "batch": 1, "height": {height}, "width": 16}}"#)
    };
    std::fs::create_dir(place.at("golden")).unwrap();
    let golden = GeneratorConfig { adaptive: None, warp_reference: false, warp_projection: false, ..small() };
    let golden = GeneratorConfig {
        embedding: talkinghead_synthesis::generator::Embedding::Attention,
        composition: talkinghead_synthesis::generator::Composition::Linear,
        raw_image: false,
        merge_depth: 2,
        ..golden
    };
    let dict = Recipe::default().state_dict(&Generator::keys(&golden).unwrap());
    write_safetensors(&place.at("golden/weights.safetensors"), &dict, &Default::default()).unwrap();
    let mut outputs = StateDict::new();
    outputs.insert("img_final", HostTensor::new(vec![1], vec![0.0]).unwrap());
    write_safetensors(&place.at("golden/outputs.safetensors"), &outputs, &Default::default()).unwrap();
    place.write("golden/options.json", options(18));
    place.fail("verify generator --golden golden", 1, &["multiples of 4", "18 x 16"]);
    place.write("golden/options.json", options(0));
    place.fail("verify generator --golden golden", 1, &["height", "1 to 4096"]);
    place.write("golden/options.json", options(16).replace("\"n_shot\": 2", "\"ngf\": 2"));
    place.fail("verify generator --golden none", 1, &["none", "no such file"]);
    place.write("golden/options.json", "[1]");
    place.fail("verify generator --golden golden", 1, &["options.json", "no JSON object"]);
}

const GENERATE: &str = "generate --reference portrait.jpg --audio speech.wav --output out.mp4 --renderer neural";
