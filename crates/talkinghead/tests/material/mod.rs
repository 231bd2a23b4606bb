//! A portrait and pieces of speech, from the demo's material.
#![allow(clippy::unwrap_used, dead_code)]

use std::path::{Path, PathBuf};

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo").join(name)
}

/// A picture of a face.
pub fn portrait() -> PathBuf {
    asset("hopper.jpg")
}

/// Another.
pub fn other_portrait() -> PathBuf {
    asset("ride.jpg")
}

/// A WAV file of `seconds` of speech, beginning at `start`.
pub fn speech(path: &Path, start: f32, seconds: f32) {
    let mut reader = hound::WavReader::open(asset("lj.wav")).unwrap();
    let spec = reader.spec();
    let per_second = spec.sample_rate as f32 * f32::from(spec.channels);
    let (skip, take) = ((start * per_second) as usize, (seconds * per_second) as usize);
    let samples: Vec<i16> = reader.samples::<i16>().skip(skip).take(take).map(Result::unwrap).collect();
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.into_iter().for_each(|sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
}
