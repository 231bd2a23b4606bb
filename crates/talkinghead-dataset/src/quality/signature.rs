//! A clip in 128 bits that survive re-encoding: copies of one recording are found by them.

use image::RgbImage;

/// 64 bits of the key frame (is each cell of an 8x8 picture brighter than its right neighbour) and 64 of the sound (is each
/// of 64 stretches louder than the next), in hexadecimal.
pub(crate) fn signature(key_frame: &RgbImage, samples: &[f32]) -> String {
    let small = image::imageops::resize(key_frame, 9, 8, image::imageops::FilterType::Triangle);
    let brightness = |x: u32, y: u32| small.get_pixel(x, y).0.iter().map(|&v| u32::from(v)).sum::<u32>();
    let picture = (0..64).fold(0_u64, |bits, i| bits << 1 | u64::from(brightness(i % 8, i / 8) > brightness(i % 8 + 1, i / 8)));
    let energy = |part: usize| {
        let range = samples.len() * part / 65..samples.len() * (part + 1) / 65;
        samples[range].iter().map(|v| f64::from(*v).powi(2)).sum::<f64>()
    };
    let sound = (0..64).fold(0_u64, |bits, i| bits << 1 | u64::from(energy(i) > energy(i + 1)));
    format!("{picture:016x}{sound:016x}")
}

/// A parsed signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) picture: u64,
    pub(crate) sound: u64,
}

impl Signature {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (picture, sound) = (text.get(..16)?, text.get(16..32)?);
        Some(Self { picture: u64::from_str_radix(picture, 16).ok()?, sound: u64::from_str_radix(sound, 16).ok()? })
    }

    /// Whether both are the same recording, perhaps encoded anew.
    pub(crate) fn same_recording(self, other: Self) -> bool {
        (self.picture ^ other.picture).count_ones() <= 12 && (self.sound ^ other.sound).count_ones() <= 8
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn copies_agree_and_others_do_not() {
        let picture = RgbImage::from_fn(256, 256, |x, y| image::Rgb([(x / 2) as u8 ^ (y / 3) as u8, 40, (y / 2) as u8]));
        let sound = |speed: f32| (0..48_000).map(|i| (i as f32 * speed).sin() * (i as f32 * 0.13).cos()).collect::<Vec<f32>>();
        let one = Signature::parse(&signature(&picture, &sound(0.0021))).unwrap();
        let copy = Signature::parse(&signature(&image::imageops::blur(&picture, 1.0), &sound(0.0021))).unwrap();
        let other = Signature::parse(&signature(&picture, &sound(0.0047))).unwrap();
        assert!(one.same_recording(copy));
        assert!(!one.same_recording(other));
    }
}
