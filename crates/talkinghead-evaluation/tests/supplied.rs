//! Networks that users supply against their own packages, with made weights: tools/supplied_networks.py says which and how.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_evaluation::EvaluationError;
use talkinghead_evaluation::supplied::{ArcFace, Inception, Lpips, LpipsNetwork, Mfcc, SYNCNET_SIDE, SyncNet, frechet_distance};
use talkinghead_formats::{FloatWidth, HostTensor, StateDict, safetensors_bytes};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn picture(name: &str) -> RgbImage {
    image::open(fixtures().join("pictures").join(name)).unwrap().to_rgb8()
}

fn expected() -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(fixtures().join("supplied/expected.json")).unwrap()).unwrap()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The largest difference in shares of the largest number is under `bound`.
fn assert_near(found: &[f64], wanted: &[f64], bound: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let scale = wanted.iter().map(|v| v.abs()).fold(0.0, f64::max);
    let apart = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart <= bound * scale, "{what}: {apart} of {scale}\n{found:?}\n{wanted:?}");
}

fn every(values: &[f32], step: usize) -> Vec<f64> {
    values.iter().step_by(step).map(|&value| f64::from(value)).collect()
}

/// Numbers in -1..1 that the name decides: FNV-1a of the name, then SplitMix64.
fn uniform(name: &str, count: usize) -> Vec<f32> {
    let start =
        name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let number = |k: u64| {
        let z = start.wrapping_add((k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 23) - 1.0
    };
    (0..count as u64).map(|k| number(k) as f32).collect()
}

fn made(network: &str, key: &str, shape: &[usize]) -> HostTensor {
    let mut values = uniform(&format!("{network}/{key}"), shape.iter().product());
    let (scale, shift) = if key.ends_with("running_var") {
        (0.5, 1.0)
    } else if shape.len() > 1 {
        ((6.0 / shape[1..].iter().product::<usize>() as f64).sqrt() as f32, 0.0)
    } else if key.ends_with("weight") {
        (0.2, if key.contains("prelu") { 0.3 } else { 1.0 })
    } else {
        (0.1, 0.0)
    };
    values.iter_mut().for_each(|value| *value = *value * scale + shift);
    HostTensor::new(shape.to_vec(), values).unwrap()
}

/// Tensors of one network.
struct Maker {
    network: &'static str,
    dict: StateDict,
}

impl Maker {
    fn new(network: &'static str) -> Self {
        Self { network, dict: StateDict::new() }
    }

    fn add(&mut self, key: &str, shape: &[usize]) {
        assert!(self.dict.insert(key, made(self.network, key, shape)), "{key}");
    }

    fn layer(&mut self, key: &str, shape: &[usize]) {
        self.add(&format!("{key}.weight"), shape);
        self.add(&format!("{key}.bias"), &shape[..1]);
    }

    fn norm(&mut self, key: &str, channels: usize) {
        ["weight", "bias", "running_mean", "running_var"].iter().for_each(|part| self.add(&format!("{key}.{part}"), &[channels]));
    }
}

fn classifier(network: &'static str, layers: &[(usize, usize, usize)]) -> StateDict {
    let mut maker = Maker::new(network);
    let mut input = 3;
    for &(index, output, kernel) in layers {
        maker.layer(&format!("features.{index}"), &[output, input, kernel, kernel]);
        input = output;
    }
    maker.dict
}

fn alexnet() -> StateDict {
    classifier("alexnet", &[(0, 64, 11), (3, 192, 5), (6, 384, 3), (8, 256, 3), (10, 256, 3)])
}

fn vgg() -> StateDict {
    let indices = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
    let outputs = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
    classifier("vgg", &indices.iter().zip(outputs).map(|(&index, output)| (index, output, 3)).collect::<Vec<_>>())
}

#[test]
fn lpips_is_that_of_its_package() {
    let expected = expected();
    for (name, network, dict) in [("lpips_alex", LpipsNetwork::Alex, alexnet()), ("lpips_vgg", LpipsNetwork::Vgg, vgg())] {
        let network = Lpips::from_tensors(dict, network).unwrap();
        let distance = |a: &str, b: &str| network.distance(&picture(a), &picture(b)).unwrap().unwrap();
        let found = [distance("1.png", "1_blur.png"), distance("1.png", "1_light.png"), distance("2.png", "1.png")];
        for (found, wanted) in found.iter().zip(numbers(&expected[name])) {
            assert!((found - wanted).abs() < 1e-5 + 1e-3 * wanted, "{name}: {found}, {wanted}");
        }
        assert!(found[1] < found[0] && found[0] < found[2], "other light, blurred, another person: {found:?}");
        assert_eq!(network.distance(&picture("1.png"), &picture("1.png")).unwrap(), Some(0.0));
        assert_eq!(network.distance(&RgbImage::new(63, 80), &RgbImage::new(63, 80)).unwrap(), None);
        assert_eq!(network.distance(&RgbImage::new(64, 80), &RgbImage::new(80, 64)).unwrap(), None);
    }
}

fn inception() -> StateDict {
    let mut maker = Maker::new("inception");
    let mut convolution = |name: String, output: usize, input: usize, kernel: [usize; 2]| {
        maker.add(&format!("{name}.conv.weight"), &[output, input, kernel[0], kernel[1]]);
        maker.norm(&format!("{name}.bn"), output);
    };
    let stem =
        [("1a_3x3", 32, 3, 3), ("2a_3x3", 32, 32, 3), ("2b_3x3", 64, 32, 3), ("3b_1x1", 80, 64, 1), ("4a_3x3", 192, 80, 3)];
    stem.iter().for_each(|&(name, output, input, side)| convolution(format!("Conv2d_{name}"), output, input, [side; 2]));
    for (name, input, pool) in [("5b", 192, 32), ("5c", 256, 64), ("5d", 288, 64)] {
        let parts = [
            ("branch1x1", 64, input, 1),
            ("branch5x5_1", 48, input, 1),
            ("branch5x5_2", 64, 48, 5),
            ("branch3x3dbl_1", 64, input, 1),
            ("branch3x3dbl_2", 96, 64, 3),
            ("branch3x3dbl_3", 96, 96, 3),
            ("branch_pool", pool, input, 1),
        ];
        parts
            .iter()
            .for_each(|&(part, output, input, side)| convolution(format!("Mixed_{name}.{part}"), output, input, [side; 2]));
    }
    let halving = [
        ("branch3x3", 384, 288, 3),
        ("branch3x3dbl_1", 64, 288, 1),
        ("branch3x3dbl_2", 96, 64, 3),
        ("branch3x3dbl_3", 96, 96, 3),
    ];
    halving.iter().for_each(|&(part, output, input, side)| convolution(format!("Mixed_6a.{part}"), output, input, [side; 2]));
    for (name, inner) in [("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)] {
        let parts = [
            ("branch1x1", 192, 768, [1, 1]),
            ("branch7x7_1", inner, 768, [1, 1]),
            ("branch7x7_2", inner, inner, [1, 7]),
            ("branch7x7_3", 192, inner, [7, 1]),
            ("branch7x7dbl_1", inner, 768, [1, 1]),
            ("branch7x7dbl_2", inner, inner, [7, 1]),
            ("branch7x7dbl_3", inner, inner, [1, 7]),
            ("branch7x7dbl_4", inner, inner, [7, 1]),
            ("branch7x7dbl_5", 192, inner, [1, 7]),
            ("branch_pool", 192, 768, [1, 1]),
        ];
        parts
            .iter()
            .for_each(|&(part, output, input, kernel)| convolution(format!("Mixed_{name}.{part}"), output, input, kernel));
    }
    let halving = [
        ("branch3x3_1", 192, 768, [1, 1]),
        ("branch3x3_2", 320, 192, [3, 3]),
        ("branch7x7x3_1", 192, 768, [1, 1]),
        ("branch7x7x3_2", 192, 192, [1, 7]),
        ("branch7x7x3_3", 192, 192, [7, 1]),
        ("branch7x7x3_4", 192, 192, [3, 3]),
    ];
    halving.iter().for_each(|&(part, output, input, kernel)| convolution(format!("Mixed_7a.{part}"), output, input, kernel));
    for (name, input) in [("7b", 1280), ("7c", 2048)] {
        let parts = [
            ("branch1x1", 320, input, [1, 1]),
            ("branch3x3_1", 384, input, [1, 1]),
            ("branch3x3_2a", 384, 384, [1, 3]),
            ("branch3x3_2b", 384, 384, [3, 1]),
            ("branch3x3dbl_1", 448, input, [1, 1]),
            ("branch3x3dbl_2", 384, 448, [3, 3]),
            ("branch3x3dbl_3a", 384, 384, [1, 3]),
            ("branch3x3dbl_3b", 384, 384, [3, 1]),
            ("branch_pool", 192, input, [1, 1]),
        ];
        parts
            .iter()
            .for_each(|&(part, output, input, kernel)| convolution(format!("Mixed_{name}.{part}"), output, input, kernel));
    }
    maker.layer("fc", &[1008, 2048]);
    maker.dict
}

#[test]
fn inception_is_that_of_pytorch_fid() {
    let network = Inception::from_tensors(inception()).unwrap();
    let features = network.features(&picture("1.png")).unwrap();
    assert_eq!(features.len(), Inception::FEATURES);
    assert_near(&every(&features, 32), &numbers(&expected()["inception"]), 1e-3, "inception");
}

#[test]
fn torchvisions_inception_is_refused() {
    let mut dict = inception();
    dict.take("fc.bias").unwrap();
    dict.insert("fc.bias", made("inception", "fc.bias", &[1000]));
    let error = Inception::from_tensors(dict).unwrap_err().to_string();
    assert!(error.contains("`fc.bias`") && error.contains("1008"), "{error}");
}

#[test]
fn the_frechet_distance_is_that_of_pytorch_fid() {
    let cloud = |name: &str| uniform(name, 60 * 16).chunks(16).map(<[f32]>::to_vec).collect::<Vec<_>>();
    let a = cloud("cloud a");
    let moved = |row: &Vec<f32>| (0..16).map(|k| (f64::from(row[k]) * 1.5 + f64::from(row[15 - k]) * 0.5 + 0.3) as f32).collect();
    let b: Vec<Vec<f32>> = cloud("cloud b").iter().map(moved).collect();
    let (found, wanted) = (frechet_distance(&a, &b).unwrap(), expected()["frechet"].as_f64().unwrap());
    assert!((found - wanted).abs() < 1e-6 * wanted, "{found}, {wanted}");
}

fn arcface() -> StateDict {
    let mut maker = Maker::new("arcface");
    maker.add("conv1.weight", &[64, 3, 3, 3]);
    maker.norm("bn1", 64);
    maker.add("prelu.weight", &[64]);
    let mut input = 64;
    for (stage, (count, width)) in [(2, 64), (3, 128), (2, 256), (2, 512)].into_iter().enumerate() {
        for block in 0..count {
            let key = format!("layer{}.{block}", stage + 1);
            maker.norm(&format!("{key}.bn1"), input);
            maker.add(&format!("{key}.conv1.weight"), &[width, input, 3, 3]);
            maker.norm(&format!("{key}.bn2"), width);
            maker.add(&format!("{key}.prelu.weight"), &[width]);
            maker.add(&format!("{key}.conv2.weight"), &[width, width, 3, 3]);
            maker.norm(&format!("{key}.bn3"), width);
            if block == 0 {
                maker.add(&format!("{key}.downsample.0.weight"), &[width, input, 1, 1]);
                maker.norm(&format!("{key}.downsample.1"), width);
            }
            input = width;
        }
    }
    maker.norm("bn2", 512);
    maker.layer("fc", &[512, 512 * 49]);
    maker.norm("features", 512);
    maker.dict
}

fn face() -> RgbImage {
    image::imageops::crop_imm(&picture("1.png"), 60, 40, 112, 112).to_image()
}

#[test]
fn arcface_is_that_of_torch_from_weights_and_from_onnx() {
    let expected = expected();
    let network = ArcFace::from_tensors(arcface()).unwrap();
    assert_near(&every(&network.embedding(&face()).unwrap(), 16), &numbers(&expected["arcface"]), 1e-3, "arcface");
    let onnx = ArcFace::read(&fixtures().join("supplied/arcface.onnx")).unwrap();
    assert_near(&every(&onnx.embedding(&face()).unwrap(), 4), &numbers(&expected["arcface_onnx"]), 1e-4, "onnx");
}

fn syncnet() -> StateDict {
    let mut maker = Maker::new("syncnet");
    let mut layer = |key: String, index: usize, shape: &[usize]| {
        maker.layer(&format!("{key}.{index}"), shape);
        maker.norm(&format!("{key}.{}", index + 1), shape[0]);
    };
    let sound = [
        (0, [64, 1, 3, 3]),
        (4, [192, 64, 3, 3]),
        (8, [384, 192, 3, 3]),
        (11, [256, 384, 3, 3]),
        (14, [256, 256, 3, 3]),
        (18, [512, 256, 5, 4]),
    ];
    sound.iter().for_each(|(index, shape)| layer("netcnnaud".to_owned(), *index, shape));
    let lips = [
        (0, [96, 3, 5, 7, 7]),
        (4, [256, 96, 1, 5, 5]),
        (8, [256, 256, 1, 3, 3]),
        (11, [256, 256, 1, 3, 3]),
        (14, [256, 256, 1, 3, 3]),
        (18, [512, 256, 1, 6, 6]),
    ];
    lips.iter().for_each(|(index, shape)| layer("netcnnlip".to_owned(), *index, shape));
    for key in ["netfcaud", "netfclip"] {
        maker.layer(&format!("{key}.0"), &[512, 512]);
        maker.norm(&format!("{key}.1"), 512);
        maker.layer(&format!("{key}.3"), &[1024, 512]);
    }
    maker.dict
}

#[test]
fn syncnet_and_its_cepstra_are_those_of_their_packages() {
    let expected = expected();
    let network = SyncNet::from_tensors(syncnet()).unwrap();
    let tile = picture("1.png");
    let frame = |k: u32| {
        RgbImage::from_fn(SYNCNET_SIDE, SYNCNET_SIDE, |x, y| {
            *tile.get_pixel((x + 3 * k) % tile.width(), (y + 2 * k) % tile.height())
        })
    };
    let frames: Vec<RgbImage> = (0..5).map(frame).collect();
    let lips = network.of_frames(&frames.iter().collect::<Vec<_>>()).unwrap();
    assert_near(&every(&lips, 64), &numbers(&expected["syncnet_frames"]), 1e-3, "frames");

    let mut mfcc = Mfcc::default();
    let loudness = |k: usize| (k as f64 * 0.002).sin().abs() as f32;
    let sound: Vec<f32> = uniform("sound", 6000).iter().enumerate().map(|(k, v)| v * 0.3 * loudness(k)).collect();
    mfcc.push(&sound);
    let (cepstra, _) = mfcc.finish();
    assert_eq!(cepstra.len() as u64, expected["mfcc_windows"].as_u64().unwrap());
    for (found, wanted) in cepstra.iter().step_by(6).zip(expected["mfcc"].as_array().unwrap()) {
        assert_near(&every(found, 1), &numbers(wanted), 1e-4, "cepstra");
    }
    let heard = network.of_sound(SyncNet::sound_at(&cepstra, 1).unwrap()).unwrap();
    assert_near(&every(&heard, 64), &numbers(&expected["syncnet_sound"]), 1e-3, "sound");
    assert!(network.of_sound(&cepstra[..19]).is_err() && network.of_frames(&[&frames[0]]).is_err());
}

#[test]
fn wrong_files_are_refused_by_the_first_tensor_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let write = |dict: &StateDict| {
        std::fs::write(&path, safetensors_bytes(dict, &Default::default(), FloatWidth::Single).unwrap()).unwrap();
    };
    write(&alexnet());
    assert!(Lpips::read(&path, LpipsNetwork::Alex).is_ok());
    let reason = |error: EvaluationError| {
        assert!(error.hint().is_some(), "{error}");
        error.to_string()
    };
    let vgg_wanted = reason(Lpips::read(&path, LpipsNetwork::Vgg).unwrap_err());
    assert!(vgg_wanted.contains("`features.0.weight`") && vgg_wanted.contains("[64, 3, 11, 11]"), "{vgg_wanted}");
    for (error, key) in [
        (Inception::read(&path).unwrap_err(), "`Conv2d_1a_3x3.conv.weight`"),
        (ArcFace::read(&path).unwrap_err(), "`conv1.weight`"),
        (SyncNet::read(&path).unwrap_err(), "`netcnnaud.0.weight`"),
    ] {
        let text = reason(error);
        assert!(text.contains(key) && text.contains("weights.safetensors"), "{text}");
    }
    let mut broken = alexnet();
    let mut tensor = broken.take("features.3.bias").unwrap();
    tensor.values[5] = f32::NAN;
    broken.insert("features.3.bias", tensor);
    write(&broken);
    let text = reason(Lpips::read(&path, LpipsNetwork::Alex).unwrap_err());
    assert!(text.contains("value 5 of `features.3.bias`"), "{text}");
    std::fs::write(&path, b"no weights").unwrap();
    assert!(Lpips::read(&path, LpipsNetwork::Alex).is_err());
    assert!(Lpips::read(folder.path(), LpipsNetwork::Alex).is_err());
    assert!(Lpips::read(&folder.path().join("none.pth"), LpipsNetwork::Alex).is_err());
}

#[test]
fn wrong_onnx_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.onnx");
    let onnx = std::fs::read(fixtures().join("supplied/arcface.onnx")).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        ArcFace::read(&path).map(drop).unwrap_err().to_string()
    };
    assert!(refused(b"").contains("no ONNX file"));
    assert!(refused(b"<html>not found</html>").contains("no ONNX file"));
    refused(&onnx[..onnx.len() / 2]);
    // Another network that ships: operations that no ArcFace has.
    let detector = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models/face_detector.onnx");
    assert!(refused(&std::fs::read(detector).unwrap()).contains("operation"), "{}", refused(b""));
    // Every byte of the beginning and some of the rest, changed.
    for place in (0..600).chain((600..onnx.len()).step_by(997)) {
        let mut changed = onnx.clone();
        changed[place] ^= 0x55;
        std::fs::write(&path, &changed).unwrap();
        let _ = ArcFace::read(&path);
    }
}
