//! Picture metrics against other implementations, on twenty pairs: tools/picture_metrics.py says which and with which settings.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_evaluation::image::{PerceptualNetwork, PictureSimilarity, Plane, cpbd, psnr_db};

type Expected = BTreeMap<String, BTreeMap<String, f64>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures")
}

fn picture(name: &str) -> RgbImage {
    image::open(folder().join(name)).unwrap().to_rgb8()
}

/// Clean picture, damaged picture, what is expected of the damaged one.
fn pairs() -> Vec<(String, RgbImage, RgbImage, BTreeMap<String, f64>)> {
    let expected: Expected = serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap();
    let pairs = expected.into_iter().filter_map(|(name, values)| {
        let (clean, _) = name.split_once('_')?;
        Some((name.clone(), picture(&format!("{clean}.png")), picture(&name), values))
    });
    pairs.collect()
}

#[test]
fn psnr_and_ssim_are_those_of_scikit_image() {
    let pairs = pairs();
    assert_eq!(pairs.len(), 20);
    for (name, clean, other, expected) in pairs {
        let psnr = psnr_db(&clean, &other).unwrap();
        assert!((psnr - expected["psnr_db"]).abs() < 1e-4, "{name}: {psnr}, {}", expected["psnr_db"]);
        let ssim = PictureSimilarity::between(&clean, &other).unwrap().ssim;
        assert!((ssim - expected["ssim"]).abs() < 1e-4, "{name}: {ssim}, {}", expected["ssim"]);
    }
}

#[test]
fn ms_ssim_is_that_of_tensorflow() {
    for (name, clean, other, expected) in pairs() {
        let ms_ssim = PictureSimilarity::of_scales(&clean, &other).unwrap().ms_ssim.unwrap();
        assert!((ms_ssim - expected["ms_ssim"]).abs() < 1e-3, "{name}: {ms_ssim}, {}", expected["ms_ssim"]);
    }
}

#[test]
fn cpbd_is_that_of_its_package() {
    let expected: Expected = serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap();
    assert_eq!(expected.len(), 25);
    for (name, values) in expected {
        let found = cpbd(&Plane::luma(&picture(&name)));
        assert!((found - values["cpbd"]).abs() < 1e-3, "{name}: {found}, {}", values["cpbd"]);
    }
}

#[test]
fn the_perceptual_distance_orders_damages() {
    let network = PerceptualNetwork::get();
    let clean = picture("1.png");
    let distance = |name: &str| network.distance(&clean, &picture(name)).unwrap();
    assert!(network.distance(&clean, &clean).unwrap() < 1e-9);
    let (light, blur, other) = (distance("1_light.png"), distance("1_blur.png"), distance("2.png"));
    assert!(light < blur && blur < other, "{light} {blur} {other}");
}
